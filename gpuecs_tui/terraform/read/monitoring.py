"""The answers about alarms and the dashboard: an alarm that is not written is off."""

from __future__ import annotations

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.monitoring.alarm_list import ADDRESS, LIMITS
from gpuecs_tui.terraform.hcl.values import HclValue
from gpuecs_tui.terraform.read.configuration import MISSING, Configuration, SourceLocation
from gpuecs_tui.terraform.read.gathered import Gathered
from gpuecs_tui.terraform.read.rules import ALARM, DASHBOARD
from gpuecs_tui.terraform.read.unread import broken_file

_ACTIONS = "alarm_actions"
_OF_ALARMS = (
    "alarms.enabled",
    *(
        key
        for key in KEYS
        if key.startswith("alarms.") and key not in ("alarms.enabled", "alarms.dashboard")
    ),
)
"""Whether there are alarms, and the keys that depend on it."""


def monitoring(configuration: Configuration, found: Gathered) -> None:
    """Read which alarms there are, with their limits, and where they are sent."""
    for keys, address in ((_OF_ALARMS, ALARM), (("alarms.dashboard",), DASHBOARD)):
        if address in configuration.blocks:
            _there(keys, address, configuration, found)
        else:
            _absent(keys, False, configuration, found)
    if ALARM not in configuration.blocks:
        return
    for name, key in LIMITS.items():
        address = f"{ADDRESS}{name}"
        if address not in configuration.blocks:
            _absent((key,), 0, configuration, found)
            continue
        placed = configuration.expression(address, "threshold")
        value: HclValue = configuration.scope.value(placed[0]) if placed else MISSING
        found.take(key, value, placed[1] if placed else None, f"{address}.threshold")
    _topic(configuration, found)


def _topic(configuration: Configuration, found: Gathered) -> None:
    key, what = "alarms.topic_arn", f"{ALARM}.{_ACTIONS}"
    placed = configuration.expression(ALARM, _ACTIONS)
    topics: HclValue = configuration.scope.value(placed[0]) if placed else None
    place = placed[1] if placed else None
    if isinstance(topics, list) and len(topics) > 1:
        reason = _("has several actions, which no gpuecs-tui setting covers")
        found.refuse((key,), place, what, reason)
        return
    topic = (topics[0] if topics else None) if isinstance(topics, list) else topics
    found.take(key, "" if topic is None else topic, place, what)


def _there(
    keys: tuple[str, ...], address: str, configuration: Configuration, found: Gathered
) -> None:
    if withheld := configuration.withheld(address):
        why, place = withheld
        found.refuse(keys, place, address, why.reason)
    else:
        found.answers[keys[0]] = True


def _absent(
    keys: tuple[str, ...], off: bool | int, configuration: Configuration, found: Gathered
) -> None:
    """Read the first key as ``off``, unless a file that could not be read may say otherwise."""
    if configuration.may_hide:
        lost = broken_file(configuration.may_hide, configuration)
        place = SourceLocation(lost.file, lost.line or 0)
        found.refuse(keys, place, lost.what, lost.reason)
    else:
        found.answers[keys[0]] = off
