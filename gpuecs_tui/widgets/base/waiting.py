"""A sentence about work in progress, followed by the elapsed time.

wait = Wait(screen, _("Moving the state …"), show)   # show("Moving the state … 12s"), each second
wait.end()
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from textual.message_pump import MessagePump

from gpuecs_tui.widgets.base.clock import SECOND, duration_text


def with_elapsed(text: str, seconds: float) -> str:
    """Return ``text`` with the elapsed time; ``text`` alone within the first second."""
    return text if seconds < SECOND else f"{text} {duration_text(seconds)}"


class Wait:
    """Shows once a second how long something has taken."""

    def __init__(self, owner: MessagePump, text: str, show: Callable[[str], None]) -> None:
        """Call ``show`` immediately and then every second, until ``end`` or until ``owner`` is
        removed."""
        self._text = text
        self._show = show
        self._begun = monotonic()
        self._timer = owner.set_interval(SECOND, self._tick)
        self._tick()

    @property
    def is_long(self) -> bool:
        """Whether a second has passed."""
        return monotonic() - self._begun >= SECOND

    @property
    def words(self) -> str:
        """The sentence with the elapsed time."""
        return with_elapsed(self._text, monotonic() - self._begun)

    def end(self) -> None:
        """Stop the timer."""
        self._timer.stop()

    def _tick(self) -> None:
        self._show(self.words)
