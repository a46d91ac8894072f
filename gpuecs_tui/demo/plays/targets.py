"""What Elastic Load Balancing says of a target whose health checks fail.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
(reason codes), https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FailedTarget:
    """A target's health."""

    reason: str
    description: str
    """https://repost.aws/knowledge-center/ecs-fargate-health-check-failures quotes some."""
    state: str = "unhealthy"


def _codes(code: int) -> FailedTarget:
    return FailedTarget(
        "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{code}]"
    )


TARGETS: Mapping[str, FailedTarget] = {
    "health-404": _codes(404),
    "health-5xx": _codes(503),
    "health-mismatch": _codes(302),
    "health-timeout": FailedTarget("Target.Timeout", "Request timed out"),
    "health-early": FailedTarget("Target.FailedHealthChecks", "Health checks failed"),
    "not-in-zone": FailedTarget(
        "Target.NotInUse",
        "Target is in an Availability Zone that is not enabled for the load balancer",
        "unused",
    ),
}
"""Fault → the health of targets that are registered while it is on."""
