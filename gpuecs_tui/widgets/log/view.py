"""The scrolling part of the log panel: a viewport over a ``LogStore``.

Three things make it fast: text is parsed only for rows that are seen, any number of feeds is
painted once a frame, and growth goes around Textual's layout (assigning ``virtual_size`` would
lay out the whole screen again).
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
"""Twenty pictures a second read as smooth motion."""
SSH_FRAME_SECONDS = 1 / 10
"""Over a link ten do: each picture less saves what stands in both."""
ROWS_PER_SECOND = 180
"""Rows that are painted at most: faster ones are a blur to any reader, and this many of a log's
usual length are a fifth of what 1,000 lines a second would be on the wire."""
SCAN_PAUSE_SECONDS = 0.002
MIN_WIDTH = 2
"""A wide character needs two cells to be anywhere."""


class LogView(LineView):
    """Shows log lines; follows their end only while the user is there."""

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
        """Something that the panel's footer shows has changed."""

    class SearchGivenUp(Message):
        """The search is over: its pattern takes too long for a line of this log."""

    def __init__(self, store: LogStore, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.contents = LogContents(store)
        """The lines, with filter and search."""
        self.following = True
        """Whether the end stays in view."""
        self.wrap = True
        """Whether long lines are wrapped; otherwise they scroll to the right."""
        self.left = 0
        """Cells scrolled away at the left where lines are not wrapped."""
        self.current: int | None = None
        """Line number (of ``shown``) at which the search stands."""
        self.marked: tuple[int, int] | None = None
        """(anchor, end) of marked lines, in numbers of ``shown``; in either order."""
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
        """Cells to a row: the widget's without its scrollbar."""
        return max(super().columns, MIN_WIDTH)

    @property
    def rows_below(self) -> int:
        """Rows below the view."""
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
        """Take whole records in, with the level and the resource of each line."""
        if self.contents.source.add(lines):
            self.request_frame()

    def feed(self, data: bytes | str | Iterable[str]) -> None:
        """Take plain text in: bytes or text with newlines, or lines without them."""
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
        """Paint what arrived with the next frame; idle, there is no timer at all."""
        if self._frame is None and self.is_attached:
            blur = self.size.height / ROWS_PER_SECOND if self._racing else 0
            period = max(self._frame_seconds, blur)
            due = self._last_frame + period - monotonic() if delay is None else delay
            self._frame = self.set_timer(max(due, 0.001), self._on_frame)

    def _on_frame(self) -> None:
        self._frame = None
        if writer_backlog(self.app):
            # The link takes no more at present: a later picture shows all of it as well.
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
        """Bring scrollbar, position and picture in line with the store; return the rows grown."""
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
        """Follow the end exactly while the user keeps the view there."""
        super().watch_scroll_y(old_value, new_value)
        if not self._moving and round(old_value) != round(new_value):
            self.following = new_value >= self.max_scroll_y
            self.post_message(self.Updated())

    def move_rows(self, rows: int) -> None:
        """Scroll by ``rows`` (negative: up), at once."""
        self.scroll_to_row(self.top_row + rows)

    def move_to_line(self, number: int) -> None:
        """Bring line ``number`` (of ``shown``) into view: a third from the top if outside."""
        row = self.contents.shown.row_of(number) - self.contents.shown.first_row
        height = self.size.height
        if not self.scroll_y <= row < self.scroll_y + height:
            self.scroll_to_row(row - height // 3)
            self.following = self.following and self.scroll_y >= self.max_scroll_y
        self.redraw()

    def follow(self, on: bool) -> None:
        """Keep the end in view, or stop doing so."""
        self.following = on
        if on:
            self._synchronise()
        self.post_message(self.Updated())

    def set_wrap(self, on: bool) -> None:
        """Wrap long lines or not; the first visible line stays."""
        top = self.top
        self.wrap, self.left = on, 0
        self._lay_out(top)

    def set_filter(self, line_filter: LineFilter) -> None:
        """Show only passing lines; visible lines that pass stay in place."""
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
        """Break lines again if the width changed; the first visible line stays."""
        if self._row_width != self.contents.shown.width:
            self._lay_out(self.top)
        else:
            self._synchronise()

    def notify_style_update(self) -> None:
        """Draw with the new theme."""
        super().notify_style_update()
        self._look = None
        self._drawer.clear()

    def redraw(self) -> None:
        """Draw all visible rows again."""
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
        """Draw ``rows`` straight from the store."""
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
