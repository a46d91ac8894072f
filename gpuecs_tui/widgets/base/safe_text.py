"""Texts from outside: control characters are escaped, and long texts are cut to terminal cells."""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len, set_cell_size

_PICTURES = 0x2400
"""Unicode's Control Pictures: ESC is shown as ␛."""
_DELETE = 0x7F
# Joiners and variation selectors change a width, and terminals disagree about the result.
_DROPPED = {0x200C: "", 0x200D: "", 0xFE0E: "", 0xFE0F: ""}
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_IGNORABLE = (range(0x2065, 0x2066), range(0xFFF0, 0xFFF9), range(0xE0000, 0xE1000))
"""Reserved for characters that aren't shown (Unicode, Default_Ignorable_Code_Point): terminals
differ in the width that they assume for them."""
_STAND_IN = "\N{REPLACEMENT CHARACTER}"
ELLIPSIS = "…"


def escape_controls(text: str) -> str:
    """Return ``text`` on one line, without characters that control a terminal or reorder text.

    Control characters become their pictures, other invisible ones a replacement character.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text.translate(_DROPPED))


def _shown(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(_PICTURES + code)
    if code == _DELETE:
        return "␡"
    hidden = unicodedata.category(char) in _HIDDEN or any(code in some for some in _IGNORABLE)
    return _STAND_IN if hidden else char


def fit_cells(text: str, width: int) -> str:
    """Return ``text`` padded or cut, with an ellipsis, to exactly ``width`` cells."""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    if width <= 0:
        return ""
    return set_cell_size(set_cell_size(text, width - 1).rstrip() + ELLIPSIS, width)


def fit_right(text: str, width: int) -> str:
    """Return ``text`` like ``fit``, but with the padding before it."""
    return (
        " " * (width - cell_len(text)) + text if cell_len(text) <= width else fit_cells(text, width)
    )
