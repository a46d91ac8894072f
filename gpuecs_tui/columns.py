"""Aligns text in columns of terminal cells, without Textual and Rich.

Widths are those of Unicode's UAX #11: wide and fullwidth characters take two cells, combining and
invisible ones none. Rich's table differs only for emoji sequences, and it takes long to import.
"""

from __future__ import annotations

import unicodedata

_WIDE = frozenset("WF")
_NONE = frozenset({"Mn", "Me", "Cf"})
_EMOJI_FORM = "\ufe0f"
"""Variation selector 16 (Unicode, UTS #51)."""


def cells(text: str) -> int:
    """Return the number of terminal cells that ``text``, one line, occupies."""
    if text.isascii():
        return len(text)
    return sum(map(_cells_of, text))


def pad(text: str, width: int) -> str:
    """Return ``text`` with spaces after it up to ``width`` cells; a longer text is returned
    unchanged."""
    return text + " " * (width - cells(text))


def pad_left(text: str, width: int) -> str:
    """Return ``text`` with spaces before it up to ``width`` cells; a longer text is returned
    unchanged."""
    return " " * (width - cells(text)) + text


def cut(text: str, width: int) -> str:
    """Return the longest beginning of ``text``, one line, that occupies at most ``width`` cells.

    A character is not separated from the combining characters that follow it.
    """
    if text.isascii():
        return text[: max(width, 0)]
    taken = 0
    for at, character in enumerate(text):
        # It selects the wide form of the character before it.
        taken += 1 if character == _EMOJI_FORM else _cells_of(character)
        if taken > width:
            return text[:at]
    return text


def _cells_of(character: str) -> int:
    if unicodedata.category(character) in _NONE:
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1
