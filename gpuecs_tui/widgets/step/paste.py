"""Refuses to paste several lines into a field of one line, and says so.

Textual's Input keeps the first of the lines without saying it, so that half of an answer looks like
the whole.
"""

from __future__ import annotations

from typing import TypeVar

from textual import events
from textual.app import App
from textual.widget import Widget

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.step.say import say

ResultType = TypeVar("ResultType")

LINE_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""What ``str.splitlines`` splits at."""


class PasteApp(App[ResultType]):
    """An app whose fields of one line take one line, whole, or nothing."""

    async def on_event(self, event: events.Event) -> None:
        """Take the line break off the end of a pasted line; refuse more lines."""
        if isinstance(event, events.Paste) and not event.is_forwarded and _one_line(self.focused):
            line = event.text.rstrip(LINE_BREAKS)
            lines = len(line.splitlines())
            if lines > 1:
                said = _("Could not paste {n} lines: this field takes one line.")
                say(self, said.format(n=lines))
                return
            event = events.Paste(line)
        await super().on_event(event)


def _one_line(focused: Widget | None) -> bool:
    """Tell whether one line of text can be typed into ``focused``."""
    # Late: the first frame has neither.
    from textual.widgets import Input

    from gpuecs_tui.widgets.picker.choice_list import ChoiceList

    return isinstance(focused, (Input, ChoiceList))
