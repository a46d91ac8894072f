"""The line of keys in a dialog, read from its bindings."""

from __future__ import annotations

from typing import Any

from textual.content import Content
from textual.screen import Screen

from gpuecs_tui.widgets.base.one_line import OneLine
from gpuecs_tui.widgets.keys.binding import active_entries, keys_content, line_of_keys
from gpuecs_tui.widgets.keys.groups import DIALOG, LIST


class DialogKeys(OneLine):
    """One row; updated when the focus moves and at ``refresh_bindings`` of its screen."""

    DEFAULT_CSS = """
    DialogKeys { width: 100%; color: $text-muted; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._words: dict[str, str] = {}

    def on_mount(self) -> None:
        """Show the keys immediately."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow, immediate=True)
        self._tell()

    def reword(self, label: str, words: str) -> None:
        """Show ``words`` instead of ``label`` (both translated); with empty words, the label
        again."""
        if self._words.get(label, "") != words:
            self._words[label] = words
            self._tell()

    def _follow(self, _screen: Screen[Any]) -> None:
        self._tell()

    def _tell(self) -> None:
        entries = [it for it in active_entries(self.screen) if it.group in (DIALOG, LIST)]
        hints = [(key, self._words.get(word) or word) for key, word in line_of_keys(entries)]
        line = keys_content(hints)
        self.show(lambda width: line if line.cell_length <= width else _shortened(hints, width))


def _shortened(hints: list[tuple[str, str]], width: int) -> Content:
    """Drop keys from the end until the rest fits; the last key, which closes the dialog, is
    kept."""
    *others, leave = hints
    while others and keys_content([*others, leave]).cell_length > width:
        others.pop()
    return keys_content([*others, leave])
