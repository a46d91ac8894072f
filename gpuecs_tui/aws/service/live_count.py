"""Reads how many tasks a service runs now, and its scaling limits."""

from __future__ import annotations

from dataclasses import dataclass

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


def service_id(cluster: str, service: str) -> str:
    """Return the resource id of a service in Application Auto Scaling."""
    return f"service/{cluster}/{service}"


def read_live_count(reader: AccountReader, cluster: str, service: str) -> Reading[LiveCount | None]:
    """Return the counts of a service; None if there is no active service of that name."""

    def read() -> LiveCount | None:
        it = active_service(reader, cluster, service)
        if it is None:
            return None
        targets = reader.call(
            "application-autoscaling",
            "DescribeScalableTargets",
            ServiceNamespace="ecs",
            ResourceIds=[service_id(cluster, service)],
            ScalableDimension="ecs:service:DesiredCount",
        ).get("ScalableTargets", ())
        scaled = (targets[0]["MinCapacity"], targets[0]["MaxCapacity"]) if targets else None
        return LiveCount(it["serviceArn"], it["desiredCount"], it["runningCount"], scaled)

    return reader.reading("ecs:DescribeServices", read)
