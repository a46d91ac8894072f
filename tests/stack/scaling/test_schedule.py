"""Schedules of Application Auto Scaling: what is valid, and when an action runs."""

from __future__ import annotations

from datetime import datetime

import pytest

from gpuecs_tui.stack.scaling.autoscaling import schedule_problems
from gpuecs_tui.stack.scaling.schedule import NotASchedule, parse_schedule

START = datetime(2026, 11, 23)
"""A Monday."""
END = datetime(2027, 3, 2)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("cron(0 20 * * ? *)", ["11-23 20:00", "11-24 20:00"]),
        ("cron(0 7 ? * MON-FRI *)", ["11-23 07:00", "11-24 07:00"]),
        ("cron(0 7 ? * 7,1 *)", ["11-28 07:00", "11-29 07:00"]),
        ("cron(0/30 8 * * ? *)", ["11-23 08:00", "11-23 08:30"]),
        ("cron(5 8-10/2 * * ? *)", ["11-23 08:05", "11-23 10:05"]),
        ("cron(0 8 1 * ? *)", ["12-01 08:00", "01-01 08:00"]),
        ("cron(0 8 L * ? *)", ["11-30 08:00", "12-31 08:00"]),
        # 28 November is a Saturday, 1 January a Friday, 2 January a Saturday.
        ("cron(0 8 28W * ? *)", ["11-27 08:00", "12-28 08:00"]),
        ("cron(0 8 ? * FRI#1 *)", ["12-04 08:00", "01-01 08:00"]),
        ("cron(0 8 ? * 6L *)", ["11-27 08:00", "12-25 08:00"]),
        # The last day of the week is Saturday.
        ("cron(0 8 ? * L *)", ["11-28 08:00", "12-05 08:00"]),
        ("cron(0 8 l * ? *)", ["11-30 08:00", "12-31 08:00"]),
        ("cron(0 7 ? nov-dec mon-fri *)", ["11-23 07:00", "11-24 07:00"]),
        ("cron(0 8 ? FEB SUN 2027)", ["02-07 08:00", "02-14 08:00"]),
        ("rate(1 day)", ["11-24 00:00", "11-25 00:00"]),
        ("rate(12 hours)", ["11-23 12:00", "11-24 00:00"]),
        ("at(2026-12-24T18:00:00)", ["12-24 18:00"]),
        ("at(2026-11-22T18:00:00)", []),
    ],
)
def test_times(text: str, first: list[str]) -> None:
    found = [f"{it:%m-%d %H:%M}" for it in parse_schedule(text).times(START, END)]
    assert found[: len(first) or 1] == first


@pytest.mark.parametrize(
    "text",
    [
        "0 20 * * ? *", "cron(0 20 * * ?)", "cron(0 20 * * * *)", "cron(0 20 ? * ? *)",
        "cron(60 20 * * ? *)", "cron(0 24 * * ? *)", "cron(0 20 0 * ? *)", "cron(0 20 32 * ? *)",
        "cron(0 20 * 13 ? *)", "cron(0 20 ? * 0 *)", "cron(0 20 ? * 8 *)", "cron(0 20 ? * MO *)",
        "cron(0 20 * * ? 1969)", "cron(0 20 * * ? 2200)", "cron(5-1 20 * * ? *)",
        "cron(0/0 20 * * ? *)", "cron(0 20 ? * FRI-MON *)",
        "rate(1 hours)", "rate(2 hour)", "rate(0 hours)", "rate(1 week)",
        "at(2026-02-30T00:00:00)", "at(2026-11-30)", "at(2026-11-30T20:00:00Z)",
    ],
)  # fmt: skip
def test_what_is_not_understood(text: str) -> None:
    with pytest.raises(NotASchedule):
        parse_schedule(text)


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ("cron(0 20 * * ? *) min 0 max 0", ""),
        ("cron(0 20 * * ? *) min 2 max 2", ""),
        ("cron(0 20 * * ? *) min 3 max 2", "minimum (3) must be at most the maximum (2)"),
        ("cron(0 20 * * ? *) min 0 max 5001", "maximum must be at most 5000"),
        (
            "cron(0 25 * * ? *) min 0 max 1",
            "has 25 in its field hours, which gpuecs-tui does not understand",
        ),
    ],
)
def test_problems_name_the_action(action: str, reason: str) -> None:
    found = list(schedule_problems({"night": action}))
    assert len(found) == bool(reason)
    assert all(it.startswith("night: ") and reason in it for it in found)
