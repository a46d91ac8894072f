"""The commands of the palette, made from the keys of a screen."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from textual.app import App, SystemCommand
from textual.screen import Screen

from gpuecs_tui.i18n import N_
from gpuecs_tui.widgets.keys.binding import (
    Entry,
    active_entries,
    entries_of,
    entries_of_parts,
    short_name,
)
from gpuecs_tui.widgets.keys.groups import COMMANDS, PARTS

PLAN, DESTROY = N_("Plan the changes"), N_("Plan a destroy")
"""The run screen and other screens offer these."""
PALETTE = "command_palette"
"""The action that opens the palette; the palette does not list it."""


def key_commands(app: App[Any], screen: Screen[Any]) -> Iterator[SystemCommand]:
    """Yield a command for each key of ``screen`` that is available and does more than move.

    This includes the visible parts of the screen, even without the focus, and the app's own keys,
    although Textual ignores them over a dialog.
    """
    active = active_entries(screen)
    used = {name for it in active for name in it.keys}
    said: set[str] = set()
    parts = entries_of_parts(screen, screen.focus_chain)
    for entry in (*active, *parts, *entries_of(app)):
        if _is_command(entry) and entry.text not in said:
            said.add(entry.text)
            shadowed = entry.node is app and entry not in active and used.intersection(entry.keys)
            run = partial(app.run_action, entry.binding.action, entry.node)
            yield SystemCommand(entry.text, "" if shadowed else short_name(entry.keys), run)


def _is_command(entry: Entry) -> bool:
    """Tell whether a key is available and does more than move or scroll."""
    in_line = entry.binding.show and entry.group in PARTS
    return (
        entry.enabled and (entry.group in COMMANDS or in_line) and entry.binding.action != PALETTE
    )
