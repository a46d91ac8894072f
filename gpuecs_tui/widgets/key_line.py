"""The last line of every screen: which keys do what here."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.header import spread
from gpuecs_tui.widgets.one_line import OneLine

GAP = 2
"""Cells between two keys, and at least between the keys and what was found."""
KeyHint = tuple[str, str]
"""A key as it is written ("^n") and the word for what it does."""


class KeyLine(OneLine):
    """One row: keys at the left, what was found at the right."""

    DEFAULT_CSS = """
    KeyLine { background: $panel; color: $foreground; padding: 0 1; width: 100%; }
    """

    def show_keys(self, hints: Iterable[KeyHint], right: Content) -> None:
        """Show ``hints``, then the frame's own keys, as many as fit; ``right`` gives way first."""
        own = list(hints)

        def fitted(width: int) -> Content:
            room = width - _line(own).cell_length - GAP
            told = right
            if own and told.cell_length > room:
                told = told.truncate(max(room, 0), ellipsis=True)
            shown = list(own)
            for pair in frame_keys():
                if _line([*shown, pair]).cell_length + told.cell_length + GAP > width:
                    break
                shown.append(pair)
            return spread(_line(shown), told, width)

        self.show(fitted)


def _line(pairs: Iterable[KeyHint]) -> Content:
    keys = [Content.assemble((key, "bold $text-accent"), f" {word}") for key, word in pairs]
    return Content(" " * GAP).join(keys)


def frame_keys() -> tuple[KeyHint, ...]:
    """Return the keys that work on every step, the most useful first."""
    return (
        ("^n", _("next")),
        ("^p", _("back")),
        ("^g", _("help")),
        ("^t", _("steps")),
        ("^l", _("findings")),
        ("^o", _("commands")),
        ("^q", _("quit")),
    )
