"""A menu to go to a step that was visited before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.widgets.base.modal import Modal
from gpuecs_tui.widgets.base.options import Options
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import DIALOG
from gpuecs_tui.widgets.step.steps import IDS, STEPS, StepProgress

BY_NUMBER = N_("Go to the step of that number")


class StepOptions(Options):
    """The steps."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "select", N_("go"), N_("Go to the highlighted step"), DIALOG),
    ]


class StepMenu(Modal[str]):
    """A list of the visited steps; returns the id of the chosen one, or an empty text."""

    HELP = N_("Steps in grey are not available yet.")
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            bind(str(number), f"go({number})", N_("go"), BY_NUMBER, DIALOG)
            for number in range(1, len(IDS) + 1)
        ),
        bind("escape", "cancel", N_("stay"), N_("Stay on this step"), DIALOG),
    ]
    CSS = """
    StepMenu { align: center middle; }
    StepMenu OptionList { width: auto; min-width: 40; max-height: 14; padding: 1 2; }
    """

    def __init__(self, progress: StepProgress, reachable: Iterable[str]) -> None:
        super().__init__()
        self._progress = progress
        self._reachable = frozenset(reachable)

    def compose(self) -> ComposeResult:
        """Yield one option per step; digits choose too."""
        options = []
        widest = max(cell_len(_(step.title)) for step in STEPS)
        for number, step in enumerate(STEPS, start=1):
            sign, style = self._progress.mark(step.id)
            title = _(step.title)
            padding = " " * (widest - cell_len(title) + 2)
            prompt = Content.assemble((f"{sign} ", style), f"{number}  {title}{padding}")
            options.append(Option(prompt, id=step.id, disabled=step.id not in self._reachable))
        menu = StepOptions(*options)
        menu.border_title = Content(_("Go to"))
        yield menu

    def on_mount(self) -> None:
        """Highlight the current step."""
        menu = self.query_one(OptionList)
        current = self._progress.current
        menu.highlighted = IDS.index(current) if current in IDS else 0

    def action_go(self, number: int) -> None:
        """Choose a step by its number, counted from 1."""
        self.dismiss(IDS[number - 1])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable only steps that were visited."""
        if action == "go":
            number = int(str(parameters[0]))
            return IDS[number - 1] in self._reachable
        return super().check_action(action, parameters)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Close the menu with the step."""
        self.dismiss(event.option_id or "")

    def action_cancel(self) -> None:
        """Close the menu without a choice."""
        self.dismiss("")
