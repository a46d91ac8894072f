"""The keys of a list to choose from."""

from __future__ import annotations

from textual.binding import Binding

from gpuecs_tui.i18n import N_
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import LIST
from gpuecs_tui.widgets.keys.words import ROW_ENDS, ROW_PAGES, ROWS

_SORT = N_("sort"), N_("Sort by another column")


def _key(keys: str, action: str, label: str, text: str, *, show: bool = False) -> Binding:
    return bind(keys, action, label, text, LIST, show=show)


LIST_KEYS = (
    _key("up", "move(-1)", *ROWS, show=True),
    _key("down", "move(1)", *ROWS, show=True),
    _key("left", "sort(-1)", *_SORT, show=True),
    _key("right", "sort(1)", *_SORT, show=True),
    _key("space", "mark", N_("select"), N_("Select or deselect the row"), show=True),
    _key("enter", "take", N_("choose"), N_("Choose the highlighted row"), show=True),
    _key("pageup", "move_page(-1)", *ROW_PAGES),
    _key("pagedown", "move_page(1)", *ROW_PAGES),
    _key("home", "end(0)", *ROW_ENDS),
    _key("end", "end(-1)", *ROW_ENDS),
    _key("backspace", "erase", N_("erase"), N_("Delete the last character of the filter")),
    _key("ctrl+u", "erase_all", N_("clear"), N_("Clear the filter")),
)
"""The most useful key first: the line of a dialog shows as many as fit."""
