"""A line of text that is cut to the available width, and painted only when it changes."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.content import Content
from textual.visual import Visual
from textual.widget import Widget


class OneLine(Widget):
    """One row; its text is a function of its width in cells."""

    DEFAULT_CSS = """
    OneLine { height: 1; width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._fit: Callable[[int], Content] | None = None
        self._content = Content("")

    def show(self, fit: Callable[[int], Content] | Content) -> None:
        """Show ``fit(width)``, or a text unchanged; nothing is sent if the result is the same."""
        if isinstance(fit, Content):
            text = fit
            self._fit = lambda _width: text
        else:
            self._fit = fit
        self._fill()

    def on_resize(self, event: events.Resize) -> None:
        """Fit the text to a new width."""
        self._fill()

    def _fill(self) -> None:
        width = self.content_size.width
        if self._fit is None or not width:
            return
        content = self._fit(width)
        # Content's own equality compares only the text.
        if (content.plain, content.spans) != (self._content.plain, self._content.spans):
            self._content = content
            self.refresh()

    def render(self) -> Visual:
        """Return the text that fits."""
        return self._content
