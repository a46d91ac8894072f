"""The words of a shell script: quotes, expansions and here-documents. Pure text."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import groupby

from gpuecs_tui.checks.user_data.shell.syntax import (
    OPAQUE,
    OUTPUT,
    VARIABLE,
    WORD,
    Node,
    NotShell,
    Script,
    ShellWord,
    WordPart,
)

_ENDS = frozenset(" \t\n;&|<>()")
_NAME = re.compile(r"[A-Za-z_]\w*|[0-9@*#?$!-]")
_ARRAY = re.compile(r"[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=$")
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", "'": "'", '"': '"', "r": "\r", "a": "\a"}
"""Escapes of ``$'…'``; others stay unchanged."""
_IN_DOUBLE = frozenset('$`"\\\n')
"""The characters that a backslash escapes between double quotes."""


class Lexer:
    """Reads words from the position ``at``."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    @property
    def is_at_end(self) -> bool:
        """Whether the text has ended."""
        return self.at >= len(self.text)

    def sees(self, text: str) -> bool:
        """Return whether ``text`` follows."""
        return self.text.startswith(text, self.at)

    def listed(self, end: str) -> tuple[Node, ...]:
        """Return the commands up to and including ``end``; the parser implements it."""
        raise NotImplementedError

    def script(self) -> Script:
        """Return the whole text as a tree; the parser implements it."""
        raise NotImplementedError

    def word(self) -> ShellWord | None:
        """Return the word at this position, or None."""
        start, parts = self.at, list[WordPart]()
        while not self.is_at_end:
            char = self.text[self.at]
            if self.text[self.at : self.at + 2] in ("<(", ">("):
                if parts:
                    raise NotShell
                begin = self.at
                self.at += 2
                nodes = self.listed(")")
                parts.append(WordPart(OPAQUE, self.text[begin : self.at], commands=nodes))
            elif char == "(" and _ARRAY.search(self.text[start : self.at]):
                begin = self.at
                self._balanced("(", ")")
                raw = self.text[begin : self.at]
                parts.append(WordPart(OPAQUE, raw, commands=self.commands_in(raw)))
            elif char in _ENDS:
                break
            else:
                self._piece(parts)
        if self.at == start:
            return None
        return ShellWord(_joined(parts), self.text[start : self.at])

    def _piece(self, parts: list[WordPart]) -> None:
        char = self.text[self.at]
        if char == "\\":
            if self.text[self.at + 1 : self.at + 2] != "\n":
                parts.append(WordPart(WORD, self.text[self.at + 1 : self.at + 2], is_quoted=True))
            self.at += 2
        elif char == "'":
            end = self._find("'", self.at + 1)
            parts.append(WordPart(WORD, self.text[self.at + 1 : end], is_quoted=True))
            self.at = end + 1
        elif self.sees("$'"):
            self.at += 2
            parts.append(WordPart(WORD, self._ansi(), is_quoted=True))
        elif char == '"' or self.sees('$"'):
            self.at += 2 if char == "$" else 1
            parts.append(WordPart(WORD, "", is_quoted=True))
            while not self.sees('"'):
                if self.is_at_end:
                    raise NotShell
                self._inside(parts)
            self.at += 1
        elif char in "$`":
            self._expansion(parts, is_quoted=False)
        else:
            parts.append(WordPart(WORD, char))
            self.at += 1

    def _inside(self, parts: list[WordPart]) -> None:
        """Read a piece between double quotes, or of a here-document."""
        char = self.text[self.at]
        if char == "\\" and self.text[self.at + 1 : self.at + 2] in _IN_DOUBLE:
            found = self.text[self.at + 1 : self.at + 2]
            parts.append(WordPart(WORD, "" if found == "\n" else found, is_quoted=True))
            self.at += 2
        elif char in "$`":
            self._expansion(parts, is_quoted=True)
        else:
            parts.append(WordPart(WORD, char, is_quoted=True))
            self.at += 1

    def _expansion(self, parts: list[WordPart], *, is_quoted: bool) -> None:
        start = self.at
        if self.sees("`"):
            end = start + 1
            while self.text[end : end + 1] != "`":
                if end >= len(self.text):
                    raise NotShell
                end += 2 if self.text[end] == "\\" else 1
            escaped = r'\\([`\\$"])' if is_quoted else r"\\([`\\$])"
            inner = re.sub(escaped, r"\1", self.text[start + 1 : end])
            self.at = end + 1
            script = type(self)(inner).script()
            kind = OPAQUE if script.rest else OUTPUT
            parts.append(WordPart(kind, self.text[start : self.at], is_quoted, script.nodes))
        elif self.sees("$(("):
            self.at += 1
            self._balanced("(", ")")
            raw = self.text[start : self.at]
            parts.append(WordPart(OPAQUE, raw, is_quoted, self.commands_in(raw)))
        elif self.sees("$("):
            self.at += 2
            nodes = tuple(_read(it) for it in self.listed(")"))
            parts.append(WordPart(OUTPUT, self.text[start : self.at], is_quoted, nodes))
        elif self.sees("${"):
            self.at += 1
            self._balanced("{", "}")
            raw = self.text[start : self.at]
            name = raw[2:-1]
            kind = VARIABLE if _NAME.fullmatch(name) else OPAQUE
            inside = self.commands_in(raw) if kind == OPAQUE else ()
            parts.append(WordPart(kind, name if kind == VARIABLE else raw, is_quoted, inside))
        elif found := _NAME.match(self.text, self.at + 1):
            self.at = found.end()
            parts.append(WordPart(VARIABLE, found[0], is_quoted))
        else:
            parts.append(WordPart(WORD, "$", is_quoted))
            self.at += 1

    def _ansi(self) -> str:
        found = ""
        while not self.sees("'"):
            if self.is_at_end:
                raise NotShell
            if self.sees("\\"):
                char = self.text[self.at + 1 : self.at + 2]
                found += _ESCAPES.get(char, f"\\{char}")
                self.at += 2
            else:
                found += self.text[self.at]
                self.at += 1
        self.at += 1
        return found

    def _find(self, mark: str, start: int) -> int:
        end = self.text.find(mark, start)
        if end < 0:
            raise NotShell
        return end

    def _balanced(self, opens: str, closes: str) -> None:
        """Skip a bracket with its content and its end; brackets in quotes don't count."""
        depth = 0
        while not self.is_at_end:
            char = self.text[self.at]
            if char == "\\":
                self.at += 1
            elif char == "'":
                self.at = self._find("'", self.at + 1)
            elif char == '"':
                self.at += 1
                while not self.sees('"'):
                    if self.is_at_end:
                        raise NotShell
                    self.at += 2 if self.sees("\\") else 1
            elif char == opens:
                depth += 1
            elif char == closes:
                depth -= 1
                if not depth:
                    self.at += 1
                    return
            self.at += 1
        raise NotShell

    def commands_in(self, raw: str) -> tuple[Node, ...]:
        """Return the commands of the substitutions in an expansion, an array or arithmetic.

        Single quotes don't protect them: between double quotes, ``'`` is a plain character.
        """
        inner = type(self)(raw)
        nodes: list[Node] = []
        while not inner.is_at_end:
            if inner.sees("\\"):
                inner.at += 2
            elif inner.sees("$((") or not (inner.sees("$(") or inner.sees("`")):
                inner.at += 1
            else:
                parts: list[WordPart] = []
                inner._expansion(parts, is_quoted=False)
                nodes += parts[0].commands
        return tuple(nodes)

    def document(self, body: str, *, is_plain: bool) -> ShellWord:
        """Return the body of a here-document as a word; ``is_plain``: without expansions."""
        if is_plain:
            return ShellWord((WordPart(WORD, body, is_quoted=True),), body)
        inner = type(self)(body)
        parts: list[WordPart] = []
        while not inner.is_at_end:
            if inner.sees('\\"'):
                parts.append(WordPart(WORD, '\\"', is_quoted=True))
                inner.at += 2
            else:
                inner._inside(parts)
        return ShellWord(_joined(parts), body)


def _read(node: Node) -> Node:
    """Return ``< file`` of ``$(< file)`` as ``cat file``, as the manual defines it."""
    if node.kind == "simple" and not node.words and [it.operator for it in node.redirects] == ["<"]:
        return replace(node, words=(ShellWord((WordPart(WORD, "cat"),), "cat"),))
    return node


def _joined(parts: list[WordPart]) -> tuple[WordPart, ...]:
    """Return the parts with adjacent texts joined."""
    found: list[WordPart] = []
    for (kind, is_quoted), group in groupby(parts, key=lambda it: (it.kind, it.is_quoted)):
        if kind == WORD:
            found.append(WordPart(WORD, "".join(it.text for it in group), is_quoted))
        else:
            found += group
    return tuple(found)
