"""The known content of a terminal's screen, and the shortest bytes that change it to a new one.

Nothing is guessed: a cell with unknown content is written. After a character whose width differs
between terminals, the position of the next cell is sent explicitly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gpuecs_tui.widgets.terminal.screen_cells import Cell, CellRow, Pen

GAP = 4
"""Maximum number of unchanged cells that are written again instead of skipped: skipping takes as
many bytes."""
ERASE_FROM = 10
"""Minimum number of spaces for which erasing (and moving the cursor afterwards) is shorter than
writing."""
ERASE_TO_END_FROM = 4
SCROLL_GAIN = 40
"""Minimum number of cells that scrolling must save, because it takes about 25 bytes itself."""
FEW = 8
"""A row at the edge of a block is not scrolled if less than one of this many cells in it
changes."""
_FIRST_EMOJI = 0x1F000
"""From this character on, terminals disagree about widths."""


@dataclass(eq=False, repr=False)
class Piece:
    """Adjacent cells that are written with one pen, or erased to its background."""

    x: int
    y: int
    pen: Pen
    text: str
    blank: bool
    """It has only spaces so far."""
    end: tuple[int, int] | None = None
    """Position of the terminal's cursor after it; None if that is uncertain."""
    wild: bool = False
    """It ends with a character about whose width terminals disagree."""

    def place(self) -> tuple[int, int]:
        """Return the sort key for the order on the screen."""
        return self.y, self.x

    def takes(self, pen: Pen, text: str) -> bool:
        """Tell whether a cell can be added to this piece; if the piece has only spaces, adopt its
        pen."""
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
    """Records what the terminal shows; ``update`` returns the bytes that change it."""

    def __init__(self, width: int, height: int, *, erases: bool) -> None:
        self.width, self.height = width, height
        self._erases = erases
        self.rows: list[CellRow] = [[None] * width for _ in range(height)]
        self._pen: Pen | None = None
        self._at: tuple[int, int] | None = None
        self._before: dict[int, CellRow] = {}

    def update(self, new: Mapping[int, CellRow]) -> str:
        """Return the bytes that show the rows of ``new`` (by row number) on the screen."""
        changed = {y: row for y, row in new.items() if row != self.rows[y]}
        if not changed:
            return ""
        out: list[str] = []
        if scroll := self._find_scroll(changed):
            out.append(self._scroll(*scroll))
            changed = {**changed}
            for y in range(scroll[0], scroll[1]):
                # Rows that were scrolled but should have stayed must be written again.
                changed.setdefault(y, new.get(y) or self._before[y])
        pieces: list[Piece] = []
        for y in sorted(changed):
            for x, run in self._runs(y, changed[y]):
                pieces.extend(self._pieces(x, y, run))
            self.rows[y] = changed[y]
        return "".join(out) + self._write(pieces)

    def place_cursor(self, x: int, y: int) -> str:
        """Return the bytes that move the (hidden) cursor to the place where an input method expects
        it."""
        return self._move(x, y)

    def _runs(self, y: int, row: CellRow) -> Iterator[tuple[int, CellRow]]:
        """Yield (x, cells) for each part of ``row`` that must be written."""
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

    def _pieces(self, x: int, y: int, run: CellRow) -> Iterator[Piece]:
        """Divide a run where the pen changes, and where erasing is shorter than writing."""
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
                # The cursor's position is uncertain here, so that of the next cell is sent
                # explicitly.
                piece.end = None
                piece.wild = _is_wild(text)
                yield piece
                piece = None
        if piece is not None:
            yield piece

    def _is_certain(self, text: str, end: int) -> bool:
        # In the last column, terminals differ in whether the cursor has advanced.
        return not _is_wild(text) and end < self.width

    def _write(self, pieces: list[Piece]) -> str:
        """Write the pieces grouped by pen: moving the cursor takes fewer bytes than changing the
        pen twice.

        Two adjacent pieces (a typed character and the cursor after it) are written in their order.
        That is as short, and tmux, which translates its input, sends the whole pen again after a
        step back.
        """
        if len(pieces) == 2 and pieces[0].end == (pieces[1].x, pieces[1].y):
            return "".join(self._draw_with(it.pen) + self._put(it) for it in pieces)
        groups: dict[Pen, list[Piece]] = {}
        blanks: dict[str, list[Piece]] = {}
        out: list[str] = []
        for piece in pieces:
            if piece.wild:
                # Written first: if it overlaps the next cell, that cell is written after it.
                out.append(self._draw_with(piece.pen) + self._put(piece))
            elif piece.blank and piece.pen.is_plain_blank:
                blanks.setdefault(piece.pen.background, []).append(piece)
            else:
                groups.setdefault(piece.pen, []).append(piece)
        order = sorted(groups, key=lambda pen: pen is not self._pen)
        for pen in order:
            group = groups[pen]
            if pen.is_plain_blank:
                # The foreground is not visible on a space, so any pen with the same background can
                # write it.
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
        """Keep the present foreground if possible: it is not visible on a space."""
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

    def _find_scroll(self, changed: Mapping[int, CellRow]) -> tuple[int, int, int] | None:
        """Return (top, end, rows up; negative: down) if moving a block of rows saves enough
        bytes."""
        if len(changed) < 3:
            return None
        top, end = min(changed), max(changed) + 1
        # A status line in which only a counter changes does not scroll.
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

    def _hardly_changes(self, changed: Mapping[int, CellRow], y: int) -> bool:
        return _differences(changed.get(y), self.rows[y]) * FEW < self.width

    def _scroll(self, top: int, end: int, up: int) -> str:
        self._before = {y: self.rows[y] for y in range(top, end)}
        block = self.rows[top:end]
        fresh: list[CellRow] = [[None] * self.width for _ in range(abs(up))]
        self.rows[top:end] = block[up:] + fresh if up > 0 else fresh + block[:up]
        # After the margins are set, the cursor's position depends on the terminal's origin mode.
        self._at = None
        margins = f"\x1b[{top + 1};{end}r\x1b[{top + 1}H"
        return f"{margins}\x1b[{abs(up)}{'M' if up > 0 else 'L'}\x1b[r"


def _is_second_half(cell: Cell | None) -> bool:
    return cell is not None and cell[2] == 0


def _is_wild(text: str) -> bool:
    return len(text) > 1 or ord(text) >= _FIRST_EMOJI


def _halves(row: CellRow, half: int) -> tuple[tuple[Cell | None, ...], tuple[Cell | None, ...]]:
    return tuple(row[:half]), tuple(row[half:])


def _differences(new: CellRow | None, old: CellRow) -> int:
    if new is None or new == old:
        return 0
    return sum(a is not b and a != b for a, b in zip(new, old, strict=True))
