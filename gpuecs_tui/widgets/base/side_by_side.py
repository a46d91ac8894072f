"""Two things as two columns, with differing values in bold."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from gpuecs_tui.widgets.base.safe_text import escape_controls

Properties = Sequence[tuple[str, str]]
"""Names and values."""
NONE = "–"
"""Shown if only the other thing has the property."""


def side_by_side(names: tuple[str, str], first: Properties, second: Properties) -> Table:
    """Return two things as two columns; differing values are bold."""
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(ratio=3)
    table.add_column(ratio=4)
    table.add_column(ratio=4)
    table.add_row("", *(Text(escape_controls(name), "bold underline") for name in names))
    one, other = dict(first), dict(second)
    for label in dict.fromkeys((*one, *other)):
        values = (one.get(label, NONE), other.get(label, NONE))
        style = "" if values[0] == values[1] else "bold"
        table.add_row(
            Text(label, "dim"), *(Text(escape_controls(value), style) for value in values)
        )
    return table
