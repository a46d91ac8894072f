"""Copying a text to the clipboard of the terminal at the user's end."""

from __future__ import annotations

import os

from textual.app import App

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.log_save import clipboard_sequence


def copy_text(app: App[object], text: str) -> None:
    """Copy ``text`` (OSC 52, also through tmux and screen) and say so.

    A terminal that doesn't take it says nothing, so the text is shown as well.
    """
    if app._driver is not None:
        app._driver.write(clipboard_sequence(text, os.environ))
    app.notify(_("Copied: {text}").format(text=text), markup=False)
