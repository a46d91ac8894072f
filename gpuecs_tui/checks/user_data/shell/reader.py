"""Simple commands of a shell script: words, redirections and here-documents. Pure text."""

from __future__ import annotations

import re

from gpuecs_tui.checks.user_data.shell.lexer import Lexer
from gpuecs_tui.checks.user_data.shell.syntax import Node, NotShell, Redirect, ShellWord

_SPACES = re.compile(r"(?:[ \t\r]|\\\r?\n)+")
_COMMENT = re.compile(r"#[^\n]*")
_REDIRECT = re.compile(r"(\d*)(&>>|&>|>>|>\||>&|<>|<<<|<<-|<<|<&|<|>)(?!\()")
_LINE_END = re.compile(r"(?<!\\)(?:\\\\)*\n")
"""A line end without a backslash before it."""


class SimpleReader(Lexer):
    """Reads simple commands from the position ``at``."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._after: dict[int, int] = {}
        """Position of a line end → the end of the here-documents after it."""

    def skip_blank(self) -> int:
        """Skip spaces, comments and line ends; return the position of the next command."""
        while True:
            self._spaces()
            if not self.sees("\n"):
                return self.at
            self.at = self._after.get(self.at, self.at + 1)

    def _since(self, start: int) -> str:
        return self.text[start : self.at].strip()

    def _spaces(self) -> None:
        if found := _SPACES.match(self.text, self.at):
            self.at = found.end()
        if found := _COMMENT.match(self.text, self.at):
            self.at = found.end()

    def _simple(self) -> Node:
        start = end = self.at
        words: list[ShellWord] = []
        redirects: list[Redirect] = []
        while True:
            if (redirect := self._redirect()) is not None:
                redirects.append(redirect)
            elif (word := self.word()) is not None:
                words.append(word)
            else:
                break
            end = self.at
            self._spaces()
        if not words and not redirects:
            raise NotShell
        text = self.text[start:end]
        return Node("simple", text, start, words=tuple(words), redirects=tuple(redirects))

    def _redirect(self) -> Redirect | None:
        found = _REDIRECT.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        self._spaces()
        target = self.word()
        if target is None:
            raise NotShell
        number = int(found[1][:3]) if found[1] else -1
        if found[2] in ("<<", "<<-"):
            target = self._document(target, tabs=found[2] == "<<-")
        return Redirect(found[2], number, target)

    def _document(self, mark: ShellWord, *, tabs: bool) -> ShellWord:
        """Return the here-document that ends with ``mark``; its lines are skipped later."""
        end = "".join(it.text for it in mark.parts)
        is_plain = any(it.is_quoted for it in mark.parts)
        end_found = _LINE_END.search(self.text, self.at)
        line_end = end_found.end() - 1 if end_found else -1
        at = self._after.get(line_end, line_end + 1) if line_end >= 0 else len(self.text)
        lines: list[str] = []
        while at < len(self.text):
            stop = self.text.find("\n", at)
            line = self.text[at : stop if stop >= 0 else len(self.text)]
            at = stop + 1 if stop >= 0 else len(self.text)
            line = line.lstrip("\t") if tabs else line
            if line.rstrip("\r") == end:
                break
            lines.append(f"{line}\n")
        if line_end >= 0:
            self._after[line_end] = at
        return self.document("".join(lines), is_plain=is_plain)
