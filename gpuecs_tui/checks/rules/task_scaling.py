"""Rules about task scaling: what overshoots, never runs, or scales nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from gpuecs_tui.aws.facts import Image
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, Fix, error, undecided, warning
from gpuecs_tui.checks.rules.references import image_of
from gpuecs_tui.checks.rules.timing import STARTUP_SECONDS
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.stack.capacity.fleet_types import types_of
from gpuecs_tui.stack.containers.references import images_of
from gpuecs_tui.stack.model import KEYS, Stack, peak_tasks
from gpuecs_tui.stack.scaling.autoscaling import (
    BOOT_SECONDS,
    COOLDOWN_MAX,
    OFF,
    POLICIES,
    ScheduledAction,
    scheduled_actions,
)
from gpuecs_tui.stack.scaling.schedule import NotASchedule

COOLDOWN, IDLE = "scaling-cooldown", "scaling-idle"
SCHEDULE, GROUP = "scaling-schedule", "group-scaling"
_GRACE = "service.health_check_grace_seconds"
_OUT = "autoscaling.scale_out_cooldown_seconds"
_GP3_MIB = 125
"""MiB/s of a gp3 volume that sets none (EBS user guide)."""
_PULLED_TIMES = 3
"""An image is written once as it is pulled, and read and written when its layers are extracted to
about twice the size."""
_MIB = 1024 * 1024
_OF_TASKS, _TARGET = "aws_appautoscaling_", "aws_appautoscaling_target."
"""The addresses of resources that scale tasks start so."""
_PERIOD = 60
"""Seconds between two data points of a metric, so that tasks are added at most once in them."""
_YEARS_AHEAD = 8
"""In which every schedule that can run at all runs: from one February 29 to the next, except 2100.
"""


def scaling_idle(context: Context) -> Iterator[Finding]:
    """A scalable target without a policy and without an action changes nothing.

    Policies and actions that the user declares for it count.
    """
    scaling = context.stack.autoscaling
    own = any(
        it.startswith(_OF_TASKS) and not it.startswith(_TARGET) for it in context.other_scalers
    )
    if not scaling.enabled or policies_of(context.stack) or scaling.schedules or own:
        return
    yield warning(
        IDLE,
        "autoscaling.enabled",
        _(
            "Task scaling is on, but nothing changes the number of tasks: there is no target for a "
            "metric and no scheduled action."
        ),
        _(
            "set autoscaling.requests_per_target, another target, or autoscaling.schedules, or set "
            "autoscaling.enabled to false"
        ),
    )


def scaling_cooldown(context: Context) -> Iterator[Finding]:
    """A cool-down shorter than a cold start adds tasks again before the first ones count.

    Application Auto Scaling computes the next scale-out from the metric, which a task changes only
    once it takes requests (Application Auto Scaling user guide, "Define cooldown periods").
    """
    stack = context.stack
    scaling = stack.autoscaling
    if not scaling.enabled or not policies_of(stack):
        return
    wait = scaling.scale_out_cooldown_seconds
    if wait >= COOLDOWN_MAX:
        return
    pull, load = pull_seconds(context), load_seconds(stack)
    unread = unknown_sizes(context)
    cold = BOOT_SECONDS + pull + load
    left_out = _("the size of {images} is unknown, so its pull is not included")
    lacks = left_out.format(images=", ".join(unread)) if unread else ""
    if wait >= cold:
        if unread:
            yield undecided(
                COOLDOWN,
                _OUT,
                _(
                    "Could not check whether a new task counts in the metric within the scale-out "
                    "cool-down of {wait} s: it takes at least {cold} s, and {lacks}."
                ).format(wait=wait, cold=cold, lacks=lacks),
                _("measure the start of a task on a new instance"),
            )
        return
    times = -(-cold // max(_PERIOD, wait)) - 1
    parts = _parts(pull, load, lacks)
    message = ngettext(
        "A new task counts in the metric after about {cold} s ({parts}). With a scale-out "
        "cool-down of {wait} s, tasks can be added {times} time before.",
        "A new task counts in the metric after about {cold} s ({parts}). With a scale-out "
        "cool-down of {wait} s, tasks can be added {times} times before.",
        times,
    ).format(cold=cold, parts=parts, wait=wait, times=times)
    fix: Fix = ((_OUT, min(cold, COOLDOWN_MAX)),)
    yield warning(COOLDOWN, _OUT, f"{message} {_overshoot(context)}".rstrip(), fix=fix)


def scaling_schedule(context: Context) -> Iterator[Finding]:
    """A time zone must exist, and an action must have a time that is still to come."""
    scaling = context.stack.autoscaling
    if not scaling.enabled or not scaling.schedules:
        return
    zone = zone_of(scaling.timezone)
    if zone is None:
        if zone_of("Europe/Berlin") is None:
            yield undecided(
                SCHEDULE,
                "autoscaling.timezone",
                _(
                    "Could not check whether the time zone {zone} exists: this machine has no time "
                    "zone database."
                ).format(zone=scaling.timezone),
                _("check it in the list of IANA time zones"),
            )
        else:
            yield error(
                SCHEDULE,
                "autoscaling.timezone",
                _("The time zone {zone} does not exist.").format(zone=scaling.timezone),
                _("use a name of the IANA time zone database, such as Europe/Berlin"),
            )
    now = context.now.astimezone(zone).replace(tzinfo=None)
    for action in scheduled_actions(scaling.schedules):
        if upcoming(action, now) is False:
            yield warning(
                SCHEDULE,
                "autoscaling.schedules",
                _("The scheduled action {name} never runs: {schedule} has no time to come.").format(
                    name=action.name, schedule=action.schedule
                ),
                _("change its schedule, or remove the action"),
            )


def upcoming(action: ScheduledAction, now: datetime) -> bool | None:
    """Tell whether an action runs at or after ``now``, which is in its time zone; None if its
    schedule is not valid."""
    try:
        times = action.parsed().times(now, now + timedelta(days=366 * _YEARS_AHEAD))
    except NotASchedule:
        return None
    return next(times, None) is not None


def group_scaling(context: Context) -> Iterator[Finding]:
    """Only the capacity provider may scale its Auto Scaling group, and only one scalable target
    the service.

    Managed scaling creates a policy of its own, and another policy works against it (ECS developer
    guide, "Automatically manage Amazon ECS capacity with cluster auto scaling"). AWS has one
    scalable target for a service, so two resources of it overwrite each other.
    """
    for address in context.other_scalers:
        if address.startswith(_TARGET):
            yield error(
                GROUP,
                "autoscaling.enabled",
                _(
                    "{address} is the scalable target of the service, which autoscaling.tf "
                    "declares too. Each apply of one overwrites the limits of the other."
                ).format(address=address),
                _("remove {address}, or set autoscaling.enabled to false").format(address=address),
            )
        elif not address.startswith(_OF_TASKS):
            yield error(
                GROUP,
                "fleet.max_size",
                _(
                    "{address} scales the Auto Scaling group, which the capacity provider scales "
                    "by the number of tasks. Both work against each other."
                ).format(address=address),
                _("remove {address}, and scale the tasks instead (autoscaling.enabled)").format(
                    address=address
                ),
            )


def policies_of(stack: Stack) -> tuple[str, ...]:
    """Return the keys of the policies that the stack has."""
    return tuple(key for key in POLICIES if stack[key] not in OFF)


def load_seconds(stack: Stack) -> int:
    """Return how long loading the model takes: the user's own figure, or what it can take.

    A grace period above its default is the user's figure, with the time until a task is marked
    unhealthy.
    """
    grace = stack.service.health_check_grace_seconds
    default = KEYS[_GRACE].default
    assert isinstance(default, int)
    noticed = stack.health_check.interval_seconds * stack.health_check.unhealthy_threshold
    return max(STARTUP_SECONDS, grace - noticed) if grace > default else STARTUP_SECONDS


def pull_seconds(context: Context) -> int:
    """Return about how long the pull of the images takes whose size is known."""
    speed = context.stack.fleet.root_volume_throughput_mib or _GP3_MIB
    sizes = (it.size_bytes for it in _images(context).values() if it is not None)
    return round(_PULLED_TIMES * sum(sizes) / _MIB / speed)


def unknown_sizes(context: Context) -> tuple[str, ...]:
    """Return the images of the task whose size is unknown."""
    return tuple(name for name, image in _images(context).items() if image is None)


def _images(context: Context) -> dict[str, Image | None]:
    """Return the images of all containers by their references; None for one that is unknown."""
    references = (reference for _key, reference in images_of(context.stack))
    return {it: image_of(context, it) for it in references}


def _parts(pull: int, load: int, lacks: str) -> str:
    """Return what the start of a task consists of; ``lacks``: what is not included."""
    of_boot = _("{n} s for the instance").format(n=BOOT_SECONDS)
    of_load = _("{n} s for the model").format(n=load)
    of_pull = [_("{n} s for the image").format(n=pull)] if pull or not lacks else []
    parts = ", ".join([of_boot, *of_pull, of_load])
    return _("{parts}; {lacks}").format(parts=parts, lacks=lacks) if lacks else parts


def _overshoot(context: Context) -> str:
    """Return what too many tasks cost; empty if a price or the fit is unknown."""
    stack, found = context.stack, context.fit
    if found is None:
        return ""
    most = found.instances_for(peak_tasks(stack))
    needed = found.instances_for(stack.autoscaling.min_tasks + 1)
    readings = [context.account.prices.of(name) for name in types_of(stack)]
    prices = [it.value.usd for it in readings if isinstance(it, Known)]
    if most is None or needed is None or not prices or len(prices) < len(readings):
        return ""
    more = min(most, stack.fleet.max_size) - needed
    if more <= 0:
        return ""
    return ngettext(
        "If one more task was enough, up to {n} instance too many runs, for ${usd} per hour "
        "On-Demand.",
        "If one more task was enough, up to {n} instances too many run, for ${usd} per hour "
        "On-Demand.",
        more,
    ).format(n=more, usd=_between(min(prices) * more, max(prices) * more))


def _between(low: Decimal, high: Decimal) -> str:
    return f"{low:,.2f}" if low == high else f"{low:,.2f}–{high:,.2f}"


def zone_of(name: str) -> ZoneInfo | None:
    """Return a time zone; None if this machine's database, if there is one, lacks it."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return None
