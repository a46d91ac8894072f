"""A small app around one log widget, driven by ``tests.benchmarks.log_panel`` from a pty.

``python -m tests.benchmarks.log_app KIND RATE``: KIND is panel or rich; RATE is lines per second.
The key ``m`` switches the mark in the first line between AAAA and BBBB, and ``z`` ends the stream
with a last line. The frame rate is the product's, here and over SSH.
"""

from __future__ import annotations

import os
import sys
import time

from gpuecs_tui import terminal

# Like the product, before textual is imported.
terminal.prepare(os.environ)

from textual.app import App, ComposeResult  # noqa: E402
from textual.widgets import RichLog, Static  # noqa: E402

from gpuecs_tui.app import STARTED_SECONDS  # noqa: E402
from gpuecs_tui.terraform.engine.log_line import Level, LogLine  # noqa: E402
from gpuecs_tui.widgets.log.panel import LogPanel  # noqa: E402
from gpuecs_tui.widgets.terminal.diff_output import DiffOutputApp  # noqa: E402
from tests.benchmarks.log_lines import LAST, RECORDS  # noqa: E402

TICK = 0.02


class LogApp(App[None]):
    """An app with one log and a mark that a key switches."""

    CSS = "Static { height: 1; }"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, kind: str, rate: int) -> None:
        super().__init__()
        self.kind = kind
        self.rate = rate
        self.fed = 0
        self.mark = False
        self.begin = 0.0

    def compose(self) -> ComposeResult:
        yield Static("AAAA", id="mark")
        yield RichLog(id="log") if self.kind == "rich" else LogPanel(id="log")

    def on_mount(self) -> None:
        self.query_one("#log").focus()
        self.set_timer(STARTED_SECONDS, terminal.started)
        self.call_after_refresh(self.begin_feeding)

    def begin_feeding(self) -> None:
        self.begin = time.perf_counter()
        self.feeding = self.set_interval(TICK, self.feed_due)

    def feed_due(self) -> None:
        due = int((time.perf_counter() - self.begin) * self.rate)
        start, count = self.fed % len(RECORDS), due - self.fed
        self.fed = due
        if count:
            self.feed((RECORDS[start:] + RECORDS)[:count])

    def feed(self, lines: list[LogLine]) -> None:
        widget = self.query_one("#log")
        if isinstance(widget, LogPanel):
            widget.add(lines)
        elif isinstance(widget, RichLog):
            for line in lines:
                widget.write(line.text)

    def on_key(self, event: object) -> None:
        key = getattr(event, "key", "")
        if key == "m":
            self.mark = not self.mark
            self.query_one("#mark", Static).update("BBBB" if self.mark else "AAAA")
        elif key == "z":
            self.feeding.stop()
            self.feed_due()
            self.feed([LogLine(LAST, Level.INFO)])


class WiredLogApp(DiffOutputApp[None], LogApp):
    """The same app with the output layer of the product."""


if __name__ == "__main__":
    chosen = WiredLogApp if sys.argv[1] == "panel" else LogApp
    chosen(sys.argv[1], int(sys.argv[2])).run(mouse=False)
