"""Mask ``show -json``, which prints sensitive values in clear text, for storage and display.

Its change representation marks sensitive values in two trees with the shape of the values, one for
``before`` and one for ``after`` (docs: "JSON Output Format"). If only one side is marked, the other
side could reveal the value, so both are masked by the marks of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

MASK = "(sensitive value)"
"""Terraform's own words in place of a sensitive value."""
_PARTS = (
    *("format_version", "terraform_version", "timestamp", "applyable", "complete", "errored"),
)
"""Top-level keys of ``show -json`` that are kept unchanged; none can contain a secret."""
_CHANGE_PARTS = (
    *("actions", "before", "after", "after_unknown", "before_sensitive", "after_sensitive"),
    *("replace_paths", "importing"),
)
"""Keys of a change that are kept: only these are known to contain no values."""


@dataclass(frozen=True, slots=True)
class _Every:
    """Marks that apply to every item of a list."""

    marks: Any


def masked(show: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored of ``show -json``: changes only, each sensitive value replaced.

    Configuration, variables, the prior state and the planned values repeat them and are left out.
    """
    kept: dict[str, Any] = {key: show[key] for key in _PARTS if key in show}
    kept["resource_changes"] = [
        {**raw, "change": _mask_change(raw.get("change") or {})}
        for raw in show.get("resource_changes", ())
    ]
    kept["output_changes"] = {
        name: _mask_change(raw) for name, raw in (show.get("output_changes") or {}).items()
    }
    return kept


def sides(change: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return ``before`` and ``after`` of a change, each masked where one of them is sensitive."""
    before, after = change.get("before"), change.get("after")
    marks = [change.get(f"{side}_sensitive") for side in ("before", "after")]
    if before is None or after is None:
        return mask(before, marks[0]), mask(after, marks[1])
    both = _union(*marks)
    return mask(before, both), mask(after, both)


def mask(value: Any, sensitive: Any) -> Any:
    """Return ``value`` with MASK wherever ``sensitive``, a tree of the same shape, says true."""
    if sensitive is True:
        return None if value is None else MASK
    if isinstance(value, dict) and isinstance(sensitive, dict):
        return {key: mask(item, sensitive.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(sensitive, _Every):
        return [mask(item, sensitive.marks) for item in value]
    if isinstance(value, list) and isinstance(sensitive, list):
        marks = [*sensitive, *[None] * len(value)]
        return [mask(item, mark) for item, mark in zip(value, marks, strict=False)]
    return value


def _mask_change(change: Mapping[str, Any]) -> dict[str, Any]:
    result = {key: change[key] for key in _CHANGE_PARTS if key in change}
    result["before"], result["after"] = sides(change)
    return result


def _union(one: Any, other: Any) -> Any:
    """Return the marks of both sides in one tree."""
    if one is True or other is True:
        return True
    if not one or not other:
        # A list on one side only: its items may be at other places in the other value.
        return _Every(reduce(_union, marked)) if (marked := _items(one or other)) else one or other
    if one == other:
        return one
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: _union(one.get(key), other.get(key)) for key in one | other}
    if (marked := _items(one)) and (more := _items(other)):
        # A marked item may have moved to another place of the list.
        return _Every(reduce(_union, [*marked, *more]))
    # The value has changed its shape, so its parts can't be matched.
    return True


def _items(marks: Any) -> list[Any]:
    if isinstance(marks, _Every):
        return [marks.marks]
    return marks if isinstance(marks, list) else []
