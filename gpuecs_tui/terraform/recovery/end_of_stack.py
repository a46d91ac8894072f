"""Whether the last run that changed a stack was a destroy, and what remains."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.terraform.base.atomic_files import parse_time
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from gpuecs_tui.terraform.state.stored_state import StoredState

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


def end_of_stack(runs: Iterable[Run], state: StoredState | None) -> EndOfStack | None:
    """Return the destroy that was the last of ``runs`` to change a directory; None after an apply.

    ``runs`` are those of the directory, newest first; ``state`` is None if it could not be read.
    """
    for run in runs:
        if (begun := applied_at(run)) is not None:
            break
    else:
        return None
    if run.operation is not Operation.DESTROY:
        return None
    who = f"{run.user}@{run.host}"
    if run.is_live:
        return EndOfStack(run.id, who, begun, under_way=True)
    at = run.ended_at or run.state_since
    left = len(state.resources) if state is not None else None
    ended_well = run.state is RunStatus.SUCCEEDED
    return EndOfStack(run.id, who, at, False, ended_well, left)


def applied_at(run: Run) -> datetime | None:
    """Return when Terraform began to apply a plan of ``run``; None if it did not."""
    if run.operation is Operation.PLAN:
        return None
    for step in run.read_history():
        if step.get("state") == RunStatus.APPLYING:
            return parse_time(str(step.get("at"))) or run.state_since
    return None
