resource "aws_lb" "this" {
  name                       = var.name
  load_balancer_type         = "application"
  internal                   = true
  subnets                    = var.load_balancer_subnet_ids
  security_groups            = [aws_security_group.load_balancer.id]
  idle_timeout               = 60
  enable_deletion_protection = true
  drop_invalid_header_fields = true

  # AWS refuses to delete a protected load balancer, but only after the service is gone. This makes
  # the plan fail instead, before anything is deleted.
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_lb_target_group" "this" {
  # Give it another name when you change its port, protocol version or target type: the old one and
  # the new one exist side by side until the listener has moved. From then on requests fail until
  # new tasks are healthy in the new one.
  name                          = "targets"
  vpc_id                        = var.vpc_id
  target_type                   = "instance"
  port                          = 80
  protocol                      = "HTTP"
  protocol_version              = "HTTP1"
  load_balancing_algorithm_type = "round_robin"
  deregistration_delay          = 1500

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

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  certificate_arn   = var.certificate_arn
  # TLS 1.2 and 1.3 only; the API's own default is from 2016.
  ssl_policy = "ELBSecurityPolicy-TLS13-1-2-2021-06"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type = "redirect"

    redirect {
      protocol    = "HTTPS"
      port        = "443"
      status_code = "HTTP_301"
    }
  }

  # HTTPS answers before HTTP redirects to it. AWS takes no second listener on a port, so that the
  # order matters in both directions.
  depends_on = [aws_lb_listener.https]
}
