"""Textual's OptionList, with keys that have labels."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.widgets import OptionList

from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import LIST
from gpuecs_tui.widgets.keys.words import ROW_ENDS, ROW_PAGES, ROWS


class Options(OptionList, inherit_bindings=False):
    """A list of options; a subclass defines what Enter does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("up,k", "cursor_up", *ROWS, LIST, show=False),
        bind("down,j", "cursor_down", *ROWS, LIST, show=False),
        bind("pageup", "page_up", *ROW_PAGES, LIST, show=False),
        bind("pagedown", "page_down", *ROW_PAGES, LIST, show=False),
        bind("home", "first", *ROW_ENDS, LIST, show=False),
        bind("end", "last", *ROW_ENDS, LIST, show=False),
    ]
