"""The value of an expression, as far as it is known without Terraform."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.hcl.budget import Budget, Exhausted, number
from gpuecs_tui.terraform.hcl.tree import (
    Expression,
    FunctionCall,
    Items,
    Literal,
    Opaque,
    Pairs,
    Reference,
    Template,
    Withheld,
)
from gpuecs_tui.terraform.hcl.types import (
    Elements,
    Unconvertible,
    as_text,
    converted,
    elements,
    of_one_type,
)


@dataclass(frozen=True, slots=True)
class UnknownValue:
    """A value that only Terraform can evaluate, such as an attribute of another resource."""

    expression: Expression

    @property
    def reference(self) -> str:
        """The path it refers to, or "" for anything but a reference."""
        return self.expression.path if isinstance(self.expression, Reference) else ""

    @property
    def reason(self) -> str:
        """Why it is unknown, as the end of a sentence."""
        if isinstance(self.expression, Withheld):
            return self.expression.reason
        if self.reference.startswith("var."):
            return _("refers to {name}, which has no known value").format(name=self.reference)
        return _("can only be evaluated by Terraform")


HclValue = Any
"""str, int, float, bool, None, list or dict of these, or UnknownValue. ``jsonencode`` of a
structure returns the structure, because the structure is what is read."""

NamedExpressions = Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class Scope:
    """The values of names."""

    variables: NamedExpressions
    """The expression of each variable; a Withheld if its value can't or must not be read."""
    locals: NamedExpressions
    types: NamedExpressions = field(default_factory=dict)
    """The type constraints of variables."""
    budget: Budget = field(default_factory=Budget, compare=False, repr=False)

    def value(self, expression: Expression) -> HclValue:
        """Return the value of ``expression``; an UnknownValue if only Terraform knows it or it
        exceeds the limits of steps and characters."""
        try:
            self.budget.begin()
            return _value(expression, self, frozenset(), 0)
        except Exhausted:
            return UnknownValue(expression)

    def look_up(self, path: str) -> Expression | None:
        """Return what a ``var`` or ``local`` is set to; None for any other path."""
        kind, _, name = path.partition(".")
        return {"var": self.variables, "local": self.locals}.get(kind, {}).get(name)


def _value(expression: Expression, scope: Scope, within: frozenset[str], depth: int) -> HclValue:
    scope.budget.step(depth)
    depth += 1
    match expression:
        case Literal(value):
            return _normal(value) if isinstance(value, str) else value
        case Reference(path):
            if path == "path.module":
                return "."
            kind, _dot, rest = path.partition(".")
            name, *steps = rest.split(".")
            root = f"{kind}.{name}"
            target = scope.look_up(root)
            if kind == "module":
                return UnknownValue(
                    Withheld(path, _("comes from a module, which gpuecs-tui does not read"))
                )
            # Terraform itself reports a local that refers to itself.
            if target is None or root in within:
                return UnknownValue(expression)
            value = _value(target, scope, within | {root}, depth)
            if kind == "var":
                value = _as_type(value, scope.types.get(name), scope, expression)
            for step in steps:
                value = _part(value, step, expression)
            return value
        case Template(parts):
            values = [_value(part, scope, within, depth) for part in parts]
            if all(isinstance(value, (str, int, float, bool)) for value in values):
                scope.budget.made(sum(map(_size, values)))
                return _normal("".join(map(as_text, values)))
            return _because_of(values, expression)
        case Items(items):
            return [_value(item, scope, within, depth) for item in items]
        case Pairs(pairs):
            keys = [_value(key, scope, within, depth) for key, _value_of in pairs]
            if not all(isinstance(key, (str, int)) for key in keys):
                return _because_of(keys, expression)
            return {
                as_text(key): _value(value, scope, within, depth)
                for key, (_key, value) in zip(keys, pairs, strict=True)
            }
        case FunctionCall(name, arguments):
            function = _FUNCTIONS.get(name)
            values = [_value(argument, scope, within, depth) for argument in arguments]
            if function is None:
                return _because_of(values, expression)
            scope.budget.made(sum(map(_size, values)))
            try:
                return function(*values)
            except (TypeError, ValueError, AttributeError, KeyError, Unconvertible):
                # The arguments have a wrong number or type, or one of them is an Unknown.
                return _because_of(values, expression)
        case Opaque():
            return UnknownValue(expression)


def _normal(text: str) -> str:
    """Return a string in NFC, as Terraform normalizes every string (go-cty, StringVal)."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _because_of(values: list[HclValue], whole: Expression) -> UnknownValue:
    """Return the UnknownValue of an expression with these parts.

    A withheld part provides the reason.
    """
    for value in values:
        if isinstance(value, UnknownValue) and isinstance(value.expression, Withheld):
            return value
    return UnknownValue(whole)


def _as_type(
    value: HclValue, constraint: Expression | None, scope: Scope, whole: Expression
) -> HclValue:
    def constant(expression: Expression) -> HclValue:
        return _value(expression, scope, frozenset(), 0)

    try:
        return converted(value, constraint, constant)
    except Unconvertible:
        return UnknownValue(whole)


def _size(value: HclValue) -> int:
    """Return the approximate number of characters and items that a function produces from
    ``value``."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, (list, dict)):
        items = value.values() if isinstance(value, dict) else value
        return sum(len(item) + 1 if isinstance(item, str) else 1 for item in items)
    return 1


def _part(value: HclValue, step: str, whole: Expression) -> HclValue:
    if isinstance(value, UnknownValue):
        return _because_of([value], whole)
    if isinstance(value, dict):
        return value.get(step, UnknownValue(whole))
    # A set has no indexes.
    is_list = isinstance(value, list) and not isinstance(value, Elements)
    if is_list and step.isdecimal() and int(step) < len(value):
        return value[int(step)]
    return UnknownValue(whole)


def _items(value: HclValue) -> list[HclValue]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _json_encode(value: HclValue) -> HclValue:
    # A plain string would be encoded with Go's escapes; structures are read as they are.
    if value is None or isinstance(value, str):
        raise TypeError
    return value


def _substr(text: str, start: int, length: int) -> str:
    # Terraform counts grapheme clusters, not code points, so only ASCII is handled here.
    if start < 0 or length < -1 or not text.isascii():
        raise ValueError
    return text[start:] if length == -1 else text[start : start + length]


def _join(separator: str, first: list[HclValue], *lists: list[HclValue]) -> str:
    items = [item for each in (first, *lists) for item in _items(each)]
    if not all(isinstance(item, (str, int, bool)) for item in items):
        raise TypeError
    return _normal(separator.join(map(as_text, items)))


def _concat(first: list[HclValue], *lists: list[HclValue]) -> list[HclValue]:
    if any(isinstance(each, Elements) for each in (first, *lists)):
        raise TypeError
    return [item for each in (first, *lists) for item in _items(each)]


def _to_list(value: HclValue) -> list[HclValue]:
    items = _items(value)
    is_set = isinstance(items, Elements)
    if is_set and len(items) > 1 and any(isinstance(item, UnknownValue) for item in items):
        raise ValueError
    # tolist converts the items to one type, also those of a list.
    return list(items) if is_set else of_one_type(items)


def _merge(*maps: dict[str, HclValue] | None) -> dict[str, HclValue]:
    result: dict[str, HclValue] = {}
    for each in maps:
        result |= {} if each is None else each
    return result


def _to_text(value: HclValue) -> str:
    if not isinstance(value, (str, int, float, bool)):
        raise TypeError
    return as_text(value)


def _to_number(value: HclValue) -> int | float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if (result := number(value)) is None:
        raise ValueError(value)
    return result


_FUNCTIONS: Mapping[str, Callable[..., HclValue]] = {
    "jsonencode": _json_encode,
    "join": _join,
    "concat": _concat,
    "merge": _merge,
    "substr": _substr,
    "sha256": lambda text: hashlib.sha256(text.encode()).hexdigest(),
    "toset": lambda value: elements(_items(value)),
    "tolist": _to_list,
    "tostring": _to_text,
    "tonumber": _to_number,
}
