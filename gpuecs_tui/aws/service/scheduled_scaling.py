"""Reads the scheduled actions that change the task count of a service."""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.aws.reading import Reading
from gpuecs_tui.aws.service.live_count import service_id
from gpuecs_tui.aws.session import AccountReader


@dataclass(frozen=True, slots=True)
class ScheduledScaling:
    """One scheduled action of Application Auto Scaling."""

    name: str
    schedule: str
    """Such as ``cron(0 20 * * ? *)``, in AWS's syntax."""


def read_scheduled_scaling(
    reader: AccountReader, cluster: str, service: str
) -> Reading[tuple[ScheduledScaling, ...]]:
    """Return the scheduled actions of a service's desired count; none without any."""

    def read() -> tuple[ScheduledScaling, ...]:
        found = reader.items(
            "application-autoscaling",
            "DescribeScheduledActions",
            "ScheduledActions",
            ServiceNamespace="ecs",
            ResourceId=service_id(cluster, service),
            ScalableDimension="ecs:service:DesiredCount",
        )
        return tuple(ScheduledScaling(it["ScheduledActionName"], it["Schedule"]) for it in found)

    return reader.reading("application-autoscaling:DescribeScheduledActions", read)
