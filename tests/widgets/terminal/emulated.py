"""What a terminal would display: pyte processes the bytes, and its screen is read cell by cell."""

from __future__ import annotations

from typing import Any

import pyte

Shown = tuple[str, str, str, bool, bool, bool, bool]


class Emulated:
    """A terminal of ``columns`` × ``rows``."""

    def __init__(self, columns: int, rows: int) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.screen.reset_mode(pyte.modes.DECAWM)  # the mode that Textual's driver sets
        self._stream = pyte.Stream(self.screen)

    def feed(self, text: str) -> None:
        # pyte handles neither OSC 8 nor private modes with "$p" wrongly, but does not know SGR 53.
        self._stream.feed(text)

    def cells(self) -> list[list[Shown]]:
        """Return every cell as it looks; for a space, only the visible part of its style."""
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
