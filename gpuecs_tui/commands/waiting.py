"""What a command waits for and for how long so far, on stderr: it prints nothing else meanwhile.

with waiting(_("Moving the state …")):
    ended = moves.wait(begun)      # a terminal shows "Moving the state … 12 s"
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from time import monotonic
from typing import TextIO

from gpuecs_tui.columns import cut
from gpuecs_tui.commands.failure import harmless
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.durations import in_words

SECOND = 1.0
"""How long a wait lasts before it is shown, and how often its time changes, in seconds."""
LINE_SECONDS = 60.0
"""Between two lines about a wait where they stay, as in a CI log."""
_CLEAR = "\r\x1b[K"
"""Puts the cursor to the line's beginning and empties the line (ECMA-48, EL)."""


class WaitLine:
    """One line on stderr about what is waited for: rewritten on a terminal, else one a minute."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Write to ``stream``, stderr if None."""
        self._stream = sys.stderr if stream is None else stream
        self._rewrites = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._seconds = 0
        """What was shown last, cut off."""
        self._text = ""

    def show(self, words: str, seconds: float, last: float | None = None) -> None:
        """Show ``words`` and the ``seconds`` so far; cheap, however often it is called.

        ``last``: seconds that the same took the last time, where that is known.
        """
        step = SECOND if self._rewrites else LINE_SECONDS
        if seconds < self._seconds + step:
            return
        self._seconds = int(seconds)
        text = f"{harmless(words)} {in_words(timedelta(seconds=self._seconds))}"
        if last is not None:
            time = in_words(timedelta(seconds=last))
            text = _("{text} (last time {time})").format(text=text, time=time)
        if self._rewrites:
            # A line that the terminal breaks could not be emptied again.
            text = f"{_CLEAR}{cut(text, self._columns() - 1)}"
            if text == self._text:
                return
            self._text = text
        self._stream.write(text if self._rewrites else f"{text}\n")
        self._stream.flush()

    def _columns(self) -> int:
        """Return the width of the terminal that is written to; stdout may be a pipe."""
        if not os.environ.get("COLUMNS"):
            with suppress(OSError, ValueError):
                if found := os.get_terminal_size(self._stream.fileno()).columns:
                    return found
        return shutil.get_terminal_size().columns

    def clear(self) -> None:
        """Make room for other output; the next wait counts from its own beginning."""
        if self._seconds and self._rewrites:
            self._stream.write(_CLEAR)
            self._stream.flush()
        self._seconds, self._text = 0, ""


@contextmanager
def waiting(
    words: str, stream: TextIO | None = None, *, last: float | None = None
) -> Iterator[None]:
    """Say on ``stream`` (stderr if None) that ``words`` is waited for, until the block is left.

    ``last``: seconds that it took the last time. The block prints nothing.
    """
    line, over, begun = WaitLine(stream), threading.Event(), monotonic()

    def tick() -> None:
        while not over.wait(SECOND):
            line.show(words, monotonic() - begun, last)

    thread = threading.Thread(target=tick, name="waiting", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        line.clear()
