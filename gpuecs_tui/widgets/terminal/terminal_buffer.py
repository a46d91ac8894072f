"""A terminal's screen as we know it, and the shortest bytes that turn it into another.

Nothing is guessed: a cell that isn't known is written; where terminals disagree about a
character's width, the next cell is addressed outright.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gpuecs_tui.widgets.terminal.screen_cells import Cell, Pen, Row

GAP = 4
"""Unchanged cells that are rather written again than jumped over: a jump takes as many bytes."""
ERASE_FROM = 10
"""Spaces from which on erasing (and the jump after it) is shorter than writing them."""
ERASE_TO_END_FROM = 4
SCROLL_GAIN = 40
"""Cells that scrolling must save: it takes about 25 bytes itself."""
FEW = 8
"""A row of which less than this part changes is better left where it is."""
_FIRST_EMOJI = 0x1F000
"""Beyond it terminals disagree about widths."""


@dataclass(slots=True)
class Piece:
    """Cells side by side that one pen writes, or that are erased to its background."""

    x: int
    y: int
    pen: Pen
    text: str
    blank: bool
    """Only spaces so far."""
    end: tuple[int, int] | None = None
    """Where the terminal's cursor stands after it; None where that isn't sure."""
    wild: bool = False
    """Ends with a character whose width terminals disagree about."""

    def place(self) -> tuple[int, int]:
        """Return the key of the order on the screen."""
        return self.y, self.x

    def takes(self, pen: Pen, text: str) -> bool:
        """Tell whether a cell can be written along, and if so take its pen where ours is freer."""
        if pen is self.pen:
            self.blank = self.blank and text == " "
            return True
        same_ground = pen.background == self.pen.background
        if not (same_ground and pen.is_plain_blank and self.pen.is_plain_blank):
            return False
        if text == " ":
            return True
        if self.blank:
            self.pen, self.blank = pen, False
            return True
        return False


class TerminalBuffer:
    """Holds what the terminal shows; ``update`` returns the bytes for what is to be shown."""

    def __init__(self, width: int, height: int, *, erases: bool) -> None:
        self.width, self.height = width, height
        self._erases = erases
        self.rows: list[Row] = [[None] * width for _ in range(height)]
        self._pen: Pen | None = None
        self._at: tuple[int, int] | None = None
        self._before: dict[int, Row] = {}

    def update(self, new: Mapping[int, Row]) -> str:
        """Return the bytes that bring the rows of ``new`` (by their number) on the screen."""
        changed = {y: row for y, row in new.items() if row != self.rows[y]}
        if not changed:
            return ""
        out: list[str] = []
        if scroll := self._find_scroll(changed):
            out.append(self._scroll(*scroll))
            changed = {**changed}
            for y in range(scroll[0], scroll[1]):
                # What moved along and was to stay is wrong now.
                changed.setdefault(y, new.get(y) or self._before[y])
        pieces: list[Piece] = []
        for y in sorted(changed):
            for x, run in self._runs(y, changed[y]):
                pieces.extend(self._pieces(x, y, run))
            self.rows[y] = changed[y]
        return "".join(out) + self._write(pieces)

    def place_cursor(self, x: int, y: int) -> str:
        """Return the bytes that put the (hidden) cursor where an input method looks for it."""
        return self._move(x, y)

    def _runs(self, y: int, row: Row) -> Iterator[tuple[int, Row]]:
        """Yield (x, cells) for each stretch of ``row`` that is to be written."""
        old, width, x = self.rows[y], self.width, 0
        while x < width:
            if row[x] is None or row[x] is old[x] or row[x] == old[x]:
                x += 1
                continue
            start = end = x
            while x < width and x - end <= GAP and row[x] is not None:
                if row[x] is not old[x] and row[x] != old[x]:
                    end = x + 1
                x += 1
            while start and _is_second_half(row[start]):
                start -= 1
            while end < width and _is_second_half(row[end]):
                end += 1
            x = end
            yield start, row[start:end]

    def _pieces(self, x: int, y: int, run: Row) -> Iterator[Piece]:
        """Cut a run where the pen changes, and where erasing is shorter than writing."""
        piece: Piece | None = None
        index = 0
        while index < len(run):
            cell = run[index]
            if cell is None or not cell[2]:
                index += 1
                continue
            text, pen, width = cell
            count = 1
            if text == " ":
                while index + count < len(run) and run[index + count] == cell:
                    count += 1
            at, end = x + index, x + index + count * width
            to_end = end == self.width
            long = count >= (ERASE_TO_END_FROM if to_end else ERASE_FROM)
            if text == " " and long and self._erases and pen.is_plain_blank:
                if piece is not None:
                    yield piece
                piece = None
                yield Piece(at, y, pen, "\x1b[K" if to_end else f"\x1b[{count}X", blank=True)
            elif piece is not None and piece.takes(pen, text):
                piece.text += text * count
                piece.end = (end, y)
            else:
                if piece is not None:
                    yield piece
                piece = Piece(at, y, pen, text * count, blank=text == " ")
                piece.end = (end, y)
            index += count * width
            if piece is not None and not self._is_certain(text, end):
                # Whatever the terminal did, the next cell is addressed outright.
                piece.end = None
                piece.wild = _is_wild(text)
                yield piece
                piece = None
        if piece is not None:
            yield piece

    def _is_certain(self, text: str, end: int) -> bool:
        # In the last column a terminal may or may not have stepped on.
        return not _is_wild(text) and end < self.width

    def _write(self, pieces: list[Piece]) -> str:
        """Write pieces pen by pen: a jump takes fewer bytes than changing the pen to and fro.

        Two side by side (a typed character and the cursor after it) are written as they stand: as
        short for us, and tmux, which translates what it gets, spells the whole pen again after a
        step back.
        """
        if len(pieces) == 2 and pieces[0].end == (pieces[1].x, pieces[1].y):
            return "".join(self._draw_with(it.pen) + self._put(it) for it in pieces)
        groups: dict[Pen, list[Piece]] = {}
        blanks: dict[str, list[Piece]] = {}
        out: list[str] = []
        for piece in pieces:
            if piece.wild:
                # First, so that a neighbour that it should spill over is written after it.
                out.append(self._draw_with(piece.pen) + self._put(piece))
            elif piece.blank and piece.pen.is_plain_blank:
                blanks.setdefault(piece.pen.background, []).append(piece)
            else:
                groups.setdefault(piece.pen, []).append(piece)
        order = sorted(groups, key=lambda pen: pen is not self._pen)
        for pen in order:
            group = groups[pen]
            if pen.is_plain_blank:
                # A space shows none of the foreground, so it goes with any of the same ground.
                group = sorted([*group, *blanks.pop(pen.background, [])], key=Piece.place)
            out.append(self._draw_with(pen))
            out.extend(self._put(piece) for piece in group)
        for group in blanks.values():
            out.append(self._draw_blank_with(group[0].pen))
            out.extend(self._put(piece) for piece in group)
        return "".join(out)

    def _put(self, piece: Piece) -> str:
        sequence = self._move(piece.x, piece.y) + piece.text
        if not piece.text.startswith("\x1b"):
            self._at = piece.end
        return sequence

    def _draw_with(self, pen: Pen) -> str:
        sequence, self._pen = pen.sequence(self._pen), pen
        return sequence

    def _draw_blank_with(self, pen: Pen) -> str:
        """Leave the foreground as it is: a space shows none."""
        now = self._pen
        if now is not None and now.background == pen.background:
            serves = now is pen or (now.is_plain_blank and pen.is_plain_blank)
        else:
            serves = False
        return "" if serves else self._draw_with(pen)

    def _move(self, x: int, y: int) -> str:
        if self._at == (x, y):
            return ""
        at, self._at = self._at, (x, y)
        if at is not None and at[1] == y and x > at[0]:
            steps = x - at[0]
            return "\x1b[C" if steps == 1 else f"\x1b[{steps}C"
        if x == 0:
            return "\r" if at is not None and at[1] == y else f"\x1b[{y + 1}H"
        return f"\x1b[{y + 1};{x + 1}H"

    def _find_scroll(self, changed: Mapping[int, Row]) -> tuple[int, int, int] | None:
        """Return (top, end, rows up; negative: down) if moving a block of rows saves much."""
        if len(changed) < 3:
            return None
        top, end = min(changed), max(changed) + 1
        # A status line that only counts on is no part of what scrolls.
        while end - top > 2 and self._hardly_changes(changed, end - 1):
            end -= 1
        while end - top > 2 and self._hardly_changes(changed, top):
            top += 1
        half = self.width // 2
        places: dict[tuple[Cell | None, ...], int] = {}
        for y in range(top, end):
            for part in _halves(self.rows[y], half):
                if len(set(part)) > 2:
                    places[part] = y
        moves: Counter[int] = Counter()
        for y, row in changed.items():
            for part in _halves(row, half) if top <= y < end else ():
                if part in places and places[part] != y:
                    moves[places[part] - y] += 1
        if not moves:
            return None
        up = moves.most_common(1)[0][0]
        stay = sum(_differences(changed.get(y), self.rows[y]) for y in range(top, end))
        moved = 0
        for y in range(top, end):
            source = y + up
            row = changed.get(y, self.rows[y])
            old = self.rows[source] if top <= source < end else None
            moved += _differences(row, old) if old is not None else self.width
        return (top, end, up) if stay - moved >= SCROLL_GAIN else None

    def _hardly_changes(self, changed: Mapping[int, Row], y: int) -> bool:
        return _differences(changed.get(y), self.rows[y]) * FEW < self.width

    def _scroll(self, top: int, end: int, up: int) -> str:
        self._before = {y: self.rows[y] for y in range(top, end)}
        block = self.rows[top:end]
        fresh: list[Row] = [[None] * self.width for _ in range(abs(up))]
        self.rows[top:end] = block[up:] + fresh if up > 0 else fresh + block[:up]
        # Setting margins puts the cursor somewhere that depends on the terminal's origin mode.
        self._at = None
        margins = f"\x1b[{top + 1};{end}r\x1b[{top + 1}H"
        return f"{margins}\x1b[{abs(up)}{'M' if up > 0 else 'L'}\x1b[r"


def _is_second_half(cell: Cell | None) -> bool:
    return cell is not None and cell[2] == 0


def _is_wild(text: str) -> bool:
    return len(text) > 1 or ord(text) >= _FIRST_EMOJI


def _halves(row: Row, half: int) -> tuple[tuple[Cell | None, ...], tuple[Cell | None, ...]]:
    return tuple(row[:half]), tuple(row[half:])


def _differences(new: Row | None, old: Row) -> int:
    if new is None or new == old:
        return 0
    return sum(a is not b and a != b for a, b in zip(new, old, strict=True))
