"""Convert log bytes to text that is safe for a terminal: SGR colours are kept, the rest is visible.

A log line can contain anything that a program or an attacker wrote: cursor movement, title changes,
bidirectional overrides. Only SGR (colours, bold, …) is interpreted. Any other control character is
replaced by a printable one, so that a line never controls the user's terminal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rich.ansi import SGR_STYLE_MAP
from rich.color import Color
from rich.style import Style

TAB = 8
"""Columns between tab stops, the default of terminals."""

SGR = re.compile(r"\x1b\[([0-9;:]*)m")
_DOUBTFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)
# Joiners and variation selectors change a width, and terminals disagree about the result.
_DROPPED = str.maketrans("", "", "\u200d\ufe0e\ufe0f")
# SGR 5, 6 and 8 are dropped: blinking disturbs, and concealed text would be hidden from the user.
_IGNORED_SGR = frozenset({5, 6, 8})


def _stand_in(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)  # Unicode's Control Pictures: ESC is shown as ␛
    if code == 0x7F:
        return "␡"
    return f"<U+{code:04X}>"


def plain_text(raw: bytes) -> str:
    r"""Return ``raw`` (lines of UTF-8) as displayed: no SGR, controls visible, tabs expanded.

    Newlines are kept; a carriage return before a newline is dropped. Bytes that are not valid UTF-8
    are shown as ``\xNN``.
    """
    text = raw.decode("utf-8", "backslashreplace")
    if "\x1b" in text:
        text = SGR.sub("", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").removesuffix("\r")
    if not text.isascii():
        text = text.translate(_DROPPED)
    if not text.isprintable():
        text = _DOUBTFUL.sub(_stand_in, text)
        if "\t" in text:
            text = text.expandtabs(TAB)
    return text


@dataclass(frozen=True, slots=True)
class StyledText:
    """One log line, prepared for drawing."""

    plain: str
    """The text without any control sequence."""
    spans: tuple[tuple[int, int, Style], ...]
    """(start, end, style) in characters of ``plain``, sorted and without overlaps."""


def styled_text(raw: bytes) -> StyledText:
    """Parse one line's SGR sequences; ``.plain`` equals ``plain_text(raw)``."""
    if b"\x1b[" not in raw:
        return StyledText(plain_text(raw), ())
    text = raw.decode("utf-8", "backslashreplace").removesuffix("\r").translate(_DROPPED)
    pieces = SGR.split(text)
    plain = ""
    spans: list[tuple[int, int, Style]] = []
    style = Style.null()
    for index, piece in enumerate(pieces):
        if index % 2:  # re.split alternates between text and the parameters of a sequence
            style = _after_sgr(style, piece)
            continue
        shown = _DOUBTFUL.sub(_stand_in, piece)
        if "\t" in shown:
            column = len(plain) % TAB
            shown = (" " * column + shown).expandtabs(TAB)[column:]
        if shown and style:
            spans.append((len(plain), len(plain) + len(shown), style))
        plain += shown
    return StyledText(plain, tuple(spans))


@lru_cache(maxsize=1024)
def _after_sgr(style: Style, parameters: str) -> Style:
    """Return the style after ``ESC [ parameters m`` (ECMA-48 8.3.117; colons as in ITU T.416)."""
    # T.416's direct colour has an (empty) colour space id after the 2: 38:2::R:G:B.
    codes = [int(code or 0) for code in re.split("[;:]", parameters.replace("2::", "2:"))]
    position = 0
    while position < len(codes):
        code = codes[position]
        position += 1
        if code == 0:
            style = Style.null()
        elif code in (38, 48):
            kind = codes[position] if position < len(codes) else -1
            values = codes[position + 1 : position + (2 if kind == 5 else 4)]
            position += 1 + len(values)
            if any(value > 255 for value in values):
                continue
            if kind == 5 and len(values) == 1:
                colour = Color.from_ansi(values[0])
            elif kind == 2 and len(values) == 3:
                colour = Color.from_rgb(*values)
            else:
                break
            style += Style(color=colour) if code == 38 else Style(bgcolor=colour)
        elif code in SGR_STYLE_MAP and code not in _IGNORED_SGR:
            style += Style.parse(SGR_STYLE_MAP[code])
    return style
