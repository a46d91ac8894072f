"""Names in the plan of a run in progress: they belong to the stack, whatever its state contains.

Terraform saves its state some time after a creation (the local backend after 20 s at the earliest),
so during a run the state lags behind the account.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gpuecs_tui.terraform.base.addresses import without_key
from gpuecs_tui.terraform.engine.events import PlannedChange
from gpuecs_tui.terraform.plan.details import Action, ResourceChange, load_plan
from gpuecs_tui.terraform.recovery.created_names import names_in
from gpuecs_tui.terraform.runs.orphan_candidates import events_of, told_by
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_list import runs_of
from gpuecs_tui.terraform.runs.run_status import RunStatus

CARRIED_OUT = frozenset({RunStatus.APPROVED, RunStatus.APPLYING, RunStatus.STOPPING})
"""States of a run whose plan is being applied, or is about to be."""
_CREATES = frozenset({Action.CREATE, Action.REPLACE})


@dataclass(frozen=True, slots=True)
class AtWork:
    """The names that the run in progress creates and destroys; empty without a run."""

    names: frozenset[str] = frozenset()
    """Names, and known ids, of everything that its plan creates, replaces or destroys."""
    unnamed: dict[str, str] = field(default_factory=dict)
    """Resource address, without a key → id of the run that creates it under an unknown name."""


def at_work(directory: Path) -> AtWork:
    """Return what the run that is applying a plan in ``directory`` creates and destroys.

    Reads only the run's files. Call it before the state is read: if a run ends in between, its
    resources are then in the state.
    """
    run = next((it for it in runs_of(directory) if it.state in CARRIED_OUT), None)
    if run is None:
        return AtWork()
    created = names_in(it for it in told_by(run).values() if it is not None)
    plan = load_plan(run)
    if plan is None:
        # After an immediate approval, the plan's details may not exist yet.
        return AtWork(created, dict(_planned(run)))
    found = [(change, [*_names(change)]) for change in plan.changes]
    named = frozenset(name for _change, names in found for name in names)
    unnamed = {
        without_key(change.address): run.id
        for change, names in found
        if not names and change.action in _CREATES
    }
    return AtWork(created | named, unnamed)


def _names(change: ResourceChange) -> Iterator[str]:
    before = change.before.get("name")
    for value in (before, change.planned_name()):
        if isinstance(value, str) and value:
            yield value


def _planned(run: Run) -> Iterator[tuple[str, str]]:
    for event in events_of(run.files):
        if isinstance(event, PlannedChange) and event.action in _CREATES:
            yield without_key(event.address), run.id
