"""What a list offers: rows of plain texts, and how they are filtered and laid out."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from rich.cells import cell_len

from gpuecs_tui.widgets.cells import harmless

GAP = 2
"""Cells between two columns."""
NARROWEST = 6
"""Cells that a column keeps while others can still give way."""


COMPARISON = re.compile(r"(?P<sign>[<>≤≥]=?)(?P<number>(?:\d+(?:\.\d*)?)?)(?P<unit>[a-z$]*)")
HOLDS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "≤": operator.le,
    "≤=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "≥": operator.ge,
    "≥=": operator.ge,
}
Comparison = tuple[Callable[[Decimal, Decimal], bool], Decimal, str]
"""What must hold between a row's number and this one, and the unit of both."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to choose."""

    id: str
    """What is put into the field."""
    cells: tuple[str, ...]
    """One text a column, as AWS has it: made harmless when it is shown."""
    group: str = ""
    """Rows of one group stand together under its name."""
    why_not: str = ""
    """Why it can't be chosen, a sentence; empty when it can."""
    detail: str = ""
    """Shown while the row is highlighted; all its cells where there is nothing else to say."""
    summary: str = ""
    """Says below the field what was chosen; the cells but the first where there is none."""
    measures: tuple[tuple[str, Decimal], ...] = ()
    """Unit → number, for filters such as ``>=24gb``; a row without the unit is not among those."""


@dataclass(frozen=True, slots=True)
class Choices:
    """A list to choose from."""

    title: str
    columns: tuple[str, ...]
    """Headings, translated."""
    rows: tuple[Row, ...]
    multiple: bool = False
    numeric: tuple[int, ...] = ()
    """Indexes of the columns that are aligned at their right."""
    note: str = ""
    """What to know of the list as a whole: why it is empty or unknown, how old it is."""
    remedy: str = ""
    """What mends it, where it is unknown."""
    read_at: datetime | None = None
    """When it was read of the account, in UTC; None for a list that isn't of one."""
    unknown: bool = False
    """Whether the list couldn't be read: then it says nothing of what exists."""

    def find(self, id: str) -> Row | None:
        """Return the row of ``id``."""
        return next((row for row in self.rows if row.id == id), None)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a shown list: a row, or a group's heading."""

    row: Row | None
    heading: str = ""


def lines_of(rows: Iterable[Row], wanted: str) -> list[Line]:
    """Return the lines of the rows that hold every word of ``wanted``, headings included.

    A word such as ``>=24gb`` or ``<2$`` compares with the rows' measures, once it is complete.
    """
    offered = list(rows)
    units = {unit for row in offered for unit, _number in row.measures}
    words, compared = _parted(wanted.casefold().split(), units)
    lines: list[Line] = []
    group = ""
    for row in offered:
        hay = " ".join((row.id, *row.cells, row.group)).casefold()
        if not all(word in hay for word in words):
            continue
        numbers = dict(row.measures)
        if not all(
            unit in numbers and holds(numbers[unit], than) for holds, than, unit in compared
        ):
            continue
        if row.group and row.group != group:
            lines.append(Line(None, harmless(row.group)))
        group = row.group
        lines.append(Line(row))
    return lines


def _parted(words: Iterable[str], units: Collection[str]) -> tuple[list[str], list[Comparison]]:
    """Part a filter's words into plain ones and comparisons; half-typed ones are left out."""
    plain, compared = [], []
    for word in words:
        found = COMPARISON.fullmatch(word)
        if found is None or not units:
            plain.append(word)
        elif found["number"] and found["unit"] in units:
            holds = HOLDS[found["sign"]]
            compared.append((holds, Decimal(found["number"]), found["unit"]))
    return plain, compared


def widths_of(columns: Sequence[str], rows: Sequence[Row], room: int) -> list[int]:
    """Return the cells of each column so that all fit into ``room``; the widest gives way first."""
    widths = [cell_len(column) for column in columns]
    for row in rows:
        for index, cell in enumerate(row.cells):
            widths[index] = max(widths[index], cell_len(harmless(cell)))
    spare = room - GAP * (len(widths) - 1)
    while sum(widths) > spare and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths
