"""Estimate how long a run will take, from earlier runs in the directory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise

from gpuecs_tui.terraform.base.atomic_files import parse_time
from gpuecs_tui.terraform.runs.run import ChangeCounts, Run
from gpuecs_tui.terraform.runs.run_list import runs_of
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus


class ApplyKind(StrEnum):
    """The main kind of changes of an apply, which determines its duration."""

    CREATE = "create"
    CHANGE = "change"
    REPLACE = "replace"


DEFAULTS = {
    # A load balancer takes AWS two to four minutes.
    ApplyKind.CREATE: timedelta(minutes=5),
    ApplyKind.CHANGE: timedelta(minutes=5),
    # Terraform waits 20 minutes for a capacity provider in use (docs/aws.md, "Capacity provider").
    ApplyKind.REPLACE: timedelta(minutes=20),
}
"""Durations that are assumed without an earlier run."""
_LOOKED_AT = 5
"""Number of earlier runs that are used: older runs may be of a different stack."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected duration of an apply."""

    time: timedelta
    measured: bool
    """Whether it was measured in earlier runs of this directory; False: it is assumed."""


def expected(run: Run) -> Expected:
    """Return how long the apply of ``run`` takes: as long as the slowest of the last similar
    runs."""
    kind = _kind(run.operation, run.changes)
    took = [
        time
        for it in runs_of(run.directory)
        if it.id != run.id
        and it.state is RunStatus.SUCCEEDED
        and _kind(it.operation, it.changes) == kind
        and (time := _apply_time(it)) is not None
    ]
    return Expected(max(took[:_LOOKED_AT]), True) if took else Expected(DEFAULTS[kind], False)


def last_time(run: Run) -> float | None:
    """Return the seconds that the last run like ``run`` spent in the state that ``run`` is in.

    Two runs of one directory are similar if both or neither is a destroy; two applies, if they also
    have the same kind of changes. None if no such run completed that state. Blocks: reads the runs'
    files.
    """
    for it in runs_of(run.directory):
        destroys = Operation.DESTROY in (it.operation, run.operation)
        if it.id == run.id or (destroys and it.operation is not run.operation):
            continue
        if run.state is RunStatus.APPLYING and _kind(it.operation, it.changes) != _kind(
            run.operation, run.changes
        ):
            continue
        if (spent := _spent_in(it, run.state)) is not None:
            return spent.total_seconds()
    return None


def _spent_in(run: Run, state: RunStatus) -> timedelta | None:
    for step, following in pairwise(run.read_history()):
        if step.get("state") == state and following.get("state") in _WELL_ENDED.get(state, ()):
            begun, ended = parse_time(str(step.get("at"))), parse_time(str(following.get("at")))
            return ended - begun if begun and ended else None
    return None


_WELL_ENDED = {
    RunStatus.STARTING: (RunStatus.PLANNING,),
    RunStatus.PLANNING: (RunStatus.PLANNED, RunStatus.SUCCEEDED),
    RunStatus.APPLYING: (RunStatus.SUCCEEDED,),
}
"""State that takes time → the states that follow it without an error."""


def _kind(operation: Operation, changes: ChangeCounts | None) -> ApplyKind:
    if operation is Operation.DESTROY or (changes is not None and changes.destroy):
        return ApplyKind.REPLACE
    return ApplyKind.CREATE if changes is None or changes.add else ApplyKind.CHANGE


def _apply_time(run: Run) -> timedelta | None:
    at = {str(step.get("state")): parse_time(str(step.get("at"))) for step in run.read_history()}
    begun, ended = at.get(RunStatus.APPLYING), at.get(RunStatus.SUCCEEDED)
    return ended - begun if begun and ended else None
