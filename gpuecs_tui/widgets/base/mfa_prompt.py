"""Asks for the code of an MFA device."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.widgets.base.dialog_keys import DialogKeys
from gpuecs_tui.widgets.base.line_input import LineInput
from gpuecs_tui.widgets.base.modal import Modal
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import DIALOG


class CodeInput(LineInput):
    """The field for the code."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "submit", N_("send"), N_("Send the code to AWS"), DIALOG),
    ]


class MfaPrompt(Modal[str]):
    """The answer is the digits; empty if the user cancelled."""

    HELP = N_(
        "The profile requires the code of an MFA device. The code is sent to AWS and "
        "is not stored. Without a code, account data is not loaded, but you can "
        "still type every value."
    )
    OUTLIVES_STEP = True
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "cancel", N_("cancel"), N_("Continue without the account"), DIALOG),
    ]
    CSS = """
    MfaPrompt { align: center middle; }
    MfaPrompt Vertical {
        width: 64; height: auto; padding: 1 2; background: $surface; border: round $border;
    }
    MfaPrompt Static { height: auto; margin-bottom: 1; }
    """

    def __init__(self, prompt: str) -> None:
        super().__init__()
        self._prompt = prompt

    def compose(self) -> ComposeResult:
        """Yield the question and the field."""
        with Vertical():
            yield Static(Content(escape_controls(self._prompt)), markup=False)
            field = CodeInput(placeholder=_("six digits"), compact=True)
            field.cursor_blink = False
            yield field
            yield DialogKeys()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close the dialog with the code."""
        self.dismiss(event.value.strip())

    def action_cancel(self) -> None:
        """Close the dialog without a code."""
        self.dismiss("")
