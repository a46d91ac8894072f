"""The lexical level of HCL: where white space, identifiers, escapes and heredocs begin and end.

By the HCL native syntax specification
(https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md) and its scanner.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from gpuecs_tui.i18n import _

BYTE_ORDER_MARK = "\ufeff"
"""In front of a file; HCL's scanner drops it."""
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
HEREDOC = re.compile(r"<<(-?)([^\s<>]+)[ \t]*(?:\r?\n|\Z)")

_SPACE = re.compile(r"(?:[ \t\r]+|(?:\#|//)[^\n]*|/\*.*?\*/)+", re.DOTALL)
_SPACE_AND_LINES = re.compile(r"(?:[ \t\r\n]+|(?:\#|//)[^\n]*|/\*.*?\*/)+", re.DOTALL)
_ASCII_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_SHOWN = 20
"""Characters of a text at fault that are quoted back."""
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(["\\nrt]))')
_NAMED = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_LAST_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


class Unreadable(Exception):
    """Text that is not HCL: ``near`` at ``line`` is not expected there."""

    def __init__(self, line: int, near: str) -> None:
        super().__init__(line, near)
        self.line, self.near = line, near


class Source:
    """A text with a position in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
        self._line_feeds = [match.start() for match in re.finditer("\n", text)]

    @property
    def ended(self) -> bool:
        """Tell whether nothing is left."""
        return self.at >= len(self.text)

    def line(self, at: int) -> int:
        """Return the line of an offset, counted from 1."""
        return bisect_right(self._line_feeds, at - 1) + 1

    def starts(self, *texts: str) -> bool:
        """Tell whether one of ``texts`` comes next."""
        return self.text.startswith(texts, self.at)

    def take(self, text: str) -> bool:
        """Step over ``text`` if it comes next."""
        if not self.text.startswith(text, self.at):
            return False
        self.at += len(text)
        return True

    def expect(self, text: str) -> None:
        """Step over ``text``; Unreadable if something else comes next."""
        if not self.take(text):
            raise self.unexpected()

    def skip(self, *, lines: bool) -> None:
        """Step over blanks and comments, and with ``lines`` over line ends too."""
        match = (_SPACE_AND_LINES if lines else _SPACE).match(self.text, self.at)
        if match is not None:
            self.at = match.end()

    def word(self) -> str:
        """Step over an identifier and return it; "" if none comes next.

        An identifier is one of Unicode's (UAX #31) in which a ``-`` may stand.
        """
        start = self.at
        match = _ASCII_WORD.match(self.text, start)
        end = match.end() if match else start
        while end < len(self.text) and _goes_on(self.text[start:end], self.text[end]):
            end += 1
        self.at = end
        return self.text[start:end]

    def unexpected(self, at: int | None = None) -> Unreadable:
        """Return the error for what comes next, or stands at ``at``."""
        at = self.at if at is None else at
        near, line_end, _rest = self.text[at:].lstrip(" \t\r").partition("\n")
        shown = repr(near[:_SHOWN])[1:-1]
        if not near.strip():
            shown = _("end of line") if line_end else _("end of file")
        return Unreadable(self.line(at), shown)


def _goes_on(word: str, character: str) -> bool:
    if character == "-":
        return bool(word)
    if character.isascii():
        return character == "_" or (character.isalnum() and (bool(word) or character.isalpha()))
    return f"{'a' if word else ''}{character}".isidentifier()


def unescape(text: str) -> str:
    r"""Return a quoted string with its ``\`` escapes undone; ValueError if one is no character."""
    if "\\" not in text:
        return text
    if "\\" in _ESCAPE.sub("", text):
        raise ValueError(text)

    def plain(match: re.Match[str]) -> str:
        if not (digits := match[1] or match[2]):
            return _NAMED[match[3]]
        code = int(digits, 16)
        if code > _LAST_CODE_POINT or code in _SURROGATES:
            raise ValueError(text)
        return chr(code)

    return _ESCAPE.sub(plain, text)
