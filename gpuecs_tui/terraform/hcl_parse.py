"""From text to ``hcl_tree``, by python-hcl2's grammar."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

import platformdirs

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.hcl_budget import NESTING_MAX, Nesting, TooDeep, number
from gpuecs_tui.terraform.hcl_tree import (
    Attribute,
    Block,
    Body,
    Call,
    Expression,
    Items,
    Literal,
    Opaque,
    Pairs,
    ReadProblem,
    Reference,
    Template,
)

if TYPE_CHECKING:
    from lark import Token, Tree

_REMEMBERED = 64
"""Files kept parsed: a stack has about 12, and each is read again after an edit to another."""
_SHOWN = 20
"""Characters of a text at fault that are quoted back."""
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(["\\nrt]))')
_NAMED = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_HEREDOC = re.compile(r"<<(-?)[^\r\n]+\r?\n(.*?)[ \t]*[^\s]+\s*\Z", re.DOTALL)
_TEMPLATE_MARK = re.compile(r"(?<![$%])[$%]\{")
_TOO_DEEP = "\0"
"""In place of the text at fault, which never is this character: the nesting itself is."""
_LAST_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)
_REPLACEMENT = "\ufffd"
"""What HCL makes of an escape that names no character."""
_WORDS = {"true": True, "false": False, "null": None}


def parse(text: str, file: str) -> Body:
    """Return the tree of ``text``; ``file`` names it in the message of a ReadProblem.

    Takes about 0.1 s for 700 lines, and 0.2 s more for the first; the same text again nothing.
    """
    try:
        return _parse(text)
    except _Unreadable as problem:
        if problem.near == _TOO_DEEP:
            message = _("{file}, line {line}: brackets nest more than {n} levels deep.").format(
                file=file, line=problem.line, n=NESTING_MAX
            )
            remedy = _("Simplify the expression.")
            raise ReadProblem(message, file, problem.line, remedy) from None
        message = _("{file}, line {line}: {near} is not expected there.").format(
            file=file, line=problem.line, near=problem.near
        )
        remedy = _("Mend the file; `terraform validate` says more.")
        raise ReadProblem(message, file, problem.line, remedy) from None


class _Unreadable(Exception):
    def __init__(self, line: int, near: str) -> None:
        super().__init__(line, near)
        self.line, self.near = line, near


@lru_cache(maxsize=_REMEMBERED)
def _parse(text: str) -> Body:
    import hcl2.parser
    from lark.exceptions import UnexpectedInput, UnexpectedToken

    _place_grammar()
    try:
        tree = hcl2.parser.parser().parse(text + "\n")
        return _Reader(text).file(tree)
    except UnexpectedToken as error:
        lines = text.count("\n") + 1
        line = error.line if isinstance(error.line, int) and error.line > 0 else lines
        near = _first_line(str(error.token))
        if not near:
            near = _("the end of the line") if line < lines else _("the end of the file")
        raise _Unreadable(min(line, lines), near) from None
    except UnexpectedInput as error:
        near = _first_line(text[error.pos_in_stream or 0 :])
        raise _Unreadable(error.line, near or _("the end of the line")) from None
    except TooDeep as error:
        raise _Unreadable(error.line, _TOO_DEEP) from None


def _first_line(text: str) -> str:
    return repr(line[:_SHOWN])[1:-1] if (line := text.strip().partition("\n")[0]) else ""


def _place_grammar() -> None:
    """Have the compiled grammar kept where it can be: without it each process pays seconds."""
    import hcl2.parser

    if hcl2.parser.PARSER_FILE.exists() or os.access(hcl2.parser.PARSER_FILE.parent, os.W_OK):
        return
    folder = Path(platformdirs.user_cache_dir("gpuecs-tui"))
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return
    hcl2.parser.PARSER_FILE = folder / "hcl2-grammar.bin"


class _Reader:
    """Walks lark's tree. Its rules' names are those of hcl2.lark 8.1."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.nesting = Nesting()

    def file(self, tree: Tree[Token]) -> Body:
        return self.body(_trees(tree)[0])

    def body(self, tree: Tree[Token]) -> Body:
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        for child in _trees(tree):
            if child.data == "attribute":
                name, *_rest, value = child.children
                attribute = Attribute(_word(name), self.expression(value), child.meta.line)
                if attribute.name in attributes:
                    raise _Unreadable(
                        attribute.line, _("a second {name}").format(name=attribute.name)
                    )
                attributes[attribute.name] = attribute
            elif child.data == "block":
                blocks.append(self.block(child))
        return Body(attributes, tuple(blocks))

    def block(self, tree: Tree[Token]) -> Block:
        parts = _trees(tree)
        head = [part for part in parts if part.data not in ("body", "new_line_or_comment")]
        labels = [self.string_text(part) if part.data == "string" else _word(part) for part in head]
        body = next(part for part in parts if part.data == "body")
        with self.nesting.level(tree.meta.line):
            return Block(labels[0], tuple(labels[1:]), self.body(body), tree.meta.line)

    def string_text(self, tree: Tree[Token]) -> str:
        value = self.string(tree)
        return str(value.value) if isinstance(value, Literal) else self.source(tree)

    def expression(self, node: Tree[Token] | Token) -> Expression:
        with self.nesting.level(node.meta.line if _is_tree(node) else 1):
            return self.expression_at_level(node)

    def expression_at_level(self, node: Tree[Token] | Token) -> Expression:
        if not _is_tree(node):
            return Opaque(str(node))
        tree = node
        inner = [part for part in _trees(tree) if part.data != "new_line_or_comment"]
        match tree.data:
            case "expr_term" | "arguments" if len(inner) == 1:
                return self.expression(inner[0])
            case "identifier":
                return Reference(_word(tree))
            case "literal_value":
                return Literal(_WORDS[_word(tree)])
            case "int_lit" | "float_lit" if (figure := number(_word(tree))) is not None:
                return Literal(figure)
            case "string":
                return self.string(tree)
            case "heredoc_template" | "heredoc_template_trim":
                return self.heredoc(tree)
            case "tuple":
                return Items(tuple(self.expression(part) for part in inner))
            case "object":
                return Pairs(tuple(self.pair(part) for part in inner))
            case "function_call" if len(inner) <= 2 and "..." not in tree.children:
                rest = inner[1].children if len(inner) > 1 else []
                arguments = [part for part in rest if _is_tree(part)]
                return Call(
                    _word(inner[0]),
                    tuple(
                        self.expression(part)
                        for part in arguments
                        if part.data != "new_line_or_comment"
                    ),
                )
            case "unary_op" if str(tree.children[0]) == "-":
                value = self.expression(inner[0])
                if isinstance(value, Literal) and isinstance(value.value, (int, float)):
                    return Literal(-value.value)
            case "get_attr_expr_term":
                base, step = self.expression(inner[0]), inner[1]
                if isinstance(base, Reference):
                    return Reference(f"{base.path}.{_word(_trees(step)[0])}")
            case "index_expr_term":
                base, index = self.expression(inner[0]), self.index(inner[1])
                if isinstance(base, Reference) and index is not None:
                    return Reference(f"{base.path}.{index}")
        return Opaque(" ".join(self.source(tree).split()))

    def index(self, tree: Tree[Token]) -> str | None:
        """Return a literal index as a step of a path: to Terraform ``a["b"]`` is ``a.b``."""
        if tree.data == "short_index":
            return str(tree.children[1])
        inner = [part for part in _trees(tree) if part.data != "new_line_or_comment"]
        value = self.expression(inner[0])
        if isinstance(value, Literal) and isinstance(value.value, (str, int)):
            step = str(value.value)
            return step if step and "." not in step else None
        return None

    def pair(self, tree: Tree[Token]) -> tuple[Expression, Expression]:
        key, value = _trees(tree)[0], _trees(tree)[-1]
        name = self.expression(key.children[0])
        # A bare word is its own name, unlike anywhere else.
        if isinstance(name, Reference) and "." not in name.path:
            name = Literal(name.path)
        return name, self.expression(value)

    def string(self, tree: Tree[Token]) -> Expression:
        parts: list[Expression] = []
        text = ""
        for part in _trees(tree):
            child = part.children[0]
            if not _is_tree(child):
                token = str(child)
                if getattr(child, "type", "") in ("ESCAPED_INTERPOLATION", "ESCAPED_DIRECTIVE"):
                    token = token[1:]
                text += _unescape(token)
            elif child.data == "interpolation":
                if text:
                    parts.append(Literal(text))
                text = ""
                parts.append(self.expression(_trees(child)[0]))
            else:
                return Opaque(self.source(tree))
        if not parts:
            return Literal(text)
        if text:
            parts.append(Literal(text))
        # "${x}" alone is x, whatever its type.
        return parts[0] if len(parts) == 1 else Template(tuple(parts))

    def heredoc(self, tree: Tree[Token]) -> Expression:
        source = str(tree.children[0])
        match = _HEREDOC.match(source)
        if match is None or _TEMPLATE_MARK.search(match[2]):
            return Opaque(source)
        body = match[2].replace("$${", "${").replace("%%{", "%{")
        if match[1]:
            lines = body.splitlines(keepends=True)
            depth = min(
                (len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0
            )
            body = "".join(line[depth:] if line.strip() else line for line in lines)
        return Literal(body)

    def source(self, tree: Tree[Token]) -> str:
        return self.text[tree.meta.start_pos : tree.meta.end_pos]


def _is_tree(node: Tree[Token] | Token) -> TypeGuard[Tree[Token]]:
    # Not isinstance: lark is imported only once something is parsed.
    return hasattr(node, "data")


def _trees(tree: Tree[Token]) -> list[Tree[Token]]:
    return [child for child in tree.children if _is_tree(child)]


def _word(node: Tree[Token] | Token) -> str:
    return str(node.children[0]) if _is_tree(node) else str(node)


def _unescape(text: str) -> str:
    def plain(match: re.Match[str]) -> str:
        if not (digits := match[1] or match[2]):
            return _NAMED[match[3]]
        code = int(digits, 16)
        valid = code <= _LAST_CODE_POINT and code not in _SURROGATES
        return chr(code) if valid else _REPLACEMENT

    return _ESCAPE.sub(plain, text) if "\\" in text else text
