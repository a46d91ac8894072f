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

  # Written out because the API's default and the provider's differ from version to version.
  availability_zone_rebalancing = "DISABLED"

  # Never launch_type beside it: the two conflict.
  capacity_provider_strategy {
    capacity_provider = aws_ecs_capacity_provider.this.name
    base              = 0
    weight            = 1
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.this.arn
    container_name   = "app"
    container_port   = 8000
  }

  placement_constraints {
    type = "distinctInstance"
  }

  lifecycle {
    # A provider can't be replaced while the service still uses it.
    replace_triggered_by = [aws_ecs_capacity_provider.this.id]
  }

  # Tasks need their provider, listener and permissions from the first to the last moment: made
  # before the service, destroyed after it.
  depends_on = [
    aws_ecs_cluster_capacity_providers.this,
    aws_lb_listener.https,
    aws_lb_listener.http,
    aws_iam_role_policy_attachment.execution,
    aws_vpc_security_group_egress_rule.load_balancer_to_tasks,
    aws_vpc_security_group_ingress_rule.tasks_from_load_balancer,
    aws_vpc_security_group_egress_rule.instances_to_anywhere,
    aws_vpc_security_group_egress_rule.instances_to_anywhere_ipv6,
  ]
}
