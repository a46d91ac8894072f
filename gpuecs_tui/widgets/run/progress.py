"""One line for the progress of a run: a text bar, a sentence and a clock, without animation.

line.start(run.started_at)
line.show(done=12, total=38, text="creating aws_lb.this")
line.stop(seconds=95, text="Apply complete")
"""

from __future__ import annotations

from datetime import datetime

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from gpuecs_tui.widgets.base.clock import Clock
from gpuecs_tui.widgets.base.glyphs import signs
from gpuecs_tui.widgets.base.one_line import OneLine

BAR_SHARE = 0.3
"""The share of the bar in the line; the sentence gets the rest."""
MIN_BAR, MAX_BAR = 8, 40


def progress_text(width: int, done: int, total: int, text: str) -> Content:
    """Return bar, counts and sentence in at most ``width`` cells; without a total, only the
    sentence."""
    if total <= 0:
        return Content(text)
    counts = f" {done}/{total} "
    bar = min(max(int(width * BAR_SHARE), MIN_BAR), MAX_BAR)
    if bar + cell_len(counts) > width:
        return Content(counts.strip())
    # The two parts also differ in their shape, so that the bar is legible without colours.
    sign = signs()
    filled = bar * min(done, total) // total
    return Content.assemble(
        (sign.filled * filled, "$success"),
        (sign.empty * (bar - filled), "$text-muted"),
        counts,
        text,
    )


class ProgressLine(Widget):
    """The progress in one line; without changes, only its clock is sent, once a second."""

    DEFAULT_CSS = """
    ProgressLine { layout: horizontal; height: 1; background: $panel; color: $foreground; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._line = OneLine()
        self._clock = Clock()

    def compose(self) -> ComposeResult:
        """Yield the text and, on its right, the clock."""
        yield self._line
        yield self._clock

    def start(self, since: datetime) -> None:
        """Start the clock at ``since`` (an aware datetime)."""
        self._clock.start(since)

    def show(self, *, done: int = 0, total: int = 0, text: str = "") -> None:
        """Show ``done`` of ``total`` steps (0: no bar) and a sentence."""
        self._line.show(lambda width: progress_text(width, done, total, text))

    def stop(self, *, seconds: float | None = None, text: str = "") -> None:
        """Stop the clock; show a last sentence and the duration."""
        self._clock.stop(seconds)
        self.show(text=text)
