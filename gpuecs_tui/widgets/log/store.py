"""The memory of the log panel: lines in blocks of bytes, as they arrived.

There is no object per line: a million lines need little more memory than their text. Adding a chunk
copies it and counts its newlines. Lines with a level and an address need a few more bytes
(``facts``). Numbers of lines and rows are absolute: they count from the first line ever added and
do not change when old lines are dropped.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import accumulate

from gpuecs_tui.terraform.engine.log_line import LogLine
from gpuecs_tui.widgets.log.facts import Facts, codes_of
from gpuecs_tui.widgets.log.rows import row_count

BLOCK_BYTES = 64 * 1024
"""Small chunks are joined up to this size; to show a line, one block must be split."""
MAX_LINE_BYTES = 1024 * 1024
"""A longer line without an end is broken here, so that the memory is limited."""
TRIM_SHARE = 0.1
"""Share by which a limit is exceeded before lines are dropped: trimming is rare and drops many."""
_UNCOUNTED_MOST = 256
"""Maximum number of pieces whose rows are not counted yet, so that an invisible log keeps no second
copy of its text."""
_SPLITS_KEPT = 8


class LogStore:
    """An append-only list of lines (``bytes`` without their newline) with bounded memory.

    At least ``max_lines`` or ``max_bytes`` are kept once that much has arrived; if a tenth more is
    exceeded, the oldest lines are dropped. With a ``width`` in cells, each line also has a number
    of rows: it breaks after the last character that fits.
    """

    def __init__(self, max_lines: int = 1_000_000, max_bytes: int = 512 * 1024 * 1024) -> None:
        self.max_lines = max_lines
        self.max_bytes = max_bytes
        self.end = 0
        """Number of the next line; the store has the lines ``first <= number < end``."""
        self._row_end = 0
        self._uncounted: list[tuple[bytes, bool]] = []
        """The pieces whose rows are not counted yet, and whether each begins a block."""
        self._width: int | None = None
        self._blocks: list[bytes] = []
        self._starts: list[int] = []
        self._facts: list[Facts | None] = []
        """The facts of each block's lines; None for a block of plain text."""
        self._rows: list[int] = []
        self._bytes = 0
        self._tail = b""
        self._splits: OrderedDict[tuple[int, int], list[bytes]] = OrderedDict()
        self._sums: OrderedDict[tuple[int, int], list[int]] = OrderedDict()

    def __len__(self) -> int:
        return self.end - self.first

    @property
    def first(self) -> int:
        """Number of the oldest line that is kept."""
        return self._starts[0] if self._starts else self.end

    @property
    def first_row(self) -> int:
        """Number of the oldest row that is kept."""
        rows = self._counted()
        return rows[0] if rows else self._row_end

    @property
    def row_end(self) -> int:
        """Number of the next row."""
        self._counted()
        return self._row_end

    @property
    def width(self) -> int | None:
        """Cells of a row, or None if a line is one row."""
        return self._width

    def feed(self, data: bytes) -> int:
        """Add plain text and return how many lines it completed.

        Text after the last newline is kept until its newline arrives (or ``finish`` is called).
        """
        if self._tail:
            data = self._tail + data
        cut = data.rfind(b"\n") + 1
        self._tail = data[cut:]
        before = self.end
        if len(self._tail) > MAX_LINE_BYTES:
            data, cut, self._tail = data + b"\n", len(data) + 1, b""
        for piece in _pieces(data, cut):
            self._append(piece)
        added = self.end - before
        self._trim()
        return added

    def add(self, lines: Sequence[LogLine]) -> int:
        """Add whole records and return how many lines were completed.

        Unfinished plain text becomes a line before them.
        """
        if not lines:
            return 0
        before = self.end
        self.finish()
        text = "\n".join([line.text for line in lines]) + "\n"
        data = text.encode("utf-8", "backslashreplace")
        codes = codes_of([line.level for line in lines], [line.continues for line in lines])
        addresses = [line.address for line in lines]
        taken = 0
        for piece in _pieces(data, len(data)):
            begin, taken = taken, taken + piece.count(b"\n")
            self._append(piece, codes[begin:taken], addresses[begin:taken])
        added = self.end - before
        self._trim()
        return added

    def finish(self) -> int:
        """Complete a last line without a newline; return the number of completed lines."""
        return self.feed(b"\n") if self._tail else 0

    def clear(self) -> None:
        """Delete every line; numbers continue as before."""
        self._tail = b""
        self._drop(len(self._blocks))

    def _append(self, piece: bytes, codes: bytes = b"", addresses: Sequence[str] = ()) -> None:
        begins = not self._blocks or len(self._blocks[-1]) + len(piece) > BLOCK_BYTES
        if begins:
            self._blocks.append(piece)
            self._starts.append(self.end)
            self._facts.append(None)
        else:
            self._blocks[-1] += piece
        self._bytes += len(piece)
        self._uncounted.append((piece, begins))
        if len(self._uncounted) > _UNCOUNTED_MOST:
            self._counted()
        count = piece.count(b"\n")
        facts = self._facts[-1]
        if codes:
            if facts is None:
                facts = self._facts[-1] = Facts()
                facts.add_plain(self.end - self._starts[-1])
            facts.add(codes, addresses)
        elif facts is not None:
            facts.add_plain(count)
        self.end += count

    def _counted(self) -> list[int]:
        """Return the row at which each block begins.

        Rows are counted on demand, once a frame: counting takes three times as long as adding
        lines.
        """
        for piece, begins in self._uncounted:
            if begins:
                self._rows.append(self._row_end)
            width = self._width
            self._row_end += piece.count(b"\n") if width is None else row_count(piece, width)
        self._uncounted.clear()
        return self._rows

    def _trim(self) -> None:
        share = 1 + TRIM_SHARE
        if len(self) <= self.max_lines * share and self._bytes <= self.max_bytes * share:
            return
        lines, size, drop = len(self), self._bytes, 0
        while drop < len(self._blocks) - 1 and (lines > self.max_lines or size > self.max_bytes):
            remaining = lines - (self._starts[drop + 1] - self._starts[drop])
            if remaining < self.max_lines and size <= self.max_bytes:
                break
            lines, size = remaining, size - len(self._blocks[drop])
            drop += 1
        self._drop(drop)

    def _drop(self, count: int) -> None:
        self._bytes -= sum(map(len, self._blocks[:count]))
        del self._counted()[:count], self._blocks[:count], self._starts[:count]
        del self._facts[:count]
        self._splits.clear()
        self._sums.clear()

    def _split(self, index: int) -> list[bytes]:
        # The last block grows, so its length belongs to the key.
        key = (self._starts[index], len(self._blocks[index]))
        lines = self._splits.get(key)
        if lines is None:
            lines = self._splits[key] = self._blocks[index].split(b"\n")
            lines.pop()
            if len(self._splits) > _SPLITS_KEPT:
                self._splits.popitem(last=False)
        return lines

    def line(self, number: int) -> bytes:
        """Return line ``number``. Raises IndexError if the store does not (or no longer) have
        it."""
        if not self.first <= number < self.end:
            raise IndexError(f"line {number} is not among {self.first}…{self.end - 1}")
        index = bisect_right(self._starts, number) - 1
        return self._split(index)[number - self._starts[index]]

    def blocks(self, number: int = 0) -> Iterator[tuple[int, bytes]]:
        """Yield (number of its first line, whole lines) for each block from line ``number`` on.

        Lines that are added meanwhile may be missing; blocks are immutable, so a list of them is a
        snapshot.
        """
        number = max(number, self.first)
        index = max(bisect_right(self._starts, number) - 1, 0)
        while index < len(self._blocks) and number < self.end:
            start, block = self._starts[index], self._blocks[index]
            if number > start:
                rest = self._split(index)[number - start :]
                start, block = number, b"\n".join(rest) + b"\n"
            yield start, block
            index += 1
            number = self._starts[index] if index < len(self._starts) else self.end

    def facts(self, number: int) -> Facts | None:
        """Return the facts of line ``number`` and the following ones in its block.

        None for a block of plain text. ``number`` must be one that ``blocks`` returned.
        """
        index = bisect_right(self._starts, number) - 1
        facts = self._facts[index]
        skipped = number - self._starts[index]
        return facts.without_first(skipped) if facts is not None and skipped else facts

    def set_width(self, width: int | None) -> None:
        """Set the width of the rows in cells (None: each line is one row). Reads every line."""
        if width == self._width:
            return
        self._width = width
        self._sums.clear()
        # Without a width, rows are lines and have their numbers.
        self._row_end = self.first if width is None else 0
        self._rows = []
        self._uncounted = [(block, True) for block in self._blocks]

    def _row_sums(self, index: int) -> list[int]:
        """Number of rows before each line of a block, counted from the start of the block."""
        key = (self._starts[index], len(self._blocks[index]))
        sums = self._sums.get(key)
        if sums is None:
            width = self._width or 1
            counts = (row_count(line + b"\n", width) for line in self._split(index))
            sums = self._sums[key] = [0, *accumulate(counts)]
            if len(self._sums) > _SPLITS_KEPT:
                self._sums.popitem(last=False)
        return sums

    def locate(self, row: int) -> tuple[int, int]:
        """Return (line number, number of the row in the line) of the absolute ``row``, clamped to
        the store."""
        row = min(max(row, self.first_row), max(self.row_end - 1, self.first_row))
        if self._width is None or not self._blocks:
            return row, 0
        index = bisect_right(self._counted(), row) - 1
        inside = row - self._rows[index]
        sums = self._row_sums(index)
        offset = bisect_right(sums, inside) - 1
        return self._starts[index] + offset, inside - sums[offset]

    def row_of(self, number: int) -> int:
        """Return the absolute number of the first row of line ``number``, clamped to the store."""
        number = min(max(number, self.first), max(self.end - 1, self.first))
        if self._width is None or not self._blocks:
            return number
        index = bisect_right(self._starts, number) - 1
        return self._counted()[index] + self._row_sums(index)[number - self._starts[index]]


def _pieces(data: bytes, end: int) -> Iterator[bytes]:
    """Yield the lines of ``data`` up to ``end``, the end of a line, in pieces that fit into a
    block."""
    start = 0
    while start < end:
        stop = end
        if stop - start > BLOCK_BYTES:
            stop = data.rfind(b"\n", start, start + BLOCK_BYTES) + 1
            if stop <= start:
                stop = data.index(b"\n", start) + 1
        yield data[start:stop]
        start = stop
