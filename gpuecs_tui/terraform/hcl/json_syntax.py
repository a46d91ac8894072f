"""Terraform's JSON syntax, parsed into the same tree as the native syntax.

https://developer.hashicorp.com/terraform/language/syntax/json: only the resource's schema shows
whether a property is an argument or a block. The tree contains both, and the reader uses one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.hcl.parse import parse_expression
from gpuecs_tui.terraform.hcl.tree import (
    Attribute,
    Block,
    Body,
    Expression,
    Items,
    Literal,
    Opaque,
    Pairs,
    ReadProblem,
    Withheld,
)

_LABELS = {"resource": 2, "data": 2, "ephemeral": 2, "variable": 1, "output": 1, "module": 1,
           "provider": 1, "backend": 1, "dynamic": 1}  # fmt: skip
"""The number of labels of a block, which is the number of object levels above its body."""
_REFERENCES = ("depends_on", "ignore_changes", "provider", "providers", "replace_triggered_by")
"""Arguments whose strings are references."""
JSON_COMMENT = "//"
"""Terraform ignores a property with this name."""
_NO_LINE = 0
"""Python's JSON parser gives no line numbers."""


class _Twice(list[Any]):
    """The values of a property that occurs more than once: several blocks, or an error."""


def parse_json(text: str, file: str) -> Body:
    """Return the tree of a ``.tf.json`` file. Raises ReadProblem."""
    tree = _load(text, file)
    blocks: list[Block] = []
    for kind, value in tree.items():
        if kind != JSON_COMMENT:
            blocks += _blocks(kind, value, _LABELS.get(kind, 0), ())
    return Body({}, tuple(blocks))


def parse_json_variables(text: str, file: str) -> Body:
    """Return the tree of a ``.tfvars.json`` file, whose strings are not templates.

    Raises ReadProblem, also for a property that occurs more than once.
    """
    tree = _load(text, file)
    for name, value in tree.items():
        if isinstance(value, _Twice) and name != JSON_COMMENT:
            raise ReadProblem(
                _("{file} sets {name} more than once.").format(file=file, name=name), file
            )
    return Body(
        {
            name: Attribute(name, _constant(value), _NO_LINE)
            for name, value in tree.items()
            if name != JSON_COMMENT
        },
        (),
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            before = found[name]
            value = _Twice([*(before if isinstance(before, _Twice) else [before]), value])
        found[name] = value
    return found


def _load(text: str, file: str) -> dict[str, Any]:
    try:
        tree = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise ReadProblem(
            _("{file}, line {line}: {reason}.").format(
                file=file, line=error.lineno, reason=error.msg
            ),
            file,
            error.lineno,
        ) from None
    except (ValueError, RecursionError):
        raise ReadProblem(_("Could not read {file} as JSON.").format(file=file), file) from None
    if not isinstance(tree, dict):
        raise ReadProblem(_("{file} does not contain a JSON object.").format(file=file), file)
    return tree


def _blocks(kind: str, value: Any, labels: int, found: tuple[str, ...]) -> Iterator[Block]:
    for item in _each(value):
        if not isinstance(item, dict):
            continue
        if labels:
            for label, inner in item.items():
                if label != JSON_COMMENT:
                    yield from _blocks(kind, inner, labels - 1, (*found, label))
        else:
            yield Block(kind, found, _body(item, kind), _NO_LINE)


def _each(value: Any) -> Iterator[Any]:
    """Yield the bodies of the blocks in a property."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(value, _Twice):
            yield from _each(item)
        else:
            yield item


def _body(tree: dict[str, Any], kind: str) -> Body:
    attributes: dict[str, Attribute] = {}
    blocks: list[Block] = []
    for name, value in tree.items():
        if name == JSON_COMMENT:
            continue
        attributes[name] = Attribute(name, _value(name, value, kind), _NO_LINE)
        blocks += _blocks(name, value, _LABELS.get(name, 0), ())
    return Body(attributes, tuple(blocks))


def _value(name: str, value: Any, kind: str) -> Expression:
    """Return the value of a property in a block of a kind.

    If Terraform expects a reference or a type, a string is one. The default of a variable is taken
    literally ("Block-type-specific Exceptions" of the syntax).
    """
    if kind == "variable" and name == "default":
        return _constant(value)
    if name in _REFERENCES or (kind == "variable" and name == "type"):
        return _reference(value)
    return _expression(value)


def _reference(value: Any) -> Expression:
    if isinstance(value, str):
        return parse_expression(value) or Opaque(value)
    return _composed(value, _reference)


def _expression(value: Any) -> Expression:
    if isinstance(value, str):
        if "${" not in value and "%{" not in value:
            return Literal(value)
        # JSON has already decoded its own escapes, so the template is escaped again for HCL.
        escaped = json.dumps(value, ensure_ascii=False) if _is_simple(value) else ""
        return parse_expression(escaped) or Opaque(value)
    return _composed(value, _expression)


def _is_simple(value: str) -> bool:
    # Inside ${ }, escaped quotes and backslashes would have another meaning.
    return not any(sign in value for sign in '"\\\n\r\t')


def _constant(value: Any) -> Expression:
    return Literal(value) if isinstance(value, str) else _composed(value, _constant)


def _composed(value: Any, inner: Any) -> Expression:
    if isinstance(value, _Twice):
        return Withheld("", _("is set more than once, which Terraform rejects"))
    if isinstance(value, list):
        return Items(tuple(inner(item) for item in value))
    if isinstance(value, dict):
        key = Literal if inner is _constant else inner
        return Pairs(tuple((key(name), inner(item)) for name, item in value.items()))
    if isinstance(value, float) and value.is_integer():
        return Literal(int(value))
    return Literal(value)
