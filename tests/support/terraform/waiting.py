"""Waits for another process without guessing how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from gpuecs_tui.terraform.recovery.locks import held_lock
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus

PATIENCE = 60.0
"""Seconds after which a test gives up; on a quiet machine none waits for more than three."""

_T = TypeVar("_T")


def until(ask: Callable[[], _T | None], what: str) -> _T:
    """Return the first true answer of ``ask``; fail with ``what`` when none comes."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(f"waited {PATIENCE:g} s for {what}")


def journal_of(run: Run) -> str:
    """Return all that is in a run's journal; nothing before it is made."""
    try:
        return run.files.journal.read_text("utf-8")
    except FileNotFoundError:
        return ""


def until_state(run: Run, *states: RunStatus) -> Run:
    """Return the run once it is in one of ``states``; fail at once when it ends otherwise."""

    def ask() -> Run | None:
        present = run.refresh()
        if present.state in states:
            return present
        assert not present.is_final, (present.state, present.message, journal_of(present)[-1500:])
        return None

    return until(ask, " or ".join(states))


def until_lock_recorded(run: Run) -> None:
    """Wait until a run at work has its lock's id on record, a moment after it began."""

    def recorded() -> bool | None:
        held = held_lock(run.directory)
        return True if held is not None and held.run == run.id else None

    until(recorded, "the run's record of its lock")
