"""A plan of a destroy, as ``terraform show -json`` prints it."""

from __future__ import annotations

import json
from typing import Any

from tests.support.terraform.plan_json import resource, show

ACCOUNT = "123456789012"


def scaled_plan(name: str, region: str) -> dict[str, Any]:
    """Return the plan that also destroys the scalable target of the service."""
    plan = destroy_plan(name, region)
    target = {
        "arn": f"arn:aws:application-autoscaling:{region}:{ACCOUNT}:scalable-target/0ec5",
        "resource_id": f"service/{name}/{name}",
        "service_namespace": "ecs",
    }
    change = resource("aws_appautoscaling_target.this", "delete", before=target)
    return {**plan, "resource_changes": [*plan["resource_changes"], change]}


def destroy_plan(name: str, region: str, **service: Any) -> dict[str, Any]:
    """Return the plan that destroys a service, its group and what their waits depend on.

    ``service``: further attributes of the service.
    """
    ecs = f"arn:aws:ecs:{region}:{ACCOUNT}"
    targets = f"arn:aws:elasticloadbalancing:{region}:{ACCOUNT}:targetgroup/{name}/1"
    group = f"arn:aws:autoscaling:{region}:{ACCOUNT}:autoScalingGroup:1:autoScalingGroupName/{name}"
    containers = [{"name": "server", "stopTimeout": 90}, {"name": "log"}]
    before: dict[str, dict[str, Any]] = {
        "aws_ecs_service.this": {
            "id": f"{ecs}:service/{name}/{name}",
            "desired_count": 2,
            "task_definition": f"{ecs}:task-definition/{name}:3",
            "load_balancer": [{"target_group_arn": targets}],
            **service,
        },
        "aws_autoscaling_group.this": {"arn": group, "name": name, "force_delete": True},
        "aws_lb_target_group.this": {"arn": targets, "deregistration_delay": "120"},
        "aws_ecs_task_definition.this": {
            "arn": f"{ecs}:task-definition/{name}:3",
            "container_definitions": json.dumps(containers),
        },
    }
    return show(*(resource(it, "delete", before=values) for it, values in before.items()))
