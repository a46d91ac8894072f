"""What widgets show, as plain text."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget


def line_of(widget: Widget) -> str:
    """The text of a widget that renders a Content."""
    content = widget.render()
    assert isinstance(content, Content)
    return content.plain
