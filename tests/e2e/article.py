"""The settings of the reference article's configuration, attribute by attribute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpuecs_tui.stack.model import Stack


def article_attributes(
    stack: Stack, resources: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Mapping[str, Any]]:
    """Return address → attributes; values that AWS generates come from the applied
    ``resources``."""
    profile, role = stack.fleet.instance_profile_arn, stack.task.execution_role_arn
    target_group = resources["aws_lb_target_group.this"]["arn"]
    return {
        "aws_ecs_cluster.this": {"name": "inference-cluster"},
        "aws_ecs_task_definition.this": {
            "family": "inference-task",
            "cpu": "4096",
            "memory": "15742",
            "network_mode": "bridge",
            "requires_compatibilities": ["EC2"],
            "execution_role_arn": role,
            "task_role_arn": role,
        },
        "aws_ecs_service.this": {
            "name": "inference-service",
            "cluster": resources["aws_ecs_cluster.this"]["id"],
            "task_definition": resources["aws_ecs_task_definition.this"]["arn"],
            "desired_count": 1,
            "capacity_provider_strategy": [
                {"capacity_provider": "inference-capacity", "base": 0, "weight": 1}
            ],
            "deployment_circuit_breaker": [{"enable": True, "rollback": True}],
            "deployment_minimum_healthy_percent": 100,
            "deployment_maximum_percent": 200,
            "health_check_grace_period_seconds": 30,
            "placement_constraints": [{"type": "distinctInstance", "expression": ""}],
            "load_balancer": [
                {
                    "target_group_arn": target_group,
                    "container_name": "inference",
                    "container_port": 8000,
                    "elb_name": "",
                }
            ],
        },
        "aws_lb.this": {
            "name": "inference-alb",
            "internal": True,
            "load_balancer_type": "application",
            "security_groups": list(stack.network.load_balancer_security_group_ids),
            "subnets": sorted(stack.network.load_balancer_subnet_ids),
            "enable_deletion_protection": False,
        },
        "aws_lb_listener.http": {
            "load_balancer_arn": resources["aws_lb.this"]["arn"],
            "port": 80,
            "protocol": "HTTP",
        },
        "aws_lb_target_group.this": {
            "name": "inference-targets",
            "port": 80,
            "protocol": "HTTP",
            "protocol_version": "HTTP1",
            "target_type": "instance",
            "vpc_id": stack.network.vpc_id,
            "load_balancing_algorithm_type": "round_robin",
            "deregistration_delay": "60",
            "health_check": [
                {
                    "enabled": True,
                    "healthy_threshold": 5,
                    "unhealthy_threshold": 2,
                    "interval": 5,
                    "timeout": 2,
                    "path": "/health",
                    "port": "traffic-port",
                    "protocol": "HTTP",
                    "matcher": "200",
                }
            ],
        },
        "aws_ecs_cluster_capacity_providers.this": {
            "cluster_name": "inference-cluster",
            "capacity_providers": ["inference-capacity"],
            "default_capacity_provider_strategy": [
                {"capacity_provider": "inference-capacity", "base": 0, "weight": 1}
            ],
        },
        "aws_ecs_capacity_provider.this": {
            "name": "inference-capacity",
            "auto_scaling_group_provider": [
                {
                    "auto_scaling_group_arn": resources["aws_autoscaling_group.this"]["arn"],
                    "managed_draining": "ENABLED",
                    "managed_termination_protection": "DISABLED",
                    "managed_scaling": [
                        {
                            "status": "ENABLED",
                            "target_capacity": 100,
                            "minimum_scaling_step_size": 1,
                            "maximum_scaling_step_size": 10000,
                            "instance_warmup_period": 300,
                        }
                    ],
                }
            ],
        },
        "aws_autoscaling_group.this": {
            "name": "inference-asg",
            "min_size": 1,
            "max_size": 2,
            "vpc_zone_identifier": sorted(stack.network.instance_subnet_ids),
            "health_check_grace_period": 0,
            "health_check_type": "EC2",
            "protect_from_scale_in": False,
            "launch_template": [
                {
                    "id": resources["aws_launch_template.this"]["id"],
                    "name": "inference-template",
                    "version": "$Latest",
                }
            ],
        },
        "aws_launch_template.this": {
            "name": "inference-template",
            "image_id": stack.fleet.ami,
            "instance_type": "g4dn.xlarge",
            "key_name": "ops-2026",
            "iam_instance_profile": [{"arn": profile, "name": ""}],
            "vpc_security_group_ids": list(stack.network.instance_security_group_ids),
            "block_device_mappings": [],
            "metadata_options": [],
            "instance_market_options": [],
        },
        "aws_cloudwatch_log_group.this": {"name": "/ecs/inference-task"},
    }


CONTAINER: Mapping[str, Any] = {
    "name": "inference",
    "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/inference:1",
    "cpu": 4096,
    "memory": 15360,
    "essential": True,
    "portMappings": [{"containerPort": 8000, "hostPort": 80, "protocol": "tcp"}],
    "environment": [{"name": "NVIDIA_DRIVER_CAPABILITIES", "value": "all"}],
    "linuxParameters": {"capabilities": {"add": ["SYS_ADMIN"]}},
    "logConfiguration": {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": "/ecs/inference-task",
            "awslogs-region": "us-east-1",
            "awslogs-stream-prefix": "ecs",
        },
    },
    "resourceRequirements": [{"type": "GPU", "value": "1"}],
    "secrets": [],
    "mountPoints": [],
    "volumesFrom": [],
}
"""The article's complete container definition."""
