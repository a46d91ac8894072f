"""The details of a saved plan: by resource, the old and new values, and the reason of a
replacement.

Its source is ``terraform show -json PLANFILE`` (docs: "JSON Output Format", plan representation);
the event stream has no attribute values. What is stored of it was masked first, see mask.py.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gpuecs_tui.terraform.base.atomic_files import read_json
from gpuecs_tui.terraform.base.liveness import is_alive
from gpuecs_tui.terraform.plan.mask import MASK, sides
from gpuecs_tui.terraform.runs.journal import read_recorded
from gpuecs_tui.terraform.runs.run import Run

UNKNOWN = "(known after apply)"
"""Terraform's own text for a value that is known only after the apply."""
_LOOK_SECONDS = 0.05


class Action(StrEnum):
    """What happens to one resource, the most destructive first."""

    REPLACE = "replace"
    DELETE = "delete"
    UPDATE = "update"
    CREATE = "create"
    IMPORT = "import"
    FORGET = "forget"
    READ = "read"
    NO_OP = "no-op"


DESTRUCTIVE = frozenset({Action.REPLACE, Action.DELETE})
"""Actions that destroy an existing resource."""
_ORDER = list(Action)


@dataclass(frozen=True, slots=True)
class ChangedAttribute:
    """One changed attribute without nested attributes."""

    path: str
    """Such as ``metadata_options[0].http_tokens``; a path inside a JSON text has the same form."""
    before: str | None
    """As JSON; None if it was not set; MASK if sensitive."""
    after: str | None
    """Likewise; UNKNOWN if the provider decides it."""
    forces_replacement: bool = False


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """The change of one resource."""

    address: str
    type: str
    action: Action
    reason: str
    """The reason, in Terraform's word, such as ``replace_because_cannot_update``; usually empty."""
    attributes: tuple[ChangedAttribute, ...]
    previous_address: str = ""
    """Its address before a move."""
    create_first: bool = False
    """A replacement that creates the new resource before it destroys the old one."""
    before: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """Its attributes before the change, sensitive ones masked; empty if it is created."""
    after: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """Likewise after it, without what the provider decides; empty if it is deleted."""

    def planned_name(self) -> str:
        """Return the ``name`` that it will have; "" if it has none, or if it is known only after
        the apply."""
        after = next((it.after for it in self.attributes if it.path == "name"), None)
        try:
            name = json.loads(after) if after is not None else ""
        except ValueError:
            # Terraform's text for a value that is known only after the apply.
            return ""
        return name if isinstance(name, str) else ""


@dataclass(frozen=True, slots=True)
class PlanTree:
    """All changes of a plan, destructive ones first."""

    changes: tuple[ResourceChange, ...]
    """Changes other than no-op, ordered by action, then in Terraform's order."""
    outputs: tuple[ChangedAttribute, ...]
    """Outputs that change."""
    desired_counts: Mapping[str, int] = field(default_factory=dict, compare=False)
    """Address of each ECS service → its desired count after the plan, changed or not."""
    is_complete: bool = True
    """False if Terraform says that another plan must follow, as after ``-target``."""

    def by_action(self, action: Action) -> tuple[ResourceChange, ...]:
        """Return the changes with one action."""
        return tuple(change for change in self.changes if change.action is action)


def load_plan(run: Run) -> PlanTree | None:
    """Return the plan of a run, or None if its details don't exist (yet).

    The details exist some seconds after the plan, because ``show`` starts the provider again; see
    ``wait_for_plan``.
    """
    raw = read_json(run.files.plan_details)
    return None if raw is None else plan_tree(raw)


def wait_for_plan(
    run: Run, seconds: float = 60.0, *, only_if_it_affects: bool = False
) -> PlanTree | None:
    """Return the plan of a run, waiting up to ``seconds`` while its details are being read.

    Blocks. None if the details did not appear. With ``only_if_it_affects`` also None, as soon as
    the counts are known, if the plan only creates: reading its details takes half as long as
    planning.
    """
    deadline = time.monotonic() + seconds
    while True:
        if only_if_it_affects:
            changes = run.refresh().changes
            if changes is not None and changes.only_creates:
                return None
        recorded = read_recorded(run.files)
        coming = recorded is not None and is_alive(recorded.runner)
        # Read after the process check, so that everything written before its end is seen.
        found = load_plan(run)
        if found is not None or not coming or time.monotonic() >= deadline:
            return found
        time.sleep(_LOOK_SECONDS)


def plan_tree(show: Mapping[str, Any]) -> PlanTree:
    """Return the plan in the output of ``show -json``, masked or not."""
    changes = [_change(raw) for raw in show.get("resource_changes", ())]
    changes = [c for c in changes if c.action is not Action.NO_OP or c.previous_address]
    changes.sort(key=lambda change: _ORDER.index(change.action))
    outputs: list[ChangedAttribute] = []
    for name, raw in (show.get("output_changes") or {}).items():
        if raw.get("actions") not in (["no-op"], ["read"]):
            before, after = sides(raw)
            # For a sensitive output, only the fact of the change is reported.
            old, new = (None if side is None else MASK for side in (before, after))
            hidden = ChangedAttribute(name, old, new)
            outputs.extend(list(_attributes(raw, name)) or [hidden])
    counts, complete = dict(_desired_counts(show)), show.get("complete") is not False
    return PlanTree(tuple(changes), tuple(outputs), counts, complete)


def runs_no_task(of: PlanTree) -> bool:
    """Tell whether the plan keeps at least one service, and each with a desired count of 0."""
    return bool(of.desired_counts) and not any(of.desired_counts.values())


def _desired_counts(show: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for raw in show.get("resource_changes", ()):
        after = (raw.get("change") or {}).get("after")
        if raw.get("type") == "aws_ecs_service" and isinstance(after, dict):
            count = after.get("desired_count")
            if isinstance(count, int):
                yield str(raw.get("address", "")), count


def _change(raw: Mapping[str, Any]) -> ResourceChange:
    change = raw.get("change") or {}
    actions = list(change.get("actions") or [])
    before, after = (it if isinstance(it, dict) else {} for it in sides(change))
    return ResourceChange(
        address=str(raw.get("address", "")),
        type=str(raw.get("type", "")),
        action=_action(actions, change),
        reason=str(raw.get("action_reason", "")),
        attributes=tuple(_attributes(change, "")) if actions != ["no-op"] else (),
        previous_address=str(raw.get("previous_address", "")),
        create_first=actions == ["create", "delete"],
        before=before,
        after=after,
    )


def _action(actions: list[str], change: Mapping[str, Any]) -> Action:
    if sorted(actions) == ["create", "delete"]:
        return Action.REPLACE
    if change.get("importing") and actions in (["no-op"], ["read"]):
        return Action.IMPORT
    try:
        return Action(actions[0]) if actions else Action.NO_OP
    except ValueError:
        # An action of a newer release: shown as a change rather than hidden.
        return Action.UPDATE


def _attributes(change: Mapping[str, Any], root: str) -> Iterator[ChangedAttribute]:
    before, after = sides(change)
    after = _with_unknown(after, change.get("after_unknown"))
    forcing = [_join(path) for path in change.get("replace_paths") or ()]
    old, new = dict(_leaves(before, root)), dict(_leaves(after, root))
    for path in dict.fromkeys([*old, *new]):
        if old.get(path) != new.get(path):
            forces = any(path == f or path.startswith((f + ".", f + "[")) for f in forcing)
            yield ChangedAttribute(path, old.get(path), new.get(path), forces)


class _Unknown:
    """Marks a value that is known only after the apply."""


_UNKNOWN = _Unknown()


def _with_unknown(value: Any, unknown: Any) -> Any:
    if unknown is True:
        return _UNKNOWN
    if isinstance(unknown, dict) and (value is None or isinstance(value, dict)):
        merged = dict(value or {})
        for key, mark in unknown.items():
            merged[key] = _with_unknown(merged.get(key), mark)
        return merged
    if isinstance(unknown, list) and isinstance(value, list):
        marks = [*unknown, *[None] * len(value)]
        return [_with_unknown(item, mark) for item, mark in zip(value, marks, strict=False)]
    return value


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield path and JSON text of every value that is set; JSON inside a string is parsed too."""
    if value is None:
        return
    if isinstance(value, _Unknown):
        yield path, UNKNOWN
        return
    if isinstance(value, str) and value[:1] in ("{", "["):
        # container_definitions and policies are JSON: one changed image should be one line.
        try:
            value = json.loads(value)
        except ValueError:
            yield path, json.dumps(value, ensure_ascii=False)
            return
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for number, item in enumerate(value):
            yield from _leaves(item, f"{path}[{number}]")
    elif value == MASK:
        yield path, MASK
    elif value not in ({}, []):
        yield path, json.dumps(value, ensure_ascii=False)


def _join(steps: list[Any]) -> str:
    path = ""
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
    return path
