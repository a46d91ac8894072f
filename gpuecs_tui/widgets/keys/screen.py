"""The keys that Textual gives to every screen, with labels that are translated."""

from __future__ import annotations

from gpuecs_tui.i18n import N_
from gpuecs_tui.widgets.keys.binding import alias, bind
from gpuecs_tui.widgets.keys.groups import MOVING, TYPING

FIELD, FIELD_TEXT = N_("field"), N_("Go to the next or the previous field")

SCREEN_KEYS = (
    bind("tab", "app.focus_next", FIELD, FIELD_TEXT, MOVING, show=False),
    bind("shift+tab", "app.focus_previous", FIELD, FIELD_TEXT, MOVING, show=False),
    bind(
        "ctrl+c",
        "screen.copy_text",
        N_("copy"),
        N_("Copy the selected text"),
        TYPING,
        show=False,
    ),
    alias("super+c", "screen.copy_text"),
)
MOVES = (
    bind("down", "app.focus_next", FIELD, FIELD_TEXT, MOVING, show=False),
    bind("up", "app.focus_previous", FIELD, FIELD_TEXT, MOVING, show=False),
)
"""Keys of a field of one line, in a form."""
ENTER_MOVES = bind(
    "enter", "app.focus_next", N_("next field"), N_("Go to the next field"), MOVING, show=False
)
