"""The record that the runner process writes: the run's states, its Terraform, and its end."""

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
"""Seconds to keep trying to write the end of a run on a full disk."""


class Ended(Exception):
    """The run has reached a final state, which is already written."""


class RunRecord:
    """The record of one run, written by the one process that drives it."""

    def __init__(self, run: Run) -> None:
        self.files = run.files
        self.journal = JournalWriter(run.files)
        self.state = run.state
        """The last state that was written."""
        self.stopping = False
        """Terraform was interrupted."""
        self._applies = False
        """An apply was recorded: Terraform may have changed something."""
        self._me = identify()
        self._child: ProcessIdentity | None = None

    def enter(self, state: RunStatus, words: str, **values: Any) -> None:
        """Write that the run is in ``state``, before acting on it; ``words`` describe it.

        Raises Cancelled if it would continue although it was cancelled, OSError.
        """
        if self.stopping and state in (RunStatus.PLANNING, RunStatus.PLANNED):
            # Terraform succeeded before the interrupt reached it: the run still ends.
            raise Cancelled
        if words:
            # Before the state: a reader that sees the state then has the whole journal.
            self.journal.state(state, words)
        record(self.files, state, runner=self._me, child=self._child, **values)
        self.state = state
        self._applies = self._applies or state is RunStatus.APPLYING

    def end(
        self,
        state: RunStatus,
        message: str,
        *,
        changes: dict[str, int] | None = None,
        **ending: Any,
    ) -> None:
        """Write the final state and raise Ended.

        On a full disk, the end of an apply waits for free space. A plan, or an apply before its
        Terraform was started, ends without a record: nothing was changed.
        """
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
                if not self._applies:
                    break
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
            # It is already running and must be waited for, even if that can't be written.
            self.journal.note(str(error), "warn")

    def tell(self, **values: Any) -> None:
        """Write ``values`` without a change of the state. Raises nothing."""
        try:
            record(self.files, self.state, runner=self._me, child=self._child, **values)
        except OSError as error:
            self.journal.note(str(error), "warn")

    def forget_child(self) -> None:
        """Note that Terraform has ended; the next written state contains it."""
        self._child = None

    def tell_stopping(self) -> None:
        """Write that Terraform was interrupted and the run waits for it."""
        self.stopping = True
        if self.state in (RunStatus.STARTING, RunStatus.PLANNING, RunStatus.APPLYING):
            words = _("Stopping: Terraform finishes the operations in progress…")
            try:
                self.enter(RunStatus.STOPPING, words)
            except OSError as error:
                self.journal.note(str(error), "warn")
