"""Whether the last run that changed a stack was a destroy, and what remains."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic

from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.terraform.base.atomic_files import parse_time
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_list import runs_of
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from gpuecs_tui.terraform.state.backend import local_state
from gpuecs_tui.terraform.state.reader import read_state

STATE_SECONDS = 30.0
"""Seconds for which a remote state is not read again: the engine takes about a second to pull
it."""
_MOMENT = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class EndOfStack:
    """A destroy that is in progress or was the last apply."""

    run_id: str
    who: str
    """``user@host`` of the user who started it."""
    at: datetime
    """When it ended; during the destroy, when Terraform began to destroy."""
    under_way: bool
    ended_well: bool = False
    left: int | None = None
    """Resources in the state after it; None if the state was not read."""
    read_at: float = field(default=0.0, compare=False)
    """When the state was read, by the monotonic clock."""

    @property
    def is_gone(self) -> bool:
        """Whether nothing of the stack remains, or soon will."""
        return self.under_way or (self.ended_well and self.left == 0)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return a sentence: when the stack was destroyed, what the state contains, and by which
        run."""
        at = f"{self.at.astimezone():{_MOMENT}}"
        run = _("Run {run} by {who}.").format(run=self.run_id, who=self.who)
        if self.under_way:
            return _("The stack is being destroyed (since {at}).").format(at=at), run
        if self.ended_well:
            first = _("Destroyed on {at}.")
        else:
            first = _("A destroy ended on {at} before it was complete.")
        return first.format(at=at), self._left(), run

    def _left(self) -> str:
        if self.left is None:
            return _("Could not read the state, so the remaining resources are unknown.")
        if not self.left:
            return _("The state contains no resources.")
        if self.ended_well:
            # A successful destroy leaves nothing in the state.
            words = ngettext(
                "The state holds {n} resource: it was changed after the destroy.",
                "The state holds {n} resources: it was changed after the destroy.",
                self.left,
            )
            return words.format(n=self.left)
        words = ngettext(
            "The state still holds {n} resource.", "The state still holds {n} resources.", self.left
        )
        return words.format(n=self.left)


def end_of_stack(
    directory: Path, environ: Mapping[str, str], known: EndOfStack | None = None
) -> EndOfStack | None:
    """Return the destroy that was the last run to change ``directory``; None after an apply.

    Blocks: reads the runs, and after a destroy the state. For STATE_SECONDS, a remote state is
    taken from ``known``, if that is of the same destroy.
    """
    for run in runs_of(directory):
        if (begun := _applied_at(run)) is not None:
            break
    else:
        return None
    if run.operation is not Operation.DESTROY:
        return None
    who = f"{run.user}@{run.host}"
    if run.is_live:
        return EndOfStack(run.id, who, begun, under_way=True)
    at = run.ended_at or run.state_since
    same = known is not None and (known.run_id, known.at) == (run.id, at)
    if known is not None and same and not known.under_way and known.left is not None:
        is_fresh = monotonic() - known.read_at < STATE_SECONDS
        with contextlib.suppress(TerraformProblem):
            if is_fresh and local_state(directory, environ) is None:
                return known
    try:
        left = len(read_state(directory, environ).resources)
    except TerraformProblem:
        left = None
    ended_well = run.state is RunStatus.SUCCEEDED
    return EndOfStack(run.id, who, at, False, ended_well, left, monotonic())


def _applied_at(run: Run) -> datetime | None:
    """Return when Terraform began to apply a plan of ``run``; None if it did not."""
    if run.operation is Operation.PLAN:
        return None
    for step in run.read_history():
        if step.get("state") == RunStatus.APPLYING:
            return parse_time(str(step.get("at"))) or run.state_since
    return None
