"""The base of the widgets that show lines: only visible rows are drawn, each as one strip.

Lists to choose from, the resources of a run, the log and text panes share three parts: drawing some
of the rows, scrolling to a row, and the styles of their component classes.
"""

from __future__ import annotations

from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from gpuecs_tui.widgets.terminal.textual_private import update_scrollbars


class LineView(ScrollView, can_focus=True, inherit_bindings=False):
    """A scrolling list of lines; a subclass draws rows in ``strips``."""

    ALLOW_SELECT = False
    _styles: dict[str, Style] | None = None

    @property
    def columns(self) -> int:
        """Cells of a row: the width of the widget without its scrollbar."""
        return max(self.size.width - self.scrollbar_size_vertical, 1)

    @property
    def top_row(self) -> int:
        """Number of the first visible row."""
        return round(self.scroll_y)

    @property
    def page_rows(self) -> int:
        """Rows to scroll by a page: one row of the page before remains visible."""
        return max(self.size.height - 1, 1)

    def strips(self, rows: range) -> list[Strip]:
        """Draw ``rows``, counted from the first row of all; some may be after the last one."""
        raise NotImplementedError

    def set_rows(self, rows: int) -> None:
        """Set the number of rows that can be scrolled.

        An assignment to ``virtual_size`` would lay the whole screen out again.
        """
        self.set_reactive(Widget.virtual_size, Size(self.columns, rows))
        update_scrollbars(self, self.virtual_size)

    def scroll_to_row(self, row: float) -> None:
        """Scroll immediately so that ``row`` is first, or as close to that as possible."""
        self.scroll_to(y=min(max(row, 0), self.max_scroll_y), animate=False, force=True)

    def reveal_rows(self, first: int, last: int) -> None:
        """Scroll as little as possible to show row ``last``, but never past row ``first``."""
        top, height = self.top_row, max(self.size.height, 1)
        if last >= top + height:
            top = last - height + 1
        self.scroll_to_row(min(top, first))

    def component_style(self, name: str) -> Style:
        """Return the style of a component class; it is computed once for each theme."""
        if self._styles is None:
            self._styles = {}
        if name not in self._styles:
            self._styles[name] = self.get_component_rich_style(name)
        return self._styles[name]

    def notify_style_update(self) -> None:
        """Redraw with the new theme."""
        super().notify_style_update()
        self._styles = None

    def render_line(self, y: int) -> Strip:
        """Return the visible row ``y``."""
        return self.render_lines(Region(0, y, self.columns, 1))[0]

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the rows of ``crop``, without Textual's own cache of lines."""
        top, width = self.top_row, self.columns
        strips = self.strips(range(top + crop.y, top + crop.bottom))
        background = self.background_colors[1]
        for line_filter in self.get_line_filters():
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        if crop.column_span != (0, width):
            # The line is wider than a row if space is reserved for a scrollbar that is not shown.
            strips = [
                strip.crop(*crop.column_span).extend_cell_length(crop.width, self.rich_style)
                for strip in strips
            ]
        return strips
