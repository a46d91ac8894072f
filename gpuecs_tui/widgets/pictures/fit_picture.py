"""The fit as a picture: a widget for a page, and a screen over the one that asks for sizes."""

from __future__ import annotations

import os
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content

from gpuecs_tui.checks.context import Context
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.partial import NotKnown
from gpuecs_tui.widgets.base.modal import Modal
from gpuecs_tui.widgets.base.text_pane import TextPane
from gpuecs_tui.widgets.keys.binding import bind, own_keys
from gpuecs_tui.widgets.keys.groups import DIALOG
from gpuecs_tui.widgets.keys.words import BACK
from gpuecs_tui.widgets.pictures import fit_text
from gpuecs_tui.widgets.pictures.stack_picture import as_content, ascii_only


class FitPicture(TextPane):
    """Shows how tasks are placed on instances; scrolls if it is higher than its region."""

    DEFAULT_CSS = """
    FitPicture { background: $background; scrollbar-gutter: stable; }
    """

    def __init__(self, context: Context | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._subject = context
        self._drawn: tuple[Context, int] | None = None
        self._ascii_only = ascii_only(os.environ)

    def draw(self, context: Context) -> None:
        """Show the stack of ``context``; it is drawn when the picture is visible."""
        self._subject = context
        self._draw()

    def on_show(self) -> None:
        """Draw a stack that was set while the picture was hidden."""
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        """Redraw for the new width."""
        self._draw()

    def _draw(self) -> None:
        width = self.scrollable_content_region.width
        # A hidden page must not delay key presses.
        if self._subject is None or not width or not self.display:
            return
        if self._drawn == (self._subject, width):
            return
        self._drawn = (self._subject, width)
        try:
            rows = fit_text.draw_fit(self._subject, width, ascii_only=self._ascii_only)
        except NotKnown as unknown:
            text = _("Could not draw the picture: {key} is unknown.").format(key=unknown.key)
            self.show([Content(text)])
            return
        self.show([as_content(row) for row in rows], keep_place=True)


class FitScreen(Modal[None]):
    """The picture over the form; any of its keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape,q,enter,f", "leave", *BACK, DIALOG),
    ]
    CSS = """
    FitScreen { align: center middle; }
    FitScreen Vertical {
        width: 100%; max-width: 136; height: 96%; background: $background; border: round $border;
        padding: 0 1;
    }
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._subject = context

    def compose(self) -> ComposeResult:
        """Yield the picture in a frame."""
        with Vertical() as box:
            box.border_title = Content(_("What fits on an instance"))
            box.border_subtitle = own_keys(self)
            yield FitPicture(self._subject)

    def on_mount(self) -> None:
        """Focus the picture, so that the arrows scroll it."""
        self.query_one(FitPicture).focus()

    def action_leave(self) -> None:
        """Close the picture."""
        self.dismiss(None)
