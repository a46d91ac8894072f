"""From text to ``hcl_tree``: HCL's native syntax by recursive descent.

This is a parser of our own because the grammars on PyPI each reject some valid Terraform and take
0.2 s to load. It also reports the place of a syntax error.
"""

from __future__ import annotations

from functools import lru_cache

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.hcl.budget import NESTING_MAX, TooDeep
from gpuecs_tui.terraform.hcl.expressions import Expressions
from gpuecs_tui.terraform.hcl.scan import NotHcl, SourceText
from gpuecs_tui.terraform.hcl.tree import Attribute, Block, Body, Expression, Literal, ReadProblem

_VALUES = ".tfvars"
"""Suffix of files whose text is never quoted in errors: it may be a sensitive value."""
_REMEMBERED = 64
"""Maximum number of parsed files in the cache: a stack has about 12, and all are read again after
an edit to one of them."""


def parse(text: str, file: str) -> Body:
    """Return the tree of ``text``; ``file`` names it in the message of a ReadProblem.

    Takes about 10 ms for 700 lines; the same text is cached.
    """
    try:
        return _parse(text)
    except TooDeep as problem:
        message = _("{file}, line {line}: brackets are nested more than {n} levels deep.").format(
            file=file, line=problem.line, n=NESTING_MAX
        )
        raise ReadProblem(message, file, problem.line, _("Simplify the expression.")) from None
    except NotHcl as problem:
        message = _("{file}, line {line}: unexpected {near}.")
        if file.endswith(_VALUES):
            message = _("Could not parse {file}: invalid syntax on line {line}.")
        message = message.format(file=file, line=problem.line, near=problem.near)
        remedy = _("Correct the file. Run `terraform validate` for details.")
        raise ReadProblem(message, file, problem.line, remedy) from None


def parse_expression(text: str) -> Expression | None:
    """Return the tree of one expression, as in ``-var`` or ``TF_VAR_…``; None if it is not HCL."""
    source = SourceText(text)
    try:
        source.skip(lines=True)
        value = Expressions(source).expression(lines=True)
        source.skip(lines=True)
    except (NotHcl, TooDeep):
        return None
    return value if source.ended else None


@lru_cache(maxsize=_REMEMBERED)
def _parse(text: str) -> Body:
    parser = _Parser(text)
    body = parser.body()
    if not parser.source.ended:
        raise parser.source.unexpected()
    parser.source.refuse_bytes()
    return body


class _Parser:
    """Reads blocks and attributes (HCL specification, "Structural Elements")."""

    def __init__(self, text: str) -> None:
        self.source = SourceText(text)
        self.expressions = Expressions(self.source)

    def body(self) -> Body:
        """Read up to the end or a closing brace, which is not consumed."""
        source = self.source
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        while True:
            source.skip(lines=True)
            if source.ended or source.starts("}"):
                return Body(attributes, tuple(blocks))
            start = source.at
            name = source.word()
            if not name:
                raise source.unexpected()
            source.skip(lines=False)
            line = source.line(start)
            if source.starts("=") and not source.starts("=="):
                source.at += 1
                if name in attributes:
                    raise NotHcl(line, _("second definition of {name}").format(name=name))
                source.skip(lines=False)
                attributes[name] = Attribute(name, self.expressions.nested(False), line)
            else:
                blocks.append(self._block(name, line))
            source.skip(lines=False)
            if not (source.ended or source.starts("\n", "}")):
                raise source.unexpected()

    def _block(self, kind: str, line: int) -> Block:
        source = self.source
        labels: list[str] = []
        while not source.take("{"):
            start = source.at
            if source.starts('"'):
                label = self.expressions.templates.quoted()
                if not (isinstance(label, Literal) and isinstance(label.value, str)):
                    raise source.unexpected(start)
                labels.append(label.value)
            elif word := source.word():
                labels.append(word)
            else:
                raise source.unexpected()
            source.skip(lines=False)
        self.expressions.deeper()
        body = self.body()
        self.expressions.depth -= 1
        source.expect("}")
        return Block(kind, tuple(labels), body, line)
