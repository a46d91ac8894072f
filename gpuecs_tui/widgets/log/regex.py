"""A regular expression as a search of the log, with a time limit.

``re`` has no time limit and blocks the event loop until it has finished; ``(a+)+$`` takes seconds
for a line of 27 characters, and twice as long for each further character.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from time import thread_time

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.log.search import Pattern
from gpuecs_tui.widgets.log.text import plain_text

REACH = 4096
"""Maximum characters of a line that an expression is matched with."""
LINE_SECONDS = 0.01
"""Processor time for one line: an ordinary expression takes a thousandth of it."""
BLOCK_SECONDS = 0.05
"""Processor time for a block of the store (64 KiB), about twenty times that of an ordinary
expression; a key press during that time is still answered at once."""


class PatternError(ValueError):
    """A search that cannot be compiled; the message is one sentence for the user."""


class RegexPattern(Pattern):
    """A regular expression; see ``Pattern``. Raises PatternError if ``text`` is not valid."""

    def __init__(self, text: str) -> None:
        # Late: only a search by expression needs it.
        import regex

        super().__init__(text)
        try:
            with warnings.catch_warnings():
                # The library warns of changes in later versions, which the user can't influence.
                warnings.simplefilter("ignore", FutureWarning)
                self._regex = regex.compile(text, 0 if self.case_counts else regex.IGNORECASE)
        except (regex.error, RecursionError) as error:
            problem = _("Invalid regular expression: {reason}.").format(reason=error)
            raise PatternError(problem) from error

    def spans(self, plain: str) -> list[tuple[int, int]]:
        """Return (start, end) of each match in one shown line; empty matches are left out."""
        if self.too_slow:
            return []
        try:
            found = list(self._regex.finditer(plain[:REACH], timeout=LINE_SECONDS))
        except TimeoutError:
            self.too_slow = True
            return []
        return [it.span() for it in found if it.group()]

    def lines(self, start: int, block: bytes) -> Iterator[int]:
        """Yield the numbers of the lines of ``block`` that match; none once it is too slow."""
        if self.too_slow:
            return
        search, limit = self._regex.search, thread_time() + BLOCK_SECONDS
        for number, line in enumerate(plain_text(block).split("\n")[:-1], start):
            try:
                found = search(line[:REACH], timeout=LINE_SECONDS)
            except TimeoutError:
                self.too_slow = True
                return
            if found and found.group():
                yield number
            if thread_time() > limit:
                self.too_slow = True
                return
