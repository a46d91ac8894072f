"""The base of every dialog: what works on a step works over it too."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

AnswerType = TypeVar("AnswerType")


class Modal(ModalScreen[AnswerType]):
    """A dialog. Textual takes no binding of the app over one, so those that matter are its own."""

    OUTLIVES_STEP: ClassVar[bool] = False
    """Whether it is about no step: it stays on top when another step comes, or another dialog."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+z", "app.suspend_process", show=False),
    ]
