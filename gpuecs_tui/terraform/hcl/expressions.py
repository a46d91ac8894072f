"""HCL's expressions by recursive descent (HCL specification, "Expression Definitions").

What only Terraform can evaluate becomes Opaque: its text.
"""

from __future__ import annotations

import re

from gpuecs_tui.terraform.hcl.budget import NESTING_MAX, TooDeep, number
from gpuecs_tui.terraform.hcl.scan import NUMBER, SourceText
from gpuecs_tui.terraform.hcl.templates import Templates
from gpuecs_tui.terraform.hcl.tree import (
    Expression,
    FunctionCall,
    Items,
    Literal,
    Opaque,
    Pairs,
    Reference,
)

_WORDS = {"true": True, "false": False, "null": None}
_OPERATOR = re.compile(r"&&|\|\||[=!<>]=|[<>+*/%-]")
_BARE_KEY = re.compile(r"\s*(?:=(?![=>])|:)")
_FOR = re.compile(r"for(?![\w-])")
_INDEX_CHAIN = re.compile(r"\.[0-9]+(?:\.[0-9]+)*")


class Expressions:
    """Reads the expressions of one text; ``lines``: line ends are white space, as in brackets."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.templates = Templates(source, self._interpolated)
        self.depth = 0
        """Levels of brackets and blocks around the present position."""

    def expression(self, *, lines: bool) -> Expression:
        """Read operands and the operators between them; with an operator, the whole becomes
        Opaque."""
        source, start = self.source, self.source.at
        value = self._operand(lines)
        end = source.at
        source.skip(lines=lines)
        compound = False
        while (match := _OPERATOR.match(source.text, source.at)) and not source.starts("=>"):
            compound = True
            source.at = match.end()
            source.skip(lines=lines)
            self._operand(lines)
            end = source.at
            source.skip(lines=lines)
        if source.starts("?"):
            compound = True
            source.at += 1
            source.skip(lines=lines)
            self.nested(lines)
            source.skip(lines=lines)
            source.expect(":")
            source.skip(lines=lines)
            self.nested(lines)
            end = source.at
        if not compound:
            source.at = end
            return value
        source.at = end
        return self._opaque(start)

    def nested(self, lines: bool) -> Expression:
        """Read an expression inside another or inside a block, one level deeper."""
        self.deeper()
        value = self.expression(lines=lines)
        self.depth -= 1
        return value

    def _interpolated(self) -> Expression:
        return self.nested(True)

    def _operand(self, lines: bool) -> Expression:
        """Read an operand of an operator, with its signs, attributes and indexes."""
        source, start = self.source, self.source.at
        signs = ""
        while source.starts("-", "!"):
            signs += source.text[source.at]
            source.at += 1
            source.skip(lines=lines)
        value = self._primary()
        while True:
            end = source.at
            source.skip(lines=lines)
            if source.starts(".") and not source.starts("..."):
                value = self._attribute(value, start)
            elif source.starts("["):
                value = self._index(value, start)
            else:
                source.at = end
                break
        if not signs:
            return value
        if isinstance(value, Literal) and isinstance(value.value, (int, float)):
            is_flag = isinstance(value.value, bool)
            if not is_flag and set(signs) == {"-"}:
                return Literal(value.value * (-1) ** len(signs))
            if is_flag and set(signs) == {"!"}:
                return Literal(bool(value.value) ^ bool(len(signs) % 2))
        return self._opaque(start)

    def _attribute(self, base: Expression, start: int) -> Expression:
        source = self.source
        chain = _INDEX_CHAIN.match(source.text, source.at)
        if chain is not None:
            # The legacy index a.0.b: the scanner would read 0.1 as a number.
            source.at = chain.end()
            step = chain[0][1:]
            if "." in step:
                # Terraform rejects two of them in succession.
                return self._opaque(start)
        else:
            source.at += 1
            source.skip(lines=False)
            if source.take("*"):
                return self._opaque(start)
            step = source.word()
            if not step:
                raise source.unexpected()
        if isinstance(base, Reference):
            return Reference(f"{base.path}.{step}")
        return self._opaque(start)

    def _index(self, base: Expression, start: int) -> Expression:
        source = self.source
        source.at += 1
        source.skip(lines=True)
        if source.take("*"):
            index: Expression = Opaque("*")
        else:
            index = self.nested(True)
        source.skip(lines=True)
        source.expect("]")
        if isinstance(base, Reference) and isinstance(index, Literal):
            # Terraform reads a["b"] as a.b.
            is_step = isinstance(index.value, (str, int)) and not isinstance(index.value, bool)
            step = str(index.value) if is_step else ""
            if step and "." not in step:
                return Reference(f"{base.path}.{step}")
        return self._opaque(start)

    def _primary(self) -> Expression:
        source, start = self.source, self.source.at
        if source.starts('"'):
            return self.templates.quoted()
        if source.starts("<<"):
            return self.templates.heredoc()
        if source.take("("):
            source.skip(lines=True)
            inner = self.nested(True)
            source.skip(lines=True)
            source.expect(")")
            return inner
        if source.starts("["):
            return self._tuple()
        if source.starts("{"):
            return self._object()
        if digits := NUMBER.match(source.text, start):
            source.at = digits.end()
            value = number(digits[0])
            return Opaque(digits[0]) if value is None else Literal(value)
        word = source.word()
        if not word:
            raise source.unexpected()
        while source.starts("::"):
            source.at += 2
            word += f"::{source.word()}"
        end = source.at
        source.skip(lines=False)
        if source.starts("("):
            return self._call(word, start)
        source.at = end
        if "::" in word:
            raise source.unexpected(start)
        return Literal(_WORDS[word]) if word in _WORDS else Reference(word)

    def _call(self, name: str, start: int) -> Expression:
        source = self.source
        source.at += 1
        arguments: list[Expression] = []
        expanded = False
        source.skip(lines=True)
        while not source.take(")"):
            arguments.append(self.nested(True))
            source.skip(lines=True)
            expanded = source.take("...")
            source.skip(lines=True)
            if expanded or not source.take(","):
                source.take(",")
                source.skip(lines=True)
                source.expect(")")
                break
            source.skip(lines=True)
        return self._opaque(start) if expanded else FunctionCall(name, tuple(arguments))

    def _tuple(self) -> Expression:
        source, start = self.source, self.source.at
        source.at += 1
        source.skip(lines=True)
        if _FOR.match(source.text, source.at):
            return self._for("]", start)
        items: list[Expression] = []
        while not source.take("]"):
            items.append(self.nested(True))
            source.skip(lines=True)
            if not source.take(","):
                source.expect("]")
                break
            source.skip(lines=True)
        return Items(tuple(items))

    def _object(self) -> Expression:
        source, start = self.source, self.source.at
        source.at += 1
        source.skip(lines=True)
        if _FOR.match(source.text, source.at):
            return self._for("}", start)
        pairs: list[tuple[Expression, Expression]] = []
        while not source.take("}"):
            key = self._key()
            source.skip(lines=False)
            if not (source.take(":") or (not source.starts("==", "=>") and source.take("="))):
                raise source.unexpected()
            source.skip(lines=False)
            pairs.append((key, self.nested(False)))
            source.skip(lines=False)
            if not (source.starts("\n", "}") or source.take(",")):
                raise source.unexpected()
            source.skip(lines=True)
        return Pairs(tuple(pairs))

    def _key(self) -> Expression:
        # A bare word is the key itself; anywhere else it is a reference.
        source, start = self.source, self.source.at
        word = source.word()
        source.skip(lines=False)
        if word and _BARE_KEY.match(source.text, source.at):
            return Literal(word)
        source.at = start
        return self.nested(False)

    def _for(self, closing: str, start: int) -> Expression:
        source = self.source
        source.word()
        for _name in range(2):
            source.skip(lines=True)
            if not source.word():
                raise source.unexpected()
            source.skip(lines=True)
            if not source.take(","):
                break
        if source.word() != "in":
            raise source.unexpected()
        source.skip(lines=True)
        self.nested(True)
        source.skip(lines=True)
        source.expect(":")
        source.skip(lines=True)
        self.nested(True)
        source.skip(lines=True)
        if source.take("=>"):
            source.skip(lines=True)
            self.nested(True)
            source.skip(lines=True)
        source.take("...")
        source.skip(lines=True)
        if not source.starts(closing):
            if source.word() != "if":
                raise source.unexpected()
            source.skip(lines=True)
            self.nested(True)
            source.skip(lines=True)
        source.expect(closing)
        return self._opaque(start)

    def _opaque(self, start: int) -> Opaque:
        return Opaque(" ".join(self.source.text[start : self.source.at].split()))

    def deeper(self) -> None:
        """Count one more level of brackets. Raises TooDeep beyond NESTING_MAX."""
        self.depth += 1
        if self.depth > NESTING_MAX:
            raise TooDeep(self.source.line(self.source.at))
