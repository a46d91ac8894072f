"""Reports an exception in a worker, which would otherwise look like endless waiting."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.worker import Worker, WorkerState

from gpuecs_tui.i18n import _


def tell_broken_worker(app: App[Any], event: Worker.StateChanged) -> None:
    """Notify if the worker ended in an unexpected exception; the app continues.

    Textual informs only the node that started a worker, so each kind of node must call this.
    """
    if event.state is WorkerState.ERROR:
        app.notify(
            _("Internal error: {error}. Please report this bug.").format(
                error=repr(event.worker.error)
            ),
            severity="error",
            markup=False,
        )
