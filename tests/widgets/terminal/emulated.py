"""What a terminal would show: pyte fed with bytes, its screen read cell by cell."""

from __future__ import annotations

from typing import Any

import pyte

Shown = tuple[str, str, str, bool, bool, bool, bool]


class Emulated:
    """A terminal of ``columns`` × ``rows``."""

    def __init__(self, columns: int, rows: int) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.screen.reset_mode(pyte.modes.DECAWM)  # as Textual's driver sets it
        self._stream = pyte.Stream(self.screen)

    def feed(self, text: str) -> None:
        # pyte takes neither OSC 8 nor private modes with "$p" amiss, but knows no SGR 53.
        self._stream.feed(text)

    def cells(self) -> list[list[Shown]]:
        """Return every cell as it looks; of a space, only what shows on it."""
        screen = self.screen
        return [
            [_shown(screen.buffer[y][x]) for x in range(screen.columns)]
            for y in range(screen.lines)
        ]


def _shown(cell: Any) -> Shown:
    foreground, bold, italic = cell.fg, cell.bold, cell.italics
    if cell.data == " " and not (cell.reverse or cell.underscore or cell.strikethrough):
        foreground, bold, italic = "default", False, False
    return (cell.data, foreground, cell.bg, bold, italic, cell.reverse, cell.underscore)
