"""A row with the names of a screen's tabs, each with its digit."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from gpuecs_tui.widgets.base.one_line import OneLine

GAP = 2
"""Cells between two tabs: the review has seven tabs, which must fit into 80 cells."""


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab."""

    id: str
    title: str
    """Translated."""
    note: str = ""
    """A count or a word after the title."""
    note_style: str = "$text-muted"


class TabLine(OneLine):
    """One row that only displays the tabs; their keys belong to the screen."""

    DEFAULT_CSS = """
    TabLine { height: 1; margin-bottom: 1; }
    """

    def show_tabs(self, tabs: tuple[Tab, ...], current: str) -> None:
        """Show ``tabs`` with ``current`` highlighted."""
        parts = []
        for number, tab in enumerate(tabs, start=1):
            chosen = tab.id == current
            style = "bold underline $text-accent" if chosen else "$foreground"
            part = Content.assemble((f"{number} ", "$text-muted"), (tab.title, style))
            if tab.note:
                part = Content.assemble(part, " ", (tab.note, tab.note_style))
            parts.append(part)
        self.show(Content(" " * GAP).join(parts))
