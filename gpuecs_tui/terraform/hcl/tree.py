"""Terraform's language as a small tree: blocks, attributes and expressions, with their lines.

Two trees are equal if they mean the same to Terraform: lines, comments and spacing are ignored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gpuecs_tui.terraform.base.problems import TerraformProblem


class ReadProblem(TerraformProblem):
    """A file that can't be read as Terraform."""

    def __init__(self, message: str, file: str, line: int | None = None, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.file = file
        self.line = line
        """Counted from 1; None if the error concerns the whole file."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, number, bool or null, with escapes already undone."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Template:
    """A string with interpolations; its parts joined are its value."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A dotted path such as ``var.name`` or ``aws_ecs_cluster.this.name``."""

    path: str


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function call."""

    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A tuple constructor."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """An object constructor, in the order written."""

    pairs: tuple[tuple[Expression, Expression], ...]


@dataclass(frozen=True, slots=True)
class Opaque:
    """Any other expression, as its text with normalized white space."""

    text: str


@dataclass(frozen=True, slots=True)
class Withheld(Opaque):
    """Replaces an expression that can't or must not be read."""

    reason: str
    """The end of a sentence that says why, such as "is sensitive"."""
    what: str = ""
    """Subject of the sentence, if it is not only the attribute itself."""


Expression = Literal | Template | Reference | FunctionCall | Items | Pairs | Opaque


@dataclass(frozen=True, slots=True)
class Attribute:
    """``name = value``."""

    name: str
    value: Expression
    line: int = field(compare=False)
    """Counted from 1; 0 if unknown, as in JSON."""
    file: str = field(default="", compare=False)
    """The override file that it comes from; "" if it is from the file of the surrounding block."""


@dataclass(frozen=True, slots=True)
class Block:
    """``kind "label" { … }``."""

    kind: str
    labels: tuple[str, ...]
    body: Body
    line: int = field(compare=False)
    file: str = field(default="", compare=False)
    """The override file that it comes from; "" if it is from the file of what surrounds it."""

    @property
    def address(self) -> str:
        """Terraform's address for resources and data, else kind and labels joined by dots."""
        if self.kind == "resource":
            return ".".join(self.labels)
        if self.kind == "provider" and "alias" in self.body.attributes:
            alias = self.body.attributes["alias"].value
            name = str(alias.value) if isinstance(alias, Literal) else ""
            return ".".join((self.kind, *self.labels, name))
        return ".".join((self.kind, *self.labels))


@dataclass(frozen=True, slots=True)
class Body:
    """The content of a file or of a block."""

    attributes: dict[str, Attribute]
    blocks: tuple[Block, ...]

    def named(self, kind: str) -> Iterator[Block]:
        """Yield the blocks of a kind, in the order written."""
        return (block for block in self.blocks if block.kind == kind)


def calls(expression: Expression) -> Iterator[FunctionCall]:
    """Yield every function call in ``expression``, outer ones first."""
    match expression:
        case FunctionCall(_, arguments):
            yield expression
            for argument in arguments:
                yield from calls(argument)
        case Items(parts) | Template(parts):
            for part in parts:
                yield from calls(part)
        case Pairs(pairs):
            for pair in pairs:
                for part in pair:
                    yield from calls(part)


def is_constant(expression: Expression) -> bool:
    """Tell whether ``expression`` contains no names and no functions, as far as it was read."""
    match expression:
        case Reference() | FunctionCall():
            return False
        case Items(parts) | Template(parts):
            return all(map(is_constant, parts))
        case Pairs(pairs):
            return all(is_constant(part) for pair in pairs for part in pair)
        case _:
            return True


def texts_in(expression: Expression) -> Iterator[str]:
    """Yield every string in ``expression``, and every number as a string."""
    match expression:
        case Literal(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            yield str(value)
        case FunctionCall(_, parts) | Items(parts) | Template(parts):
            for part in parts:
                yield from texts_in(part)
        case Pairs(pairs):
            for _key, inner in pairs:
                yield from texts_in(inner)


def mentions(expression: Expression, path: str) -> bool:
    """Tell whether ``expression`` refers to ``path``, such as ``data.aws_vpc.this``."""
    match expression:
        case Reference(found):
            return f"{found}.".startswith(f"{path}.")
        case Opaque(text):
            return path in text
        case FunctionCall(_, parts) | Items(parts) | Template(parts):
            return any(mentions(part, path) for part in parts)
        case Pairs(pairs):
            return any(mentions(part, path) for pair in pairs for part in pair)
        case Literal():
            return False
