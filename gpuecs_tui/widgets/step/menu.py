"""Jumping to a step that was seen before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.widgets.base.modal import Modal
from gpuecs_tui.widgets.step.steps import IDS, STEPS, Progress


class StepMenu(Modal[str]):
    """Asks which visited step to go to; the answer is its id, or empty."""

    HELP = N_(
        "A digit goes to that step; so do ↑ ↓ and Enter. Steps in grey were not reached yet. Esc "
        "stays here."
    )
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]
    CSS = """
    StepMenu { align: center middle; }
    StepMenu OptionList { width: auto; min-width: 40; max-height: 14; padding: 1 2; }
    """

    def __init__(self, progress: Progress, reachable: Iterable[str]) -> None:
        super().__init__()
        self._progress = progress
        self._reachable = frozenset(reachable)

    def compose(self) -> ComposeResult:
        """One option a step; digits choose too."""
        options = []
        widest = max(cell_len(_(step.title)) for step in STEPS)
        for number, step in enumerate(STEPS, start=1):
            sign, style = self._progress.mark(step.id)
            title = _(step.title)
            padding = " " * (widest - cell_len(title) + 2)
            prompt = Content.assemble((f"{sign} ", style), f"{number}  {title}{padding}")
            options.append(Option(prompt, id=step.id, disabled=step.id not in self._reachable))
        menu = OptionList(*options)
        menu.border_title = Content(_("Go to"))
        yield menu

    def on_mount(self) -> None:
        """Begin at the current step."""
        menu = self.query_one(OptionList)
        menu.highlighted = IDS.index(self._progress.current)

    def on_key(self, event: events.Key) -> None:
        """Take a step's number."""
        if event.character and event.character.isdigit():
            event.stop()
            number = int(event.character)
            if 1 <= number <= len(IDS) and IDS[number - 1] in self._reachable:
                self.dismiss(IDS[number - 1])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Go there."""
        self.dismiss(event.option_id or "")

    def action_cancel(self) -> None:
        """Stay."""
        self.dismiss("")
