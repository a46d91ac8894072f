"""Terraform's type constraints of variables: a value converted as Terraform converts it.

https://developer.hashicorp.com/terraform/language/expressions/type-constraints
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from gpuecs_tui.terraform.hcl.budget import number
from gpuecs_tui.terraform.hcl.tree import Expression, FunctionCall, Items, Literal, Pairs, Reference

PRIMITIVES = ("string", "number", "bool")
_COLLECTIONS = ("list", "set", "map")
_KNOWN = (str, int, float, list, dict)


class Unconvertible(Exception):
    """The value does not have the type, or the type is not supported."""


class Elements(list[Any]):
    """The elements of a set, each once, in Terraform's order.

    If one element is unknown, the order is unknown too.
    """


def elements(items: list[Any]) -> Elements:
    """Return the set that ``toset`` creates from ``items``, converted to one type as Terraform
    does.

    Strings are sorted by code points and numbers by value; false precedes true, and null is last
    (https://github.com/zclconf/go-cty, ``setRules.Less``). Raises Unconvertible if there is no
    common type, and for several lists or objects, whose order depends on a hash.
    """
    if any(item is not None and not isinstance(item, _KNOWN) for item in items):
        return Elements(item for place, item in enumerate(items) if item not in items[:place])
    there = of_one_type([item for item in items if item is not None])
    if any(isinstance(item, (list, dict)) for item in there):
        there = [item for place, item in enumerate(there) if item not in there[:place]]
        if len(there) > 1:
            raise Unconvertible
    else:
        there = sorted(set(there))
    return Elements([*there, None] if None in items else there)


def of_one_type(items: list[Any]) -> list[Any]:
    """Return ``items`` as elements of one type. Raises Unconvertible if there is no common type.

    Lists and objects are not converted. If one item is unknown, no item is converted.
    """
    there = [item for item in items if item is not None]
    kinds = {
        kind for kind in (list, dict, (str, int, float)) for it in there if isinstance(it, kind)
    }
    if len(kinds) > 1:
        raise Unconvertible
    if any(not isinstance(item, (str, int, float)) for item in there):
        return items
    if any(isinstance(item, str) for item in there):
        return [None if item is None else as_text(item) for item in items]
    if len({isinstance(item, bool) for item in there}) > 1:
        raise Unconvertible
    return items


def as_text(value: str | int | float | bool) -> str:
    """Return a primitive as Terraform converts it to a string: numbers without an exponent."""
    if isinstance(value, bool):
        return str(value).lower()
    return format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)


def name_of_type(constraint: Expression | None) -> str:
    """Return the name of a type that takes no argument, such as ``string``; else ""."""
    if isinstance(constraint, Reference):
        return constraint.path
    # Terraform 0.11 wrote it as a string: type = "string".
    if isinstance(constraint, Literal) and isinstance(constraint.value, str):
        return constraint.value
    return ""


def converted(
    value: Any, constraint: Expression | None, constant: Callable[[Expression], Any]
) -> Any:
    """Return ``value`` converted to the type ``constraint`` of a variable.

    ``value`` comes from ``Scope.value``; unknown parts of it stay unknown. ``constant`` evaluates
    the default of an optional attribute. Raises Unconvertible.
    """
    if value is None or not isinstance(value, _KNOWN):
        return value
    if (name := name_of_type(constraint)) or constraint is None:
        return _named(value, name or "any")
    match constraint:
        case FunctionCall("list" | "set", (inner,)) if isinstance(value, list):
            items = [converted(item, inner, constant) for item in value]
            if constraint.name == "set":
                return elements(items)
            return of_one_type(items) if name_of_type(inner) == "any" else items
        case FunctionCall("map", (inner,)) if isinstance(value, dict):
            values = [converted(item, inner, constant) for item in value.values()]
            if name_of_type(inner) == "any":
                values = of_one_type(values)
            return dict(zip(value, values, strict=True))
        case FunctionCall("object", (Pairs(pairs),)) if isinstance(value, dict):
            return dict(_attributes(value, pairs, constant))
        case FunctionCall("tuple", (Items(inner_types),)) if isinstance(value, list):
            if len(inner_types) == len(value):
                return [
                    converted(item, inner, constant)
                    for item, inner in zip(value, inner_types, strict=True)
                ]
    raise Unconvertible


def _named(value: Any, name: str) -> Any:
    if name == "any":
        return value
    if name in _COLLECTIONS:
        if name == "set" and isinstance(value, list):
            return elements(value)
        if name == "list" and isinstance(value, list):
            return of_one_type(value)
        if name == "map" and isinstance(value, dict):
            return dict(zip(value, of_one_type(list(value.values())), strict=True))
        raise Unconvertible
    if isinstance(value, (list, dict)):
        raise Unconvertible
    match name:
        case "string":
            return as_text(value)
        case "bool" if isinstance(value, bool):
            return value
        case "bool" if value in ("true", "false"):
            return value == "true"
        case "number" if isinstance(value, str):
            if (result := number(value)) is not None:
                return result
        case "number" if not isinstance(value, bool):
            return value
    raise Unconvertible


def _attributes(value: dict[str, Any], pairs: Any, constant: Callable[[Expression], Any]) -> Any:
    for key, constraint in pairs:
        if not (isinstance(key, Literal) and isinstance(key.value, str)):
            raise Unconvertible
        default: Any = None
        match constraint:
            case FunctionCall("optional", (inner,)):
                constraint = inner
            case FunctionCall("optional", (inner, expression)):
                constraint, default = inner, constant(expression)
            case _ if key.value not in value:
                raise Unconvertible
        given = value.get(key.value)
        yield key.value, converted(default if given is None else given, constraint, constant)
