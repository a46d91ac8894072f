"""The base of the dialogs that show the wizard, as a step does."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import BindingType

from gpuecs_tui.widgets.base.modal import Modal
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import WIZARD
from gpuecs_tui.widgets.keys.words import READ_AGAIN

AnswerType = TypeVar("AnswerType")


class WizardModal(Modal[AnswerType]):
    """A dialog over a step that shows the wizard too; ``changed`` is called as on the step."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind(
            "ctrl+r",
            "app.read_account",
            *READ_AGAIN,
            WIZARD,
            show=False,
        )
    ]

    def changed(self) -> None:
        """Show the wizard's state as it is now."""
