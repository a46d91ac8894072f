"""The state and the outputs of an applied stack, whose account is tests/deployment/scene.py."""

from __future__ import annotations

import json
from typing import Any

DEFINITION = "arn:aws:ecs:us-east-1:123456789012:task-definition/"
"""The beginning of the ARN of a revision."""
OUTPUTS = {
    "cluster_name": {"value": "c"},
    "service_name": {"value": "s"},
    "autoscaling_group_name": {"value": "asg"},
    "target_group_arn": {"value": "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/tg/1"},
    "task_definition_arn": {"value": f"{DEFINITION}demo:4"},
}


def _resource(kind: str, **attributes: Any) -> dict[str, Any]:
    return {
        "mode": "managed", "type": kind, "name": "this", "provider": "p",
        "instances": [{"attributes": attributes}],
    }  # fmt: skip


def state(desired: int = 1, cluster: str = "c", service: str = "s") -> str:
    """Return a state as an apply leaves it, also another user's."""
    resources = [
        _resource("aws_ecs_cluster", name=cluster),
        _resource("aws_ecs_service", name=service, desired_count=desired),
        _resource("aws_ecs_task_definition", arn=f"{DEFINITION}demo:4", family="demo"),
        _resource("aws_autoscaling_group", name="asg"),
        _resource("aws_lb_target_group", name="tg", arn=OUTPUTS["target_group_arn"]["value"]),
    ]
    return json.dumps({"version": 4, "serial": 1, "lineage": "l", "resources": resources})
