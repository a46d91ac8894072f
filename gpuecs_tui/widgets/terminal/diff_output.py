"""Send only changed cells: a layer between Textual's compositor and the terminal driver.

Textual repaints whole regions; a log that scrolls by a line sends every visible row again. This
layer records what the terminal shows and sends only the differences, with the terminal's own
scrolling and erasing if that is shorter. It uses only ``App._display`` of Textual (8.2), the one
place where updates become bytes. Updates that it can't express are sent as Textual sends them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, TypeVar

from rich.color import ColorSystem
from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.driver import Driver
from textual.geometry import Offset
from textual.screen import Screen
from textual.strip import Strip

from gpuecs_tui.widgets.terminal.screen_cells import Cell, CellError, CellRow, cells_of
from gpuecs_tui.widgets.terminal.terminal_buffer import TerminalBuffer

ResultType = TypeVar("ResultType")

SYNC_START, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"
SYNC_FROM = 256
"""Minimum characters for which the terminal is asked to show them together; fewer arrive together
anyway."""
_ERASING_TERMINALS = (
    "xterm",
    "tmux",
    "linux",
    "rxvt",
    "alacritty",
    "foot",
    "kitty",
    "ghostty",
    "wezterm",
)
"""Start of TERM for terminals that erase with the present background (terminfo: bce and ech); tmux
does so since 2.3, although its terminfo does not mention it."""


def erases_in_colour(term: str) -> bool:
    """Tell whether a terminal with this TERM fills erased cells with the background colour."""
    return term.startswith(_ERASING_TERMINALS)


class DiffEncoder:
    """Turns compositor updates into bytes for one terminal."""

    def __init__(self, color_system: ColorSystem, *, erases: bool) -> None:
        self._color_system = color_system
        self._erases = erases
        self._screen: TerminalBuffer | None = None

    def forget(self) -> None:
        """Forget the content of the terminal; the next full repaint is sent completely."""
        self._screen = None

    def encode(self, update: LayoutUpdate | ChopsUpdate, width: int, height: int) -> str | None:
        """Return the bytes for ``update`` on a screen of this size; "" if nothing differs.

        None if cells can't express the update: the caller must send it in full.
        """
        screen = self._screen
        if screen is None or (screen.width, screen.height) != (width, height):
            screen = self._screen = TerminalBuffer(width, height, erases=self._erases)
        rows: dict[int, CellRow] = {}
        try:
            for x, y, strip in _placed(update):
                if not 0 <= y < height:
                    continue
                if y not in rows:
                    rows[y] = screen.rows[y].copy()
                _place(rows[y], x, cells_of(strip, self._color_system))
        except CellError:
            self._screen = None
            return None
        return screen.update(rows)

    def place_cursor(self, x: int, y: int) -> str:
        """Return the bytes that move the terminal's cursor there."""
        return self._screen.place_cursor(x, y) if self._screen else ""


def _placed(update: LayoutUpdate | ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Yield (x, y, strip) for everything that ``update`` draws, as its ``render_segments`` does."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in line:
                yield x, y, strip
                x += strip.cell_length
        return
    for y, first, last in update.spans:
        for end, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if chop is None or x > last or end <= first:
                continue
            whole = first <= x < last and end <= last
            yield x, y, chop if whole else chop.crop(0, min(end, last) - x)


def _place(row: CellRow, x: int, cells: list[Cell]) -> None:
    width = len(row)
    cells = cells[: max(width - x, 0)]
    if not cells:
        return
    if cells[-1][2] == 2:  # half of the character is outside the region
        cells[-1] = cells[-1][1].cells[" "]
    end = x + len(cells)
    row[x:end] = cells
    # If half of a wide character is overwritten, a terminal blanks the other half.
    left = row[x - 1] if x else None
    if left is not None and left[2] == 2:
        row[x - 1] = left[1].cells[" "]
    right = row[end] if end < width else None
    if right is not None and right[2] == 0:
        row[end] = right[1].cells[" "]


class DiffOutputApp(App[ResultType]):
    """An app that sends only differences; otherwise it is Textual's ``App``."""

    _wire: DiffEncoder | None = None
    _cursor_sent = Offset(0, 0)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        driver = self._driver
        if (
            isinstance(renderable, LayoutUpdate | ChopsUpdate)
            and driver is not None
            and self._running
            and not (self._closed or self._batch_count or self.is_headless or driver.is_inline)
        ):
            if self._wire is None:
                system = self.console._color_system or ColorSystem.TRUECOLOR
                self._wire = DiffEncoder(
                    system, erases=erases_in_colour(os.environ.get("TERM", ""))
                )
            sequence = self._wire.encode(renderable, *self.size)
            if sequence is not None:
                self._send(driver, sequence)
                self.post_display_hook()
                return
        elif renderable is not None and self._wire is not None:
            self._wire.forget()
        super()._display(screen, renderable)

    def _send(self, driver: Driver, sequence: str) -> None:
        # The hidden cursor is only relevant for an input method, which is shown next to the typed
        # text.
        if self._wire is not None and hasattr(self.focused, "cursor_screen_offset"):
            wanted = self.screen.outer_size.clamp_offset(self.cursor_position)
            if sequence or wanted != self._cursor_sent:
                sequence += self._wire.place_cursor(*wanted)
                self._cursor_sent = wanted
        if not sequence:
            return
        if self._sync_available and len(sequence) >= SYNC_FROM:
            sequence = SYNC_START + sequence + SYNC_END
        driver.write(sequence)
        driver.flush()

    def redraw_terminal(self) -> None:
        """Send the whole screen again, for example after another program has written to it."""
        if self._wire is not None:
            self._wire.forget()
            self.call_later(self.screen.refresh)

    def get_driver_class(self) -> type[Driver]:
        """Return the driver; it reports other output that changes the state of the terminal."""
        base = super().get_driver_class()
        app = self

        class WireDriver(base):  # type: ignore[misc, valid-type]  # its class is known only now
            def start_application_mode(self) -> None:
                app.redraw_terminal()
                super().start_application_mode()

            def stop_application_mode(self) -> None:
                # Otherwise the last pen would colour the shell's output.
                self.write("\x1b[m")
                super().stop_application_mode()

        return WireDriver

    async def _on_resize(self, event: events.Resize) -> None:
        # The terminal may have cut or wrapped lines even if its old size is soon restored.
        self.redraw_terminal()
