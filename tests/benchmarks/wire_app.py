"""A form of six fields, with or without the output layer, for ``tests.benchmarks.wire``."""

from __future__ import annotations

import os
import sys

from textual.app import App, ComposeResult
from textual.widgets import Input, Static

from gpuecs_tui.theme import install_themes
from gpuecs_tui.widgets.terminal.diff_output import DiffOutputApp


class FormApp(App[None]):
    """An app with six fields."""

    ENABLE_COMMAND_PALETTE = False

    def compose(self) -> ComposeResult:
        for _ in range(6):
            field = Input(compact=True)
            field.cursor_blink = False
            yield field
        yield Static("READY")

    def on_mount(self) -> None:
        install_themes(self, os.environ)


class WiredFormApp(DiffOutputApp[None], FormApp):
    """The same app with the output layer of the product."""


if __name__ == "__main__":
    (WiredFormApp if sys.argv[1] == "wire" else FormApp)().run(mouse=False)
