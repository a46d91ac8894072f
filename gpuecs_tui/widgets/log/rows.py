"""Soft wrapping of log lines: where a line breaks, and how many rows it has.

A line breaks after the last character that fits, as a terminal breaks it. So copied text has no
additional breaks, and the rows of a million lines can be counted by division.
"""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len, chop_cells

from gpuecs_tui.widgets.log.text import plain_text

MAX_SHOWN = 20_000
"""Maximum characters of one line that are drawn; saving and searching still use the whole line."""

_TABLED = 1024
"""For lines shorter than this, the number of rows is in a table: three times as fast as
dividing."""
# Lines with a byte outside printable ASCII are counted character by character.
_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\n"


@lru_cache(maxsize=4)
def _rows_by_length(width: int) -> list[int]:
    """Return how many rows of ``width`` cells a line has, for every length below _TABLED."""
    return [max(1, -(-length // width)) for length in range(_TABLED)]


def shown_part(plain: str) -> str:
    """Return the part of a line that is drawn."""
    return plain if len(plain) <= MAX_SHOWN else plain[: MAX_SHOWN - 1] + "…"


def breaks(plain: str, width: int) -> list[int]:
    """Return the cells at which the rows of ``plain`` begin, and finally the cell at its end.

    A wide character is never divided between two rows; combining marks stay with their character.
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
    """Return how many rows of ``width`` cells the lines of ``block`` have.

    ``block`` ends with a newline. An empty line has one row.
    """
    if not block.translate(None, _PRINTABLE):
        lines = block.split(b"\n")
        try:
            rows = sum(map(_rows_by_length(width).__getitem__, map(len, lines)))
        except IndexError:
            reach = width - 1
            rows = sum([(min(len(line), MAX_SHOWN) + reach) // width or 1 for line in lines])
        return rows - 1  # the empty part that split() returns after the last newline
    rows = 0
    for line in plain_text(block).split("\n")[:-1]:
        rows += 1 if len(line) * 2 <= width else len(breaks(shown_part(line), width)) - 1
    return rows
