"""The process of one run: ``python -m gpuecs_tui.terraform.runner.process FOLDER STAGE LOCK_FD``.

Stage ``plan`` initialises where needed and plans; stage ``apply`` applies the saved plan. It has a
session of its own, no terminal, and holds the directory's lock (an open file that its starter
took). It writes everything that it learns to the run's folder, whether a viewer is open or not.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.private_folder import PRIVATE_FILE
from gpuecs_tui.terraform.base.atomic_files import replace_json
from gpuecs_tui.terraform.base.disk_space import no_space
from gpuecs_tui.terraform.base.liveness import ProcessIdentity
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.engine.binary import Engine, find_engine
from gpuecs_tui.terraform.engine.diagnosis import OUTWEIGH_A_STOP, Diagnosis
from gpuecs_tui.terraform.engine.event_summary import (
    counts,
    failure,
    outputs,
    outputs_without_secrets,
)
from gpuecs_tui.terraform.engine.events import Decoder, Event, Version
from gpuecs_tui.terraform.engine.init_failure import disk_failure
from gpuecs_tui.terraform.engine.init_needed import needs_init
from gpuecs_tui.terraform.engine.provider_choice import needs_later
from gpuecs_tui.terraform.migration.moved_marker import moved_away
from gpuecs_tui.terraform.plan.mask import masked
from gpuecs_tui.terraform.plan.revisions import left_in_words, revisions_left
from gpuecs_tui.terraform.recovery import damaged_state
from gpuecs_tui.terraform.recovery.shared_runs import shelf_of
from gpuecs_tui.terraform.runner import plan_with_imports, unsaved_state
from gpuecs_tui.terraform.runner.beside import Beside
from gpuecs_tui.terraform.runner.disk_reserve import Reserve
from gpuecs_tui.terraform.runner.endings import Endings
from gpuecs_tui.terraform.runner.init_stage import initialise
from gpuecs_tui.terraform.runner.run_record import Ended, RunRecord
from gpuecs_tui.terraform.runner.supervise import Cancelled, Supervisor
from gpuecs_tui.terraform.runner.why_failed import why_failed, why_incomplete
from gpuecs_tui.terraform.runs.applied import edited_since_plan
from gpuecs_tui.terraform.runs.directory_lock import LOCK_NAME, DirectoryLock
from gpuecs_tui.terraform.runs.fingerprint import configuration_files, file_sha256, files_below
from gpuecs_tui.terraform.runs.interrupted_words import plan_remedy
from gpuecs_tui.terraform.runs.journal import read_recorded
from gpuecs_tui.terraform.runs.launch import holder_of_run
from gpuecs_tui.terraform.runs.run import HAS_CHANGES, NO_CHANGES, Run, load_run
from gpuecs_tui.terraform.runs.run_list import records_of, runs_of
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from gpuecs_tui.terraform.runs.stack_directory import identify_directory, mark
from gpuecs_tui.terraform.runs.unread_run import UnreadRun
from gpuecs_tui.terraform.state.environment import child_environment

_USAGE = 64
"""EX_USAGE of sysexits(3)."""
_SYNC_SECONDS = 1.0
"""Maximum time between two syncs of the journal: a power failure loses no more than that."""


class Runner:
    """Drives one stage of one run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.files = run.files
        self.record = RunRecord(run)
        self.journal = self.record.journal
        self.supervisor = Supervisor(run.files, self.record.tell_stopping)
        self.endings = Endings(run, self.record)
        self._reserve: Reserve | None = None
        self._errored_before: unsaved_state.Stamp = None
        self._synced_at = 0.0
        self._told_of_credentials = False
        ours = child_environment(os.environ, profile=run.profile)
        self.environment, self.notes = ours.variables, ours.notes
        self.beside = Beside(run, self.environment, self.journal.note)
        self._events: list[Event] = []

    def plan(self) -> None:
        """Initialise if needed and plan. The run is then planned or in a final state."""
        self.record.enter(RunStatus.STARTING, "")
        for note in self.notes:
            self.journal.note(note)
        damaged_state.refuse(self.run.directory, self.environment)
        # If the bucket does not exist, this message is shorter than Terraform's.
        moved = moved_away(self.run.directory, self.environment, strict=True)
        if moved is not None and self.run.operation is Operation.PLAN:
            # A plan of the old copy shows wrong changes, or none. The checks before an apply refuse
            # the apply, and the user may override them.
            raise TerraformProblem(moved.sentence, moved.remedy)
        if moved is not None:
            self.journal.note(f"{moved.sentence} {moved.remedy}", "warn")
        engine = find_engine(self.environment, self.run.directory)
        self._initialise(engine)
        before = configuration_files(self.run.directory)
        below = files_below(self.run.directory)
        self.record.enter(RunStatus.PLANNING, _("Planning…"), configuration=before, below=below)
        planner = plan_with_imports.Planner(
            plan=lambda options: self._plan(engine, options),
            events=lambda: self._events,
            show=lambda: self._shown(engine),
        )
        earlier = records_of(self.run.directory)
        for unread in (it for it in earlier if isinstance(it, UnreadRun)):
            if unread.is_dismissed and not unread.newer:
                continue
            self.journal.note(f"{unread.message} {unread.remedy}", "warn")
        shelf = shelf_of(self.run.directory, self.environment)
        code = plan_with_imports.plan(
            self.run, earlier, self.environment, self.journal, planner, shelf=shelf
        )
        # An interrupted plan may also exit with 2 before it has written the plan file.
        if code not in (NO_CHANGES, HAS_CHANGES) or (code and not self.files.plan.stat().st_size):
            self._fail(code)
        if self.journal.is_cut_off():
            # The counts, and the changes that the user approves, would be incomplete.
            cut_off = why_incomplete(self.run)
            raise TerraformProblem(cut_off.message, cut_off.remedy)
        changes = counts(self._events if code else ())
        if code == NO_CHANGES:
            if self.run.operation is not Operation.PLAN:
                self._store_current_outputs(engine)
            destroys = self.run.operation is Operation.DESTROY
            if not destroys:
                # The plan may contain no changes because it ignores the number of tasks.
                self._store_details(engine)
            words = (
                _("There is nothing to destroy.") if destroys else _("There is nothing to change.")
            )
            self.record.end(RunStatus.SUCCEEDED, words, changes=changes, returncode=0)
        if self.run.operation is Operation.PLAN:
            self._succeed_planned(engine, changes)
        sha256 = file_sha256(self.files.plan)
        words = _("The plan is ready and waiting for approval.")
        self.record.enter(RunStatus.PLANNED, words, changes=changes, plan_sha256=sha256)
        self._store_details(engine)

    def apply(self) -> None:
        """Apply exactly the saved plan."""
        recorded = read_recorded(self.files)
        values = recorded.values if recorded else {}
        engine = find_engine(self.environment, self.run.directory)
        if file_sha256(self.files.plan) != values.get("plan_sha256"):
            raise TerraformProblem(
                _("The saved plan file is not the plan that was shown."),
                plan_remedy(self.run.operation, self.run.directory),
            )
        edited = edited_since_plan(self.run) or ()
        if edited:
            words = _(
                "Changed after the plan was created: {files}. The apply uses the plan that you "
                "approved."
            )
            self.journal.note(words.format(files=", ".join(edited)), "warn")
        self._errored_before = unsaved_state.stamp(self.run.directory)
        self._reserve = Reserve(self.run.directory / LOCK_NAME.parent, self.files.folder)
        self.beside.share()
        destroys = self.run.operation is Operation.DESTROY
        words = _("Destroying by the saved plan…") if destroys else _("Applying the saved plan…")
        self.record.enter(RunStatus.APPLYING, words)
        if destroys:
            # Imported late, because a plan doesn't wait for these imports.
            from gpuecs_tui.terraform.runner.before_destroy import before_destroy

            before_destroy(self.run, self.journal, self.supervisor, self.endings, self.environment)
        arguments = ["apply", "-json", "-input=false", str(self.files.plan)]
        code = self._terraform(engine, arguments)
        self._reserve.release()
        self._store_outputs()
        if code != 0:
            self._fail(code)
        words = _("Destroyed.") if destroys else _("Applied.")
        if self.supervisor.is_cancelled():
            words = f"{words} {self.endings.too_late()}"
        directory, left = self.run.directory, ""
        if destroys:
            left = left_in_words(revisions_left(runs_of(directory)), directory)
        if edited and not destroys:
            left = _(
                "Changed after the plan was created, and not applied: {files}. Run a new plan."
            ).format(files=", ".join(edited))
        self.record.end(RunStatus.SUCCEEDED, words, remedy=left, returncode=0)

    def _initialise(self, engine: Engine, *, force: bool = False) -> None:
        directory = self.run.directory
        needed = force or needs_later(directory) or needs_init(directory, self.environment)
        if not needed:
            return
        code = initialise(
            directory,
            engine,
            self.environment,
            plugin_dir=self.run.plugin_dir,
            run=lambda arguments: self._terraform(engine, arguments),
            events=lambda: self._events,
            note=self.journal.note,
        )
        if code != 0:
            self._fail(code, disk_failure(self._events, directory))

    def _plan(self, engine: Engine, options: Sequence[str]) -> int:
        arguments = ["plan", "-json", "-input=false", "-detailed-exitcode", *options]
        arguments.append(f"-out={self.files.plan}")
        # Created before Terraform writes into it, so that other users can never read it.
        os.close(os.open(self.files.plan, os.O_CREAT | os.O_WRONLY, PRIVATE_FILE))
        code = self._terraform(engine, arguments)
        if code == 1 and failure(self._events, code).kind == "needs-init":
            # Terraform requires init although the cached files did not show it.
            self._initialise(engine, force=True)
            code = self._terraform(engine, arguments)
        return code

    def _succeed_planned(self, engine: Engine, changes: dict[str, int]) -> None:
        ending = {"message": _("Planned."), "returncode": HAS_CHANGES}
        self.record.enter(RunStatus.SUCCEEDED, _("Planned."), changes=changes, exit=ending)
        self._store_details(engine)
        self.files.plan.unlink(missing_ok=True)
        raise Ended

    def _terraform(self, engine: Engine, arguments: list[str]) -> int:
        begin = self.files.journal.stat().st_size

        def started(child: ProcessIdentity) -> None:
            self.record.tell_child(child)
            if arguments[0] in ("plan", "apply"):
                self.beside.terraform(child, arguments[0], begin)

        code = self.supervisor.run(
            [str(engine.path), *arguments],
            cwd=self.run.directory,
            environment=self.environment,
            output=self.journal.handle,
            started=started,
            looked=self._look,
        )
        self.journal.sync()
        self.record.forget_child()
        with self.files.journal.open("rb") as journal:
            journal.seek(begin)
            text = journal.read().decode("utf-8", "replace")
        decoder = Decoder()
        self._events = [decoder.decode(line) for line in text.splitlines()]
        if not decoder.understood:
            spoken = next((e.ui for e in self._events if isinstance(e, Version)), "?")
            raise TerraformProblem(
                _(
                    "{name} {version} uses version {ui} of its event format, which this version "
                    "of gpuecs-tui does not support."
                ).format(name=engine.name, version=engine.version, ui=spoken),
                _("Update gpuecs-tui, or use an earlier version of the engine."),
            )
        return code

    def _look(self) -> None:
        """Check the disk and the credentials while Terraform runs."""
        if self._reserve is not None and self._reserve.look():
            self.journal.note(_("The disk is full. The reserved space is now in use."), "warn")
        if time.monotonic() - self._synced_at >= _SYNC_SECONDS:
            self.journal.sync()
            self._synced_at = time.monotonic()
        if not self._told_of_credentials and self.run.outlives_credentials:
            self._told_of_credentials = True
            self.journal.note(
                _(
                    "The credentials have expired. Terraform may retry for ten minutes or "
                    "more. Cancel the run to end it sooner: completed changes are kept."
                ),
                "warn",
            )

    def _store_details(self, engine: Engine) -> None:
        """Store the plan in detail. If that fails, the plan itself remains valid."""
        try:
            self._show(engine)
        except Cancelled:
            return
        except OSError as error:
            self.journal.note(str(error), "warn")

    def _show(self, engine: Engine) -> None:
        shown = self._shown(engine)
        if shown is not None:
            replace_json(self.files.plan_details, masked(shown))

    def _shown(self, engine: Engine) -> dict[str, Any] | None:
        return self._answer(engine, "show", "-json", str(self.files.plan))

    def _answer(self, engine: Engine, *arguments: str) -> dict[str, Any] | None:
        """Return the JSON that a read-only command prints; None if the command fails.

        Raises OSError if the output is incomplete, as on a full disk.
        """
        with tempfile.TemporaryFile(dir=self.files.folder) as output:
            code = self.supervisor.run(
                [str(engine.path), *arguments],
                cwd=self.run.directory,
                environment=self.environment,
                output=output,
                errors=self.journal.handle,
            )
            output.seek(0)
            text = output.read()
        if code != 0:
            return None
        try:
            shown: dict[str, Any] = json.loads(text)
        except ValueError:
            words = _("The output of {command} is incomplete. Check free space and `ulimit -f`.")
            raise OSError(words.format(command=f"{engine.path.name} {arguments[0]}")) from None
        return shown

    def _store_outputs(self) -> None:
        if (told := outputs(self._events)) is not None:
            # Terraform has completed the apply even if the outputs can't be stored.
            with contextlib.suppress(OSError):
                replace_json(self.files.outputs, told)

    def _store_current_outputs(self, engine: Engine) -> None:
        if (told := self._answer(engine, "output", "-json")) is not None:
            replace_json(self.files.outputs, outputs_without_secrets(told))

    def _fail(self, code: int, known: Diagnosis | None = None) -> None:
        """End the run as failed or cancelled; ``known`` is the reason if it is known already."""
        if self.files.forced.exists():
            self.endings.end_forced(code)
        why = known or why_failed(
            self._events, code, self.run, before=self._errored_before, reserve=self._reserve
        )
        # These exit codes mean that Terraform was interrupted; 2 and the signals, before it handled
        # signals. After any other kill, Terraform may not have saved its changes: the run failed.
        interrupted = code in (1, 2, -signal.SIGINT, -signal.SIGTERM)
        if self.record.stopping and interrupted and why.kind not in OUTWEIGH_A_STOP:
            self.endings.end_stopped(code)
        words = self.endings.with_changed(why.message)
        self.record.end(RunStatus.FAILED, words, remedy=why.remedy, kind=why.kind, returncode=code)


def main(arguments: list[str]) -> int:
    """Run one stage; the exit code is 0 unless the arguments are wrong."""
    if len(arguments) != 3:
        print(
            "usage: gpuecs_tui.terraform.runner.process FOLDER plan|apply LOCK_FD", file=sys.stderr
        )
        return _USAGE
    folder, stage, lock = arguments
    # Terraform must not inherit the lock: it could hold the lock longer than this process.
    os.set_inheritable(int(lock), False)
    run = load_run(Path(folder))
    if run is None:
        print(f"{folder}: no run", file=sys.stderr)
        return _USAGE
    # Until now the label named the process that started this one.
    DirectoryLock(int(lock)).describe(holder_of_run(run, os.getpid()))
    runner = Runner(run)
    try:
        (runner.apply if stage == "apply" else runner.plan)()
    except Ended:
        pass
    except Cancelled:
        runner.endings.cancel()
    except TerraformProblem as problem:
        runner.endings.fail(problem.message, problem.remedy)
    except OSError as error:
        full = no_space(error, run.files.folder)
        remedy = full.remedy if full else _("Correct the error, then start the run again.")
        runner.endings.fail(full.message if full else str(error), remedy)
    if identify_directory(run.directory).inode == run.inode:
        # If the disk was full at the start, there may be room for the mark now.
        mark(run.directory, run.token)
    # Last, because the end of the run is already written and no viewer has to wait.
    runner.beside.close(done=runner.record.state is RunStatus.SUCCEEDED)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
