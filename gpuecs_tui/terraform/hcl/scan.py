"""The lexical level of HCL: where white space, identifiers, escapes and heredocs begin and end.

Source: the HCL native syntax specification
(https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md) and HCL's scanner.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from gpuecs_tui.i18n import _

BYTE_ORDER_MARK = "\ufeff"
"""Byte order mark at the start of a file; HCL's scanner drops it."""
NOT_UTF_8 = re.compile("[\udc80-\udcff]")
"""Bytes that are not UTF-8, as the reader of files decodes them (``surrogateescape``)."""
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
HEREDOC = re.compile(r"<<(-?)([^\s<>]+)[ \t]*(?:\r?\n|\Z)")

_SPACE = re.compile(r"(?:[ \t\r]+|(?:\#|//)[^\n]*|/\*.*?\*/)+", re.DOTALL)
_SPACE_AND_LINES = re.compile(r"(?:[ \t\r\n]+|(?:\#|//)[^\n]*|/\*.*?\*/)+", re.DOTALL)
_ASCII_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_SHOWN = 20
"""Maximum characters of a wrong text that a message quotes."""
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(["\\nrt]))')
_NAMED = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_LAST_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


class NotHcl(Exception):
    """Text that is not HCL: ``near`` is unexpected on ``line``."""

    def __init__(self, line: int, near: str) -> None:
        super().__init__(line, near)
        self.line, self.near = line, near


class SourceText:
    """A text and the current position in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
        self._bytes = {match.start() for match in NOT_UTF_8.finditer(text)}
        self._line_feeds = [match.start() for match in re.finditer("\n", text)]

    @property
    def ended(self) -> bool:
        """Tell whether the position is at the end."""
        return self.at >= len(self.text)

    def line(self, at: int) -> int:
        """Return the line number of an offset, counted from 1."""
        return bisect_right(self._line_feeds, at - 1) + 1

    def starts(self, *texts: str) -> bool:
        """Tell whether one of ``texts`` is at the position."""
        return self.text.startswith(texts, self.at)

    def take(self, text: str) -> bool:
        """Skip ``text`` if it is at the position; tell whether it was."""
        if not self.text.startswith(text, self.at):
            return False
        self.at += len(text)
        return True

    def expect(self, text: str) -> None:
        """Skip ``text``. Raises Unreadable if something else is at the position."""
        if not self.take(text):
            raise self.unexpected()

    def skip(self, *, lines: bool) -> None:
        """Skip blanks and comments, and with ``lines`` also line ends."""
        match = (_SPACE_AND_LINES if lines else _SPACE).match(self.text, self.at)
        if match is not None:
            self.at = match.end()
            if self._bytes:
                # Terraform accepts such bytes in comments.
                self._bytes.difference_update(range(*match.span()))

    def refuse_bytes(self) -> None:
        """Raise NotHcl for bytes that are not UTF-8, except in the skipped comments."""
        if self._bytes:
            raise NotHcl(self.line(min(self._bytes)), _("bytes that are not UTF-8"))

    def word(self) -> str:
        """Skip an identifier and return it; "" if there is none at the position.

        An identifier is one of Unicode's (UAX #31) and may also contain ``-``.
        """
        start = self.at
        match = _ASCII_WORD.match(self.text, start)
        end = match.end() if match else start
        while end < len(self.text) and _goes_on(self.text[start:end], self.text[end]):
            end += 1
        self.at = end
        return self.text[start:end]

    def unexpected(self, at: int | None = None) -> NotHcl:
        """Return the error about the text at ``at``, or at the position."""
        at = self.at if at is None else at
        near, line_end, _rest = self.text[at:].lstrip(" \t\r").partition("\n")
        shown = repr(near[:_SHOWN])[1:-1]
        if NOT_UTF_8.search(near):
            shown = _("bytes that are not UTF-8")
        elif not near.strip():
            shown = _("end of line") if line_end else _("end of file")
        return NotHcl(self.line(at), shown)


def _goes_on(word: str, character: str) -> bool:
    if character == "-":
        return bool(word)
    if character.isascii():
        return character == "_" or (character.isalnum() and (bool(word) or character.isalpha()))
    return f"{'a' if word else ''}{character}".isidentifier()


def unescape(text: str) -> str:
    r"""Return a quoted string with its ``\`` escapes decoded.

    Raises ValueError for an escape that does not name a character.
    """
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
