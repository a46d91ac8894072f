"""Search the log in slices, so that even a million lines never delay a key press."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from time import monotonic
from typing import Protocol

from gpuecs_tui.widgets.log.store import LogStore
from gpuecs_tui.widgets.log.text import plain_text


class Pattern:
    """A text to search for. Upper and lower case are distinguished only if it has a capital
    letter."""

    too_slow = False
    """Whether the search took too long and was ended."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._compiled = re.compile(re.escape(text), 0 if self.case_counts else re.IGNORECASE)

    @property
    def case_counts(self) -> bool:
        """Whether upper and lower case are distinguished."""
        return self.text != self.text.lower()

    def spans(self, plain: str) -> list[tuple[int, int]]:
        """Return (start, end) of each match in one shown line; empty matches are left out."""
        return [found.span() for found in self._compiled.finditer(plain) if found.group()]

    def lines(self, start: int, block: bytes) -> Iterator[int]:
        """Yield the numbers of the lines of ``block`` that match; ``start`` is its first."""
        text = plain_text(block)
        needle, haystack = self.text, text
        if not self.case_counts and text.isascii():
            haystack = text.lower()  # same length for ASCII, and find() beats re by far
        elif not self.case_counts:
            yield from self._folded(start, text)
            return
        counted, at = 0, haystack.find(needle)
        while at >= 0:
            start += haystack.count("\n", counted, at)
            yield start
            counted = haystack.find("\n", at)
            at = haystack.find(needle, counted) if counted >= 0 else -1

    def _folded(self, start: int, text: str) -> Iterator[int]:
        counted, found = 0, self._compiled.search(text)
        while found:
            start += text.count("\n", counted, found.start())
            yield start
            counted = text.find("\n", found.start())
            found = self._compiled.search(text, counted) if counted >= 0 else None


class LineTest(Protocol):
    """Finds matching lines in a block."""

    def lines(self, start: int, block: bytes) -> Iterator[int]:
        """Yield the numbers of the matching lines in ascending order; the block begins with
        ``start``."""


class Matches:
    """The matching lines of a store, found in slices and in ascending order."""

    def __init__(self, test: LineTest, store: LogStore) -> None:
        self._test = test
        self._store = store
        self._numbers = array("Q")
        self._next = store.first

    @property
    def complete(self) -> bool:
        """Whether every line that was added so far was searched."""
        return self._next >= self._store.end

    def scan(self, seconds: float) -> None:
        """Continue the search for about ``seconds``, but at least for one block."""
        limit = monotonic() + seconds
        for start, block in self._store.blocks(self._next):
            self._numbers.extend(self._test.lines(start, block))
            self._next = start + block.count(b"\n")
            if monotonic() > limit:
                break

    def _forget_dropped(self) -> None:
        gone = bisect_left(self._numbers, self._store.first)
        if gone:
            del self._numbers[:gone]

    def __len__(self) -> int:
        self._forget_dropped()
        return len(self._numbers)

    def index(self, number: int) -> int:
        """Return how many matching lines come before line ``number``."""
        self._forget_dropped()
        return bisect_left(self._numbers, number)

    def neighbour(self, number: int, step: int) -> int | None:
        """Return the next (``step`` 1) or previous (-1) matching line from ``number``.

        After the last match follows the first one. None if nothing has matched so far.
        """
        self._forget_dropped()
        if not self._numbers:
            return None
        at = bisect_left(self._numbers, number + 1 if step > 0 else number)
        at = at if step > 0 else at - 1
        return self._numbers[at % len(self._numbers)]
