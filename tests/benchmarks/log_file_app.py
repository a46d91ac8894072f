"""A log widget that shows a growing file: ``python -m tests.benchmarks.log_file_app KIND FILE``.

KIND is panel, rich (textual's RichLog, line by line) or log (its Log, in chunks). The key ``m``
switches the mark in the first line between AAAA and BBBB; ``t`` shows there how many seconds were
spent on handing lines over. The frame rate is the product's.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from gpuecs_tui import terminal

# Like the product, before textual is imported.
terminal.prepare(os.environ)

from textual.app import App, ComposeResult  # noqa: E402
from textual.widget import Widget  # noqa: E402
from textual.widgets import Log, RichLog, Static  # noqa: E402

from gpuecs_tui.app import STARTED_SECONDS  # noqa: E402
from gpuecs_tui.widgets.log.panel import LogPanel  # noqa: E402
from gpuecs_tui.widgets.terminal.diff_output import DiffOutputApp  # noqa: E402

CHUNK = 1 << 20
TICK = 0.02
BATCH = 20
"""Number of lines that are handed to Log together."""


class LogFileApp(App[None]):
    """Reads a file to its end, and continues as the file grows."""

    CSS = "Static { height: 1; }"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, kind: str, path: Path) -> None:
        super().__init__()
        self.kind = kind
        self.file = path.open("rb", buffering=0)
        self.rest = b""
        self.mark = False
        self.took = 0.0

    def compose(self) -> ComposeResult:
        yield Static("AAAA", id="mark")
        kinds: dict[str, type[Widget]] = {"panel": LogPanel, "rich": RichLog, "log": Log}
        yield kinds[self.kind](id="log")

    def on_mount(self) -> None:
        self.query_one("#log").focus()
        self.set_timer(STARTED_SECONDS, terminal.started)
        self.call_after_refresh(self.read)

    def read(self) -> None:
        data = self.file.read(CHUNK)
        if data:
            begin = time.perf_counter()
            self.take(data)
            self.took += time.perf_counter() - begin
        if len(data) == CHUNK:
            # Keys are processed between two chunks.
            self.call_later(self.read)
        else:
            self.set_timer(TICK, self.read)

    def take(self, data: bytes) -> None:
        widget = self.query_one("#log")
        if isinstance(widget, LogPanel):
            widget.feed(data)
            return
        *lines, self.rest = (self.rest + data).split(b"\n")
        texts = [line.decode() for line in lines]
        if isinstance(widget, RichLog):
            for text in texts:
                widget.write(text)
        elif isinstance(widget, Log):
            for at in range(0, len(texts), BATCH):
                widget.write_lines(texts[at : at + BATCH])

    def on_key(self, event: object) -> None:
        key = getattr(event, "key", "")
        if key == "m":
            self.mark = not self.mark
            self.query_one("#mark", Static).update("BBBB" if self.mark else "AAAA")
        elif key == "t":
            self.query_one("#mark", Static).update(f"took {self.took:.6f} s")


class WiredLogFileApp(DiffOutputApp[None], LogFileApp):
    """The same app with the output layer of the product."""


if __name__ == "__main__":
    chosen = WiredLogFileApp if sys.argv[1] == "panel" else LogFileApp
    chosen(sys.argv[1], Path(sys.argv[2])).run(mouse=False)
