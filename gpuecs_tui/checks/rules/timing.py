"""Rules health-timing, drain-timing and delete-timeout, and how long things take to be noticed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, warning
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.model import Stack

STARTUP_SECONDS = 120
"""What loading a model of seven billion parameters from disk can take once the container runs
(40 to 120 s); the image is pulled before the grace begins. Only its owner knows the real time."""
STOP_SECONDS = 30
"""ECS_CONTAINER_STOP_TIMEOUT's default: from SIGTERM to SIGKILL."""
USUAL_SECONDS = 60
"""The default of the load balancer's idle timeout, AWS's own, and of the stack's deregistration
delay: who raises the one says that requests take longer."""
DELAY_MAX_SECONDS = 3600
"""The longest deregistration delay (docs/aws.md, "Ranges and names")."""
DELETE_SECONDS = 20 * 60
"""How long the AWS provider waits for a deleted service to become INACTIVE."""
DELETE_SLACK_SECONDS = 5 * 60
"""For what a deletion takes besides: ECS notices, stops and reports each task."""
SPOT_NOTICE_SECONDS = 120
"""From the notice to the end of a spot instance."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How fast the load balancer notices, in seconds."""

    healthy: int
    """From a task's first good answer to requests: interval × healthy threshold."""
    unhealthy: int
    """From a task's death to no more requests: interval × unhealthy threshold and one timeout."""
    removed: int
    """From its death to the end of its deregistration delay."""
    startup: int
    """How long a new task may load before the service kills it: the grace and what the first bad
    checks after it take."""


def timing(stack: Stack) -> Timing:
    """Work out the times from the health check, the grace and the deregistration delay."""
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
    """Timeout below interval; grace long enough that a loading task isn't killed."""
    stack, check = context.stack, context.stack.health_check
    if check.timeout_seconds >= check.interval_seconds:
        yield error(
            "health-timing",
            "health_check.timeout_seconds",
            _(
                "A health check's timeout, {timeout} s, must be shorter than its interval, "
                "{interval} s."
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
                "The service can kill a task that still loads its model: the grace of {grace} s is "
                "shorter than the {startup} s that loading can take and the {noticed} s in which "
                "bad checks count."
            ).format(grace=grace, startup=STARTUP_SECONDS, noticed=noticed),
            _(
                "set service.health_check_grace_seconds to {least} or, better, to the seconds your "
                "model takes to load and {noticed} more"
            ).format(least=noticed + STARTUP_SECONDS, noticed=noticed),
            (("service.health_check_grace_seconds", noticed + STARTUP_SECONDS),),
        )


def drain_timing(context: Context) -> Iterator[Finding]:
    """Requests under way outlast neither the deregistration delay nor a spot instance.

    Whenever a task is replaced or scaled in, ECS first takes it out of the target group and waits
    the deregistration delay, after which the load balancer cuts what is still open; only then comes
    SIGTERM and, later SIGKILL. So the stop timeout is added to the delay and shortens
    none, and the two together only matter where an instance ends by itself: on spot.
    """
    stack = context.stack
    spot = stack.fleet.market == "spot"
    delay = stack.load_balancer.deregistration_delay_seconds
    stop = stack.task.stop_timeout_seconds or STOP_SECONDS
    idle = stack.load_balancer.idle_timeout_seconds
    wanted = min(DELAY_MAX_SECONDS, max(USUAL_SECONDS, idle))
    if spot and delay + stop >= SPOT_NOTICE_SECONDS:
        message = _(
            "A spot instance ends {notice} s after its notice, but a task takes {delay} s to "
            "drain and up to {stop} s to stop: requests are cut off."
        ).format(notice=SPOT_NOTICE_SECONDS, delay=delay, stop=stop)
        yield _drain(message, SPOT_NOTICE_SECONDS // 2)
    elif not delay:
        message = _(
            "With a deregistration delay of 0 every deployment and every scale-in cuts off the "
            "requests that its tasks work on."
        )
        yield _drain(message, SPOT_NOTICE_SECONDS // 2 if spot else wanted)
    elif not spot and idle > USUAL_SECONDS and delay < wanted:
        message = _(
            "The load balancer lets a request be silent for {idle} s, but a task that is replaced "
            "has {delay} s to finish: longer ones are cut off at every deployment."
        ).format(idle=idle, delay=delay)
        yield _drain(message, wanted)


def delete_timeout(context: Context) -> Iterator[Finding]:
    """A service that is deleted drains its tasks first, while the provider waits for its end.

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
            "A destroy or a replacement of the service takes {delay} s to drain and up to {stop} s "
            "to stop each task. By default the AWS provider waits {minutes} min and then fails; it "
            "is configured to wait longer."
        ).format(delay=delay, stop=stop, minutes=DELETE_SECONDS // 60),
        fix=(("load_balancer.deregistration_delay_seconds", most),),
    )


def _drain(message: str, seconds: int) -> Finding:
    key = "load_balancer.deregistration_delay_seconds"
    return warning("drain-timing", key, message, fix=((key, seconds),))
