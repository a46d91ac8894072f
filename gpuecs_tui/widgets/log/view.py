"""The scrolling part of the log panel: a viewport over a ``LogStore``.

Three things make it fast: text is parsed only for visible rows; all additions are painted once per
frame; and growth does not involve Textual's layout (assigning ``virtual_size`` would lay out the
whole screen again).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from time import monotonic
from typing import ClassVar

from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from gpuecs_tui.terminal import remote
from gpuecs_tui.terraform.engine.log_line import LogLine
from gpuecs_tui.widgets.base.line_view import LineView
from gpuecs_tui.widgets.log.contents import SCAN_SECONDS, LogContents
from gpuecs_tui.widgets.log.draw import LineDrawer, Look
from gpuecs_tui.widgets.log.filter import LineFilter
from gpuecs_tui.widgets.log.search import Pattern
from gpuecs_tui.widgets.log.store import LogStore
from gpuecs_tui.widgets.terminal.pending_output import writer_backlog

FRAME_SECONDS = 1 / 20
"""Frame interval: twenty frames per second look like smooth motion."""
SSH_FRAME_SECONDS = 1 / 10
"""Frame interval over a network link. Ten frames per second suffice, and each omitted frame saves
the bytes of its changes."""
ROWS_PER_SECOND = 180
"""Maximum number of rows that are painted per second. A person can't read faster ones, and with
lines of usual length it is a fifth of the bytes of 1,000 lines per second."""
SCAN_PAUSE_SECONDS = 0.002
MIN_WIDTH = 2
"""Minimum width in cells: a wide character needs two."""


class LogView(LineView):
    """Shows log lines; follows their end only while the end is visible."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "log-view--match",
        "log-view--current",
        "log-view--marked",
        "log-view--more",
    }
    DEFAULT_CSS = """
    LogView {
        height: 1fr;
        background: $surface;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        & .log-view--match { background: $warning-muted; color: $text-warning; text-style: bold; }
        & .log-view--current { background: $warning; color: $background; text-style: bold; }
        & .log-view--marked { background: $primary-muted; color: $foreground; }
        & .log-view--more { color: $text-muted; }
    }
    """

    class Updated(Message):
        """A part of the panel's footer has changed."""

    class SearchGivenUp(Message):
        """The search was ended: its pattern takes too long for a line of this log."""

    def __init__(self, store: LogStore, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.contents = LogContents(store)
        """The lines, with their filter and search."""
        self.following = True
        """Whether the end is kept in view."""
        self.wrap = True
        """Whether long lines are wrapped; otherwise they scroll to the right."""
        self.left = 0
        """Cells that are scrolled away to the left if lines are not wrapped."""
        self.current: int | None = None
        """Line number (of ``shown``) of the current match."""
        self.marked: tuple[int, int] | None = None
        """(anchor, end) of the marked lines, as numbers of ``shown``; either may be the first."""
        self._error_at: int | None = None
        self._drawer = LineDrawer()
        self._look: Look | None = None
        self._base_row = 0
        self._seen_rows = 0
        self._frame: Timer | None = None
        self._frame_seconds = SSH_FRAME_SECONDS if remote(os.environ) else FRAME_SECONDS
        self._last_frame = 0.0
        self._racing = self._moving = False

    @property
    def columns(self) -> int:
        """Cells of a row: the width of the widget without its scrollbar."""
        return max(super().columns, MIN_WIDTH)

    @property
    def rows_below(self) -> int:
        """Number of rows below the view."""
        store = self.contents.shown
        return max(store.row_end - store.first_row - self.top_row - self.size.height, 0)

    @property
    def top(self) -> int:
        """Number (of ``shown``) of the line in the first visible row."""
        return self.contents.shown.locate(self.contents.shown.first_row + self.top_row)[0]

    @property
    def bottom(self) -> int:
        """Number (of ``shown``) of the line in the last visible row."""
        row = self.contents.shown.first_row + self.top_row + max(self.size.height - 1, 0)
        return self.contents.shown.locate(row)[0]

    def add(self, lines: Sequence[LogLine]) -> None:
        """Add whole records, with the level and the resource of each line."""
        if self.contents.source.add(lines):
            self.request_frame()

    def feed(self, data: bytes | str | Iterable[str]) -> None:
        """Add plain text: bytes or text with newlines, or lines without them."""
        if self.contents.feed(data):
            self.request_frame()

    def finish(self) -> None:
        """Show a last line that had no newline."""
        if self.contents.source.finish():
            self.request_frame()

    def clear(self) -> None:
        """Empty the log; filter and search apply to new lines."""
        self.contents.source.clear()
        self.marked = self.current = self._error_at = None
        self.following = True
        self.set_filter(self.contents.filter)

    def request_frame(self, delay: float | None = None) -> None:
        """Paint additions with the next frame; without additions, there is no timer at all."""
        if self._frame is None and self.is_attached:
            blur = self.size.height / ROWS_PER_SECOND if self._racing else 0
            period = max(self._frame_seconds, blur)
            due = self._last_frame + period - monotonic() if delay is None else delay
            self._frame = self.set_timer(max(due, 0.001), self._on_frame)

    def _on_frame(self) -> None:
        self._frame = None
        if writer_backlog(self.app):
            # The link is busy: a later frame shows all of it as well.
            self.request_frame(self._frame_seconds)
            return
        now, before = monotonic(), self._last_frame
        self._last_frame = now
        self.contents.scan()
        if self.contents.pattern is not None and self.contents.pattern.too_slow:
            self.set_search(None)
            self.post_message(self.SearchGivenUp())
        grown = self._synchronise()
        self._racing = grown > (now - before) * ROWS_PER_SECOND
        self.post_message(self.Updated())
        if self.contents.busy:
            self.request_frame(SCAN_PAUSE_SECONDS if not self._racing else None)

    def _synchronise(self) -> int:
        """Update scrollbar, position and picture from the store; return the number of new rows."""
        store = self.contents.shown
        rows = store.row_end - store.first_row
        grown = store.row_end - self._seen_rows
        self._seen_rows = store.row_end
        dropped, self._base_row = store.first_row - self._base_row, store.first_row
        position = self.scroll_y - dropped
        self._moving = True
        try:
            self.set_rows(rows)
            self.scroll_to_row(self.max_scroll_y if self.following else position)
        finally:
            self._moving = False
        if grown or dropped:
            self.refresh(self.size.region)
        return grown

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Keep the end in view exactly while the user is there."""
        super().watch_scroll_y(old_value, new_value)
        if not self._moving and round(old_value) != round(new_value):
            self.following = new_value >= self.max_scroll_y
            self.post_message(self.Updated())

    def move_rows(self, rows: int) -> None:
        """Scroll by ``rows`` (negative: up) immediately."""
        self.scroll_to_row(self.top_row + rows)

    def move_to_line(self, number: int) -> None:
        """Scroll to line ``number`` (of ``shown``); if it was not visible, it is a third from the
        top."""
        row = self.contents.shown.row_of(number) - self.contents.shown.first_row
        height = self.size.height
        if not self.scroll_y <= row < self.scroll_y + height:
            self.scroll_to_row(row - height // 3)
            self.following = self.following and self.scroll_y >= self.max_scroll_y
        self.redraw()

    def follow(self, on: bool) -> None:
        """Start or stop keeping the end in view."""
        self.following = on
        if on:
            self._synchronise()
        self.post_message(self.Updated())

    def set_wrap(self, on: bool) -> None:
        """Start or stop wrapping long lines; the first visible line remains the first."""
        top = self.top
        self.wrap, self.left = on, 0
        self._lay_out(top)

    def set_filter(self, line_filter: LineFilter) -> None:
        """Show only lines that pass; visible lines that pass stay in place."""
        top = self.contents.set_filter(line_filter, self.top)
        self.current = self.marked = None
        self._lay_out(top)
        self.request_frame()

    def set_search(self, pattern: Pattern | None) -> None:
        """Highlight matches and count the lines; None ends the search."""
        self.contents.set_search(pattern)
        self.current = None
        self.redraw()
        self.request_frame()

    def go_to_match(self, step: int) -> bool:
        """Go to the next (1) or previous (-1) matching line; False if none is known yet."""
        matches = self.contents.matches
        if matches is None:
            return False
        matches.scan(SCAN_SECONDS)
        origin = self.current
        if origin is None:
            origin = self.top - 1 if step > 0 else self.bottom + 1
        found = matches.neighbour(origin, step)
        if found is not None:
            self.current = found
            self.move_to_line(found)
        return found is not None

    def go_to_error(self) -> bool:
        """Go to the first error, and from there to the next; False if none is known."""
        errors = self.contents.errors
        errors.scan(SCAN_SECONDS)
        origin = self._error_at
        found = errors.neighbour(self.contents.source.first - 1 if origin is None else origin, 1)
        if found is None:
            return False
        self._error_at = found
        self.current = self.contents.shown_line(found)
        self.move_to_line(self.current)
        return True

    def _lay_out(self, top: int) -> None:
        contents = self.contents
        if contents.shown is not contents.source:
            contents.source.set_width(None)
        contents.shown.set_width(self._row_width)
        self._base_row = self.contents.shown.first_row
        self._synchronise()
        if not self.following:
            self._moving = True
            self.scroll_to_row(self.contents.shown.row_of(top) - self.contents.shown.first_row)
            self._moving = False
        self.redraw()

    @property
    def _row_width(self) -> int | None:
        return self.columns if self.wrap else None

    def on_resize(self, event: events.Resize) -> None:
        """Wrap lines again if the width changed; the first visible line remains the first."""
        if self._row_width != self.contents.shown.width:
            self._lay_out(self.top)
        else:
            self._synchronise()

    def notify_style_update(self) -> None:
        """Redraw with the new theme."""
        super().notify_style_update()
        self._look = None
        self._drawer.clear()

    def redraw(self) -> None:
        """Redraw all visible rows."""
        self._drawer.clear()
        self.refresh(self.size.region)
        self.post_message(self.Updated())

    def _current_look(self) -> Look:
        if self._look is None:
            style = self.get_component_rich_style
            self._look = Look(
                base=self.rich_style,
                match=style("log-view--match"),
                current=style("log-view--current"),
                marked=style("log-view--marked"),
                dim=style("log-view--more"),
            )
        return self._look

    def strips(self, rows: range) -> list[Strip]:
        """Draw ``rows`` directly from the store."""
        store, look, width = self.contents.shown, self._current_look(), self.columns
        low, high = sorted(self.marked) if self.marked else (0, -1)
        left = None if self.wrap else self.left
        strips = []
        for at in range(store.first_row + rows.start, store.first_row + rows.stop):
            if not at < store.row_end:
                strips.append(Strip.blank(width, look.base))
                continue
            number, sub_row = store.locate(at)
            strips.append(
                self._drawer.row(
                    store.line(number),
                    sub_row,
                    width,
                    look=look,
                    left=left,
                    pattern=self.contents.pattern,
                    current=number == self.current,
                    marked=low <= number <= high,
                )
            )
        if self.contents.pattern is not None and self.contents.pattern.too_slow:
            self.request_frame()
        return strips
