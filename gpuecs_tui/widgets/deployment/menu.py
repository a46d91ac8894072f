"""A menu of tasks or instances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from gpuecs_tui.i18n import N_
from gpuecs_tui.widgets.base.modal import Modal
from gpuecs_tui.widgets.base.options import Options
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import DIALOG
from gpuecs_tui.widgets.keys.words import BACK


class ChoiceOptions(Options):
    """The choices."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "select", N_("choose"), N_("Choose the highlighted entry"), DIALOG),
    ]


class ChoiceMenu(Modal[str]):
    """A list of choices; returns the id of the chosen one, or None."""

    HELP = N_("The newest entries come first.")
    BINDINGS: ClassVar[list[BindingType]] = [bind("escape", "leave", *BACK, DIALOG)]
    DEFAULT_CSS = """
    ChoiceMenu { align: center middle; }
    ChoiceMenu OptionList { width: auto; max-width: 90%; max-height: 16; padding: 1 2; }
    """

    def __init__(self, title: str, choices: Sequence[tuple[str, str]]) -> None:
        """Offer ``choices``, pairs of an id and a text."""
        super().__init__()
        self._title, self._choices = title, choices

    def compose(self) -> ComposeResult:
        """Yield one option per choice."""
        menu = ChoiceOptions(
            *(Option(Content(escape_controls(text)), id=name) for name, text in self._choices)
        )
        menu.border_title = Content(self._title)
        yield menu

    def on_mount(self) -> None:
        """Highlight the first choice."""
        self.query_one(OptionList).highlighted = 0

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Close the menu with the choice."""
        self.dismiss(event.option_id)

    def action_leave(self) -> None:
        """Close the menu without a choice."""
        self.dismiss(None)
