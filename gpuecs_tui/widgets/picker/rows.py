"""The rows of a list, and how they are filtered and laid out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len

from gpuecs_tui.widgets.base.safe_text import escape_controls

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

GAP = 2
"""Cells between two columns."""
NARROWEST = 6
"""Minimum cells of a column as long as another column can still be cut."""
YIELDED = 10
"""Minimum cells of the column that is cut first."""


class Row(NamedTuple):
    """One row of the list."""

    id: str
    """The text that is put into the field."""
    cells: tuple[str, ...]
    """One text per column, as AWS returned it: control characters are escaped when it is shown."""
    group: str = ""
    """Rows of one group are listed together under its name."""
    why_not: str = ""
    """Why the row can't be selected, as the end of a sentence; empty if it can."""
    detail: str = ""
    """Text for the highlighted row; if it is empty, all cells are shown."""
    more: tuple[str, ...] = ()
    """Further lines of ``detail``."""
    summary: str = ""
    """Text below the field after the row was chosen; if it is empty, all cells but the first."""
    measures: tuple[tuple[str, Decimal], ...] = ()
    """Unit → number, for filters such as ``>=24gb``; a row without the unit does not match."""
    images: tuple[int, ...] = ()
    """Indexes of the cells with an image reference, which is shortened so that its end stays
    visible."""


class Order(NamedTuple):
    """An order of a list."""

    label: str
    """The property that is sorted by."""
    ids: tuple[str, ...]
    """All rows in this order; rows of one group are together."""


class Choices(NamedTuple):
    """A list to choose from."""

    title: str
    columns: tuple[str, ...]
    """Headings, translated."""
    rows: tuple[Row, ...]
    multiple: bool = False
    in_order: bool = False
    """Whether the order counts in which several rows are chosen."""
    numeric: tuple[int, ...] = ()
    """Indexes of the right-aligned columns."""
    note: str = ""
    """A note on the whole list: why it is empty or unknown, or its source."""
    remedy: str = ""
    """The action that makes an unknown list known."""
    read_at: datetime | None = None
    """When it was read from the account, in UTC; None for a list from another source."""
    unknown: bool = False
    """Whether the list could not be read, so that a missing row proves nothing."""
    optional: tuple[int, ...] = ()
    """Indexes of the columns that are shown only if there is room, the most important first."""
    yielding: int | None = None
    """Index of the column that is cut first."""
    orders: tuple[Order, ...] = ()
    """Sort orders, the default first; empty: the order of ``rows``."""
    properties: Callable[[str], tuple[tuple[str, str], ...]] | None = None
    """Returns the named properties of a row's id, for a comparison; None: no comparison."""
    detail_lines: int = 2
    help: str = ""
    """Explains the additional features of a list; untranslated."""

    def find(self, id: str) -> Row | None:
        """Return the row with the id ``id``."""
        return next((row for row in self.rows if row.id == id), None)


class ListLine(NamedTuple):
    """One line of a shown list: a row, or a group's heading."""

    row: Row | None
    heading: str = ""


def list_lines(rows: Iterable[Row], wanted: str) -> list[ListLine]:
    """Return the lines of the rows that contain every word of ``wanted``, headings included.

    A word such as ``>=24gb`` or ``<2$`` compares with the rows' measures, once it is complete.
    """
    offered = list(rows)
    if not wanted:
        return _grouped(offered)
    units = {unit for row in offered for unit, _number in row.measures}
    # Imported late, because the first frame shows a list without a filter.
    from gpuecs_tui.measure_filter import split_filter

    words, conditions = split_filter(wanted.casefold().split(), units)

    def passes(row: Row) -> bool:
        hay = " ".join((row.id, *row.cells, row.group)).casefold()
        measures = dict(row.measures)
        return all(word in hay for word in words) and all(it.holds(measures) for it in conditions)

    return _grouped(filter(passes, offered))


def _grouped(rows: Iterable[Row]) -> list[ListLine]:
    lines: list[ListLine] = []
    group = ""
    for row in rows:
        if row.group and row.group != group:
            lines.append(ListLine(None, escape_controls(row.group)))
        group = row.group
        lines.append(ListLine(row))
    return lines


def sorted_by(choices: Choices, order: int) -> tuple[Row, ...]:
    """Return the rows in one of the orders of ``choices``; unchanged if it has none."""
    if not choices.orders:
        return choices.rows
    by_id = {row.id: row for row in choices.rows}
    return tuple(by_id[id] for id in choices.orders[order % len(choices.orders)].ids)


def widths_of(choices: Choices, room: int) -> list[int]:
    """Return the cells of each column so that all fit into ``room``.

    The column to cut first is cut before the widest one; an optional column without room gets 0
    cells.
    """
    widths = [cell_len(column) for column in choices.columns]
    for row in choices.rows:
        for index, cell in enumerate(row.cells):
            widths[index] = max(widths[index], cell_len(escape_controls(cell)))
    first = choices.yielding
    spare = room + GAP
    needed = [width + GAP for width in widths]
    if first is not None:
        needed[first] = min(needed[first], YIELDED + GAP)
    shown = [index for index in range(len(widths)) if index not in choices.optional]
    for index in choices.optional:
        if sum(needed[other] for other in (*shown, index)) <= spare:
            shown.append(index)
    widths = [width if index in shown else 0 for index, width in enumerate(widths)]
    over = sum(widths) + GAP * len(shown) - spare
    if first is not None and over > 0:
        given = max(0, min(over, widths[first] - YIELDED))
        widths[first] -= given
        over -= given
    while over > 0 and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
        over -= 1
    return widths
