"""A field for several lines: a summary in the form, and an editor over the form."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static, TextArea

from gpuecs_tui.i18n import N_, _, ngettext
from gpuecs_tui.widgets.base.dialog_keys import DialogKeys
from gpuecs_tui.widgets.base.edited import edit
from gpuecs_tui.widgets.base.line_input import typing_keys
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.base.styles import FAINT
from gpuecs_tui.widgets.base.wizard_modal import WizardModal
from gpuecs_tui.widgets.keys.binding import bind, key_for_action
from gpuecs_tui.widgets.keys.groups import DIALOG, FORM
from gpuecs_tui.widgets.keys.screen import MOVES
from gpuecs_tui.wizard.decisions import FORM_KEYS
from gpuecs_tui.wizard.session import WizardSession


class Summary(Widget, can_focus=True):
    """Shows the first line of a longer text; Enter opens the editor."""

    DEFAULT_CSS = """
    Summary {
        height: 1; width: 1fr; background: $surface; text-wrap: nowrap; text-overflow: ellipsis;
    }
    Summary:focus { background: $surface; background-tint: $foreground 5%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter,space", "open", N_("edit"), N_("Edit the text"), FORM, show=False),
        *MOVES,
    ]

    class Opened(Message):
        """The user wants to open the editor."""

    _text = ""

    def show(self, text: str) -> None:
        """Show the beginning of ``text``."""
        if text != self._text:
            self._text = text
            self.refresh()

    def on_click(self, _event: events.Click) -> None:
        """Open the editor by mouse."""
        self.action_open()

    def action_open(self) -> None:
        """Request the editor."""
        self.post_message(self.Opened())

    def render(self) -> Content:
        """Return the summary."""
        style = "reverse" if self.has_focus else ""
        lines = [line for line in self._text.split("\n") if line.strip()]
        if not lines:
            words = _("None. Press {key} to edit.").format(key=key_for_action(Summary, "open"))
            return Content.styled(words, f"{FAINT} {style}".strip())
        first = escape_controls(lines[0])
        if len(lines) > 1:
            more = ngettext("+{n} more line", "+{n} more lines", len(lines) - 1)
            first = f"{first}  ({more.format(n=len(lines) - 1)})"
        return Content.styled(first, style) if style else Content(first)


class TextEditor(TextArea, inherit_bindings=False):
    """The text area of the editor."""

    BINDINGS: ClassVar[list[BindingType]] = [*typing_keys(TextArea)]


class EditorScreen(WizardModal[None]):
    """Edits a text of several lines; every change is stored in the wizard at once."""

    HELP = N_("Changes are kept as you type.")
    BINDINGS: ClassVar[list[BindingType]] = [
        bind(
            "escape,ctrl+n",
            "close",
            N_("done (changes are kept)"),
            N_("Go back to the form"),
            DIALOG,
            priority=True,
        ),
    ]
    CSS = """
    EditorScreen { align: center middle; }
    EditorScreen Vertical {
        width: 100%; max-width: 110; height: 80%; background: $surface; border: round $border;
        padding: 0 1;
    }
    EditorScreen TextArea { height: 1fr; border: none; padding: 0; }
    EditorScreen Static { height: auto; max-height: 3; }
    EditorScreen #reason { color: $text-error; }
    EditorScreen #hint { color: $text-muted; }
    """

    def __init__(self, wizard: WizardSession, key: str) -> None:
        """Edit the text of ``key``."""
        super().__init__()
        self._wizard = wizard
        self._key = key

    def compose(self) -> ComposeResult:
        """Yield the help, the text area, the errors and the keys."""
        declaration = FORM_KEYS[self._key]
        with Vertical() as box:
            box.border_title = Content(_(declaration.label))
            yield Static(Content(_(declaration.help)), markup=False, id="hint")
            area = TextEditor(
                self._wizard.text(self._key), show_line_numbers=False, tab_behavior="indent"
            )
            area.cursor_blink = False
            area.indent_type = "tabs"
            yield area
            yield Static(markup=False, id="reason")
            yield DialogKeys()

    def on_mount(self) -> None:
        """Put the cursor at the end of the text."""
        area = self.query_one(TextArea)
        area.move_cursor(area.document.end)
        self.changed()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Store the changed text."""
        edit(self, self._wizard, {self._key: event.text_area.text})

    def changed(self) -> None:
        """Show the errors of the text."""
        reason = self._wizard.decisions.problems.get(self._key, "")
        self.query_one("#reason", Static).update(Content(reason))

    def action_close(self) -> None:
        """Go back to the form."""
        self.dismiss(None)
