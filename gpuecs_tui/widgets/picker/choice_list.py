"""A list of any length to choose from by arrows and by typing; only visible lines are drawn."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from gpuecs_tui.widgets.base.line_view import LineView
from gpuecs_tui.widgets.base.safe_text import escape_controls, fit_cells, fit_right
from gpuecs_tui.widgets.base.shorten import image
from gpuecs_tui.widgets.picker.list_keys import LIST_KEYS
from gpuecs_tui.widgets.picker.rows import (
    GAP,
    Choices,
    ListLine,
    Row,
    list_lines,
    sorted_by,
    widths_of,
)


class ChoiceList(LineView, inherit_bindings=False):
    """Rows in columns aligned by cells.

    Typed words filter the rows, space selects if several rows may be chosen, left and right sort if
    there is more than one order, and Enter confirms.
    """

    DEFAULT_CSS = """
    ChoiceList { height: 1fr; scrollbar-size-vertical: 1; overflow-x: hidden; }
    ChoiceList > .choice--cursor {
        background: $block-cursor-background; color: $block-cursor-foreground;
        text-style: $block-cursor-text-style;
    }
    ChoiceList > .choice--cursor-away { background: $foreground 15%; }
    ChoiceList > .choice--heading { color: $text-accent; text-style: bold; }
    ChoiceList > .choice--marked { color: $text-success; text-style: bold; }
    ChoiceList > .choice--disabled { color: $text-disabled; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "choice--cursor",
        "choice--cursor-away",
        "choice--heading",
        "choice--marked",
        "choice--disabled",
    }
    BINDINGS: ClassVar[list[BindingType]] = [*LIST_KEYS]

    class Taken(Message):
        """The user pressed Enter."""

        def __init__(self, ids: tuple[str, ...]) -> None:
            super().__init__()
            self.ids = ids
            """The chosen rows; one, unless several may be chosen.

            In the order of the choice if that counts, otherwise in the order of the list.
            """

    class Moved(Message):
        """Another row is highlighted, or other rows are shown."""

        def __init__(self, row: Row | None, wanted: str, shown: int) -> None:
            super().__init__()
            self.row = row
            self.wanted = wanted
            """The text of the filter."""
            self.shown = shown
            """The number of rows that pass the filter."""

    def __init__(
        self,
        choices: Choices,
        chosen: tuple[str, ...] = (),
        *,
        filters: bool = True,
        id: str | None = None,
    ) -> None:
        """Offer ``choices``, of which ``chosen`` are selected; ``filters``: typing filters them."""
        super().__init__(id=id)
        self.choices = choices
        self.chosen = list(chosen)
        self._marked = bool(chosen)
        self._filters = filters
        self._wanted = ""
        self._order = 0
        self._compared = ""
        self._lines: list[ListLine] = []
        self._widths: list[int] = []
        self._room = 0
        self._cursor = 0
        self._was_moved = False
        """Whether a key or a click has chosen the highlighted row."""
        self._fill()
        if chosen:
            self._cursor = self._line_of(chosen[0], self._cursor)

    def replace_choices(self, choices: Choices, *, keep_row: bool = True) -> None:
        """Replace the rows, but keep the filter and the highlighted row if they still exist.

        Without ``keep_row``, the first row is highlighted unless a key or a click has highlighted
        another one: the list may be shown before the best row is known.
        """
        row = self.row
        self.choices = choices
        self._fill()
        if row is not None and (keep_row or self._was_moved):
            self._cursor = self._line_of(row.id, self._cursor)
        elif not keep_row:
            self._cursor = self._row_near(0)
        self._widths = []
        self._shown()

    @property
    def row(self) -> Row | None:
        """The highlighted row."""
        return self._lines[self._cursor].row if self._cursor < len(self._lines) else None

    @property
    def wanted(self) -> str:
        """The text of the filter."""
        return self._wanted

    @wanted.setter
    def wanted(self, text: str) -> None:
        row = self.row
        self._wanted = text
        self._fill()
        # The highlighted row if it still matches, otherwise the first match: the filter describes
        # the row that Enter chooses.
        self._cursor = self._row_near(0)
        if row is not None:
            self._cursor = self._line_of(row.id, self._cursor)
        self._shown()

    @property
    def order(self) -> str:
        """The label of the sort order; empty if there is only one order."""
        orders = self.choices.orders
        return orders[self._order % len(orders)].label if orders else ""

    @property
    def compared(self) -> str:
        """The id of the row kept for a comparison with another; empty: none."""
        return self._compared

    @compared.setter
    def compared(self, id: str) -> None:
        self._compared = id
        self.refresh()
        self._tell()

    def heading(self) -> str:
        """Return the columns' headings, aligned with the rows."""
        return self._text(self.choices.columns, " " * self._margin())

    def on_mount(self) -> None:
        """Post what is displayed."""
        self._shown()

    def on_resize(self) -> None:
        """Compute the layout of the columns again."""
        self._widths = []
        self._shown()

    def strips(self, rows: range) -> list[Strip]:
        """Draw the headings and rows of ``rows``."""
        return [self._strip(number) for number in rows]

    def _strip(self, number: int) -> Strip:
        width = self.columns
        if number >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        line = self._lines[number]
        if line.row is None:
            style = self.component_style("choice--heading")
            return Strip([Segment(fit_cells(line.heading, width), style)], width)
        text = self._text(line.row.cells, self._mark(line.row), line.row.images)
        return Strip([Segment(fit_cells(text, width), self._style(number, line.row))], width)

    def action_move(self, by: int) -> None:
        """Highlight the next row in a direction."""
        place = self._cursor + by
        while 0 <= place < len(self._lines) and self._lines[place].row is None:
            place += by
        if 0 <= place < len(self._lines):
            self._was_moved = True
            self._cursor = place
            self._shown()

    def action_move_page(self, direction: int) -> None:
        """Move the highlight by the height of the list."""
        self._was_moved = True
        last = len(self._lines) - 1
        step = direction * self.page_rows
        self._cursor = self._row_near(max(0, min(last, self._cursor + step)))
        self._shown()

    def action_end(self, index: int) -> None:
        """Highlight the first or the last row."""
        self._was_moved = True
        self._cursor = self._row_near(0 if index == 0 else len(self._lines) - 1)
        self._shown()

    def action_sort(self, by: int) -> None:
        """Sort by the next order in a direction, and highlight the first row."""
        if self.choices.orders:
            self._order = (self._order + by) % len(self.choices.orders)
            self._cursor = 0
            self._fill()
            self._shown()

    def action_take(self) -> None:
        """Post the selected rows, or the highlighted row."""
        row = self.row
        if self.choices.multiple:
            # If no row was ever selected, choose the highlighted one; otherwise choose the selected
            # rows, even if none are left.
            if not (self.chosen or self._marked) and row is not None and not row.why_not:
                self.chosen = [row.id]
            known = [it.id for it in self.choices.rows if it.id in self.chosen]
            unknown = [id for id in self.chosen if id not in known]
            listed = self.chosen if self.choices.in_order else (*known, *unknown)
            self.post_message(self.Taken((*listed,)))
        elif row is not None and not row.why_not:
            self.post_message(self.Taken((row.id,)))

    def action_mark(self) -> None:
        """Select or deselect the highlighted row; if only one row can be chosen, choose it."""
        self._toggle()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable only the keys that the rows support: not every list can be sorted, filtered, or
        selected."""
        match action:
            case "sort":
                return bool(self.choices.orders)
            case "mark":
                return self._space_marks
            case "erase" | "erase_all":
                return self._filters
            case _:
                return super().check_action(action, parameters)

    @property
    def _space_marks(self) -> bool:
        """Whether the space key selects instead of adding a space to the filter."""
        return self.choices.multiple or not self._filters

    def action_erase(self) -> None:
        """Delete the last character of the filter."""
        if self._wanted:
            self.wanted = self._wanted[:-1]

    def action_erase_all(self) -> None:
        """Clear the filter."""
        self.wanted = ""

    def on_key(self, event: events.Key) -> None:
        """Add a printable character to the filter, unless it has a binding."""
        if not event.is_printable or event.character is None:
            return
        if event.character == " " and self._space_marks:
            return
        if self._filters and event.character != "?":
            event.stop()
            self.wanted = self._wanted + event.character

    def on_paste(self, event: events.Paste) -> None:
        """Add a pasted text to the filter."""
        if self._filters:
            event.stop()
            self.wanted = self._wanted + escape_controls(event.text.strip())

    def on_click(self, event: events.Click) -> None:
        """Highlight the row; if it is highlighted already, choose it."""
        number = event.y + self.top_row
        if number < len(self._lines) and self._lines[number].row is not None:
            again = number == self._cursor
            self._was_moved = True
            self._cursor = number
            self._shown()
            if self.choices.multiple:
                self._toggle()
            elif again:
                self.action_take()

    def _toggle(self) -> None:
        row = self.row
        if row is None or row.why_not:
            return
        if not self.choices.multiple:
            self.action_take()
            return
        self._marked = True
        if row.id in self.chosen:
            self.chosen.remove(row.id)
        else:
            self.chosen.append(row.id)
        self.refresh()
        self._tell()

    def _fill(self) -> None:
        self._lines = list_lines(sorted_by(self.choices, self._order), self._wanted)
        self._cursor = self._row_near(min(self._cursor, max(len(self._lines) - 1, 0)))

    def _shown(self) -> None:
        self.virtual_size = Size(self.size.width, len(self._lines))
        # Above the first row of a group, its heading stays in view.
        above = 1 if self._cursor and self._lines[self._cursor - 1].row is None else 0
        self.reveal_rows(self._cursor - above, self._cursor)
        self.refresh()
        self._tell()

    def _tell(self) -> None:
        if self.is_mounted:
            shown = sum(line.row is not None for line in self._lines)
            self.post_message(self.Moved(self.row, self._wanted, shown))

    def _row_near(self, place: int) -> int:
        for number in (*range(place, len(self._lines)), *range(place - 1, -1, -1)):
            if self._lines[number].row is not None:
                return int(number)
        return place

    def _line_of(self, id: str, otherwise: int) -> int:
        for number, line in enumerate(self._lines):
            if line.row is not None and line.row.id == id:
                return number
        return otherwise

    def _margin(self) -> int:
        return len("[x] ") if self.choices.multiple else len("• ")

    def _mark(self, row: Row) -> str:
        if self.choices.multiple:
            return "[x] " if row.id in self.chosen else "[ ] "
        if row.id == self._compared:
            return "↔ "
        return "• " if row.id in self.chosen else "  "

    def _text(self, cells: tuple[str, ...], margin: str, images: tuple[int, ...] = ()) -> str:
        room = max(self.columns - self._margin(), 1)
        if not self._widths or room != self._room:
            self._room = room
            self._widths = widths_of(self.choices, room)
        numeric = self.choices.numeric
        shown = (
            (fit_right if index in numeric else fit_cells)(
                image(escape_controls(cell), width) if index in images else escape_controls(cell),
                width,
            )
            for index, (cell, width) in enumerate(zip(cells, self._widths, strict=True))
            if width
        )
        return margin + (" " * GAP).join(shown)

    def _style(self, number: int, row: Row) -> Style:
        if number == self._cursor:
            name = "choice--cursor" if self.has_focus else "choice--cursor-away"
            style = self.component_style(name)
            return style + Style(dim=True) if row.why_not else style
        if row.why_not:
            return self.component_style("choice--disabled")
        if row.id in self.chosen:
            return self.component_style("choice--marked")
        return self.rich_style
