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

resource "aws_vpc_security_group_ingress_rule" "https" {
  for_each = toset(var.ingress_cidrs)

  security_group_id = aws_security_group.load_balancer.id
  description       = "Clients of the service"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_ingress_rule" "http" {
  for_each = toset(var.ingress_cidrs)

  security_group_id = aws_security_group.load_balancer.id
  description       = "Clients that are sent on to HTTPS"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80

  # AWS takes no two rules for one port and address, so that the order matters.
  depends_on = [aws_vpc_security_group_ingress_rule.https]
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
