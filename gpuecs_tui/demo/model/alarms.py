"""The CloudWatch alarms of the demo account: in which state they are.

The account has no metrics of its own, so an alarm keeps its state until it is set: by CloudWatch's
SetAlarmState, or by ``gpuecs-tui demo metric ALARM 1`` (0: OK).
"""

from __future__ import annotations

from collections.abc import Iterable

from moto.cloudwatch.models import cloudwatch_backends

from gpuecs_tui.demo.model.quotas import ACCOUNT_ID

ALARM, OK = "ALARM", "OK"


def in_alarm(region: str, names: Iterable[str]) -> frozenset[str]:
    """Return which of the alarms ``names`` are in the state ALARM."""
    alarms = cloudwatch_backends[ACCOUNT_ID][region].alarms
    return frozenset(it for it in names if it in alarms and alarms[it].state_value == ALARM)


def set_alarm(name: str, value: float | None) -> None:
    """Set the alarm ``name``, if there is one in any Region; without a value, it is OK."""
    for backend in cloudwatch_backends[ACCOUNT_ID].values():
        if name in backend.alarms:
            backend.set_alarm_state(name, "set by demo metric", "{}", ALARM if value else OK)
