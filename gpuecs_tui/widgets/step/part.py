"""A part of a step's work without a visible widget, with its own workers and messages."""

from __future__ import annotations

from textual import getters, on
from textual.widget import Widget
from textual.worker import Worker

from gpuecs_tui.widgets.base.broken_worker import tell_broken_worker
from gpuecs_tui.widgets.step.account_app import AccountApp
from gpuecs_tui.wizard.session import WizardSession


class Part(Widget):
    """A part that a screen yields and calls; it posts its results as messages of its class.

    Its workers (``group``, ``exit_on_error=False``) belong to it and end with the screen.
    """

    DEFAULT_CSS = "Part { display: none; }"

    app = getters.app(AccountApp)

    def __init__(self, wizard: WizardSession) -> None:
        """Create the part for ``wizard``."""
        super().__init__()
        self._wizard = wizard

    @on(Worker.StateChanged)
    def _tell_broken_worker(self, event: Worker.StateChanged) -> None:
        tell_broken_worker(self.app, event)
