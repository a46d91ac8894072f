"""Start, approve, discard and cancel runs, from any process of the same user.

A run plans first. ``start`` returns at once; a runner in its own session does the rest, independent
of the caller. A plan with changes waits in state ``planned`` without any process until a user
decides: ``approve`` (a new runner applies exactly the saved plan) or ``discard``. If several
processes decide at once, exactly one decision counts. A run with operation ``plan`` ends
``succeeded`` with its plan's changes; so does an apply that finds nothing to change.

Viewers read with ``Follower`` (follower.py) the journal, with ``Run.refresh`` the state, with
``plan.load_plan(run)`` the plan in detail, and with ``journal.RunFiles.outputs`` the outputs.

A stack's directory is recognised by its path with links resolved. After a move, or on another
mount, it is recognised by its inode and a mark in its .terraform folder (stack_directory.py).
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.atomic_files import create_json, now, read_json
from gpuecs_tui.terraform.base.liveness import host_name, is_alive
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.control.protection import refuse_plan, refuse_protected
from gpuecs_tui.terraform.control.provider import refuse_missing_provider
from gpuecs_tui.terraform.control.rotation import rotate
from gpuecs_tui.terraform.control.unchangeable import refuse_unchangeable
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.plan.details import load_plan
from gpuecs_tui.terraform.read.files import refuse_irregular
from gpuecs_tui.terraform.runs.directory_lock import DirectoryBusy, DirectoryLock, acquire
from gpuecs_tui.terraform.runs.fingerprint import module_files
from gpuecs_tui.terraform.runs.interrupted_words import plan_remedy
from gpuecs_tui.terraform.runs.journal import JournalWriter, read_recorded, record
from gpuecs_tui.terraform.runs.launch import create_run, launch, who
from gpuecs_tui.terraform.runs.run import APPROVE, DISCARD, Run
from gpuecs_tui.terraform.runs.run_list import (
    PATIENCE,
    ask_idle_runner_to_exit,
    lock_directory,
    recorded_mark,
    records,
    runs_of,
    runs_root,
    send_signal,
)
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus, status_title
from gpuecs_tui.terraform.state.backend import local_state, refuse_damaged_record, workspace
from gpuecs_tui.terraform.state.environment import return_to
from gpuecs_tui.terraform.state.other_state import refuse_other_state
from gpuecs_tui.terraform.write.unfinished_write import find_unfinished, unfinished_remedy
from gpuecs_tui.user_folders import NoHome


class AlreadyDecided(RunProblem):
    """Another user or process approved or discarded the plan; ``run`` is the run as it is now."""

    def __init__(self, run: Run) -> None:
        super().__init__(
            _("This plan is no longer waiting for approval: it is {state} (by {who}).").format(
                state=status_title(run.state), who=run.decided_by or "?"
            )
        )
        self.run = run


def start(
    directory: Path,
    operation: Operation | str,
    *,
    plugin_dir: Path | None = None,
    profile: str | None = None,
    environ: Mapping[str, str] | None = None,
    only_bring_back: bool = False,
) -> Run:
    """Start a run on a stack's directory and return it in state ``starting``.

    ``only_bring_back``: an apply that only imports what is missing from the state. ``environ`` is
    the environment with the credentials (default: that of this process); no secret of it is stored.
    An apply or destroy discards a plan that still waits for a decision here. Raises DirectoryBusy
    while another run works there, RunProblem when files can't be written.
    """
    environment = dict(os.environ if environ is None else environ)
    operation = Operation(operation)
    real = directory.resolve()
    if not real.is_dir():
        words = _("{path} is not a directory.") if real.exists() else _("{path} does not exist.")
        raise RunProblem(words.format(path=directory))
    if unfinished := find_unfinished(real):
        # Terraform would read a mix of old and new files.
        raise RunProblem(unfinished.words, unfinished_remedy(unfinished))
    try:
        runs_root()
    except NoHome as error:
        raise RunProblem(
            _("Could not record the run: {reason}.").format(reason=error.strerror)
        ) from None
    refuse_damaged_record(real, environment)
    # Without the workspace it is unknown which state the run would change.
    workspace(real, environment)
    state = local_state(real, environment)
    try:
        refuse_irregular(real, *([state] if state is not None else []), *module_files(real))
    except ReadProblem as problem:
        raise RunProblem(problem.message, problem.remedy) from None
    refuse_missing_provider(real, environment, plugin_dir)
    refuse_unchangeable(real, environment, operation)
    refuse_other_state(real, environment)
    if operation is Operation.DESTROY:
        refuse_protected(real)
    lock = lock_directory(real)
    try:
        earlier = runs_of(real)
        for waiting in earlier:
            _clear_stale_plan(waiting)
            # A plan-only run does not invalidate a plan that is waiting for approval.
            if operation is not Operation.PLAN and waiting.state is RunStatus.PLANNED:
                _decide(waiting, DISCARD, _("Plan discarded: a new run of this stack replaced it."))
        try:
            rotate(records())
            run = create_run(
                runs_root(),
                real,
                operation,
                plugin_dir,
                profile,
                environment,
                only_bring_back=only_bring_back,
                token=recorded_mark(real, earlier),
            )
        except OSError as error:
            raise RunProblem(
                _("Could not write the run to {folder}: {reason}.").format(
                    folder=runs_root(), reason=error.strerror or error
                ),
                _(
                    "Check free space and permissions, or set XDG_STATE_HOME to a writable "
                    "directory."
                ),
            ) from error
        launch(run, "plan", lock, environment)
    finally:
        lock.release()
    return run


def approve(
    run: Run,
    *,
    environ: Mapping[str, str] | None = None,
    credentials_end: datetime | None = None,
) -> Run:
    """Approve the plan of ``run`` and apply exactly that plan.

    ``credentials_end``: when the credentials expire; the run reports it once that time has passed.

    Raises AlreadyDecided if the plan is already decided, RunProblem if there is nothing to approve
    or ``environ`` (default: that of this process) has other credentials than the plan was created
    with. May block for ``PATIENCE`` seconds while the details of the plan are being read: call it
    from a worker.
    """
    present = run.refresh()
    if present.operation is Operation.PLAN:
        raise RunProblem(_("This run is plan-only. Start an apply instead."))
    if present.state not in (RunStatus.PLANNED, RunStatus.LOST, RunStatus.APPROVED):
        raise AlreadyDecided(present)
    if present.plan_path is None:
        remedy = plan_remedy(present.operation, present.directory)
        raise RunProblem(_("The saved plan file is missing."), remedy)
    refuse_plan(load_plan(present))
    source = dict(os.environ if environ is None else environ)
    environment = return_to(source, present.origin)
    lock = _lock_for_decision(present)
    try:
        recorded = read_recorded(present.files)
        if recorded is None or recorded.state not in (RunStatus.PLANNED, RunStatus.APPROVED):
            raise AlreadyDecided(present.refresh())
        ends = credentials_end.isoformat() if credentials_end else ""
        _decide(present, APPROVE, "", credentials_end=ends)
        # This process holds the lock, so no runner lives: if the process of an earlier approval
        # died, this approval continues it.
        if (read_json(present.files.decision) or {}).get("decision") != APPROVE:
            raise AlreadyDecided(present.refresh())
        record(present.files, RunStatus.APPROVED, runner=None)
        launch(present, "apply", lock, environment)
    finally:
        lock.release()
    return present.refresh()


def discard(run: Run) -> Run:
    """Decline the plan of ``run`` and delete it. Raises AlreadyDecided when it isn't waiting."""
    present = run.refresh()
    waits = present.state is RunStatus.PLANNED
    if not (waits and _decide(present, DISCARD, _("Plan discarded."))):
        raise AlreadyDecided(present.refresh())
    ask_idle_runner_to_exit(present)
    return present.refresh()


def cancel(run: Run) -> Run:
    """Cancel ``run``: Terraform gets exactly one SIGINT and finishes the operations in progress.

    A second call changes nothing. A waiting plan is discarded; an ended run does not change. Raises
    RunProblem if the run is on another host.
    """
    present = run.refresh()
    if present.state is RunStatus.PLANNED:
        return discard(present)
    if not present.is_live:
        return present
    if present.host != host_name():
        raise RunProblem(
            _("This run is in progress on {host}.").format(host=present.host), _("Cancel it there.")
        )
    # On a full disk the request can't be written; the signal still requests the cancel.
    with contextlib.suppress(OSError):
        create_json(present.files.cancel, {"by": who(), "at": now()})
    recorded = read_recorded(present.files)
    if recorded is None:
        return present
    if recorded.runner is not None and is_alive(recorded.runner):
        send_signal(signal.SIGTERM, recorded.runner.pid)
    elif (
        recorded.child is not None
        and is_alive(recorded.child)
        and create_json(present.files.interrupted, {"by": who(), "at": now()})
    ):
        # The runner is dead and its Terraform is still running: this process sends the one signal.
        send_signal(signal.SIGINT, recorded.child.pid)
    return present.refresh()


def _lock_for_decision(run: Run) -> DirectoryLock:
    deadline = time.monotonic() + PATIENCE
    while True:
        ask_idle_runner_to_exit(run)
        try:
            return acquire(run.directory)
        except DirectoryBusy:
            present = run.refresh()
            if present.state is not RunStatus.PLANNED:
                raise AlreadyDecided(present) from None
            if time.monotonic() >= deadline:
                raise


def _decide(run: Run, decision: str, reason: str, **more: str) -> bool:
    told = {"decision": decision, "by": who(), "at": now(), "reason": reason, **more}
    ours = create_json(run.files.decision, told)
    if ours and decision == DISCARD:
        run.files.plan.unlink(missing_ok=True)
        journal = JournalWriter(run.files)
        journal.state(RunStatus.DISCARDED, reason)
        journal.close()
    return ours


def _clear_stale_plan(run: Run) -> None:
    """Delete the saved plan, which holds secrets, of a run that can't be applied any more."""
    recorded = read_recorded(run.files)
    # A lost run that has applied nothing can be approved again.
    waits = recorded is not None and recorded.state in (RunStatus.PLANNED, RunStatus.APPROVED)
    if run.is_final and not (run.state is RunStatus.LOST and waits):
        run.files.plan.unlink(missing_ok=True)
