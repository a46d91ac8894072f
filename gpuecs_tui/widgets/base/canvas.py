"""A grid of terminal cells to draw boxes, lines and texts on; does not import Textual.

Lines that meet are joined automatically: each cell records in which directions lines leave it, and
these directions determine its character, in Unicode or in ASCII.
"""

from __future__ import annotations

from itertools import groupby

from rich.cells import cell_len

from gpuecs_tui.widgets.base.safe_text import fit_cells

UP, RIGHT, DOWN, LEFT = 1, 2, 4, 8

_JOINTS = " ╵╶└╷│┌├╴┘─┴┐┤┬┼"
"""Box-drawing character for each sum of directions."""
_ASCII_JOINTS = " |-+||++-+-+++++"
_ASCII_STAND_INS = str.maketrans(
    {
        "·": "-",
        "–": "-",
        "×": "x",
        "…": "~",
        "■": "#",
        "→": ">",
        "←": "<",
        "◄": "<",
        "□": "o",
        "✗": "x",
    }
)

Spans = list[tuple[str, str]]
"""A row as (text, style name) in order; texts are never empty."""


def ellipsized(text: str, width: int) -> str:
    """Return ``text`` in at most ``width`` cells; … replaces the part that is cut off."""
    return text if cell_len(text) <= width else fit_cells(text, width).rstrip()


class Canvas:
    """A grid that gets more rows as it is drawn on; columns beyond ``width`` are left out."""

    def __init__(self, width: int) -> None:
        """Make an empty canvas of ``width`` cells."""
        self.width = width
        self._lines: list[list[int]] = []
        self._texts: list[list[str | None]] = []
        self._styles: list[list[str]] = []

    @property
    def height(self) -> int:
        """The number of rows with content."""
        return len(self._lines)

    def text(self, row: int, column: int, text: str, style: str = "", room: int = 0) -> int:
        """Write ``text``, cut to ``room`` cells (0: to the edge); return the column after it."""
        self._grow(row)
        available = self.width - column
        shown = ellipsized(text, min(room, available) if room else available)
        for character in shown:
            wide = cell_len(character)
            if wide == 0:
                self._append(row, column - 1, character)
                continue
            self._put(row, column, character, style)
            if wide == 2:
                self._put(row, column + 1, "", style)
            column += wide
        return column

    def horizontal(self, row: int, left: int, right: int, style: str = "") -> None:
        """Draw a line from column ``left`` to column ``right``, both included."""
        for column in range(left, right + 1):
            directions = (RIGHT if column < right else 0) | (LEFT if column > left else 0)
            self._join(row, column, directions, style)

    def vertical(self, column: int, top: int, bottom: int, style: str = "") -> None:
        """Draw a line from row ``top`` to row ``bottom``, both included."""
        for row in range(top, bottom + 1):
            directions = (DOWN if row < bottom else 0) | (UP if row > top else 0)
            self._join(row, column, directions, style)

    def box(self, top: int, left: int, bottom: int, right: int, style: str = "") -> None:
        """Draw a rectangle's outline."""
        for row in (top, bottom):
            self.horizontal(row, left, right, style)
        for column in (left, right):
            self.vertical(column, top, bottom, style)

    def rows(self, *, ascii_only: bool = False) -> list[Spans]:
        """Return the rows of the drawing, without blanks at the end of a row."""
        joints = _ASCII_JOINTS if ascii_only else _JOINTS
        result = []
        for lines, texts, styles in zip(self._lines, self._texts, self._styles, strict=True):
            cells = [
                (joints[line] if text is None else text, style)
                for line, text, style in zip(lines, texts, styles, strict=True)
            ]
            while cells and cells[-1][0] == " ":
                cells.pop()
            spans = [
                ("".join(text for text, _style in group), style)
                for style, group in groupby(cells, key=lambda cell: cell[1])
            ]
            if ascii_only:
                spans = [(_to_ascii(text), style) for text, style in spans]
            result.append([span for span in spans if span[0]])
        return result

    def _join(self, row: int, column: int, directions: int, style: str) -> None:
        self._grow(row)
        if 0 <= column < self.width:
            self._lines[row][column] |= directions
            self._styles[row][column] = self._styles[row][column] or style

    def _put(self, row: int, column: int, text: str, style: str) -> None:
        self._texts[row][column] = text
        self._styles[row][column] = style

    def _append(self, row: int, column: int, mark: str) -> None:
        while column > 0 and self._texts[row][column] == "":
            column -= 1
        self._texts[row][column] = (self._texts[row][column] or "") + mark

    def _grow(self, row: int) -> None:
        while len(self._lines) <= row:
            self._lines.append([0] * self.width)
            self._texts.append([None] * self.width)
            self._styles.append([""] * self.width)


def _to_ascii(text: str) -> str:
    # A wide character keeps its two cells.
    shown = text.translate(_ASCII_STAND_INS)
    return "".join(
        character if character.isascii() else "?" * cell_len(character) for character in shown
    )
