"""A field whose few possible values are all visible; arrows and space choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from gpuecs_tui.i18n import N_
from gpuecs_tui.widgets.base.styles import MUTED
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import FORM
from gpuecs_tui.widgets.keys.screen import ENTER_MOVES, MOVES

SIGN = len("● ")
GAP = 3
"""Cells between two words."""


@dataclass(frozen=True, slots=True)
class Word:
    """One of the values."""

    value: str
    """The value as a user would type it."""
    label: str
    """The displayed word."""


class Segments(Widget, can_focus=True):
    """Values in a row, one of them chosen; a row that is too narrow shows only the chosen one."""

    DEFAULT_CSS = """
    Segments { height: 1; width: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("left", "step(-1)", N_("choose"), N_("Choose another value"), FORM, show=False),
        bind("right,space", "step(1)", N_("choose"), N_("Choose another value"), FORM, show=False),
        *MOVES,
        ENTER_MOVES,
    ]

    @dataclass
    class Changed(Message):
        """Another value was chosen."""

        value: str

    def __init__(self, words: tuple[Word, ...]) -> None:
        super().__init__()
        self._words = words
        self._value = ""
        self._default = ""

    def show(self, value: str, default: str) -> None:
        """Show ``value`` as chosen, or ``default`` if it is empty; an unknown value chooses
        nothing."""
        if (value, default) != (self._value, self._default):
            self._value, self._default = value, default
            self.refresh()

    def action_step(self, by: int) -> None:
        """Choose the next value in a direction; the first one follows the last one."""
        self._choose((self._index() + by) % len(self._words))

    def on_click(self, event: events.Click) -> None:
        """Choose the value under the mouse, or the next one if only one is shown."""
        if self._width() > self.size.width:
            self.action_step(1)
            return
        edge = 0
        for index, word in enumerate(self._words):
            edge += SIGN + cell_len(word.label) + GAP
            if event.x < edge:
                self._choose(index)
                return

    def render(self) -> Content:
        """Return the row."""
        chosen = self._index()
        if self._width() > self.size.width:
            text = f"◂ {self._words[chosen].label} ▸" if chosen >= 0 else "◂ ▸"
            return Content.assemble(
                (text, self._chosen_style()), (f"  {chosen + 1}/{len(self._words)}", MUTED)
            )
        parts = [
            Content.styled(f"● {word.label}", self._chosen_style())
            if index == chosen
            else Content.styled(f"○ {word.label}", MUTED)
            for index, word in enumerate(self._words)
        ]
        return Content(" " * GAP).join(parts)

    def _chosen_style(self) -> str:
        return "bold reverse" if self.has_focus else "bold"

    def _index(self) -> int:
        value = (self._value or self._default).strip()
        return next((i for i, word in enumerate(self._words) if word.value == value), -1)

    def _width(self) -> int:
        return sum(SIGN + cell_len(word.label) + GAP for word in self._words) - GAP

    def _choose(self, index: int) -> None:
        self._value = self._words[index].value
        self.refresh()
        self.post_message(self.Changed(self._value))
