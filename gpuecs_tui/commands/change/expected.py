"""Which changes of a plan follow from the values that a command writes, and which are others."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from gpuecs_tui.aws.service.revision import serving_container
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.terraform.plan.details import (
    UNKNOWN,
    ChangedAttribute,
    PlanTree,
    ResourceChange,
)
from gpuecs_tui.terraform.read.revision_answers import revision_answers
from gpuecs_tui.terraform.read.rules import KEY_RULES, READ_APART, SERVICE, TASK
from gpuecs_tui.terraform.read.sidecars import SIDECAR_KEYS

_DEFINITION = "task_definition"
_CONTAINERS = "container_definitions"
_START_ORDER = ".dependsOn"
_ALL_TAGS = "tags_all"
_COMPUTED = frozenset(
    {"arn", "arn_without_revision", "enable_fault_injection", "id", "revision", _ALL_TAGS}
)
"""Attributes of a new revision that the provider decides (provider schema 5.100.0, ``computed``;
generated Terraform always sets ``network_mode``)."""
_LOG_BUFFER = "task.log_buffer_mib"
_BESIDE = {
    _LOG_BUFFER: f"{TASK}.{_CONTAINERS}.logConfiguration.options.mode",
    "container_health.command": f"{TASK}.{_CONTAINERS}.healthCheck",
    "container.restart": f"{TASK}.{_CONTAINERS}.restartPolicy",
}
"""Key → a further place that generated Terraform writes only with a value of the key."""
_OF_NUMBERS = ("container.ulimits", "container.restart_ignored_exit_codes")
"""Keys whose texts contain the numbers of the task definition."""
_NUMBER = re.compile(r"-?[0-9]+")
_INDEX = re.compile(r"\[\d+\]")
_POSITION = re.compile(rf"{_CONTAINERS}\[(\d+)\]")


def other_changes(
    tree: PlanTree | None, values: Mapping[str, Value], container: str
) -> list[str] | None:
    """Return the addresses whose change does not follow from ``values``; None without a plan.

    ``container``: the name of the container that the load balancer sends requests to.
    """
    if tree is None:
        return None
    return [
        it.address
        for it in tree.changes
        if not it.attributes
        or not all(_follows(it, each, values, container) for each in it.attributes)
    ]


def _follows(
    change: ResourceChange, changed: ChangedAttribute, values: Mapping[str, Value], container: str
) -> bool:
    if {changed.before, changed.after} == {None, '""'}:
        # The provider plans an empty text for an attribute without a value, and the reverse.
        return True
    places = {place: key for key in values if key not in SIDECAR_KEYS for place in _places(key)}
    further = any(key in values for key in SIDECAR_KEYS)
    revised = further or any(it.startswith(f"{TASK}.") for it in places)
    if revised and (change.address, changed.path) == (SERVICE, _DEFINITION):
        return True
    if revised and change.address == TASK and changed.path.startswith(f"{_ALL_TAGS}."):
        # Each tag is listed without a value after it while their map is unknown.
        return any((it.path, it.after) == (_ALL_TAGS, UNKNOWN) for it in change.attributes)
    if changed.after == UNKNOWN:
        return revised and change.address == TASK and changed.path in _COMPUTED
    if change.address == TASK and _is_further(change, changed.path, container):
        return _further_follow(change, values, container)
    path = f"{change.address}.{_path_of_key(change, changed.path, container)}"
    return any(
        path == place or path.startswith(f"{place}.")
        for place, key in places.items()
        if _is_wanted(key, values[key], changed.after)
    )


def _places(key: str) -> tuple[str, ...]:
    """Return the addresses with attribute paths at which generated Terraform uses a key."""
    rule = KEY_RULES.get(key)
    place = f"{rule.address}.{rule.path}" if rule else READ_APART[key]
    return (place, _BESIDE[key]) if key in _BESIDE else (place,)


def _path_of_key(change: ResourceChange, path: str, container: str) -> str:
    """Return a path without indexes; "" if it leads into another container."""
    position = _POSITION.match(path)
    if position is not None and int(position[1]) != _serving(change, container):
        return ""
    return _INDEX.sub("", path)


def _is_further(change: ResourceChange, path: str, container: str) -> bool:
    """Tell whether a path leads into another container, or to the start order."""
    position = _POSITION.match(path)
    if position is None:
        return False
    within = path.removeprefix(position[0])
    return int(position[1]) != _serving(change, container) or within.startswith(_START_ORDER)


def _further_follow(change: ResourceChange, values: Mapping[str, Value], container: str) -> bool:
    """Tell whether the further containers after a change are those before it with ``values``."""
    before, after = (_answers(it, container) for it in (change.before, change.after))
    return all(
        key in after and after[key] == values.get(key, before.get(key)) for key in SIDECAR_KEYS
    )


def _answers(attributes: Mapping[str, Any], container: str) -> Mapping[str, Value]:
    """Return the answers in the attributes of a task definition; empty if they can't be read."""
    try:
        containers = json.loads(attributes.get(_CONTAINERS) or "")
    except (TypeError, ValueError):
        return {}
    definition = {"containerDefinitions": containers, "networkMode": attributes.get("network_mode")}
    return revision_answers(definition, container, 0)


def _serving(change: ResourceChange, container: str) -> int | None:
    """Return the position of the serving container in the revision before; None if unknown."""
    try:
        containers: Any = json.loads(change.before.get(_CONTAINERS) or "")
    except (TypeError, ValueError):
        return None
    if not isinstance(containers, list):
        return None
    found = serving_container({"containerDefinitions": containers}, container)
    return containers.index(found) if found is not None else None


def _is_wanted(key: str, value: Value, after: str | None) -> bool:
    """Tell whether an attribute of a key has a form of its value; None if it is not set."""
    if isinstance(value, Mapping):
        items: Sequence[Any] = (*value, *value.values())
    elif isinstance(value, tuple):
        items = value
    else:
        items = (value, str(value))
        if key == _LOG_BUFFER:
            items = (f"{value}m", "non-blocking") if value else ()
        if after is None:
            return not value or value == KEYS[key].unset
    if key in _OF_NUMBERS:
        items = [*items, *(int(it) for text in items for it in _NUMBER.findall(text))]
    return after is None or after in {json.dumps(it, ensure_ascii=False) for it in items}
