"""Refuses to paste several lines into a field of one line, and notifies the user.

Textual's Input keeps only the first line and shows no message, so half of an answer looks complete.
"""

from __future__ import annotations

from typing import Any

from textual import events
from textual.app import App
from textual.widget import Widget

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.step.say import say

LINE_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""The characters at which ``str.splitlines`` splits."""


def whole_line(app: App[Any], event: events.Event) -> events.Event | None:
    """Return ``event``; for a paste into a field of one line, without the line break at its end.

    None if several lines would be pasted there: the paste is refused, and the user is notified.
    """
    if isinstance(event, events.Paste) and not event.is_forwarded and _one_line(app.focused):
        line = event.text.rstrip(LINE_BREAKS)
        lines = len(line.splitlines())
        if lines > 1:
            said = _("Could not paste {n} lines: this field takes one line.")
            say(app, said.format(n=lines))
            return None
        return events.Paste(line)
    return event


def _one_line(focused: Widget | None) -> bool:
    """Tell whether one line of text can be typed into ``focused``."""
    # Imported late: the first frame has neither of them.
    from textual.widgets import Input

    from gpuecs_tui.widgets.picker.choice_list import ChoiceList

    return isinstance(focused, (Input, ChoiceList))
