"""The value of each variable, by Terraform's order of precedence.

https://developer.hashicorp.com/terraform/language/values/variables#variable-definition-precedence
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.extra_arguments import CHANGING, VARIABLES, extra_options
from gpuecs_tui.terraform.hcl.parse import parse_expression
from gpuecs_tui.terraform.hcl.tree import (
    Block,
    Body,
    Expression,
    Literal,
    ReadProblem,
    Withheld,
    is_constant,
    texts_in,
)
from gpuecs_tui.terraform.hcl.types import PRIMITIVES, name_of_type
from gpuecs_tui.terraform.read.files import in_load_order, is_configuration, is_variables

ENVIRONMENT = "TF_VAR_"
"""Prefix of environment variables that set a variable."""
_SECRET = ("sensitive", "ephemeral")
"""Arguments of a variable whose value Terraform does not show or store."""


@dataclass(frozen=True, slots=True)
class Variables:
    """The values of a directory's variables."""

    values: Mapping[str, Expression]
    """A Withheld for a value that is sensitive, or that an unreadable file or an argument in the
    environment may change."""
    types: Mapping[str, Expression]
    """The type constraints."""
    secrets: frozenset[str]
    """The values of sensitive variables in all files; they are never shown."""


def variable_scope(
    blocks: Mapping[str, tuple[str, Block]],
    bodies: Mapping[str, Body],
    broken: Mapping[str, ReadProblem],
    environ: Mapping[str, str],
) -> Variables:
    """Return the value of each variable, from declarations, files and the environment."""
    declared = {
        block.labels[0]: block.body
        for _file, block in blocks.values()
        if block.kind == "variable" and block.labels
    }
    values: dict[str, Expression] = {}
    types: dict[str, Expression] = {}
    for name, body in declared.items():
        values |= _default(name, body)
        if "type" in body.attributes:
            types[name] = body.attributes["type"].value
    for name in declared:
        if (text := environ.get(f"{ENVIRONMENT}{name}")) is not None:
            from_text = _from_text(text, types.get(name), f"{ENVIRONMENT}{name}")
            if from_text != Literal(None) or not _refuses_null(declared[name]):
                values[name] = from_text
    for file in in_load_order([name for name in (*bodies, *broken) if is_variables(name)]):
        if file in broken:
            # The unreadable file may set any variable, or none.
            reason = _("may be set in {file}, which could not be read").format(file=file)
            values |= dict.fromkeys(declared, Withheld(file, reason))
            continue
        for name, attribute in bodies[file].attributes.items():
            if attribute.value == Literal(None) and _refuses_null(declared.get(name)):
                # The default applies, even if a value was set before.
                values.pop(name, None)
                values |= _default(name, declared[name])
            else:
                values[name] = _plain(attribute.value, file)
    secrets: set[str] = set()
    for name in (name for name, body in declared.items() if is_secret(body)):
        given = [values[name]] if name in values else []
        given += [
            body.attributes[name].value
            for file, body in bodies.items()
            if is_variables(file) and name in body.attributes
        ]
        if "default" in declared[name].attributes:
            given.append(declared[name].attributes["default"].value)
        for expression in given:
            secrets.update(texts_in(expression))
    values |= _withheld_by_arguments(environ, declared)
    if hiding := next((file for file in broken if is_configuration(file)), ""):
        # It is unknown whether such a variable is sensitive, and which type it has.
        reason = _("may be declared in {file}, which could not be read").format(file=hiding)
        values |= {name: Withheld(hiding, reason) for name in values.keys() - declared.keys()}
    for name, body in declared.items():
        if is_secret(body):
            values[name] = Withheld(f"var.{name}", _("is sensitive"))
    return Variables(values, types, frozenset(secrets))


def _from_text(text: str, constraint: Expression | None, source: str) -> Expression:
    """Return the expression of a string: a variable of a primitive type takes it literally."""
    if constraint is None or name_of_type(constraint) in PRIMITIVES:
        return Literal(text)
    reason = _("is set by {source} to a value that is not a valid expression").format(source=source)
    expression = parse_expression(text)
    return _plain(expression, source) if expression else Withheld(source, reason)


def _default(name: str, body: Body) -> dict[str, Expression]:
    attribute = body.attributes.get("default")
    return {name: _plain(attribute.value, "default")} if attribute else {}


def _plain(value: Expression, source: str) -> Expression:
    """Return ``value``, or a Withheld if it has names or functions, which Terraform rejects."""
    if is_constant(value):
        return value
    reason = _("is set by {source} to an expression; Terraform accepts only literal values there")
    return Withheld(source, reason.format(source=source))


def _refuses_null(body: Body | None) -> bool:
    # nullable = false: null means the default.
    nullable = body.attributes.get("nullable") if body else None
    return nullable is not None and nullable.value != Literal(True)


def is_secret(body: Body) -> bool:
    """Tell whether the variable that ``body`` declares is marked sensitive or ephemeral."""
    return any(
        name in body.attributes and body.attributes[name].value != Literal(False)
        for name in _SECRET
    )


def _withheld_by_arguments(
    environ: Mapping[str, str], declared: Mapping[str, Body]
) -> Iterator[tuple[str, Expression]]:
    """Yield the variables that -var and -var-file in the environment set for the terraform command.

    Runs of gpuecs-tui ignore these arguments, so the effective value depends on the program.
    """
    for source in CHANGING:
        reason = _(
            "is set by {source}, which the terraform command uses and a run here ignores"
        ).format(source=source)
        for option in extra_options(environ, source):
            if option.name not in VARIABLES:
                continue
            # Such a file may set any variable.
            named = [option.value.partition("=")[0].strip()]
            for each in named if option.name == "var" else declared:
                if each in declared:
                    yield each, Withheld(source, reason)
