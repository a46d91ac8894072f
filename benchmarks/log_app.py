"""A small app around one log widget, driven by ``benchmarks.log_panel`` from a pty.

``python -m benchmarks.log_app KIND RATE``: KIND is panel, panel-plain (without the wire layer),
rich or log; RATE is lines a second, 0 for 10,000 lines at once. The key ``m`` turns the mark in
the first line between AAAA and BBBB; for rate
0 it tells there how many seconds it took to hand the lines over.
"""

from __future__ import annotations

import random
import sys
import time

from textual.app import App, ComposeResult
from textual.widgets import Log, RichLog, Static

from gpuecs_tui.widgets.log_panel import LogPanel
from gpuecs_tui.widgets.wire import WireApp

BURST = 10_000
TICK = 0.02
WORDS = ["creating", "complete", "aws_lb.this", "aws_ecs_service.app", "after", "id=arn:aws", "12s"]


def random_line(number: int) -> str:
    """A line of about 92 bytes that has little in common with the one before."""
    chance = random.Random(number)
    return f"{number:06d} {' '.join(chance.choices(WORDS, k=9))}"[:91]


LINES = [random_line(number) for number in range(20_000)]


class LogApp(App[None]):
    """One log and a mark that answers a key."""

    CSS = "Static { height: 1; }"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, kind: str, rate: int) -> None:
        super().__init__()
        self.kind = kind
        self.rate = rate
        self.fed = 0
        self.mark = False
        self.begin = self.took = 0.0

    def compose(self) -> ComposeResult:
        yield Static("AAAA", id="mark")
        if self.kind.startswith("panel"):
            yield LogPanel(id="log")
        elif self.kind == "rich":
            yield RichLog(id="log")
        else:
            yield Log(id="log")

    def on_mount(self) -> None:
        self.query_one("#log").focus()
        self.call_after_refresh(self.begin_feeding)

    def begin_feeding(self) -> None:
        self.begin = time.perf_counter()
        if self.rate:
            self.set_interval(TICK, self.feed_tick)
        else:
            self.feed(BURST)
            self.took = time.perf_counter() - self.begin
            self.set_timer(0.3, self.tell)

    def tell(self) -> None:
        self.query_one("#mark", Static).update(f"took {self.took:.6f} s")

    def feed_tick(self) -> None:
        due = int((time.perf_counter() - self.begin) * self.rate)
        self.feed(due - self.fed)

    def feed(self, count: int) -> None:
        if not count:
            return
        start = self.fed % len(LINES)
        lines = (LINES[start:] + LINES)[:count]
        self.fed += count
        widget = self.query_one("#log")
        if isinstance(widget, LogPanel):
            widget.feed(("\n".join(lines) + "\n").encode())
        elif isinstance(widget, RichLog):
            for line in lines:
                widget.write(line)
        elif isinstance(widget, Log):
            for at in range(0, len(lines), 20):
                widget.write_lines(lines[at : at + 20])

    def on_key(self, event: object) -> None:
        if getattr(event, "key", "") == "m":
            self.mark = not self.mark
            self.query_one("#mark", Static).update("BBBB" if self.mark else "AAAA")


class WiredLogApp(WireApp[None], LogApp):  # type: ignore[misc]  # the mixin narrows App's parameter
    """The same, over the wire layer."""


if __name__ == "__main__":
    chosen = (
        LogApp
        if sys.argv[1] == "panel-plain" or not sys.argv[1].startswith("panel")
        else WiredLogApp
    )
    chosen(sys.argv[1], int(sys.argv[2])).run(mouse=False)
