"""A pane of prepared lines that scrolls in both directions; only the visible rows are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.strip import Strip

from gpuecs_tui.widgets.base.line_view import LineView
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import TEXT
from gpuecs_tui.widgets.keys.words import ASIDE, ENDS, LINES, PAGES
from gpuecs_tui.widgets.terminal.textual_private import style_parser

SIDE_STEP = 8
"""Cells by which the keys left and right scroll."""


def _key(keys: str, action: str, label: str, text: str) -> Binding:
    return bind(keys, action, label, text, TEXT, show=False)


class TextPane(LineView, inherit_bindings=False):
    """Shows lines unwrapped; letters scroll as in ``less``."""

    DEFAULT_CSS = """
    TextPane {
        height: 1fr;
        background: $surface;
        color: $foreground;
        overflow-x: auto;
        overflow-y: auto;
        scrollbar-size: 1 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("up,k", "scroll(-1)", *LINES),
        _key("down,j", "scroll(1)", *LINES),
        _key("pageup,b", "scroll_pages(-1)", *PAGES),
        _key("pagedown,space", "scroll_pages(1)", *PAGES),
        _key("home,g", "start", *ENDS),
        _key("end,G", "end", *ENDS),
        _key("left,h", "aside(-1)", *ASIDE),
        _key("right,l", "aside(1)", *ASIDE),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[Content] = ()

    @property
    def text(self) -> str:
        """The visible text, without its colours."""
        return "\n".join(line.plain for line in self._lines)

    def shows(self, lines: Sequence[Content]) -> bool:
        """Tell whether exactly ``lines`` are shown, with their styles."""
        # Content's own equality compares only the text.
        return [(it.plain, it.spans) for it in lines] == [
            (it.plain, it.spans) for it in self._lines
        ]

    def show(self, lines: Sequence[Content], *, keep_place: bool = False) -> None:
        """Show ``lines`` from the first one, or at the present position with ``keep_place``."""
        self._lines = lines
        width = max((line.cell_length for line in lines), default=0)
        self.virtual_size = Size(width, len(lines))
        if not keep_place:
            self.scroll_to(0, 0, animate=False, force=True)
        self.refresh()

    def strips(self, rows: range) -> list[Strip]:
        """Draw the part of ``rows`` that isn't scrolled away to the left."""
        return [self._strip(row) for row in rows]

    def _strip(self, row: int) -> Strip:
        left, width, style = self.scroll_offset.x, self.columns, self.rich_style
        if row >= len(self._lines):
            return Strip.blank(width, style)
        base = self.visual_style
        pieces = self._lines[row].render(base, end="", parse_style=style_parser(self))
        strip = Strip([Segment(text, look.rich_style) for text, look in pieces])
        return strip.crop(left, left + width).extend_cell_length(width, style).apply_style(style)

    def action_scroll(self, rows: int) -> None:
        """Scroll by rows."""
        self.scroll_relative(y=rows, animate=False)

    def action_scroll_pages(self, pages: int) -> None:
        """Scroll by the height of the view less one row, so that one row stays visible."""
        self.scroll_relative(y=pages * self.page_rows, animate=False)

    def action_start(self) -> None:
        """Go to the first line."""
        self.scroll_to(0, 0, animate=False)

    def action_end(self) -> None:
        """Go to the last line."""
        self.scroll_to(y=self.max_scroll_y, animate=False)

    def action_aside(self, steps: int) -> None:
        """Scroll to the right or left."""
        self.scroll_relative(x=steps * SIDE_STEP, animate=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave left and right to the screen if no line is wider than the view."""
        if action == "aside":
            return self.max_scroll_x > 0
        return super().check_action(action, parameters)
