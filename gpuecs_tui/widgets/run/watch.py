"""The facts of a screen about the run that it displays; does not import Textual."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from gpuecs_tui.terraform.base.atomic_files import parse_time, read_json
from gpuecs_tui.terraform.engine.events import Event, Note
from gpuecs_tui.terraform.engine.progress import RunProgress
from gpuecs_tui.terraform.plan.details import PlanTree
from gpuecs_tui.terraform.plan.words import PlanWarning
from gpuecs_tui.terraform.runs.applied import is_of_present_files
from gpuecs_tui.terraform.runs.follower import Batch, Follower
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus


class RunWatch:
    """Follows one run from its beginning, even if another process started it."""

    def __init__(self, run: Run) -> None:
        self.run = run
        """The run at the last poll."""
        self.progress = RunProgress()
        self.tree: PlanTree | None = None
        """The details of the plan; set by the caller."""
        self.told: tuple[PlanWarning, ...] = ()
        """Where the plan ignores a value of the files; set by the caller together with the plan."""
        self.is_read = False
        """Whether ``tree`` and ``told`` were set; without details, ``tree`` stays None."""
        self.finished = False
        """Whether the run has ended and its whole journal was read."""
        self._follower = Follower(run)
        self._applying_since: datetime | None = None

    def poll(self) -> Batch:
        """Read new events; never waits."""
        batch = self._follower.poll()
        self.progress.feed(batch.events)
        self._note_times(batch.events)
        self.run, self.finished = batch.run, batch.finished
        return batch

    @property
    def since(self) -> datetime:
        """When the apply began or, before that, when the run entered its present state."""
        if self.run.state in (RunStatus.APPLYING, RunStatus.STOPPING) and self._applying_since:
            return self._applying_since
        return self.run.state_since

    @property
    def applied_in(self) -> float | None:
        """Seconds from the start of the apply to the end of the run; None without both."""
        if self._applying_since is None or self.run.ended_at is None:
            return None
        return max(0.0, (self.run.ended_at - self._applying_since).total_seconds())

    def outputs(self) -> Mapping[str, Any]:
        """Return the stack's outputs after the run, by name; empty if there are none."""
        return read_json(self.run.files.outputs) or {}

    def _note_times(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, Note) and event.state == RunStatus.APPLYING:
                self._applying_since = parse_time(event.at)


def still_holds(run: Run) -> bool:
    """Tell whether ``run`` is waiting for approval of a plan that was created from the present
    files."""
    if run.state is not RunStatus.PLANNED or run.operation is not Operation.APPLY:
        return False
    return is_of_present_files(run)
