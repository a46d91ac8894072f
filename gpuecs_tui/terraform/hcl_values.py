"""What an expression comes to, as far as that can be told without Terraform."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gpuecs_tui.terraform.hcl_budget import Budget, Exhausted, number
from gpuecs_tui.terraform.hcl_tree import (
    Call,
    Expression,
    Items,
    Literal,
    Opaque,
    Pairs,
    Reference,
    Template,
)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that only Terraform knows: another resource's attribute, an unlisted function."""

    expression: Expression

    @property
    def reference(self) -> str:
        """The path it refers to, or "" for anything but a reference."""
        return self.expression.path if isinstance(self.expression, Reference) else ""


Known = Any
"""str, int, float, bool, None, list or dict of these, or Unknown; ``jsonencode`` keeps what it is
given, because what is read is the structure."""

Names = Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class Scope:
    """What names stand for."""

    variables: Names
    locals: Names
    budget: Budget = field(default_factory=Budget, compare=False, repr=False)

    def value(self, expression: Expression) -> Known:
        """Return the value of ``expression``; an Unknown where it isn't known, or exceeds the
        budget of steps and room."""
        try:
            self.budget.begin()
            return _value(expression, self, frozenset(), 0)
        except Exhausted:
            return Unknown(expression)

    def look_up(self, path: str) -> Expression | None:
        """Return what a ``var`` or ``local`` is set to, None for any other path."""
        kind, _, name = path.partition(".")
        return {"var": self.variables, "local": self.locals}.get(kind, {}).get(name)


def _value(expression: Expression, scope: Scope, within: frozenset[str], depth: int) -> Known:
    scope.budget.step(depth)
    depth += 1
    match expression:
        case Literal(value):
            return value
        case Reference(path):
            if path == "path.module":
                return "."
            kind, _dot, rest = path.partition(".")
            name, *steps = rest.split(".")
            root = f"{kind}.{name}"
            target = scope.look_up(root)
            # A local that leads back to itself is Terraform's to report.
            if target is None or root in within:
                return Unknown(expression)
            value = _value(target, scope, within | {root}, depth)
            for step in steps:
                value = _part(value, step, expression)
            return value
        case Template(parts):
            values = [_value(part, scope, within, depth) for part in parts]
            if all(isinstance(value, (str, int, float, bool)) for value in values):
                scope.budget.made(sum(map(_size, values)))
                return "".join(map(as_text, values))
            return Unknown(expression)
        case Items(items):
            return [_value(item, scope, within, depth) for item in items]
        case Pairs(pairs):
            keys = [_value(key, scope, within, depth) for key, _ in pairs]
            if not all(isinstance(key, (str, int)) for key in keys):
                return Unknown(expression)
            return {
                as_text(key): _value(value, scope, within, depth)
                for key, (_, value) in zip(keys, pairs, strict=True)
            }
        case Call(name, arguments):
            function = _FUNCTIONS.get(name)
            values = [_value(argument, scope, within, depth) for argument in arguments]
            if function is None:
                return Unknown(expression)
            scope.budget.made(sum(map(_size, values)))
            try:
                return function(*values)
            except (TypeError, ValueError, AttributeError, KeyError):
                # A wrong number or kind of arguments, among them an Unknown.
                return Unknown(expression)
        case Opaque():
            return Unknown(expression)


def _size(value: Known) -> int:
    """Return about how many characters and items a function may make of ``value``."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, (list, dict)):
        items = value.values() if isinstance(value, dict) else value
        return sum(len(item) + 1 if isinstance(item, str) else 1 for item in items)
    return 1


def _part(value: Known, step: str, whole: Expression) -> Known:
    if isinstance(value, dict):
        return value.get(step, Unknown(whole))
    if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        return value[int(step)]
    return Unknown(whole)


def as_text(value: str | int | float | bool) -> str:
    """Return a primitive as Terraform converts it to a string."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _join(separator: str, *lists: list[Known]) -> str:
    items = [item for each in lists for item in each]
    if not all(isinstance(item, (str, int, bool)) for item in items):
        raise TypeError
    return separator.join(map(as_text, items))


def _merge(*maps: dict[str, Known]) -> dict[str, Known]:
    result: dict[str, Known] = {}
    for each in maps:
        result |= each
    return result


def _to_text(value: Known) -> str:
    if not isinstance(value, (str, int, float, bool)):
        raise TypeError
    return as_text(value)


def _to_number(value: Known) -> int | float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if (result := number(value.strip())) is None:
        raise ValueError(value)
    return result


_FUNCTIONS: Mapping[str, Callable[..., Known]] = {
    "jsonencode": lambda value: value,
    "join": _join,
    "concat": lambda *lists: [item for each in lists for item in each],
    "merge": _merge,
    "substr": lambda text, start, length: text[start : start + length],
    "sha256": lambda text: hashlib.sha256(text.encode()).hexdigest(),
    "toset": list,
    "tolist": list,
    "tostring": _to_text,
    "tonumber": _to_number,
}
