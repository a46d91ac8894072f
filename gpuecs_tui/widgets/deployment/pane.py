"""The text of the deployment screen: wrapped lines that scroll up and down."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from gpuecs_tui.widgets.base.text_pane import TextPane
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import TEXT
from gpuecs_tui.widgets.keys.words import ENDS, LINES, PAGES


class DeploymentPane(TextPane, inherit_bindings=False):
    """Binds no letters but those of ``less`` that the screen does not use for its actions."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("up,k", "scroll(-1)", *LINES, TEXT, show=False),
        bind("down,j", "scroll(1)", *LINES, TEXT, show=False),
        bind("pageup", "scroll_pages(-1)", *PAGES, TEXT, show=False),
        bind("pagedown,space", "scroll_pages(1)", *PAGES, TEXT, show=False),
        bind("home,g", "start", *ENDS, TEXT, show=False),
        bind("end,G", "end", *ENDS, TEXT, show=False),
    ]
