"""How many tasks are kept running and how they are replaced."""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.i18n import N_
from gpuecs_tui.stack.fields import choice, flag, integer, texts

DESIRED_MAX = 5000
"""Tasks of one service (ECS quota)."""
GRACE_MAX = 2_147_483_647
"""Seconds (ECS API reference, CreateService)."""
IGNORABLE = ("task_definition", "desired_count", "capacity_provider_strategy", "load_balancer")
"""What of a service something other than Terraform may change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """``service.*``."""

    desired_count: int = integer(
        N_("Tasks"),
        N_("Tasks that ECS keeps running."),
        1,
        minimum=0,
        maximum=DESIRED_MAX,
        unit=N_("tasks"),
    )
    minimum_healthy_percent: int = integer(
        N_("Minimum healthy"),
        N_("Of the tasks, how many stay up during a roll-out. 100 needs spare GPUs."),
        100,
        minimum=0,
        maximum=200,
        unit="%",
    )
    maximum_percent: int = integer(
        N_("Maximum"),
        N_("Of the tasks, how many may run at once during a roll-out."),
        200,
        minimum=100,
        maximum=200,
        unit="%",
    )
    circuit_breaker: bool = flag(
        N_("Circuit breaker"), N_("A roll-out whose tasks keep failing is stopped."), True
    )
    rollback: bool = flag(
        N_("Roll back"), N_("A stopped roll-out goes back to the last version that worked."), True
    )
    health_check_grace_seconds: int = integer(
        N_("Health check grace"),
        N_("How long a new task may fail its health check: boot, image pull and model load."),
        300,
        minimum=0,
        maximum=GRACE_MAX,
        unit="s",
        kept=True,
    )
    distinct_instances: bool = flag(
        N_("Distinct instances"), N_("Never two tasks on one instance."), True
    )
    placement: str = choice(
        N_("Placement"),
        N_(
            "Where several tasks share an instance: binpack fills one instance before the next, so "
            "that empty ones can end. default leaves it to ECS, which spreads tasks over zones."
        ),
        "binpack",
        ("binpack", "default"),
        unset="default",
    )
    execute_command: bool = flag(
        N_("ECS Exec"), N_("Allows a shell in a running task, through SSM."), False
    )
    ignore_changes: tuple[str, ...] = texts(
        N_("Changed elsewhere"),
        N_(
            "What something other than Terraform changes, such as an autoscaler or a deploy "
            "pipeline."
        ),
        (),
        choices=IGNORABLE,
        kept=True,
    )
