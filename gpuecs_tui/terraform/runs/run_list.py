"""The runs of this user, listed from their folders, and the lock of a stack's directory."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.liveness import host_name, is_alive
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.runs.directory_lock import (
    DirectoryBusy,
    DirectoryLock,
    LockHolder,
    acquire,
    read_holder,
)
from gpuecs_tui.terraform.runs.journal import RunFiles, read_recorded
from gpuecs_tui.terraform.runs.launch import holder_of_run
from gpuecs_tui.terraform.runs.lock_record import recorded_locks
from gpuecs_tui.terraform.runs.run import Run, load_any, load_run
from gpuecs_tui.terraform.runs.run_status import WORKING, RunStatus
from gpuecs_tui.terraform.runs.stack_directory import DirectoryIdentity, identify_directory
from gpuecs_tui.terraform.runs.unread_run import UnreadRun
from gpuecs_tui.user_folders import NoHome, state_folder

PATIENCE = 60.0
"""Seconds to wait for a runner that was asked to exit while it adds details to its plan."""

HIDDEN = "."
"""First character of the name of a run's folder while the folder is deleted."""


def runs_root() -> Path:
    """Return the folder of all runs under the user's state folder. Raises NoHome, an OSError."""
    return state_folder() / "runs"


def all_runs() -> list[Run]:
    """Return all runs of this user that can be read, newest first."""
    return [run for run in records() if isinstance(run, Run)]


def runs_of(directory: Path) -> list[Run]:
    """Return the runs of a stack's directory that can be read, newest first."""
    return [run for run in records_of(directory) if isinstance(run, Run)]


def records_of(directory: Path) -> list[Run | UnreadRun]:
    """Return the runs of a stack's directory, readable or not, newest first."""
    return records(identify_directory(directory))


def recorded_mark(directory: Path, runs: Sequence[Run]) -> str:
    """Return the mark of ``directory`` in ``runs``, its runs; empty if no run recorded it there."""
    here = identify_directory(directory)
    of_it = (it for it in runs if (it.directory, it.inode) == (here.path, here.inode))
    return next((it.token for it in of_it if it.token), "")


def unassigned() -> list[UnreadRun]:
    """Return the runs whose record is too damaged to name their stack."""
    return [it for it in records() if isinstance(it, UnreadRun) and it.directory is None]


def unreadable_home() -> RunProblem | None:
    """Return why the folder of all runs can't be read; None if it can, or does not exist yet."""
    try:
        root = runs_root()
    except NoHome as error:
        return RunProblem(_("Could not read the runs: {reason}.").format(reason=error.strerror))
    try:
        with os.scandir(root):
            return None
    except FileNotFoundError:
        return None
    except OSError as error:
        return RunProblem(
            _("Could not read {folder}: {reason}.").format(
                folder=root, reason=error.strerror or error
            ),
            _("Check the owner and permissions of the directory, or set XDG_STATE_HOME."),
        )


def records(of: DirectoryIdentity | None = None) -> list[Run | UnreadRun]:
    """Return the runs of this user, or of one directory, readable or not, newest first."""
    return [run for folder in _folders() if (run := load_any(folder, of)) is not None]


def _folders() -> list[Path]:
    """Return the folders of this user's runs, newest first; none if they could not be read.

    The hidden folders are left out: these are being deleted.
    """
    try:
        found = [it for it in runs_root().iterdir() if not it.name.startswith(HIDDEN)]
    except OSError:
        return []
    return sorted(found, reverse=True)


def run_with_lock(lock_id: str) -> Run | None:
    """Return this user's run, of any directory, that has recorded the id of a lock, or None.

    Several directories may use the same state. Terraform's lock ids are random (UUIDs), so at most
    one run has recorded an id.
    """
    if not lock_id:
        return None
    found = (it for it in _folders() if lock_id in recorded_locks(RunFiles(it)))
    return next((run for folder in found if (run := load_run(folder)) is not None), None)


def live_run(directory: Path) -> Run | None:
    """Return the run that is in progress in a directory, or None."""
    return next((run for run in runs_of(directory) if run.is_live), None)


def lock_directory(directory: Path) -> DirectoryLock:
    """Take the lock of a stack's directory without a run in progress; blocks for a moment.

    Waits for two kinds of holders: a runner that only adds details to its plan, which is asked to
    exit, and a runner whose run has ended. Raises DirectoryBusy during a run there, RunProblem if
    the lock can't be created.
    """
    real = directory.resolve()
    deadline = time.monotonic() + PATIENCE
    while True:
        found = runs_of(real)
        for run in found:
            if run.is_live:
                raise DirectoryBusy(real, busy_with(run))
        # This is read before the attempt: a runner that exits after the attempt leaves the lock
        # free, so another attempt must follow.
        leaving = [run for run in found if ask_idle_runner_to_exit(run)]
        try:
            return acquire(real)
        except DirectoryBusy:
            if not leaving or time.monotonic() >= deadline:
                raise


def busy_with(run: Run) -> LockHolder:
    """Return the holder of a directory's lock during ``run``, a live run of the directory."""
    # Between two stages the record has no process id; the holder of the lock has labelled the lock.
    return (None if run.pid else read_holder(run.directory)) or holder_of_run(run, run.pid)


def unfinished_run(directory: Path) -> Run | None:
    """Return the run to show when a directory is opened: live, or waiting for a decision."""
    return next((run for run in runs_of(directory) if not run.is_final), None)


def ask_idle_runner_to_exit(run: Run) -> bool:
    """Ask a runner that only adds details to its plan to exit. False: no such runner is alive."""
    recorded = read_recorded(run.files)
    if (
        recorded is None
        or recorded.state in WORKING
        or recorded.state is RunStatus.APPROVED
        or recorded.runner is None
        or recorded.runner.host != host_name()
        or not is_alive(recorded.runner)
    ):
        return False
    send_signal(signal.SIGTERM, recorded.runner.pid)
    return True


def send_signal(number: signal.Signals, pid: int) -> None:
    """Send a signal to a process that may already have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
