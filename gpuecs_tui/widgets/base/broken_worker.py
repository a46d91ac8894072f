"""Says when something behind a screen broke: unsaid it would look like endless waiting."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.worker import Worker, WorkerState

from gpuecs_tui.i18n import _


def tell_broken_worker(app: App[Any], event: Worker.StateChanged) -> None:
    """Notify if the worker ended in an exception that nobody foresaw; the app goes on.

    Textual tells only the node that started a worker, so each kind of node must ask for it.
    """
    if event.state is WorkerState.ERROR:
        app.notify(
            _("This is a fault of gpuecs-tui: {error}. Please report it.").format(
                error=repr(event.worker.error)
            ),
            severity="error",
            markup=False,
        )
