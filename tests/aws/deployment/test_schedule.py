"""Which parts are read when: counted on a clock that the test moves."""

from __future__ import annotations

import pytest

from gpuecs_tui.aws.deployment.schedule import (
    ANSWER_SECONDS,
    CALLS_MAX,
    GAP_SECONDS,
    PATIENCE_SECONDS,
    SLOWEST_SECONDS,
    Pace,
    Schedule,
)

PACES = {
    "service": (Pace.TASKS, "ecs"),
    "tasks": (Pace.TASKS, "ecs"),
    "fleet": (Pace.FLEET, "autoscaling"),
    "history": (Pace.RECORDS, "ecs"),
}


def one(_name: str) -> int:
    return 1


def answered(schedule: Schedule, now: float) -> tuple[str, ...]:
    """Start what is due and answer it at once."""
    started = schedule.start(now, one)
    for name in started:
        schedule.ended(name)
    return started


@pytest.mark.parametrize(
    ("moving", "expected"),
    [
        (True, {"service": 21, "tasks": 21, "fleet": 11, "history": 5}),
        (False, {"service": 5, "tasks": 5, "fleet": 5, "history": 5}),
    ],
)
def test_each_part_has_its_own_period(moving: bool, expected: dict[str, int]) -> None:
    schedule = Schedule(PACES)
    schedule.moving = moving
    counts = dict.fromkeys(PACES, 0)
    now = 0.0
    while now <= 60.0:
        for name in answered(schedule, now):
            counts[name] += 1
        assert schedule.next_in(now) > 0
        now += schedule.next_in(now)
    assert counts == expected


def test_what_does_not_fit_is_read_a_second_later_and_the_urgent_first() -> None:
    schedule = Schedule(PACES)
    costs = {"service": 3, "tasks": 4, "fleet": 2, "history": 1}
    assert schedule.start(0.0, costs.__getitem__) == ("service", "tasks", "history")
    for name in ("service", "tasks", "history"):
        schedule.ended(name)
    assert schedule.next_in(0.0) == GAP_SECONDS
    assert schedule.start(GAP_SECONDS, costs.__getitem__) == ("fleet",)
    schedule.ended("fleet")
    assert schedule.next_in(GAP_SECONDS) == 3.0 - GAP_SECONDS
    assert schedule.start(3.0, costs.__getitem__) == ("service", "tasks")


def test_a_part_that_takes_more_than_all_calls_is_read_alone() -> None:
    schedule = Schedule(PACES)
    assert schedule.start(0.0, lambda name: CALLS_MAX + 5) == ("service",)


def test_what_is_due_soon_is_read_with_what_is_due() -> None:
    schedule = Schedule({"a": (Pace.TASKS, "ecs"), "b": (Pace.TASKS, "ecs")})
    assert schedule.start(0.0, lambda name: CALLS_MAX) == ("a",)
    assert schedule.start(GAP_SECONDS, lambda name: CALLS_MAX) == ("b",)
    schedule.ended("a")
    schedule.ended("b")
    assert schedule.due(2.9) == ()
    assert answered(schedule, 3.0) == ("a", "b")


def test_what_is_in_flight_is_not_started_again() -> None:
    schedule = Schedule(PACES)
    schedule.start(0.0, one)
    for name in ("service", "fleet", "history"):
        schedule.ended(name)
    assert "tasks" not in schedule.start(3.0, one)
    assert "tasks" not in schedule.start_all(20.0)


def test_at_rest_parts_that_are_due_soon_are_read_together() -> None:
    schedule = Schedule({"a": (Pace.TASKS, "ecs"), "b": (Pace.FLEET, "autoscaling")})
    schedule.start(0.0, lambda name: CALLS_MAX)
    schedule.ended("a")
    schedule.start(4.0, lambda name: CALLS_MAX)
    schedule.ended("b")
    schedule.moving = False
    assert schedule.next_in(4.0) == 11.0
    assert answered(schedule, 15.0) == ("a", "b")
    assert schedule.next_in(15.0) == 15.0


def test_a_refresh_is_slow_once_all_its_parts_have_taken_long() -> None:
    schedule = Schedule(PACES)
    schedule.start(0.0, lambda name: CALLS_MAX // 2)
    assert not schedule.is_slow(PATIENCE_SECONDS - 0.1)
    assert schedule.is_slow(PATIENCE_SECONDS)
    schedule.start(PATIENCE_SECONDS, lambda name: CALLS_MAX)
    assert not schedule.is_slow(PATIENCE_SECONDS), "the new one has just begun"


def test_a_part_is_late_once_and_the_time_that_it_was_held_does_not_count() -> None:
    schedule = Schedule(PACES)
    schedule.start(0.0, one)
    schedule.ended("service")
    schedule.ended("fleet")
    schedule.hold("history")
    assert schedule.late(ANSWER_SECONDS - 0.1) == ()
    assert schedule.late(ANSWER_SECONDS) == ("tasks",)
    assert schedule.late(ANSWER_SECONDS) == ()
    assert schedule.awaited() and schedule.in_flight("history")
    schedule.began("history", 7.0)
    assert schedule.late(7.0 + ANSWER_SECONDS) == ("history",)
    assert not schedule.awaited()


@pytest.mark.parametrize(
    ("problem", "waits"),
    [
        ("denied", [SLOWEST_SECONDS] * 3),
        ("other", [6.0, 12.0, 24.0, 48.0, SLOWEST_SECONDS, SLOWEST_SECONDS]),
        ("throttled", [6.0, 12.0, 24.0, 48.0, SLOWEST_SECONDS]),
    ],
)
def test_a_part_that_fails_is_read_less_often(problem: str, waits: list[float]) -> None:
    schedule = Schedule({"service": PACES["service"]})
    now = 0.0
    for wait in waits:
        schedule.start(now, one)
        schedule.ended("service", problem)  # type: ignore[arg-type]
        assert schedule.next_in(now) == wait
        now += wait
    schedule.start(now, one)
    schedule.ended("service")
    assert schedule.next_in(now) == 3.0


def test_throttling_slows_all_parts_of_the_service_and_no_other() -> None:
    schedule = Schedule(PACES)
    schedule.start(0.0, one)
    for name in PACES:
        schedule.ended(name, "throttled" if name == "tasks" else None)
    assert schedule.due(5.9) == ()
    assert set(schedule.due(6.0)) == {"service", "tasks", "fleet"}
    for name in answered(schedule, 6.0):
        schedule.ended(name)
    assert set(schedule.due(9.0)) == {"service", "tasks"}


def test_expired_parts_are_due_even_if_they_were_denied() -> None:
    schedule = Schedule(PACES)
    schedule.start(0.0, one)
    for name in PACES:
        schedule.ended(name, "denied")
    assert schedule.due(1.0) == ()
    schedule.expire()
    assert set(schedule.start(1.0, one)) == set(PACES)


def test_another_pace_counts_from_the_last_reading() -> None:
    schedule = Schedule({"health_check": (Pace.SETTINGS, "elasticloadbalancing")})
    answered(schedule, 0.0)
    assert schedule.next_in(0.0) == 300.0
    schedule.set_pace("health_check", Pace.TASKS)
    assert schedule.next_in(1.0) == 2.0
