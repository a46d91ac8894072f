# ECS starts the tasks of a new revision in the target group that no client uses. Then it changes the
# weights of the listener rules. Each deployment swaps the two groups.
locals {
  # The name differs from that of the other target group, and changes together with it.
  alternate_target_group_suffix = substr(sha256("alternate|${var.vpc_id}|${local.target_group_suffix}"), 0, 6)
}

resource "aws_lb_target_group" "alternate" {
  name                          = "${var.name}-${local.alternate_target_group_suffix}"
  vpc_id                        = var.vpc_id
  target_type                   = local.target_type
  port                          = local.target_port
  protocol                      = "HTTP"
  protocol_version              = local.target_protocol_version
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

resource "aws_lb_listener_rule" "production" {
  listener_arn = aws_lb_listener.https.arn
  # The lowest priority, so that rules for single hosts or paths can precede it.
  priority = 50000

  # ECS requires a rule whose only action forwards to both target groups.
  action {
    type = "forward"

    forward {
      target_group {
        arn    = aws_lb_target_group.this.arn
        weight = 100
      }

      target_group {
        arn    = aws_lb_target_group.alternate.arn
        weight = 0
      }
    }
  }

  condition {
    path_pattern {
      values = ["/*"]
    }
  }

  # Each deployment changes the weights. An apply that sets them back sends clients to a target group
  # without tasks. The rule is deleted after the service no longer uses it.
  lifecycle {
    ignore_changes        = [action]
    create_before_destroy = true
  }
}

# Requests to this port reach the new tasks once they are healthy, and before clients do.
resource "aws_lb_listener" "test" {
  load_balancer_arn = aws_lb.this.arn
  port              = 9000
  protocol          = "HTTPS"
  certificate_arn   = var.certificate_arn
  ssl_policy        = aws_lb_listener.https.ssl_policy

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

resource "aws_lb_listener_rule" "test" {
  listener_arn = aws_lb_listener.test.arn
  # The lowest priority, so that rules for single hosts or paths can precede it.
  priority = 50000

  # ECS requires a rule whose only action forwards to both target groups.
  action {
    type = "forward"

    forward {
      target_group {
        arn    = aws_lb_target_group.this.arn
        weight = 100
      }

      target_group {
        arn    = aws_lb_target_group.alternate.arn
        weight = 0
      }
    }
  }

  condition {
    path_pattern {
      values = ["/*"]
    }
  }

  # Each deployment changes the weights. An apply that sets them back sends clients to a target group
  # without tasks. The rule is deleted after the service no longer uses it.
  lifecycle {
    ignore_changes        = [action]
    create_before_destroy = true
  }
}
resource "aws_ecs_service" "this" {
  name                               = var.name
  cluster                            = aws_ecs_cluster.this.id
  task_definition                    = aws_ecs_task_definition.this.arn
  desired_count                      = var.desired_count
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 300
  enable_execute_command             = false
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"

  # Set explicitly, because the defaults of the ECS API and of the provider differ between versions.
  availability_zone_rebalancing = "DISABLED"

  # launch_type is not set, because it conflicts with a capacity provider strategy.
  capacity_provider_strategy {
    capacity_provider = aws_ecs_capacity_provider.this.name
    base              = 0
    weight            = 1
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  # All new tasks start beside the old ones, so the fleet needs room for twice the tasks. The old ones
  # keep running for the bake time after the shift.
  deployment_configuration {
    strategy             = "BLUE_GREEN"
    bake_time_in_minutes = 10
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.this.arn
    container_name   = "app"
    container_port   = 8000

    advanced_configuration {
      alternate_target_group_arn = aws_lb_target_group.alternate.arn
      production_listener_rule   = aws_lb_listener_rule.production.arn
      test_listener_rule         = aws_lb_listener_rule.test.arn
      role_arn                   = aws_iam_role.infrastructure.arn
    }
  }

  network_configuration {
    subnets         = var.instance_subnet_ids
    security_groups = [aws_security_group.instances.id]
  }

  placement_constraints {
    type = "distinctInstance"
  }

  lifecycle {
    # These attributes are changed outside Terraform.
    ignore_changes = [load_balancer]

    # A capacity provider can't be replaced while the service uses it.
    replace_triggered_by = [aws_ecs_capacity_provider.this.id]
  }

  # Tasks need the capacity provider, the listener, and their permissions until they stop, so these are
  # created before the service and destroyed after it.
  depends_on = [
    aws_ecs_cluster_capacity_providers.this,
    aws_lb_listener.https,
    aws_lb_listener.http,
    aws_iam_role_policy_attachment.execution,
    aws_iam_role_policy_attachment.infrastructure,
    aws_vpc_security_group_egress_rule.load_balancer_to_tasks,
    aws_vpc_security_group_ingress_rule.tasks_from_load_balancer,
    aws_vpc_security_group_egress_rule.instances_to_anywhere,
    aws_vpc_security_group_egress_rule.instances_to_anywhere_ipv6,
  ]
}
