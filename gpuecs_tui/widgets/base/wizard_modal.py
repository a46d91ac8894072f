"""The base of the dialogs that show the wizard's state, like a step."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import BindingType

from gpuecs_tui.widgets.base.modal import Modal
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import WIZARD
from gpuecs_tui.widgets.keys.words import READ_AGAIN

AnswerType = TypeVar("AnswerType")


class WizardModal(Modal[AnswerType]):
    """A dialog over a step that also shows the wizard's state; ``changed`` is called as for a
    step."""

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
        """Show the present state of the wizard."""
