"""Prints on stderr what a command is waiting for and for how long, while it prints nothing else.

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
from gpuecs_tui.durations import in_words
from gpuecs_tui.i18n import _

SECOND = 1.0
"""Seconds before a wait is shown, and between two updates of its time."""
LINE_SECONDS = 60.0
"""Seconds between two lines about a wait if lines can't be rewritten, as in a CI log."""
_CLEAR = "\r\x1b[K"
"""Moves the cursor to the start of the line and erases the line (ECMA-48, EL)."""


class WaitLine:
    """One line on stderr about a wait: rewritten on a terminal, otherwise printed once a minute."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Write to ``stream``, stderr if None."""
        self._stream = sys.stderr if stream is None else stream
        self._rewrites = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._seconds = 0
        """The text that was shown last, shortened to the width."""
        self._text = ""

    def show(self, words: str, seconds: float, last: float | None = None) -> None:
        """Show ``words`` and the ``seconds`` so far. Cheap enough to be called often.

        ``last``: seconds that the same wait took last time, if known.
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
            # A line that the terminal wraps could not be erased again.
            text = f"{_CLEAR}{cut(text, self._columns() - 1)}"
            if text == self._text:
                return
            self._text = text
        self._stream.write(text if self._rewrites else f"{text}\n")
        self._stream.flush()

    def _columns(self) -> int:
        """Return the width of the terminal of the stream; stdout may be a pipe."""
        if not os.environ.get("COLUMNS"):
            with suppress(OSError, ValueError):
                if found := os.get_terminal_size(self._stream.fileno()).columns:
                    return found
        return shutil.get_terminal_size().columns

    def clear(self) -> None:
        """Erase the line before other output is printed; the next wait starts at zero."""
        if self._seconds and self._rewrites:
            self._stream.write(_CLEAR)
            self._stream.flush()
        self._seconds, self._text = 0, ""


@contextmanager
def waiting(
    words: str, stream: TextIO | None = None, *, last: float | None = None
) -> Iterator[None]:
    """Show ``words`` on ``stream`` (stderr if None) with the time, until the block is left.

    ``last``: seconds that it took last time. The block must print nothing.
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
