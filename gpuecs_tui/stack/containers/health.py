"""The health check that the ECS agent runs in the service's container."""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.i18n import N_
from gpuecs_tui.stack.fields import integer, texts

CHECK_FORMS = ("CMD", "CMD-SHELL")
"""First word of a health check's command (ECS API reference, HealthCheck)."""
START_PERIOD_MAX = 300
"""Seconds (ECS API reference, HealthCheck)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerHealth:
    """``container_health.*``: the health check that the ECS agent runs in the container. The one of
    the load balancer is in ``health_check``."""

    command: tuple[str, ...] = texts(
        N_("Command"),
        N_(
            'CMD-SHELL "curl -f http://localhost:8000/health || exit 1", or CMD and the words of a '
            "command. The image must contain the program. Leave empty for no check."
        ),
        (),
        words=True,
        unset=(),
    )
    interval_seconds: int = integer(
        N_("Interval"),
        N_("Time between two runs of the command."),
        30,
        minimum=5,
        maximum=300,
        unit="s",
        unset=30,
    )
    timeout_seconds: int = integer(
        N_("Timeout"),
        N_("Time after which a run of the command counts as failed."),
        5,
        minimum=2,
        maximum=60,
        unit="s",
        unset=5,
    )
    retries: int = integer(
        N_("Retries"),
        N_("Failed runs in a row until the container is unhealthy and ECS replaces the task."),
        3,
        minimum=1,
        maximum=10,
        unset=3,
    )
    start_period_seconds: int = integer(
        N_("Start period"),
        N_(
            "Time after the start in which failed runs don't count. AWS allows at most 300 s. The "
            "grace period of the service covers this check too."
        ),
        0,
        minimum=0,
        maximum=START_PERIOD_MAX,
        unit="s",
        unset=0,
    )
