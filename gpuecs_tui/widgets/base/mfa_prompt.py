"""Asks for the code of an MFA device."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.base.modal import Modal
from gpuecs_tui.widgets.base.safe_text import harmless


class TokenScreen(Modal[str]):
    """The answer is the digits, or empty to give up."""

    HELP = ""
    OUTLIVES_STEP = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]
    CSS = """
    TokenScreen { align: center middle; }
    TokenScreen Vertical {
        width: 64; height: auto; padding: 1 2; background: $surface; border: round $border;
    }
    TokenScreen Static { height: auto; margin-bottom: 1; }
    """

    def __init__(self, prompt: str) -> None:
        super().__init__()
        self._prompt = prompt

    def compose(self) -> ComposeResult:
        """The question and a field."""
        with Vertical():
            yield Static(Content(harmless(self._prompt)), markup=False)
            field = Input(placeholder=_("six digits, then Enter; Esc gives up"), compact=True)
            field.cursor_blink = False
            yield field

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer."""
        self.dismiss(event.value.strip())

    def action_cancel(self) -> None:
        """Give up."""
        self.dismiss("")
