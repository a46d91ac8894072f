"""The base of every dialog, with the keys that work over a dialog too, and a dialog to read."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from gpuecs_tui.i18n import N_, _

AnswerType = TypeVar("AnswerType")


class Modal(ModalScreen[AnswerType]):
    """A dialog. Textual takes no binding of the app over one, so those that matter are its own."""

    HELP: ClassVar[str] = N_("↑ ↓ PgUp PgDn scroll. Esc goes back.")
    """What F1 says: the dialog's keys, untranslated; empty for a dialog that takes none."""
    OUTLIVES_STEP: ClassVar[bool] = False
    """Whether it is about no step: it stays on top when another step comes, or another dialog."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+z", "app.suspend_process", show=False),
        Binding("f1,ctrl+g,question_mark", "help", show=False),
    ]

    def help_text(self) -> str:
        """Return what the help says, translated."""
        return _(self.HELP) if self.HELP else ""

    def action_help(self) -> None:
        """Explain this dialog."""
        if text := self.help_text():
            self.app.push_screen(Sheet(_("Help"), Content(text)))


class Sheet(Modal[None]):
    """Scrolls with the arrows; any of its keys shuts it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,tab,f1,ctrl+g,question_mark", "leave", show=False),
    ]
    CSS = """
    Sheet { align: center middle; }
    Sheet VerticalScroll {
        width: 100%; max-width: 120; height: auto; max-height: 90%; background: $surface;
        border: round $border; padding: 0 1; scrollbar-size-vertical: 1;
    }
    Sheet Static { height: auto; }
    """

    def __init__(self, title: str, content: Content | Table) -> None:
        """Show ``content`` in a frame with ``title``."""
        super().__init__()
        self._title = title
        self._content = content

    def compose(self) -> ComposeResult:
        """One text."""
        with VerticalScroll() as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content(_("Esc: back"))
            yield Static(self._content, markup=False)

    def on_mount(self) -> None:
        """Let the arrows scroll."""
        self.query_one(VerticalScroll).focus()

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss(None)
