"""What the process of a run writes of it: its states, its Terraform, how it ended."""

from __future__ import annotations

import time
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.liveness import ProcessIdentity, identify
from gpuecs_tui.terraform.runner.supervise import Cancelled
from gpuecs_tui.terraform.runs.journal import JournalWriter, record
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus

_FINAL_WRITE_PATIENCE = 600.0
"""Seconds to go on trying to write how a run ended, on a disk that is full."""


class Ended(Exception):
    """The run has reached a final state, which is written already."""


class RunRecord:
    """The record of one run, written by the one process that drives it."""

    def __init__(self, run: Run) -> None:
        self.files = run.files
        self.journal = JournalWriter(run.files)
        self.state = run.state
        """The last state that was written."""
        self.stopping = False
        """Terraform was interrupted."""
        self._me = identify()
        self._child: ProcessIdentity | None = None

    def enter(self, state: RunStatus, words: str, **values: Any) -> None:
        """Write that the run is in ``state``, before it is acted on; ``words`` tell it.

        Raises Cancelled where it would go on although its end was asked for, OSError.
        """
        if self.stopping and state in (RunStatus.PLANNING, RunStatus.PLANNED):
            # Terraform ended well before the interrupt reached it: the run ends all the same.
            raise Cancelled
        if words:
            # Before the state: a reader that sees the state has the whole journal then.
            self.journal.state(state, words)
        record(self.files, state, runner=self._me, child=self._child, **values)
        self.state = state

    def end(
        self,
        state: RunStatus,
        message: str,
        *,
        changes: dict[str, int] | None = None,
        **ending: Any,
    ) -> None:
        """Write the final state and raise Ended; on a full disk, once there is room."""
        values: dict[str, Any] = {"exit": {"message": message, **ending}}
        if changes is not None:
            values["changes"] = changes
        self.journal.state(state, message)
        deadline = time.monotonic() + _FINAL_WRITE_PATIENCE
        while True:
            try:
                # A plan that was applied, failed or stopped can't be applied any more.
                self.files.plan.unlink(missing_ok=True)
                self.enter(state, "", **values)
                break
            except OSError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(1)
        raise Ended

    def tell_child(self, child: ProcessIdentity) -> None:
        """Write which Terraform runs now."""
        self._child = child
        try:
            record(self.files, self.state, runner=self._me, child=child)
        except OSError as error:
            # It runs already and must be waited for, whether that can be written or not.
            self.journal.note(str(error), "warn")

    def forget_child(self) -> None:
        """Take in that Terraform has ended; the next state to be written says so."""
        self._child = None

    def tell_stopping(self) -> None:
        """Write that Terraform was interrupted and is waited for."""
        self.stopping = True
        if self.state in (RunStatus.STARTING, RunStatus.PLANNING, RunStatus.APPLYING):
            words = _("Stopping: Terraform finishes what is in flight…")
            try:
                self.enter(RunStatus.STOPPING, words)
            except OSError as error:
                self.journal.note(str(error), "warn")
