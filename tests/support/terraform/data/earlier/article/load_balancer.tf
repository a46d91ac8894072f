resource "aws_lb" "this" {
  name                       = "inference-alb"
  load_balancer_type         = "application"
  internal                   = true
  subnets                    = var.load_balancer_subnet_ids
  security_groups            = var.load_balancer_security_group_ids
  idle_timeout               = 60
  enable_deletion_protection = false
  drop_invalid_header_fields = true
}

resource "aws_lb_target_group" "this" {
  # Give it another name when you change its port, protocol version or target type: the old one and
  # the new one exist side by side until the listener has moved. From then on requests fail until
  # new tasks are healthy in the new one.
  name                          = "inference-targets"
  vpc_id                        = var.vpc_id
  target_type                   = "instance"
  port                          = 80
  protocol                      = "HTTP"
  protocol_version              = "HTTP1"
  load_balancing_algorithm_type = "round_robin"
  deregistration_delay          = 60

  health_check {
    path                = "/health"
    port                = "traffic-port"
    protocol            = "HTTP"
    matcher             = "200"
    interval            = 5
    timeout             = 2
    healthy_threshold   = 5
    unhealthy_threshold = 2
  }

  # A target group can't be deleted while a listener uses it.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_listener" "this" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}
