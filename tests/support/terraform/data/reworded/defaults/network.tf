data "aws_vpc" "this" {
  id = var.vpc_id
}

locals {
  # A VPC may have more address ranges than its first.
  ingress_cidrs = [
    for block in data.aws_vpc.this.cidr_block_associations : block.cidr_block if block.state == "associated"
  ]
}

resource "aws_security_group" "load_balancer" {
  name_prefix = "${var.name}-load-balancer-"
  description = "Load balancer of an ECS service"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-load-balancer" }

  # A group in use can't be deleted, so its successor comes first.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "http" {
  for_each = toset(local.ingress_cidrs)

  security_group_id = aws_security_group.load_balancer.id
  description       = "Clients of the service"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
}

resource "aws_vpc_security_group_egress_rule" "load_balancer_to_tasks" {
  security_group_id            = aws_security_group.load_balancer.id
  description                  = "Requests to the tasks"
  referenced_security_group_id = aws_security_group.instances.id
  ip_protocol                  = "tcp"
  from_port                    = 32768
  to_port                      = 65535
}

resource "aws_security_group" "instances" {
  name_prefix = "${var.name}-instances-"
  description = "GPU instances of an ECS cluster"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-instances" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "tasks_from_load_balancer" {
  security_group_id            = aws_security_group.instances.id
  description                  = "Requests to the tasks"
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = 32768
  to_port                      = 65535
}

# ECS, ECR, the logs, and wherever the model comes from.
resource "aws_vpc_security_group_egress_rule" "instances_to_anywhere" {
  security_group_id = aws_security_group.instances.id
  description       = "Images, models and AWS APIs"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_vpc_security_group_egress_rule" "instances_to_anywhere_ipv6" {
  security_group_id = aws_security_group.instances.id
  description       = "Images, models and AWS APIs"
  cidr_ipv6         = "::/0"
  ip_protocol       = "-1"
}
