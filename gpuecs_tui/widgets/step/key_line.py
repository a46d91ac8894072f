"""The last line of every screen: the available keys with their labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.content import Content

from gpuecs_tui.widgets.base.one_line import OneLine
from gpuecs_tui.widgets.keys.binding import GAP, Entry, KeyHint, keys_content, line_of_keys
from gpuecs_tui.widgets.keys.groups import FOOTERS, WIZARD
from gpuecs_tui.widgets.step.header import spread

QUIT = "quit"
"""The action whose key is always shown."""
KEPT = 6
"""Keys of a screen that are more important than the number of findings. In 80 columns, six keys
with their labels leave room for it."""


class KeyLine(OneLine):
    """One row: keys on the left, the number of findings on the right."""

    DEFAULT_CSS = """
    KeyLine { background: $panel; color: $foreground; padding: 0 1; width: 100%; }
    """

    _own: Sequence[KeyHint] = ()
    _common: Sequence[KeyHint] = ()
    _right = Content("")

    @property
    def own(self) -> Sequence[KeyHint]:
        """The keys of the screen itself, the most useful first."""
        return self._own

    def show_keys(self, entries: Iterable[Entry]) -> None:
        """Show the keys of ``entries``: those of the screen before those of every step.

        As many as fit are shown; the key that quits is always shown.
        """
        here = [it for it in entries if it.group not in FOOTERS]
        common = [it for it in here if it.group == WIZARD]
        common.sort(key=lambda it: it.binding.action == QUIT)
        own = [it for it in here if it.group != WIZARD]
        # Textual's own Screen declares Tab as well, before all others.
        own.sort(key=lambda it: it.keys[0] == "tab")
        self._own = line_of_keys(own)
        self._common = line_of_keys(common)
        self._show()

    def show_found(self, right: Content) -> None:
        """Show the number of findings on the right; see ``fitted_keys`` for what is left out."""
        self._right = right
        self._show()

    def _show(self) -> None:
        own, common, right = self._own, self._common, self._right
        self.show(lambda width: fitted_keys(own, common, right, width))


def fitted_keys(
    own: Sequence[KeyHint], common: Sequence[KeyHint], right: Content, width: int
) -> Content:
    """Return the line of ``width`` cells.

    The first of the ``own`` and of the ``common`` keys is the most important one; the last of
    ``common`` quits and is never left out. The number of findings on the ``right`` is only cut if
    the first KEPT of the ``own`` keys leave no room for it.
    """
    others, leave = common[:-1], common[-1:]
    shown = list(own)
    found_length = right.cell_length + GAP if right else 0
    while shown:
        room = width - (found_length if len(shown) > KEPT else 0)
        if keys_content([*shown, *leave]).cell_length <= room:
            break
        shown.pop()
    room = width - keys_content([*shown, *leave]).cell_length - GAP
    found = right if right.cell_length <= room else right.truncate(max(room, 0), ellipsis=True)
    for pair in others:
        if keys_content([*shown, pair, *leave]).cell_length + found.cell_length + GAP > width:
            break
        shown.append(pair)
    return spread(keys_content([*shown, *leave]), found, width)
