"""The last line of every screen: which keys do what here."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.header import spread
from gpuecs_tui.widgets.one_line import OneLine

KeyHint = tuple[str, str]
"""A key as it is written ("^n") and the word for what it does."""


class KeyLine(OneLine):
    """One row: keys at the left, what was found at the right."""

    DEFAULT_CSS = """
    KeyLine { background: $panel; color: $foreground; padding: 0 1; width: 100%; }
    """

    def show_keys(self, hints: Iterable[KeyHint], right: Content) -> None:
        """Show ``hints``, then the frame's own keys, as many as fit."""
        pairs = [*hints, *frame_keys()]

        def fitted(width: int) -> Content:
            left = Content("")
            for key, word in pairs:
                pair = Content.assemble((key, "bold $text-accent"), f" {word}")
                longer = Content.assemble(left, "  ", pair) if left.plain else pair
                if longer.cell_length + right.cell_length + 2 > width:
                    break
                left = longer
            return spread(left, right, width)

        self.show(fitted)


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
