"""The ends of a run that the runner process writes, with their words."""

from __future__ import annotations

from contextlib import suppress

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.atomic_files import read_json
from gpuecs_tui.terraform.runner.run_record import Ended, RunRecord
from gpuecs_tui.terraform.runs.interrupted_words import continue_remedy, destroy_again
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus


class Endings:
    """Ends one run. Every ``end_…`` method raises Ended, as ``RunRecord.end`` does."""

    def __init__(self, run: Run, record: RunRecord) -> None:
        self._run, self._record, self._files = run, record, run.files
        self.changed = ""
        """Sentences about what the steps before a destroy have changed; empty for nothing."""

    def record_changed(self, changed: str) -> None:
        """Write what the steps before a destroy have changed, or may have changed, in sentences.

        They are part of the run's message if the runner is killed.
        """
        self._record.tell(changed=changed)

    def fail(self, message: str, remedy: str) -> None:
        """Write that the run failed for a reason outside Terraform. Raises nothing."""
        with suppress(Ended):
            words = self.with_changed(message)
            self._record.end(RunStatus.FAILED, words, remedy=remedy, kind="other")

    def cancel(self) -> None:
        """Write that the run was cancelled while no Terraform was running. Raises nothing."""
        with suppress(Ended):
            self.end_before_destroy(self.changed)

    def with_changed(self, message: str) -> str:
        """Return ``message``, and after it what the steps before a destroy have changed."""
        return f"{message} {self.changed}".rstrip()

    def end_forced(self, code: int) -> None:
        """End the run whose Terraform was force-stopped and exited with ``code``."""
        if self._run.state is not RunStatus.APPROVED:
            self.end_stopped(code)
        forced = read_json(self._files.forced) or {}
        words = _(
            "Force-stopped by {who}: Terraform has not saved the changes that it made since "
            "its last save."
        )
        self._record.end(
            RunStatus.FAILED,
            self.with_changed(words.format(who=forced.get("by", "?"))),
            remedy=continue_remedy(self._run.operation, self._run.directory),
            kind="forced",
            returncode=code,
        )

    def end_stopped(self, code: int) -> None:
        """End the run whose Terraform was interrupted and exited with ``code``."""
        words, remedy = _("Stopped before anything was changed."), ""
        if self._run.state is RunStatus.APPROVED:
            words = _(
                "Stopped: completed changes are in the state, the remaining changes were not made."
            )
            if self._run.operation is Operation.DESTROY:
                remedy = continue_remedy(self._run.operation, self._run.directory)
        words = self.with_changed(words)
        self._record.end(RunStatus.CANCELLED, words, remedy=remedy, returncode=code)

    def end_before_destroy(self, changed: str) -> None:
        """End a destroy that was cancelled before Terraform was started.

        ``changed``: sentences about what was already changed; empty for nothing.
        """
        if not changed:
            self._record.end(RunStatus.CANCELLED, _("Stopped before anything was changed."))
        words = _("Stopped before Terraform destroyed anything. {changed}")
        self._record.end(
            RunStatus.CANCELLED,
            words.format(changed=changed),
            remedy=destroy_again(
                self._run.directory, _("To run tasks again instead, set the desired count.")
            ),
        )

    def end_locked(self, sentence: str, remedy: str) -> None:
        """End a destroy before its first step: ``sentence`` says who holds the lock on the
        state."""
        self._record.end(
            RunStatus.FAILED,
            _("{sentence} Nothing was changed.").format(sentence=sentence),
            remedy=remedy,
            kind="state-locked",
        )

    def too_late(self) -> str:
        """Return the sentence about a cancel request that came after the last change."""
        asked = read_json(self._files.cancel) or {}
        if not asked.get("by"):
            return _("The cancel request came too late: the whole plan was carried out.")
        words = _("The cancel request of {who} came too late: the whole plan was carried out.")
        return words.format(who=asked["by"])
