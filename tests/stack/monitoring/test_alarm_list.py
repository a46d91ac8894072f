"""Which alarms a stack has, and how long targets may be unhealthy."""

from __future__ import annotations

import pytest

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.monitoring.alarm_list import (
    ERRORS,
    GPU_MEMORY,
    LATENCY,
    NONE_HEALTHY,
    UNHEALTHY,
    alarm_name,
    alarms_of,
    deployment_alarms,
    patience_minutes,
)
from tests.support.small_account import stack

ON: dict[str, Value] = {"alarms__enabled": True}
SCALED: dict[str, Value] = {"autoscaling__enabled": True}
NIGHT = {"night": "cron(0 20 * * ? *) min 0 max 0"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"alarms__enabled": False}, ()),
        ({}, (UNHEALTHY, NONE_HEALTHY, ERRORS)),
        ({"alarms__server_error_percent": 0}, (UNHEALTHY, NONE_HEALTHY)),
        ({"alarms__latency_seconds": 3}, (UNHEALTHY, NONE_HEALTHY, ERRORS, LATENCY)),
        ({"fleet__gpu_metrics": True}, (UNHEALTHY, NONE_HEALTHY, ERRORS)),
        (
            {"fleet__gpu_metrics": True, "alarms__gpu_memory_percent": 95},
            (UNHEALTHY, NONE_HEALTHY, ERRORS, GPU_MEMORY),
        ),
        # A service that may run no task would cause an alarm each time.
        ({"service__desired_count": 0}, (UNHEALTHY, ERRORS)),
        ({**SCALED, "autoscaling__min_tasks": 0}, (UNHEALTHY, ERRORS)),
        ({**SCALED, "autoscaling__schedules": NIGHT}, (UNHEALTHY, ERRORS)),
        (SCALED, (UNHEALTHY, NONE_HEALTHY, ERRORS)),
    ],
)
def test_alarms(changes: dict[str, Value], expected: tuple[str, ...]) -> None:
    assert alarms_of(stack(**{**ON, **changes})) == expected


def test_a_deployment_is_judged_by_what_a_revision_can_cause() -> None:
    every: dict[str, Value] = {
        **ON,
        "alarms__latency_seconds": 3,
        "fleet__gpu_metrics": True,
        "alarms__gpu_memory_percent": 95,
    }
    assert deployment_alarms(stack(**every)) == ()
    assert deployment_alarms(stack(**every, alarms__rollback=True)) == (UNHEALTHY, ERRORS, LATENCY)
    assert alarm_name("llm", NONE_HEALTHY) == "llm-no-healthy-target"


@pytest.mark.parametrize(("grace", "minutes"), [(0, 5), (1, 6), (300, 10), (3300, 60), (9999, 60)])
def test_a_loading_model_is_no_alarm(grace: int, minutes: int) -> None:
    assert patience_minutes(stack(service__health_check_grace_seconds=grace)) == minutes
