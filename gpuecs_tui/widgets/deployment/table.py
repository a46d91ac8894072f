"""Rows in columns; a text that is too long is wrapped, never cut."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content

from gpuecs_tui.widgets.base.safe_text import escape_controls

GAP = 2
INDENT = 2
DEEPER = 6
"""Indent of the cells that have no room next to the others."""
COLUMN_MIN = 60
"""Cells that the last column needs to be wrapped next to the others."""
BAD = frozenset({"FAILED", "Failed", "UNHEALTHY", "Unhealthy", "INACTIVE", "impaired"})
"""Words of AWS in red. None is green: only the verdict says that a service is healthy."""


def wrapped(text: str | Content, width: int, indent: int = 0, hang: int = 0) -> list[Content]:
    """Return ``text`` in lines of at most ``width`` cells, indented; later ones ``hang`` deeper."""
    content = text if isinstance(text, Content) else Content(escape_controls(text))
    room = max(width - indent - hang, 1)
    lines: list[Content] = []
    for line in content.wrap(room):
        # A word that is longer than the line, such as an ARN, is divided.
        lines += line.fold(room) if line.cell_length > room else [line]
    return [
        Content.assemble(" " * (indent + (hang if number else 0)), line.rstrip())
        for number, line in enumerate(lines or [content])
    ]


def table(rows: Sequence[Sequence[str]], width: int) -> list[Content]:
    """Return ``rows`` as lines. Cells without room follow in lines of their own.

    The last column is wrapped next to the others if they leave it COLUMN_MIN cells.
    """
    shown = [[escape_controls(cell) for cell in row] for row in rows]
    if not shown:
        return []
    widths = [max(map(cell_len, column)) for column in zip(*shown, strict=True)]
    columns = [number for number, each in enumerate(widths) if each]
    beside, used = [], INDENT
    for number in columns:
        if used + widths[number] > width:
            break
        beside.append(number)
        used += widths[number] + GAP
    rest = columns[len(beside) :]
    hangs = len(rest) == 1 and width - used >= COLUMN_MIN
    lines: list[Content] = []
    for row in shown:
        first = _cells([(row[number], widths[number]) for number in beside])
        last = [row[number] for number in rest if row[number]]
        if hangs and last:
            head, *others = wrapped(last[0], width - used)
            gap = " " * (used - first.cell_length)
            lines.append(Content.assemble(first, gap, _styled(head)))
            lines += [Content.assemble(" " * used, it) for it in others]
            continue
        lines.append(first.rstrip())
        for cell in last:
            lines += wrapped(_styled(Content(cell)), width, DEEPER)
    return lines


def _cells(cells: Sequence[tuple[str, int]]) -> Content:
    parts: list[Content | str] = [" " * INDENT]
    for text, width in cells:
        parts += [_styled(Content(text)), " " * (width - cell_len(text) + GAP)]
    return Content.assemble(*parts).rstrip()


def _styled(content: Content) -> Content:
    bad = BAD.intersection(content.plain.split(" "))
    return content.stylize("$text-error") if bad else content
