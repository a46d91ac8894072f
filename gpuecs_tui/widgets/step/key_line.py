"""The last line of every screen: which keys do what here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.content import Content

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.base.one_line import OneLine
from gpuecs_tui.widgets.step.header import spread

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
        """Show ``hints``, the frame's own keys, as many as fit, and in any case which key quits.

        ``right`` is cut first; then the last of ``hints`` are left out.
        """
        own = list(hints)

        def fitted(width: int) -> Content:
            return fitted_keys(own, right, width)

        self.show(fitted)


def fitted_keys(own: Sequence[KeyHint], right: Content, width: int) -> Content:
    """Return the line of ``width`` cells; of ``own`` keys the first is the most important."""
    *others, leave = frame_keys()
    shown = list(own)
    while shown and _line([*shown, leave]).cell_length > width:
        shown.pop()
    room = width - _line([*shown, leave]).cell_length - GAP
    found = right if right.cell_length <= room else right.truncate(max(room, 0), ellipsis=True)
    for pair in others:
        if _line([*shown, pair, leave]).cell_length + found.cell_length + GAP > width:
            break
        shown.append(pair)
    return spread(_line([*shown, leave]), found, width)


def _line(pairs: Iterable[KeyHint]) -> Content:
    keys = [Content.assemble((key, "bold $text-accent"), f" {word}") for key, word in pairs]
    return Content(" " * GAP).join(keys)


def frame_keys() -> tuple[KeyHint, ...]:
    """Return the keys that work on every step, the most useful first; the last one quits."""
    return (
        ("^n", _("next")),
        ("^p", _("back")),
        ("^g", _("help")),
        ("^t", _("steps")),
        ("^l", _("findings")),
        ("^o", _("commands")),
        ("^q", _("quit")),
    )
