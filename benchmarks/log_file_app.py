"""The log panel on a file that grows: ``python -m benchmarks.log_file_app FILE``.

The key ``m`` turns the mark in the first line between AAAA and BBBB.
"""

from __future__ import annotations

import sys
from pathlib import Path

from textual.app import App, ComposeResult
from textual.widgets import Static

from gpuecs_tui.widgets.log_panel import LogPanel
from gpuecs_tui.widgets.wire import WireApp

CHUNK = 1 << 20
TICK = 0.02


class LogFileApp(App[None]):
    """Reads a file to its end, and on as it grows."""

    CSS = "Static { height: 1; }"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.file = path.open("rb", buffering=0)
        self.mark = False

    def compose(self) -> ComposeResult:
        yield Static("AAAA", id="mark")
        yield LogPanel(id="log")

    def on_mount(self) -> None:
        self.query_one(LogPanel).focus()
        self.call_after_refresh(self.read)

    def read(self) -> None:
        data = self.file.read(CHUNK)
        if data:
            self.query_one(LogPanel).feed(data)
        if len(data) == CHUNK:
            # Keys come between two chunks.
            self.call_later(self.read)
        else:
            self.set_timer(TICK, self.read)

    def on_key(self, event: object) -> None:
        if getattr(event, "key", "") == "m":
            self.mark = not self.mark
            self.query_one("#mark", Static).update("BBBB" if self.mark else "AAAA")


class WiredLogFileApp(WireApp[None], LogFileApp):  # type: ignore[misc]  # the mixin narrows App's parameter
    """The same, over the wire layer."""


if __name__ == "__main__":
    WiredLogFileApp(Path(sys.argv[1])).run(mouse=False)
