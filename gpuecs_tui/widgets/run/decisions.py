"""Carry out decisions about a run: find it, start one, write a decision for the runner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from textual import work
from textual.message import Message

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.problems import RunProblem, TerraformProblem
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.directory_lock import DirectoryBusy
from gpuecs_tui.terraform.runs.run import Run, load_run
from gpuecs_tui.terraform.runs.run_status import Operation
from gpuecs_tui.terraform.write.value_change import (
    interrupted_change,
    interrupted_words,
    refuse_another,
)
from gpuecs_tui.widgets.run.advice import BRING_BACK
from gpuecs_tui.widgets.run.watch import still_holds
from gpuecs_tui.widgets.step.part import Part
from gpuecs_tui.wizard.run_environment import environment_for


class RunDecisions(Part):
    """Writes every decision to the files of the run; the result is posted as a message."""

    @dataclass
    class Found(Message):
        """The runs of the directory were read."""

        run: Run | None

    @dataclass
    class Decided(Message):
        """A run was started or decided on."""

        run: Run

    @dataclass
    class Refused(Message):
        """The decision was refused."""

        problem: TerraformProblem
        other: Run | None = None
        """The run that uses the directory; None if there is none or it can't be read."""

    @work(thread=True, group="run", exit_on_error=False)
    def look(self, wanted: str) -> None:
        """Find the run of the directory, or start the ``wanted`` operation; empty: only find."""
        directory = self._wizard.options.directory
        found = run_list.unfinished_run(directory)
        waits = found is not None and wanted == Operation.APPLY and still_holds(found)
        if wanted and (found is None or not (found.is_live or waits)):
            if wanted == BRING_BACK:
                self._begin(Operation.APPLY, only_bring_back=True)
            else:
                self._begin(Operation(wanted))
            return
        self.post_message(self.Found(found or next(iter(run_list.runs_of(directory)), None)))

    @work(thread=True, group="run", exit_on_error=False)
    def start(self, operation: Operation, instead_of: Run | None) -> None:
        """Start a run; the plan of ``instead_of`` is discarded first."""
        if instead_of is not None:
            try:
                runs.discard(instead_of)
            except TerraformProblem as problem:
                self._refuse(problem)
                return
        self._begin(operation)

    @work(thread=True, group="run", exit_on_error=False)
    def decide(self, decide: Callable[[Run], Run], run: Run) -> None:
        """Write a decision for the runner of ``run``."""
        try:
            self.post_message(self.Decided(decide(run)))
        except TerraformProblem as problem:
            self._refuse(problem)
        except OSError as error:
            words = _(
                "Could not save the decision: {reason}. Check free space and permissions."
            ).format(reason=error)
            self._refuse(RunProblem(words))

    def approve(self, run: Run, credentials_end: datetime | None) -> None:
        """Approve the plan of ``run``, with the credentials it was created with."""
        reader = self.app.feed.reader

        def approved(run: Run) -> Run:
            environ, _profile = environment_for(self._wizard.profile, reader)
            return runs.approve(run, environ=environ, credentials_end=credentials_end)

        self.decide(approved, run)

    def _refuse(self, problem: TerraformProblem) -> None:
        other = None
        if isinstance(problem, DirectoryBusy) and problem.holder is not None:
            # None for a run of another user: its folder is not readable.
            other = load_run(run_list.runs_root() / problem.holder.run)
        self.post_message(self.Refused(problem, other))

    def _tell_interrupted(self, directory: Path, environ: Mapping[str, str]) -> None:
        """Name the values that a killed command wrote and that were not applied."""
        # The plan reports a file that can't be read.
        with suppress(TerraformProblem):
            change = interrupted_change(directory, environ)
            if change is not None:
                self.app.notify(interrupted_words(change), severity="warning", markup=False)

    def _begin(self, operation: Operation, *, only_bring_back: bool = False) -> None:
        """Start a run; runs in a thread."""
        options, reader = self._wizard.options, self.app.feed.reader
        try:
            environ, profile = environment_for(self._wizard.profile, reader)
            if operation is not Operation.DESTROY and not only_bring_back:
                refuse_another(options.directory)
                self._tell_interrupted(options.directory, environ)
            run = runs.start(
                options.directory,
                operation,
                plugin_dir=options.plugin_dir,
                profile=profile,
                environ=environ,
                only_bring_back=only_bring_back,
            )
        except TerraformProblem as problem:
            self._refuse(problem)
        except OSError as error:
            words = _("Could not start the run: {reason}.").format(reason=error)
            self._refuse(RunProblem(words))
        else:
            self.post_message(self.Decided(run))
