"""Rules health-timing, drain-timing and delete-timeout, and the times that they compare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, warning
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.model import Stack

STARTUP_SECONDS = 120
"""Seconds that loading a model of seven billion parameters from disk can take after the container
started (40 to 120 s). The image is pulled before the grace period starts. The real time is unknown.
"""
STOP_SECONDS = 30
"""ECS_CONTAINER_STOP_TIMEOUT's default: from SIGTERM to SIGKILL."""
USUAL_SECONDS = 60
"""AWS's default of the load balancer's idle timeout, and the default of the stack's deregistration
delay. A higher idle timeout means that requests take longer."""
DELAY_MAX_SECONDS = 3600
"""The longest deregistration delay (docs/aws.md, "Ranges and names")."""
DELETE_SECONDS = 20 * 60
"""How long the AWS provider waits for a deleted service to become INACTIVE."""
DELETE_SLACK_SECONDS = 5 * 60
"""Further time of a deletion, in which ECS detects, stops, and reports each task."""
SPOT_NOTICE_SECONDS = 120
"""From the interruption notice to the termination of a Spot instance."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How fast the load balancer reacts, in seconds."""

    healthy: int
    """From a task's first successful check to its first request: interval × healthy threshold."""
    unhealthy: int
    """From a task's failure to its last request: interval × unhealthy threshold and one timeout."""
    removed: int
    """From a task's failure to the end of its deregistration delay."""
    startup: int
    """How long a new task may take to load before the service stops it: the grace period and the
    first failed checks after it."""


def timing(stack: Stack) -> Timing:
    """Work out the times from health check, grace period, and deregistration delay."""
    check = stack.health_check
    dead = check.interval_seconds * check.unhealthy_threshold + check.timeout_seconds
    return Timing(
        healthy=check.interval_seconds * check.healthy_threshold,
        unhealthy=dead,
        removed=dead + stack.load_balancer.deregistration_delay_seconds,
        startup=max(
            stack.service.health_check_grace_seconds,
            check.interval_seconds * check.unhealthy_threshold,
        ),
    )


def health_timing(context: Context) -> Iterator[Finding]:
    """The timeout must be below the interval, and the grace period must cover loading."""
    stack, check = context.stack, context.stack.health_check
    if check.timeout_seconds >= check.interval_seconds:
        yield error(
            "health-timing",
            "health_check.timeout_seconds",
            _(
                "The health check timeout ({timeout} s) must be shorter than the interval "
                "({interval} s)."
            ).format(timeout=check.timeout_seconds, interval=check.interval_seconds),
            fix=(("health_check.timeout_seconds", check.interval_seconds - 1),),
        )
    grace = stack.service.health_check_grace_seconds
    noticed = check.interval_seconds * check.unhealthy_threshold
    if grace < noticed + STARTUP_SECONDS:
        yield warning(
            "health-timing",
            "service.health_check_grace_seconds",
            _(
                "Tasks may be stopped while the model is loading: the health check grace period "
                "({grace} s) is shorter than the {startup} s that loading can take plus the "
                "{noticed} s until a task is marked unhealthy."
            ).format(grace=grace, startup=STARTUP_SECONDS, noticed=noticed),
            _(
                "set service.health_check_grace_seconds to {least} or, better, to the load time of "
                "your model in seconds plus {noticed}"
            ).format(least=noticed + STARTUP_SECONDS, noticed=noticed),
            (("service.health_check_grace_seconds", noticed + STARTUP_SECONDS),),
        )


def drain_timing(context: Context) -> Iterator[Finding]:
    """Requests are cut off by the deregistration delay or by the end of a Spot instance.

    When a task is replaced or scaled in, ECS first deregisters it and waits the deregistration
    delay, after which the load balancer closes open connections. Then ECS sends SIGTERM and, after
    the stop timeout, SIGKILL. So the stop timeout adds to the delay, and the sum only matters if
    AWS terminates the instance: on Spot.
    """
    stack = context.stack
    spot = stack.fleet.market == "spot"
    delay = stack.load_balancer.deregistration_delay_seconds
    stop = stack.task.stop_timeout_seconds or STOP_SECONDS
    idle = stack.load_balancer.idle_timeout_seconds
    wanted = min(DELAY_MAX_SECONDS, max(USUAL_SECONDS, idle))
    if spot and delay + stop >= SPOT_NOTICE_SECONDS:
        message = _(
            "A Spot instance is terminated {notice} s after its notice, but a task takes {delay} s "
            "to drain and up to {stop} s to stop. Requests are cut off."
        ).format(notice=SPOT_NOTICE_SECONDS, delay=delay, stop=stop)
        yield _drain(message, SPOT_NOTICE_SECONDS // 2)
    elif not delay:
        message = _(
            "With a deregistration delay of 0, every deployment and every scale-in cuts off the "
            "requests that are in progress."
        )
        yield _drain(message, SPOT_NOTICE_SECONDS // 2 if spot else wanted)
    elif not spot and idle > USUAL_SECONDS and delay < wanted:
        message = _(
            "The idle timeout allows {idle} s without data, but a task that is being replaced has "
            "{delay} s to finish its requests. Longer requests are cut off at every deployment."
        ).format(idle=idle, delay=delay)
        yield _drain(message, wanted)


def delete_timeout(context: Context) -> Iterator[Finding]:
    """A deleted service drains its tasks first, while the provider waits for it to be INACTIVE.

    The AWS provider waits DELETE_SECONDS unless the resource has ``timeouts`` (aws_ecs_service,
    "Timeouts"); hashicorp/terraform-provider-aws#17548 has the failure.
    """
    delay = context.stack.load_balancer.deregistration_delay_seconds
    stop = context.stack.task.stop_timeout_seconds or STOP_SECONDS
    ends = delay + stop
    if ends + DELETE_SLACK_SECONDS <= DELETE_SECONDS:
        return
    most = DELETE_SECONDS - DELETE_SLACK_SECONDS - stop
    yield warning(
        "delete-timeout",
        "load_balancer.deregistration_delay_seconds",
        _(
            "Destroying or replacing the service takes {delay} s to drain and up to {stop} s to "
            "stop each task. By default, the AWS provider waits {minutes} min and then fails. The "
            "generated Terraform sets a longer timeout."
        ).format(delay=delay, stop=stop, minutes=DELETE_SECONDS // 60),
        fix=(("load_balancer.deregistration_delay_seconds", most),),
    )


def _drain(message: str, seconds: int) -> Finding:
    key = "load_balancer.deregistration_delay_seconds"
    return warning("drain-timing", key, message, fix=((key, seconds),))
