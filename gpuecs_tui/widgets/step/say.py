"""A sentence of the app, said where the user looks."""

from __future__ import annotations

from typing import Any

from textual.app import App

from gpuecs_tui.widgets.step.help_bar import HelpBar
from gpuecs_tui.widgets.step.screen import StepScreen


def say(app: App[Any], text: str) -> None:
    """Say one sentence in place of a step's help, or over a dialog or a step that shows no help."""
    screen = app.screen
    if isinstance(screen, StepScreen) and screen.query_one(HelpBar).display:
        screen.say(text)
    else:
        app.notify(text, severity="warning", markup=False)
