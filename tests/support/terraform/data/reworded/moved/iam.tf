data "aws_partition" "this" {}

data "aws_caller_identity" "this" {}

data "aws_iam_policy_document" "instance_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

# Role names hold the region because IAM has one name space for all regions.
resource "aws_iam_role" "instance" {
  name               = "${var.name}-instance-${var.region}"
  description        = "GPU instances of ${var.name}: ECS agent and SSM"
  assume_role_policy = data.aws_iam_policy_document.instance_trust.json
}

resource "aws_iam_role_policy_attachment" "instance_ecs" {
  role       = aws_iam_role.instance.name
  policy_arn = "arn:${data.aws_partition.this.partition}:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
}

# Session Manager: a shell on an instance without a key pair or an open port.
resource "aws_iam_role_policy_attachment" "instance_ssm" {
  role       = aws_iam_role.instance.name
  policy_arn = "arn:${data.aws_partition.this.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "this" {
  name = "${var.name}-instance-${var.region}"
  role = aws_iam_role.instance.name
}

data "aws_iam_policy_document" "task_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    # Only ECS acting for this account, never for another.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.this.account_id]
    }
  }
}

resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution-${var.region}"
  description        = "ECS on behalf of ${var.name}: image, logs, secrets"
  assume_role_policy = data.aws_iam_policy_document.task_trust.json
}

resource "aws_iam_role_policy_attachment" "execution" {
  role       = aws_iam_role.execution.name
  policy_arn = "arn:${data.aws_partition.this.partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

# What the task's own code may do: nothing until you attach a policy.
resource "aws_iam_role" "task" {
  name               = "${var.name}-task-${var.region}"
  description        = "Code running in ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.task_trust.json
}
