"""The displayed content of widgets, as plain text."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from gpuecs_tui.app import WizardApp


def line_of(widget: Widget) -> str:
    """Return the text of a widget that renders a Content."""
    content = widget.render()
    assert isinstance(content, Content)
    return content.plain


def screen_text(app: WizardApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())
