"""A screen with the attributes of one resource in the state."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content

from gpuecs_tui.terraform.plan.mask import MASK
from gpuecs_tui.terraform.state.stored_state import StoredResource
from gpuecs_tui.widgets.base.modal import Modal
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.base.text_pane import TextPane
from gpuecs_tui.widgets.keys.binding import bind, own_keys
from gpuecs_tui.widgets.keys.groups import DIALOG
from gpuecs_tui.widgets.keys.words import BACK


class StoredResourceScreen(Modal[None]):
    """Shows the attributes of a resource in the state; sensitive values are not shown."""

    BINDINGS: ClassVar[list[BindingType]] = [bind("escape,enter,q", "close", *BACK, DIALOG)]
    DEFAULT_CSS = """
    StoredResourceScreen {
        align: center middle;
        & #frame {
            width: 94%; height: 90%; padding: 0 1; background: $surface;
            border: round $primary; border-title-style: bold; border-title-color: $text-accent;
        }
    }
    """

    def __init__(self, resource: StoredResource) -> None:
        super().__init__()
        self._resource = resource

    def compose(self) -> ComposeResult:
        """Yield one pane in a frame."""
        with Vertical(id="frame") as frame:
            frame.border_title = Content(escape_controls(self._resource.address))
            frame.border_subtitle = own_keys(self)
            yield TextPane()

    def on_mount(self) -> None:
        """Show the attributes in the pane."""
        pane = self.query_one(TextPane)
        pane.show([*resource_lines(self._resource)])
        pane.focus()

    def action_close(self) -> None:
        """Close the screen."""
        self.dismiss()


def resource_lines(resource: StoredResource) -> Iterator[Content]:
    """Yield the attributes of a resource, one per line; unset attributes are left out."""
    width = max((len(name) for name in resource.attributes), default=0)
    for name, value in sorted(resource.attributes.items()):
        if value in (None, [], {}, ""):
            continue
        secret = name in resource.sensitive
        text = MASK if secret else json.dumps(value, ensure_ascii=False)
        yield Content.assemble(
            (f"{escape_controls(name):<{width}}  ", "$text-muted"), escape_controls(text.strip('"'))
        )
