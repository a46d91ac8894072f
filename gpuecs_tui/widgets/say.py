"""A sentence of the app, said where the user looks."""

from __future__ import annotations

from typing import Any

from textual.app import App

from gpuecs_tui.widgets.frame import StepScreen


def say(app: App[Any], text: str) -> None:
    """Say one sentence in place of a step's help, or over the dialog that is open."""
    if isinstance(app.screen, StepScreen):
        app.screen.say(text)
    else:
        app.notify(text, severity="warning", markup=False)
