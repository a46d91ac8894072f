"""Soft wrapping of log lines: where a line breaks, and how many rows it takes.

Lines break at the last character that fits, as a terminal itself does it: copied text has no extra
breaks in words, and counting the rows of a million lines is a division.
"""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len, chop_cells

from gpuecs_tui.widgets.log.text import plain_text

MAX_SHOWN = 20_000
"""Characters of one line that are drawn; saving and searching still have all of it."""

_TABLED = 1024
"""Characters below which a line's rows are looked up: three times as fast as dividing."""
# Every byte outside printable ASCII asks for the careful count.
_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\n"


@lru_cache(maxsize=4)
def _rows_by_length(width: int) -> list[int]:
    """Return how many rows of ``width`` cells a line takes, for every length below _TABLED."""
    return [max(1, -(-length // width)) for length in range(_TABLED)]


def shown_part(plain: str) -> str:
    """Return the part of a line that is drawn."""
    return plain if len(plain) <= MAX_SHOWN else plain[: MAX_SHOWN - 1] + "…"


def breaks(plain: str, width: int) -> list[int]:
    """Return the cells at which each row of ``plain`` begins, and last where the line ends.

    A wide character never straddles two rows; combining marks stay with their character.
    """
    total = cell_len(plain)
    if total <= width:
        return [0, total]
    if plain.isascii():
        return [*range(0, total, width), total]
    edges = [0]
    for piece in chop_cells(plain, width):
        edges.append(edges[-1] + cell_len(piece))
    return edges


def row_count(block: bytes, width: int) -> int:
    """Return how many rows of ``width`` cells the lines of ``block`` take.

    ``block`` ends with a newline. An empty line takes one row.
    """
    if not block.translate(None, _PRINTABLE):
        lines = block.split(b"\n")
        try:
            rows = sum(map(_rows_by_length(width).__getitem__, map(len, lines)))
        except IndexError:
            reach = width - 1
            rows = sum([(min(len(line), MAX_SHOWN) + reach) // width or 1 for line in lines])
        return rows - 1  # what split() finds after the last newline
    rows = 0
    for line in plain_text(block).split("\n")[:-1]:
        rows += 1 if len(line) * 2 <= width else len(breaks(shown_part(line), width)) - 1
    return rows
