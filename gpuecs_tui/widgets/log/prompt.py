"""The line of the log panel that asks a question."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from gpuecs_tui.i18n import N_
from gpuecs_tui.widgets.base.line_input import LineInput
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import TYPING


class LogPrompt(Widget):
    """Asks for one line of text; posts ``Answered`` or ``Left``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "leave", N_("cancel"), N_("Cancel"), TYPING, show=False)
    ]
    DEFAULT_CSS = """
    LogPrompt {
        layout: vertical;
        height: auto;
        background: $panel;
        & .-problem { height: auto; color: $text-error; text-style: bold; display: none; }
        &.-complaining .-problem { display: block; }
        & .-line { layout: horizontal; height: 1; }
        & .-line Static { width: auto; padding: 0 1 0 0; color: $text-accent; text-style: bold; }
        & .-line Input { width: 1fr; min-width: 12; }
    }
    """

    class Answered(Message):
        """The user pressed Enter."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Changed(Message):
        """The user typed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """The user cancelled the question."""

    def __init__(self) -> None:
        super().__init__()
        self._label = Static(markup=False)
        self._input = LineInput(compact=True, select_on_focus=True)
        self._input.cursor_blink = False
        self._problem = Static(markup=False, classes="-problem")

    def compose(self) -> ComposeResult:
        """Yield the question, the answer and the error below it."""
        yield self._problem
        with Widget(classes="-line"):
            yield self._label
            yield self._input

    def ask(self, question: str, proposal: str) -> None:
        """Ask ``question`` with ``proposal`` as the answer; typing replaces the proposal."""
        self._label.update(Content(question))
        self.remove_class("-complaining")
        self._input.value = proposal
        self._input.cursor_position = len(proposal)
        self._input.focus()

    def complain(self, problem: str) -> None:
        """Show why the answer is not accepted; it remains, so that it can be corrected."""
        self._problem.update(Content(problem))
        self.add_class("-complaining")

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Answered(event.value))

    @on(Input.Changed)
    def _forget_problem(self, event: Input.Changed) -> None:
        event.stop()
        self.remove_class("-complaining")
        if self._input.has_focus:
            self.post_message(self.Changed(event.value))

    def on_key(self, event: events.Key) -> None:
        """Ignore Tab: Escape returns to the rest of the screen."""
        if event.key in ("tab", "shift+tab"):
            event.stop()
            event.prevent_default()

    def action_leave(self) -> None:
        """Cancel the question."""
        self.post_message(self.Left())
