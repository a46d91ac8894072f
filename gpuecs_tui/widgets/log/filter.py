"""A filtered log: the passing lines in a store of their own, filled in slices."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from time import monotonic

from gpuecs_tui.widgets.log.level import BOX_END, BOX_START, Level, level_of, may_hold
from gpuecs_tui.widgets.log.store import LogStore
from gpuecs_tui.widgets.log.text import plain_text

MAX_BOX_LINES = 500
"""A box that has not ended by then is taken for none: a stray ╷ must not swallow the log."""


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which records are shown: those at least as grave as ``level`` that mention ``text``."""

    level: Level = Level.INFO
    text: str = ""
    """A resource's address, or any part of one; letter case counts not."""

    def __bool__(self) -> bool:
        return self.level > Level.INFO or bool(self.text)

    def passes(self, record: str) -> bool:
        """Tell whether a record (one line, or a whole box) is shown."""
        if self.text and self.text.lower() not in record.lower():
            return False
        return not self.level or any(level_of(line) >= self.level for line in record.split("\n"))

    def may_pass(self, block: bytes) -> bool:
        """Tell cheaply whether any record of ``block`` could pass."""
        if BOX_START.encode() in block:
            return True
        if self.level and not may_hold(block, self.level):
            return False
        if not self.text:
            return True
        return self.text.lower() in plain_text(block).lower()


class FilteredLog:
    """What of ``source`` passes a filter; ``store`` has it with line numbers of its own."""

    def __init__(self, source: LogStore, line_filter: LineFilter) -> None:
        self.filter = line_filter
        self.store = LogStore(source.max_lines, source.max_bytes)
        self._source = source
        self._next = source.first
        self._numbers = array("Q")
        self._box: list[tuple[int, bytes, str]] = []

    @property
    def complete(self) -> bool:
        """Whether every line of the source has been looked at."""
        return self._next >= self._source.end

    def scan(self, seconds: float) -> None:
        """Go on for about ``seconds``; at least one block is looked at."""
        limit = monotonic() + seconds
        for start, block in self._source.blocks(self._next):
            if self._box or self.filter.may_pass(block):
                self._take(start, block)
            self._next = start + block.count(b"\n")
            if monotonic() > limit:
                break

    def _take(self, start: int, block: bytes) -> None:
        raws = block.split(b"\n")
        for offset, plain in enumerate(plain_text(block).split("\n")[:-1]):
            number, raw = start + offset, raws[offset]
            head = plain.lstrip()[:1]
            if self._box and (head == BOX_START or len(self._box) >= MAX_BOX_LINES):
                self._close_box()
            if self._box or head == BOX_START:
                self._box.append((number, raw, plain))
                if head == BOX_END:
                    self._close_box()
            elif self.filter.passes(plain):
                self._show(number, raw)

    def _close_box(self) -> None:
        box, self._box = self._box, []
        whole = box[-1][2].lstrip()[:1] == BOX_END
        records = [box] if whole else [[line] for line in box]
        for record in records:
            if self.filter.passes("\n".join(plain for _, _, plain in record)):
                for number, raw, _ in record:
                    self._show(number, raw)

    def _show(self, number: int, raw: bytes) -> None:
        first = self.store.first
        self.store.feed(raw + b"\n")
        self._numbers.append(number)
        if dropped := self.store.first - first:
            del self._numbers[:dropped]

    def source_line(self, number: int) -> int:
        """Return the source's number of line ``number`` of the filtered store."""
        index = number - self.store.first
        return self._numbers[index] if 0 <= index < len(self._numbers) else self._source.end

    def shown_line(self, number: int) -> int:
        """Return the filtered line that shows ``number`` of the source, or the next after it."""
        return self.store.first + bisect_left(self._numbers, number)
