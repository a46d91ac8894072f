"""Something to read over a screen, higher than it where it must be: it scrolls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.cells import harmless
from gpuecs_tui.widgets.modal import Modal

Properties = Sequence[tuple[str, str]]
"""Names and values."""
NONE = "–"
"""Stands where only the other one has such a property."""


class Sheet(Modal[None]):
    """Scrolls with the arrows; any of its keys shuts it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,tab,f1,ctrl+g,question_mark", "leave", show=False),
    ]
    CSS = """
    Sheet { align: center middle; }
    Sheet VerticalScroll {
        width: 100%; max-width: 120; height: auto; max-height: 90%; background: $surface;
        border: round $border; padding: 0 1; scrollbar-size-vertical: 1;
    }
    Sheet Static { height: auto; }
    """

    def __init__(self, title: str, content: Content | Table) -> None:
        """Show ``content`` in a frame with ``title``."""
        super().__init__()
        self._title = title
        self._content = content

    def compose(self) -> ComposeResult:
        """One text."""
        with VerticalScroll() as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content(_("Esc: back"))
            yield Static(self._content, markup=False)

    def on_mount(self) -> None:
        """Let the arrows scroll."""
        self.query_one(VerticalScroll).focus()

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss(None)


def side_by_side(names: tuple[str, str], first: Properties, second: Properties) -> Table:
    """Return two things as two columns; what differs is bold."""
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(ratio=3)
    table.add_column(ratio=4)
    table.add_column(ratio=4)
    table.add_row("", *(Text(harmless(name), "bold underline") for name in names))
    one, other = dict(first), dict(second)
    for label in dict.fromkeys((*one, *other)):
        values = (one.get(label, NONE), other.get(label, NONE))
        style = "" if values[0] == values[1] else "bold"
        table.add_row(Text(label, "dim"), *(Text(harmless(value), style) for value in values))
    return table
