"""The keys of a panel as the help lists them, read from the panel's own bindings."""

from __future__ import annotations

from collections.abc import Mapping

from textual.binding import Binding
from textual.widget import Widget

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.step.key_line import KeyHint

KEY_WIDTH = 10
"""Cells of the column of keys."""
_WRITTEN: Mapping[str, str] = {
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "space": "Space",
    "enter": "Enter",
    "escape": "Esc",
    "slash": "/",
}


def keys_of_panel(*panels: type[Widget]) -> tuple[KeyHint, ...]:
    """Return the key presses of ``panels`` with what each does, in the order of their bindings."""
    return tuple(
        (" ".join(_WRITTEN.get(key, key) for key in it.key.split(",")), _(it.description))
        for panel in panels
        for it in panel.BINDINGS
        if isinstance(it, Binding) and it.description
    )
