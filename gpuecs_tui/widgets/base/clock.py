"""Durations in a readable form, and a clock that ticks once a second."""

from __future__ import annotations

from datetime import UTC, datetime

from textual import events
from textual.content import Content
from textual.timer import Timer
from textual.visual import Visual
from textual.widget import Widget

SECOND = 1.0


def duration_text(seconds: float) -> str:
    """Return ``seconds`` as ``7s``, ``1m05s`` or ``2h03m``: at most six cells below 100 hours."""
    whole = max(int(seconds), 0)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    return f"{whole // 3600}h{whole // 60 % 60:02}m"


class Clock(Widget):
    """Shows the time since a moment, or a duration. A stopped clock sends nothing."""

    DEFAULT_CSS = """
    Clock { height: 1; width: 7; text-align: right; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._since: datetime | None = None
        self._text = ""
        self._timer: Timer | None = None

    def start(self, since: datetime) -> None:
        """Count from ``since``, an aware datetime that may be in the past."""
        self._since = since
        self._tick()

    def stop(self, seconds: float | None) -> None:
        """Show ``seconds`` and stop counting; None shows nothing."""
        self._since = None
        self._set("" if seconds is None else duration_text(seconds))

    def on_unmount(self, event: events.Unmount) -> None:
        """Stop the clock."""
        self._since = None

    def _tick(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._since is None:
            return
        elapsed = (datetime.now(UTC) - self._since).total_seconds()
        self._set(duration_text(elapsed))
        if self.is_attached:
            # Aligned to the moment that the text changes, so that no second is skipped.
            self._timer = self.set_timer(SECOND - max(elapsed, 0) % SECOND + 0.01, self._tick)

    def on_mount(self, event: events.Mount) -> None:
        """Start the timer of a clock that was started before it was on a screen."""
        self._tick()

    def _set(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.refresh()

    def render(self) -> Visual:
        """Return the text of the clock."""
        return Content(self._text)
