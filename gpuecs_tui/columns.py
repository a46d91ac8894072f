"""Text in columns of terminal cells, for who prints without Textual and Rich.

Widths are those of Unicode's UAX #11: wide and fullwidth characters take two cells, combining and
invisible ones none. Rich's table is the same but for emoji sequences; it takes long to import.
"""

from __future__ import annotations

import unicodedata

_WIDE = frozenset("WF")
_NONE = frozenset({"Mn", "Me", "Cf"})


def cells(text: str) -> int:
    """Return the number of terminal cells that ``text``, one line, takes."""
    if text.isascii():
        return len(text)
    return sum(map(_cells_of, text))


def pad(text: str, width: int) -> str:
    """Return ``text`` with spaces after it up to ``width`` cells; a longer one as it is."""
    return text + " " * (width - cells(text))


def pad_left(text: str, width: int) -> str:
    """Return ``text`` with spaces before it up to ``width`` cells; a longer one as it is."""
    return " " * (width - cells(text)) + text


def _cells_of(character: str) -> int:
    if unicodedata.category(character) in _NONE:
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1
