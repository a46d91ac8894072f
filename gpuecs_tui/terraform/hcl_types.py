"""Terraform's type constraints of variables: a value converted as Terraform converts it.

https://developer.hashicorp.com/terraform/language/expressions/type-constraints
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gpuecs_tui.terraform.hcl_budget import number
from gpuecs_tui.terraform.hcl_tree import Call, Expression, Items, Literal, Pairs, Reference

PRIMITIVES = ("string", "number", "bool")
_COLLECTIONS = ("list", "set", "map")


class Unconvertible(Exception):
    """The value is none of the type, or the type isn't understood."""


def name_of(constraint: Expression | None) -> str:
    """Return the name of a type that takes no argument, such as ``string``; else ""."""
    if isinstance(constraint, Reference):
        return constraint.path
    # As Terraform 0.11 wrote it: type = "string".
    if isinstance(constraint, Literal) and isinstance(constraint.value, str):
        return constraint.value
    return ""


def converted(
    value: Any, constraint: Expression | None, constant: Callable[[Expression], Any]
) -> Any:
    """Return ``value`` as a variable of the type ``constraint`` has it.

    ``value`` is what ``Scope.value`` returns; what is unknown in it stays so. ``constant``
    evaluates the default of an optional attribute. Raises Unconvertible.
    """
    if value is None or not isinstance(value, (str, int, float, list, dict)):
        return value
    if (name := name_of(constraint)) or constraint is None:
        return _named(value, name or "any")
    match constraint:
        case Call("list" | "set", (inner,)) if isinstance(value, list):
            items = [converted(item, inner, constant) for item in value]
            if constraint.name == "list":
                return items
            return [item for place, item in enumerate(items) if item not in items[:place]]
        case Call("map", (inner,)) if isinstance(value, dict):
            return {key: converted(item, inner, constant) for key, item in value.items()}
        case Call("object", (Pairs(pairs),)) if isinstance(value, dict):
            return dict(_attributes(value, pairs, constant))
        case Call("tuple", (Items(inner_types),)) if isinstance(value, list):
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
        if isinstance(value, dict if name == "map" else list):
            return value
        raise Unconvertible
    if isinstance(value, (list, dict)):
        raise Unconvertible
    match name:
        case "string":
            return str(value).lower() if isinstance(value, bool) else str(value)
        case "bool" if isinstance(value, bool):
            return value
        case "bool" if value in ("true", "false"):
            return value == "true"
        case "number" if isinstance(value, str):
            try:
                result = number(value)
            except ValueError:
                raise Unconvertible from None
            if result is not None:
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
            case Call("optional", (inner,)):
                constraint = inner
            case Call("optional", (inner, expression)):
                constraint, default = inner, constant(expression)
            case _ if key.value not in value:
                raise Unconvertible
        given = value.get(key.value)
        yield key.value, converted(default if given is None else given, constraint, constant)
