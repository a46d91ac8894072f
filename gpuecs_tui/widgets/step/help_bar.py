"""A few lines below the body: a live text, and the help of the focused widget."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget


class Wrapped(Widget):
    """A wrapped text that is painted only when it changes."""

    DEFAULT_CSS = "Wrapped { height: auto; max-height: 2; width: 100%; }"

    _content = Content("")

    def show(self, content: Content) -> None:
        """Show as much of ``content`` as there is room for."""
        # Content's own equality compares only the text.
        if (content.plain, content.spans) != (self._content.plain, self._content.spans):
            self._content = content
            self.refresh(layout=self.styles.is_auto_height)

    def render(self) -> Content:
        """Return the text."""
        return self._content


class HelpBar(Wrapped):
    """Shows the help of the focused widget in three lines."""

    DEFAULT_CSS = """
    HelpBar {
        height: 4; max-height: 4; padding: 0 1; color: $text-muted;
        border-top: hkey $foreground 15%;
    }
    """
