"""A question over the screen: yes or no; a serious one is confirmed by typing a word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.widgets.base.line_input import LineInput
from gpuecs_tui.widgets.base.modal import Modal
from gpuecs_tui.widgets.base.scroller import Scroller
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import DIALOG, MOVING
from gpuecs_tui.widgets.keys.words import LINES, PAGES

ROWS_AROUND = 9
"""Rows that the frame, the buttons and their margins take from the text."""
ROWS_OF_FIELD = 4
"""Rows of the field for a word, with its question."""
FEWEST_ROWS = 3
"""Minimum height of the text, in a terminal with too few rows for everything."""


class Confirm(Modal[bool]):
    """Answers True for a yes; Escape means no, and the button No has the focus first.

    ``y`` and ``n`` answer too, unless a word must be typed.
    """

    HELP = N_(
        "Nothing happens before you answer. If the dialog asks for a name, you can answer yes "
        "only after you type the name."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("y", "answer(True)", N_("yes"), N_("Answer yes"), DIALOG),
        bind("n,escape", "answer(False)", N_("no"), N_("Answer no"), DIALOG),
        bind("left,right", "other_button", N_("choose"), N_("Choose the other button"), DIALOG),
        bind("up", "scroll_lines(-1)", *LINES, MOVING, show=False),
        bind("down", "scroll_lines(1)", *LINES, MOVING, show=False),
        bind("pageup", "scroll_lines(-10)", *PAGES, MOVING, show=False),
        bind("pagedown", "scroll_lines(10)", *PAGES, MOVING, show=False),
    ]
    DEFAULT_CSS = """
    Confirm {
        align: center middle;
        & #frame {
            width: 100%; max-width: 88; height: auto; max-height: 100%;
            padding: 1 2; background: $surface; border: round $primary;
            border-title-style: bold; border-title-color: $text-accent;
        }
        &.-grave #frame { border: round $error; border-title-color: $text-error; }
        & #lines { height: auto; scrollbar-size-vertical: 1; }
        & #lines Static { height: auto; }
        & #ask { margin-top: 1; height: auto; }
        & Input { padding: 0 1; background: $panel; margin-top: 1; }
        & #buttons { height: 1; margin-top: 1; align-horizontal: right; }
        & #ask.-wrong { color: $text-error; }
        & #buttons Button {
            min-width: 12; margin-left: 2; background: $panel; color: $foreground;
            &:focus { background: $primary; color: $text; text-style: bold underline; }
        }
        &.-grave #buttons Button:focus { background: $error; }
    }
    """

    def __init__(
        self,
        title: str,
        lines: Sequence[Content],
        *,
        yes: str,
        word: str = "",
        grave: bool = False,
    ) -> None:
        """Ask ``title`` above ``lines``; with ``word``, only typing it allows ``yes``."""
        super().__init__(classes="-grave" if grave else "")
        self._title, self._lines, self._yes, self._word = title, lines, yes, word

    def compose(self) -> ComposeResult:
        """Yield the text, the field for the word if one is required, and two buttons."""
        with Vertical(id="frame") as frame:
            frame.border_title = Content(self._title)
            with Scroller(id="lines", can_focus=False):
                yield Static(Content("\n").join(list(self._lines)))
            if self._word:
                yield Static(self._ask(_("Type {word} to continue:")), id="ask")
                word = LineInput(id="word", select_on_focus=False, compact=True)
                word.cursor_blink = False  # each blink would be sent over the wire
                yield word
            with Horizontal(id="buttons"):
                yield Button(Content(_("No")), id="no", compact=True)
                yield Button(
                    Content(self._yes),
                    id="yes",
                    disabled=bool(self._word),
                    compact=True,
                )

    def on_mount(self) -> None:
        """Focus the widget in which an accidental Enter has no effect."""
        self.query_one("#word" if self._word else "#no").focus()

    def on_resize(self, event: events.Resize) -> None:
        """Set the height of the text to the rows that the terminal has for it."""
        around = ROWS_AROUND + (ROWS_OF_FIELD if self._word else 0)
        rows = max(event.size.height - around, FEWEST_ROWS)
        self.query_one("#lines").styles.max_height = rows

    def action_answer(self, yes: bool) -> None:
        """Close the dialog with the answer."""
        self.dismiss(yes)

    def action_other_button(self) -> None:
        """Focus the other button."""
        focused = self.focused
        other = self.query_one("#no" if focused and focused.id == "yes" else "#yes", Button)
        if not other.disabled:
            # Focus at once: Widget.focus() takes effect later, and an Enter that follows would
            # press this button.
            self.set_focus(other)

    def action_scroll_lines(self, rows: int) -> None:
        """Scroll the text of the question."""
        self.query_one("#lines").scroll_relative(y=rows, animate=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the keys left and right to the field; if a word is required, only typing it means
        yes."""
        if action == "other_button":
            return isinstance(self.focused, Button)
        if action == "answer" and parameters == (True,):
            return not self._word
        return super().check_action(action, parameters)

    def _ask(self, text: str) -> Content:
        before, after = text.split("{word}")
        return Content.assemble(before, (self._word, "bold"), after)

    @on(Input.Changed)
    def _compare(self, event: Input.Changed) -> None:
        self.query_one("#yes", Button).disabled = event.value.strip() != self._word
        # The text changed; only Enter checks whether it is right.
        self._say(_("Type {word} to continue:"))

    def _say(self, text: str, *, wrong: bool = False) -> None:
        ask = self.query_one("#ask", Static)
        ask.set_class(wrong, "-wrong")
        ask.update(self._ask(text))

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        if event.value.strip() == self._word:
            self.dismiss(True)
            return
        self._say(_("That is not the name. Type {word} to continue:"), wrong=True)

    @on(Button.Pressed, "#yes")
    def _say_yes(self) -> None:
        self.dismiss(True)

    @on(Button.Pressed, "#no")
    def _say_no(self) -> None:
        self.dismiss(False)
