"""The picture of the stack as a widget, redrawn for each width."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from textual import events
from textual.content import Content

from gpuecs_tui.checks.context import Context
from gpuecs_tui.widgets.base.canvas import Spans
from gpuecs_tui.widgets.base.text_pane import TextPane
from gpuecs_tui.widgets.pictures import stack_text

STYLES: Mapping[str, str] = {
    stack_text.FRAME: "$primary",
    stack_text.TITLE: "bold",
    stack_text.TEXT: "",
    stack_text.MUTED: "$text-muted",
    stack_text.GPU: "$text-success",
    stack_text.WARN: "bold $text-error",
}
"""Style names of the drawing → styles of the theme."""
LOCALE_VARIABLES = ("LC_ALL", "LC_CTYPE", "LANG")
"""The variables that set the locale, in their order of precedence (POSIX, "Internationalization
Variables")."""


def ascii_only(environ: Mapping[str, str]) -> bool:
    """Tell whether the locale names an encoding other than UTF-8.

    If no locale is set, UTF-8 is assumed, which current terminals support.
    """
    named = next((environ[name] for name in LOCALE_VARIABLES if environ.get(name)), "utf-8")
    return "utf8" not in named.lower().replace("-", "")


class Picture(TextPane):
    """Shows the stack; scrolls if it is higher than its region."""

    DEFAULT_CSS = """
    Picture { background: $background; scrollbar-gutter: stable; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._subject: tuple[Context, tuple[str, ...]] | None = None
        self._ascii_only = ascii_only(os.environ)

    def draw(self, context: Context, missing: Sequence[str]) -> None:
        """Show the stack of ``context``; ``missing`` are its keys without a value."""
        self._subject = (context, tuple(missing))
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        """Redraw for the new width."""
        self._draw()

    def _draw(self) -> None:
        width = self.scrollable_content_region.width
        if self._subject is None or not width:
            return
        context, missing = self._subject
        rows = stack_text.draw_stack(context, missing, width, ascii_only=self._ascii_only)
        self.show([as_content(row) for row in rows], keep_place=True)


def as_content(row: Spans) -> Content:
    """Return a drawn row with the theme's colours."""
    return Content.assemble(*((text, STYLES.get(style, "")) for text, style in row))
