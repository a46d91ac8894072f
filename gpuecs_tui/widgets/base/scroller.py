"""A container that scrolls up and down, with keys that have labels."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll

from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import MOVING
from gpuecs_tui.widgets.keys.words import ENDS, LINES, PAGES

_SCROLLS = frozenset(
    {"scroll_up", "scroll_down", "page_up", "page_down", "scroll_home", "scroll_end"}
)


class Scroller(VerticalScroll, inherit_bindings=False):
    """Textual's VerticalScroll; if there is nothing to scroll, it leaves the keys to the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("up", "scroll_up", *LINES, MOVING, show=False),
        bind("down", "scroll_down", *LINES, MOVING, show=False),
        bind("pageup", "page_up", *PAGES, MOVING, show=False),
        bind("pagedown", "page_down", *PAGES, MOVING, show=False),
        bind("home", "scroll_home", *ENDS, MOVING, show=False),
        bind("end", "scroll_end", *ENDS, MOVING, show=False),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the keys to the screen while the whole content is visible."""
        if action in _SCROLLS:
            return self.max_scroll_y > 0
        return super().check_action(action, parameters)
