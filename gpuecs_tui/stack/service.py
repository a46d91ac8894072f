"""The ECS service: how many tasks it keeps running and how it replaces them."""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.i18n import N_
from gpuecs_tui.stack.fields import choice, flag, integer, texts
from gpuecs_tui.stack.releases.strategy import (
    BAKE_MAX,
    CANARY_MINUTES,
    LINEAR_STEP_MIN,
    LINEAR_STEP_MINUTES,
    LINEAR_STEP_PERCENT,
    ROLLING,
    STRATEGIES,
    shift_minutes,
    shifts_traffic,
)
from gpuecs_tui.stack.task import PORT_MAX

DESIRED_MAX = 5000
"""Tasks of one service (ECS quota)."""
GRACE_MAX = 2_147_483_647
"""Seconds (ECS API reference, CreateService)."""
IGNORABLE = ("task_definition", "desired_count", "capacity_provider_strategy", "load_balancer")
"""The attributes of a service that something other than Terraform may change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """``service.*``."""

    desired_count: int = integer(
        N_("Desired count"),
        N_("Number of tasks that ECS keeps running."),
        1,
        minimum=0,
        maximum=DESIRED_MAX,
        unit=N_("tasks"),
    )
    deployment_strategy: str = choice(
        N_("Deployment strategy"),
        N_(
            "rolling replaces tasks in rounds. The others start all new tasks (twice the GPUs), "
            "then shift requests: at once, in steps, or a share first."
        ),
        ROLLING,
        STRATEGIES,
    )
    bake_minutes: int = integer(
        N_("Bake time"),
        N_(
            "Time for which the old tasks keep running after all requests go to the new ones, so "
            "that a rollback is immediate. Both are billed."
        ),
        10,
        minimum=0,
        maximum=BAKE_MAX,
        unit="min",
    )
    linear_step_percent: int = integer(
        N_("Linear step"),
        N_("Share of the requests that shifts to the new tasks in each step."),
        LINEAR_STEP_PERCENT,
        minimum=LINEAR_STEP_MIN,
        maximum=100,
        unit="%",
    )
    linear_step_minutes: int = integer(
        N_("Time between steps"),
        N_("Time between two steps, in which the requests stay as they are."),
        LINEAR_STEP_MINUTES,
        minimum=0,
        maximum=BAKE_MAX,
        unit="min",
    )
    canary_percent: int = integer(
        N_("Canary share"),
        N_("Share of the requests that goes to the new tasks first."),
        5,
        minimum=1,
        maximum=100,
        unit="%",
    )
    canary_minutes: int = integer(
        N_("Canary time"),
        N_("Time until the other requests shift as well."),
        CANARY_MINUTES,
        minimum=0,
        maximum=BAKE_MAX,
        unit="min",
    )
    test_port: int = integer(
        N_("Test port"),
        N_(
            "Port of a second listener, which reaches the new tasks before clients do. The clients "
            "of the load balancer may use it. 0: no test listener."
        ),
        0,
        minimum=1,
        maximum=PORT_MAX,
        also=(0,),
    )
    minimum_healthy_percent: int = integer(
        N_("Minimum healthy percent"),
        N_(
            "Share of the desired count that must keep running during a deployment. 100 needs "
            "spare GPUs."
        ),
        100,
        minimum=0,
        maximum=200,
        unit="%",
    )
    maximum_percent: int = integer(
        N_("Maximum percent"),
        N_("Share of the desired count that may run at once during a deployment."),
        200,
        minimum=100,
        maximum=200,
        unit="%",
    )
    circuit_breaker: bool = flag(
        N_("Circuit breaker"), N_("Stops a deployment whose tasks keep failing."), True
    )
    rollback: bool = flag(
        N_("Rollback"), N_("Rolls a stopped deployment back to the last version that worked."), True
    )
    health_check_grace_seconds: int = integer(
        N_("Health check grace period"),
        N_(
            "Time after a task starts during which failed health checks are ignored. It must cover "
            "loading the model."
        ),
        300,
        minimum=0,
        maximum=GRACE_MAX,
        unit="s",
        kept=True,
    )
    distinct_instances: bool = flag(
        N_("Distinct instances"), N_("Never places two tasks on one instance."), True
    )
    placement: str = choice(
        N_("Placement"),
        N_(
            "For tasks that share an instance. binpack fills one instance before the next, so that "
            "empty instances can be terminated. default lets ECS spread tasks across zones."
        ),
        "binpack",
        ("binpack", "default"),
        unset="default",
    )
    execute_command: bool = flag(
        N_("ECS Exec"), N_("Allows a shell in a running task through SSM."), False
    )
    ignore_changes: tuple[str, ...] = texts(
        N_("Ignore changes"),
        N_(
            "Attributes that something other than Terraform changes, such as an autoscaler or a "
            "deployment pipeline."
        ),
        (),
        choices=IGNORABLE,
        kept=True,
    )

    @property
    def both_minutes(self) -> int | None:
        """Minutes for which a deployment runs old and new tasks once the new ones are healthy.

        None if the deployments are rolling.
        """
        if not shifts_traffic(self.deployment_strategy):
            return None
        return self.bake_minutes + shift_minutes(
            self.deployment_strategy,
            step_percent=self.linear_step_percent,
            step_minutes=self.linear_step_minutes,
            canary_minutes=self.canary_minutes,
        )
