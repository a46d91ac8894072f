"""The base of every dialog: what works on a step works over it too."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen

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
        from gpuecs_tui.widgets.sheet import Sheet

        if text := self.help_text():
            self.app.push_screen(Sheet(_("Help"), Content(text)))
