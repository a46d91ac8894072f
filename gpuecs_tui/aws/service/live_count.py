"""Reads how many tasks a service runs now, and its scaling limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gpuecs_tui.aws.reading import Reading
from gpuecs_tui.aws.service.active_service import active_service
from gpuecs_tui.aws.session import AccountReader


@dataclass(frozen=True, slots=True)
class LiveCount:
    """The counts of an active service."""

    arn: str
    desired: int
    running: int
    scaled: tuple[int, int] | None
    """The minimum and maximum tasks of its scalable target; None if it has no scalable target."""
    is_suspended: bool = False
    """Whether any scaling of its scalable target is suspended."""


def service_id(cluster: str, service: str) -> str:
    """Return the resource id of a service in Application Auto Scaling."""
    return f"service/{cluster}/{service}"


def scalable_target(reader: AccountReader, cluster: str, service: str) -> dict[str, Any] | None:
    """Return what DescribeScalableTargets returns for a service's desired count; None without a
    scalable target.

    Raises AwsProblem.
    """
    targets = reader.call(
        "application-autoscaling",
        "DescribeScalableTargets",
        ServiceNamespace="ecs",
        ResourceIds=[service_id(cluster, service)],
        ScalableDimension="ecs:service:DesiredCount",
    ).get("ScalableTargets", ())
    return next(iter(targets), None)


def read_live_count(reader: AccountReader, cluster: str, service: str) -> Reading[LiveCount | None]:
    """Return the counts of a service; None if there is no active service of that name."""

    def read() -> LiveCount | None:
        it = active_service(reader, cluster, service)
        if it is None:
            return None
        target = scalable_target(reader, cluster, service)
        scaled = (target["MinCapacity"], target["MaxCapacity"]) if target else None
        suspended = any(((target or {}).get("SuspendedState") or {}).values())
        return LiveCount(
            it["serviceArn"], it["desiredCount"], it["runningCount"], scaled, suspended
        )

    return reader.reading("ecs:DescribeServices", read)
