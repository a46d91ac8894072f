"""Which limits of task scaling apply for what share of the time, by the scheduled actions."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.scaling.autoscaling import ScheduledAction, scheduled_actions
from gpuecs_tui.stack.scaling.schedule import NotASchedule

WEEKS = 8
"""The period over which the average is taken. Most schedules repeat by the day or by the week."""


class Limits(NamedTuple):
    """The fewest and the most tasks."""

    least: int
    most: int


def shares(stack: Stack, now: datetime) -> dict[Limits, Decimal]:
    """Return the limits of ``stack`` with their shares of the time; the shares add up to 1.

    From the Monday before ``now`` (without a time zone) on. Actions that run only once are left
    out. The limits before the first action of the period are those after its last one.
    """
    scaling = stack.autoscaling
    start = datetime(now.year, now.month, now.day) - timedelta(days=now.weekday())
    end = start + timedelta(weeks=WEEKS)
    events = sorted(
        (moment, number, Limits(action.least, action.most))
        for number, action in enumerate(scheduled_actions(scaling.schedules))
        for moment in _times(action, start, end)
    )
    if not events:
        return {Limits(scaling.min_tasks, scaling.max_tasks): Decimal(1)}
    seconds: Counter[Limits] = Counter()
    present, since = events[-1][2], start
    for moment, _number, limits in events:
        seconds[present] += int((moment - since).total_seconds())
        present, since = limits, moment
    seconds[present] += int((end - since).total_seconds())
    whole = Decimal(int((end - start).total_seconds()))
    return {limits: Decimal(part) / whole for limits, part in seconds.items() if part}


def _times(action: ScheduledAction, start: datetime, end: datetime) -> list[datetime]:
    try:
        schedule = action.parsed()
    except NotASchedule:
        return []
    return [] if schedule.once is not None else list(schedule.times(start, end))
