"""The cells of a terminal screen, made from Textual's strips.

A cell is (text, pen, width). A wide character's second cell has the text "" and the width 0. Cells
and pens are shared objects, so comparing two of them usually means comparing two addresses.
"""

from __future__ import annotations

from functools import cache, lru_cache

from rich.cells import cell_len, split_graphemes
from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

Cell = tuple[str, "Pen", int]
CellRow = list[Cell | None]
"""A line of the screen; None for a cell whose content on the terminal is unknown."""

_SEEN_ON_BLANKS = frozenset({"4", "7", "9", "21", "53"})
"""SGR codes that are also visible on a space: underlines, reverse, strike, overline."""
_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "7": "27", "9": "29", "53": "55"}
"""SGR code → the code that turns it off; 22 turns both bold and dim off (ECMA-48 8.3.117)."""


class CellError(ValueError):
    """A strip contains something that is not a cell, such as a control code."""


class _Cells(dict[str, Cell]):
    """Cache of a pen's cells: character → cell."""

    def __init__(self, pen: Pen) -> None:
        super().__init__()
        self._pen = pen

    def __missing__(self, character: str) -> Cell:
        pen = self._pen.blank if character == " " else self._pen
        cell = self[character] = (character, pen, 1)
        return cell


class Pen:
    """The look of a cell, as SGR codes. Pens are compared by identity: ``pen_of`` creates each
    once."""

    __slots__ = ("background", "blank", "cells", "flags", "foreground", "is_plain_blank", "link")

    def __init__(self, flags: frozenset[str], foreground: str, background: str, link: str) -> None:
        self.flags = flags
        """Attributes that are on: 1 bold, 2 dim, 3 italic, 4 underline, 7 reverse, …"""
        self.foreground = foreground
        """Such as ``38;2;1;2;3``; empty for the terminal's default."""
        self.background = background
        self.link = link
        """OSC 8 parameters and address, ``id=1;https://…``; empty without a link."""
        self.is_plain_blank = not (flags & _SEEN_ON_BLANKS or link)
        """Whether only its background is visible on a space."""
        bare = not (flags or foreground)
        self.blank = self if bare or not self.is_plain_blank else _bare_pen(background)
        """The pen of a space that is written with this pen: only the part that is visible on a
        space."""
        self.cells = _Cells(self)
        """This pen's cells by character."""

    def sequence(self, before: Pen | None) -> str:
        """Return the shortest codes that change the pen from ``before`` (None: unknown) to this
        one."""
        everything = [*sorted(self.flags), *filter(None, (self.foreground, self.background))]
        link = "" if before is not None and before.link == self.link else _link(self.link)
        whole = _sgr("0", *everything) if everything else _sgr()
        if before is None:
            return whole + link
        steps = [_OFF.get(flag, "0") for flag in sorted(before.flags - self.flags)]
        # Code 22 turns off both bold and dim, so one of them may have to be turned on again.
        steps += sorted(self.flags if "22" in steps else self.flags - before.flags)
        if self.foreground != before.foreground:
            steps.append(self.foreground or "39")
        if self.background != before.background:
            steps.append(self.background or "49")
        if not steps:
            return link
        change = _sgr(*dict.fromkeys(steps))
        return (whole if "0" in steps or len(whole) <= len(change) else change) + link


def _sgr(*codes: str) -> str:
    return f"\x1b[{';'.join(codes)}m"


def _link(link: str) -> str:
    return f"\x1b]8;{link}\x1b\\" if link else "\x1b]8;;\x1b\\"


@cache
def _bare_pen(background: str) -> Pen:
    return Pen(frozenset(), "", background, "")


@lru_cache(maxsize=4096)
def _pen(flags: frozenset[str], foreground: str, background: str, link: str) -> Pen:
    if not (flags or foreground or link):
        return _bare_pen(background)
    return Pen(flags, foreground, background, link)


NO_PEN = _pen(frozenset(), "", "", "")
"""The terminal's default look."""


@lru_cache(maxsize=4096)
def pen_of(style: Style | None, color_system: ColorSystem) -> Pen:
    """Return the pen with which Rich would draw ``style``."""
    if style is None:
        return NO_PEN
    flags: set[str] = set()
    colours = {"3": "", "4": ""}
    codes = style._make_ansi_codes(color_system).split(";")
    while codes and codes != [""]:
        code = codes.pop(0)
        if code in ("38", "48"):
            count = 4 if codes[0] == "2" else 2
            colours[code[0]] = ";".join([code, *codes[:count]])
            del codes[:count]
        elif (len(code) == 2 and code[0] in "349") or len(code) == 3:
            # 30…37, 40…47, 90…97, 100…107; 39 and 49 are the terminal's defaults.
            ground = "4" if code.startswith(("4", "10")) else "3"
            colours[ground] = "" if code in ("39", "49") else code
        else:
            flags.add(code)
    link = f"id={style._link_id};{style._link}" if style._link else ""
    return _pen(frozenset(flags), colours["3"], colours["4"], link)


def cells_of(strip: Strip, color_system: ColorSystem) -> list[Cell]:
    """Return the cells of ``strip``. Raises CellError if it contains anything else."""
    cells: list[Cell] = []
    for text, style, control in strip:
        if control or not text.isprintable():
            raise CellError(repr(text))
        pen = pen_of(style, color_system)
        if text.isascii() or (cell_len(text) == len(text) and not _has_marks(text)):
            cells.extend(map(pen.cells.__getitem__, text))
        else:
            _add_graphemes(cells, text, pen)
    return cells


def _has_marks(text: str) -> bool:
    # A zero-width mark and a wide character together have the same total length.
    return any(cell_len(character) != 1 for character in text)


def _add_graphemes(cells: list[Cell], text: str, pen: Pen) -> None:
    for start, end, width in split_graphemes(text)[0]:
        cluster = text[start:end]
        if width == 0:
            if cells:
                before, its_pen, its_width = cells[-1]
                if its_width:
                    cells[-1] = (before + cluster, its_pen, its_width)
            continue
        if width == 1 and len(cluster) == 1:
            cells.append(pen.cells[cluster])
        else:
            cells.append((cluster, pen, width))
        if width == 2:
            cells.append(("", pen, 0))
