"""A filtered log: the lines that pass are copied in slices to a store of their own."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from itertools import repeat
from time import monotonic

from gpuecs_tui.terraform.engine.log_line import Level
from gpuecs_tui.widgets.log.facts import PLAIN, Facts
from gpuecs_tui.widgets.log.level import BOX_END, BOX_START, level_of, may_hold
from gpuecs_tui.widgets.log.store import LogStore
from gpuecs_tui.widgets.log.text import plain_text

MAX_BOX_LINES = 500
"""Maximum lines of a box: without a limit, a stray ╷ would make the rest of the log one box."""


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Selects the records with at least ``level`` that mention ``text``.

    A record mentions it in the address of its resource or in its words, in any letter case.
    """

    level: Level = Level.INFO
    text: str = ""
    """The address of a resource, or a part of it."""

    def __bool__(self) -> bool:
        return self.level > Level.INFO or bool(self.text)

    def passes(self, words: str, level: Level | None = None, *, addressed: bool = False) -> bool:
        """Tell whether a record is shown; ``words`` are its lines.

        ``level`` is None for plain text, whose words show its level. ``addressed``: the address of
        its resource matches.
        """
        if self.text and not addressed and self.text.lower() not in words.lower():
            return False
        if level is not None:
            return level >= self.level
        return not self.level or any(level_of(line) >= self.level for line in words.split("\n"))

    def may_pass(self, block: bytes, facts: Facts | None) -> bool:
        """Tell quickly whether a record of ``block`` could pass, alone or together with the next
        block."""
        has_plain = facts is None or facts.has_plain
        if has_plain and BOX_START.encode() in block:
            return True
        if facts is not None and facts.is_cut:
            return True
        if self.level:
            known = facts is not None and facts.holds(self.level)
            if not known and not (has_plain and may_hold(block, self.level)):
                return False
        if not self.text or (facts is not None and any(facts.addressed(self.text))):
            return True
        return self.text.lower() in plain_text(block).lower()


class FilteredLog:
    """The lines of ``source`` that pass a filter; ``store`` numbers its lines independently."""

    def __init__(self, source: LogStore, line_filter: LineFilter) -> None:
        self.filter = line_filter
        self.store = LogStore(source.max_lines, source.max_bytes)
        self._source = source
        self._next = source.first
        self._numbers = array("Q")
        self._box: list[tuple[int, bytes, str]] = []
        """The lines of an unfinished box of plain text."""
        self._record: list[tuple[int, bytes, str]] = []
        """The lines of an unfinished record whose facts are known."""

    @property
    def complete(self) -> bool:
        """Whether every line of the source was read."""
        return self._next >= self._source.end

    def scan(self, seconds: float) -> None:
        """Continue for about ``seconds``, but at least for one block."""
        limit = monotonic() + seconds
        for start, block in self._source.blocks(self._next):
            facts = self._source.facts(start)
            if self._box or self._record or self.filter.may_pass(block, facts):
                self._take(start, block, facts)
            self._next = start + block.count(b"\n")
            if monotonic() > limit:
                break

    def _take(self, start: int, block: bytes, facts: Facts | None) -> None:
        raws = block.split(b"\n")
        known = repeat(PLAIN) if facts is None else facts
        text = self.filter.text
        meant = repeat(False) if facts is None or not text else facts.addressed(text)
        lines = plain_text(block).split("\n")[:-1]
        for number, raw, plain, fact, addressed in zip(
            range(start, start + len(lines)), raws, lines, known, meant, strict=False
        ):
            if fact.level is None:
                self._take_plain((number, raw, plain))
                continue
            if self._box:
                # Terraform prints a whole box at once, so no other line is inside it.
                self._close_box()
            if fact.level < self.filter.level:
                continue
            if fact.begins:
                self._record = []
            self._record.append((number, raw, plain))
            if fact.ends:
                self._show(self._record, fact.level, addressed=addressed)
                self._record = []

    def _take_plain(self, line: tuple[int, bytes, str]) -> None:
        head = line[2].lstrip()[:1]
        if self._box and (head == BOX_START or len(self._box) >= MAX_BOX_LINES):
            self._close_box()
        if self._box or head == BOX_START:
            self._box.append(line)
            if head == BOX_END:
                self._close_box()
        else:
            self._show([line])

    def _close_box(self) -> None:
        box, self._box = self._box, []
        whole = box[-1][2].lstrip()[:1] == BOX_END
        for record in [box] if whole else [[line] for line in box]:
            self._show(record)

    def _show(
        self,
        record: list[tuple[int, bytes, str]],
        level: Level | None = None,
        *,
        addressed: bool = False,
    ) -> None:
        words = "\n".join(plain for _number, _raw, plain in record)
        if not self.filter.passes(words, level, addressed=addressed):
            return
        for number, raw, _plain in record:
            first = self.store.first
            self.store.feed(raw + b"\n")
            self._numbers.append(number)
            if dropped := self.store.first - first:
                del self._numbers[:dropped]

    def source_line(self, number: int) -> int:
        """Return the number in the source of line ``number`` of the filtered store."""
        index = number - self.store.first
        return self._numbers[index] if 0 <= index < len(self._numbers) else self._source.end

    def shown_line(self, number: int) -> int:
        """Return the filtered line for line ``number`` of the source, or the next one."""
        return self.store.first + bisect_left(self._numbers, number)
