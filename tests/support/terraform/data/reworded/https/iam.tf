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

data "aws_iam_policy_document" "secrets" {
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf"]
  }

  # Needed only by secrets under a key of your own; bound to these secrets whatever the key.
  statement {
    actions = ["kms:Decrypt"]
    resources = [
      # A secret that is shared from another account is under a key of that account.
      for account in toset([data.aws_caller_identity.this.account_id, "123456789012"]) :
      "arn:${data.aws_partition.this.partition}:kms:*:${account}:key/*"
    ]

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:SecretARN"
      values   = ["arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf"]
    }
  }

  statement {
    actions   = ["ssm:GetParameters"]
    resources = ["arn:aws:ssm:us-east-1:123456789012:parameter/llm/token"]
  }

  # Needed only by secrets under a key of your own; bound to these secrets whatever the key.
  statement {
    actions = ["kms:Decrypt"]
    resources = [
      # A secret that is shared from another account is under a key of that account.
      for account in toset([data.aws_caller_identity.this.account_id, "123456789012"]) :
      "arn:${data.aws_partition.this.partition}:kms:*:${account}:key/*"
    ]

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:PARAMETER_ARN"
      values   = ["arn:aws:ssm:us-east-1:123456789012:parameter/llm/token"]
    }
  }
}

resource "aws_iam_role_policy" "secrets" {
  name   = "secrets"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.secrets.json
}

# What the task's own code may do: nothing until you attach a policy.
resource "aws_iam_role" "task" {
  name               = "${var.name}-task-${var.region}"
  description        = "Code running in ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.task_trust.json
}

data "aws_iam_policy_document" "execute_command" {
  # These actions know no resources (Service Authorization Reference, Session Manager Message Gateway).
  statement {
    actions = [
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
    ]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "execute_command" {
  name   = "execute-command"
  role   = aws_iam_role.task.id
  policy = data.aws_iam_policy_document.execute_command.json
}
