"""Show a message of the app where the user is looking."""

from __future__ import annotations

from typing import Any

from textual.app import App

from gpuecs_tui.widgets.step.help_bar import HelpBar
from gpuecs_tui.widgets.step.screen import StepScreen


def say(app: App[Any], text: str) -> None:
    """Show a message in place of a step's help, or as a notification if no help is visible."""
    screen = app.screen
    if isinstance(screen, StepScreen) and screen.query_one(HelpBar).display:
        screen.say(text)
    else:
        app.notify(text, severity="warning", markup=False)
