"""Wait for another process without a guess how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from gpuecs_tui.terraform.recovery.locks import held_lock
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus

PATIENCE = 180.0
"""Seconds after which a test gives up; on an idle machine, no wait takes more than three."""

_T = TypeVar("_T")


def until(ask: Callable[[], _T | None], what: str) -> _T:
    """Return the first true result of ``ask``; fail with ``what`` if there is none in time."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(f"waited {PATIENCE:g} s for {what}")


def journal_of(run: Run) -> str:
    """Return the text of a run's journal; empty before it exists."""
    try:
        return run.files.journal.read_text("utf-8")
    except FileNotFoundError:
        return ""


def until_state(run: Run, *states: RunStatus) -> Run:
    """Return the run once it is in one of ``states``; fail immediately if it ends in another
    state."""

    def ask() -> Run | None:
        present = run.refresh()
        if present.state in states:
            return present
        assert not present.is_final, (present.state, present.message, journal_of(present)[-1500:])
        return None

    return until(ask, " or ".join(states))


def until_lock_recorded(run: Run) -> None:
    """Wait until a running run has recorded the id of its lock, shortly after its start."""

    def recorded() -> bool | None:
        held = held_lock(run.directory)
        return True if held is not None and held.run == run.id else None

    until(recorded, "the run's record of its lock")
