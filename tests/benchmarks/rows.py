"""The rows of a benchmark: a measured value and its reference."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table that ``make bench`` prints."""

    name: str
    value: float
    unit: str
    against: str = ""
    """The reference of the ratio: a peer or the minimum, measured in the same run."""
    ratio: float | None = None
    limit: float | None = None
    """The limit of the ratio (or, without one, of the value): the maximum; a negative limit is a
    minimum (-20: at least 20)."""

    @property
    def holds(self) -> bool | None:
        """Return whether the limit is met; None if there is no limit."""
        if self.limit is None:
            return None
        measured = self.value if self.ratio is None else self.ratio
        return measured <= self.limit if self.limit >= 0 else measured >= -self.limit


def table(rows: list[Row]) -> str:
    """Return the rows as a table of aligned columns."""
    cells = [("what", "value", "ratio", "against", "limit", "")]
    cells += [
        (
            row.name,
            f"{row.value:,.4g} {row.unit}".strip(),
            "" if row.ratio is None else f"{row.ratio:.2f}×",
            row.against,
            "" if row.limit is None else f"{'≤' if row.limit >= 0 else '≥'} {abs(row.limit):g}",
            {True: "ok", False: "MISSED", None: ""}[row.holds],
        )
        for row in rows
    ]
    widths = [max(len(cell[column]) for cell in cells) for column in range(len(cells[0]))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(cell, widths, strict=True)).rstrip()
        for cell in cells
    )
