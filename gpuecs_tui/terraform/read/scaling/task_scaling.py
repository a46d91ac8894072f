"""The answers about task scaling: from the scalable target, its policies and scheduled actions."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.scaling.autoscaling import COUNT, OFF, action_text, without_count
from gpuecs_tui.terraform.hcl.tree import mentions
from gpuecs_tui.terraform.hcl.values import HclValue, UnknownValue
from gpuecs_tui.terraform.read.configuration import MISSING, Configuration, SourceLocation
from gpuecs_tui.terraform.read.convert import convert
from gpuecs_tui.terraform.read.gathered import Gathered
from gpuecs_tui.terraform.read.rules import (
    CUSTOM_METRIC,
    READ_APART,
    SCALABLE_TARGET,
    SCALING_POLICIES,
    SCHEDULED_ACTIONS,
    SERVICE,
    TRACKING,
)
from gpuecs_tui.terraform.read.unread import broken_file

_ENABLED, _METRIC = "autoscaling.enabled", "autoscaling.metric_name"
_SCHEDULES, _TIMEZONE = "autoscaling.schedules", "autoscaling.timezone"
_IGNORED = "service.ignore_changes"
_KEYS = tuple(key for key in KEYS if key.startswith("autoscaling."))
_COOLDOWN = 300
"""Seconds if a policy sets none (Application Auto Scaling API reference,
TargetTrackingScalingPolicyConfiguration, for ECS services)."""
_EACH = {
    "schedule": "each.value.schedule",
    "scalable_target_action.min_capacity": "each.value.min",
    "scalable_target_action.max_capacity": "each.value.max",
}


def scaling(configuration: Configuration, found: Gathered) -> None:
    """Read whether and how tasks are scaled; it needs the answer of ``service.ignore_changes``.

    Without a scalable target, task scaling is off.
    """
    ignored = found.answers.get(_IGNORED)
    if SCALABLE_TARGET not in configuration.blocks:
        # A service whose count is not ignored has no task scaling of gpuecs-tui.
        if (isinstance(ignored, tuple) and COUNT not in ignored) or not configuration.may_hide:
            found.answers[_ENABLED] = False
        else:
            _hidden(_KEYS, configuration, found)
        return
    if not _is_of_service(configuration, found):
        return
    found.answers[_ENABLED] = True
    if isinstance(ignored, tuple):
        found.answers[_IGNORED] = without_count(ignored)
    for key, address in SCALING_POLICIES.items():
        if address in configuration.blocks:
            _take(key, READ_APART[key], configuration, found)
        elif configuration.may_hide:
            _hidden((key,), configuration, found)
        else:
            off: Value = next(it for it in OFF if KEYS[key].type_problem(it) == "")
            found.answers[key] = off
    if SCALING_POLICIES[_METRIC] in configuration.blocks:
        _metric(configuration, found)
    for way in ("out", "in"):
        _cooldown(way, configuration, found)
    _schedules(configuration, found)


def _hidden(keys: tuple[str, ...], configuration: Configuration, found: Gathered) -> None:
    lost = broken_file(configuration.may_hide, configuration)
    found.refuse(keys, SourceLocation(lost.file, lost.line or 0), lost.what, lost.reason)


def _is_of_service(configuration: Configuration, found: Gathered) -> bool:
    """Tell whether the scalable target is the desired count of the service; if not, record it."""
    placed = configuration.expression(SCALABLE_TARGET, "resource_id")
    namespace = configuration.value(SCALABLE_TARGET, "service_namespace")
    what = f"{SCALABLE_TARGET}.resource_id"
    if withheld := configuration.withheld(SCALABLE_TARGET):
        why, place = withheld
        found.refuse(_KEYS, place, SCALABLE_TARGET, why.reason)
        return False
    if placed is not None and namespace == "ecs" and mentions(placed[0], SERVICE):
        return True
    reason = _("does not refer to {address}, the resource that gpuecs-tui reads")
    file, block = configuration.blocks[SCALABLE_TARGET]
    at = placed[1] if placed else SourceLocation(file, block.line)
    found.refuse(_KEYS, at, what, reason.format(address=SERVICE))
    return False


def _take(key: str, place: str, configuration: Configuration, found: Gathered) -> None:
    kind, name, path = place.split(".", 2)
    placed = configuration.expression(f"{kind}.{name}", path)
    value: HclValue = configuration.scope.value(placed[0]) if placed else MISSING
    found.take(key, value, placed[1] if placed else None, place)


def _metric(configuration: Configuration, found: Gathered) -> None:
    address = SCALING_POLICIES[_METRIC]
    for name in ("namespace", "statistic", "target"):
        key = f"autoscaling.metric_{name}"
        _take(key, READ_APART[key], configuration, found)
    body = configuration.body(address, *CUSTOM_METRIC.split("."))
    what = f"{address}.{CUSTOM_METRIC}.dimensions"
    file, block = configuration.blocks[address]
    place = SourceLocation(file, block.line)
    key = "autoscaling.metric_dimensions"
    if body is None or any("dimensions" in it.labels for it in body.named("dynamic")):
        found.refuse((key,), place, what, _("is not written out as blocks"))
        return
    pairs: dict[str, HclValue] = {}
    for inner in body.named("dimensions"):
        parts = {
            it: configuration.scope.value(attribute.value)
            for it, attribute in inner.body.attributes.items()
        }
        place = SourceLocation(inner.file or file, inner.line)
        called = parts.get("name")
        pairs[called if isinstance(called, str) else ""] = parts.get("value", MISSING)
    found.take(key, pairs, place, what)


def _cooldown(way: str, configuration: Configuration, found: Gathered) -> None:
    """Read a cool-down, which all policies have in common."""
    key = f"autoscaling.scale_{way}_cooldown_seconds"
    values: list[HclValue] = []
    for address in SCALING_POLICIES.values():
        if address not in configuration.blocks:
            continue
        path = f"{TRACKING}.scale_{way}_cooldown"
        placed = configuration.expression(address, path)
        value = configuration.scope.value(placed[0]) if placed else None
        value = _COOLDOWN if value is None else value
        value = value if isinstance(value, UnknownValue) else convert(key, value)
        if values and values[0] != value:
            reason = _("differs from that of another policy, which no gpuecs-tui setting covers")
            found.refuse((key,), placed[1] if placed else None, f"{address}.{path}", reason)
            return
        values.append(value)
        found.take(key, value, placed[1] if placed else None, f"{address}.{path}")


def _schedules(configuration: Configuration, found: Gathered) -> None:
    if SCHEDULED_ACTIONS not in configuration.blocks:
        if configuration.may_hide:
            _hidden((_SCHEDULES, _TIMEZONE), configuration, found)
        else:
            found.answers[_SCHEDULES] = {}
        return
    what = f"{SCHEDULED_ACTIONS}.for_each"
    placed = configuration.expression(SCHEDULED_ACTIONS, "for_each")
    if placed is None:
        file, block = configuration.blocks[SCHEDULED_ACTIONS]
        reason = _("is missing")
        found.refuse((_SCHEDULES, _TIMEZONE), SourceLocation(file, block.line), what, reason)
        return
    if other := next(_not_each(configuration), None):
        path, place = other
        reason = _("does not use the values of for_each")
        found.refuse((_SCHEDULES,), place, f"{SCHEDULED_ACTIONS}.{path}", reason)
    else:
        value = configuration.scope.value(placed[0])
        found.take(_SCHEDULES, _actions(value), placed[1], what)
    zone = configuration.expression(SCHEDULED_ACTIONS, "timezone")
    value = configuration.scope.value(zone[0]) if zone else None
    # AWS reads a schedule without a time zone as UTC.
    found.take(
        _TIMEZONE,
        KEYS[_TIMEZONE].default if value is None else value,
        zone[1] if zone else None,
        f"{SCHEDULED_ACTIONS}.timezone",
    )


def _not_each(configuration: Configuration) -> Iterator[tuple[str, SourceLocation | None]]:
    for path, reference in _EACH.items():
        placed = configuration.expression(SCHEDULED_ACTIONS, path)
        if placed is None or not mentions(placed[0], reference):
            yield path, placed[1] if placed else None


def _actions(value: HclValue) -> HclValue:
    """Return the actions in a value of ``for_each`` as an answer; others as they are."""
    if not isinstance(value, dict):
        return value
    actions: dict[str, HclValue] = {}
    for name, action in value.items():
        parts = [action.get(it) for it in ("schedule", "min", "max")] if _is_action(action) else []
        unknown = next((it for it in parts if isinstance(it, UnknownValue)), None)
        if unknown is not None:
            actions[name] = unknown
        else:
            actions[name] = action_text(*parts) if parts else action
    return actions


def _is_action(action: HclValue) -> bool:
    return isinstance(action, dict) and action.keys() == {"schedule", "min", "max"}
