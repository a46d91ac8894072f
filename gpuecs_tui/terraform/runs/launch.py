"""A new run's folder, and the runner started for a stage of it."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from gpuecs_tui.call_options import with_call_variable
from gpuecs_tui.i18n import _
from gpuecs_tui.private_folder import make_private
from gpuecs_tui.terraform.base.atomic_files import now, replace_json, sync_folder
from gpuecs_tui.terraform.base.liveness import host_name
from gpuecs_tui.terraform.base.process import detach
from gpuecs_tui.terraform.runs.directory_lock import DirectoryLock, LockHolder
from gpuecs_tui.terraform.runs.journal import JournalWriter, RunFiles, record
from gpuecs_tui.terraform.runs.logout import logout_warning, scope_prefix
from gpuecs_tui.terraform.runs.run import Run, load_run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from gpuecs_tui.terraform.runs.stack_directory import identify_directory, mark
from gpuecs_tui.terraform.state.environment import child_environment, origin
from gpuecs_tui.user_folders import expand_home

RUNNER = "gpuecs_tui.terraform.runner.process"


def create_run(
    root: Path,
    directory: Path,
    operation: Operation,
    plugin_dir: Path | None,
    profile: str | None,
    environ: Mapping[str, str],
    *,
    only_bring_back: bool = False,
    token: str = "",
) -> Run:
    """Write the folder of a new run of ``directory`` under ``root`` and return the run.

    ``token`` is the mark in the records of earlier runs, for a directory without one. The caller
    holds the directory's lock. Raises OSError.
    """
    make_private(root)
    folder = root / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{os.urandom(3).hex()}"
    make_private(folder)
    sync_folder(root)
    files = RunFiles(folder)
    made = origin(child_environment(environ, profile=profile).variables)
    # Recorded even if it can't be written, so that all runs of the directory have the same mark.
    here = replace(identify_directory(directory), token=mark(directory, token)).as_json()
    replace_json(files.directory_record, here)
    replace_json(
        files.facts,
        {
            **here,
            "operation": operation,
            "only_bring_back": only_bring_back,
            "started_at": now(),
            "user": user_name(),
            "host": host_name(),
            "plugin_dir": str(expand_home(plugin_dir).absolute()) if plugin_dir else None,
            "profile": profile,
            "settings": dict(made.variables),
            "fingerprint": made.fingerprint,
        },
    )
    record(files, RunStatus.STARTING, runner=None)
    run = load_run(folder)
    assert run is not None, "a run that was just written can be read"
    return run


def launch(run: Run, stage: str, lock: DirectoryLock, environ: Mapping[str, str]) -> None:
    """Start the runner for a stage, ``plan`` or ``apply``, and hand it the lock.

    The caller releases its own copy of the lock afterwards. Raises ProcessProblem.
    """
    lock.describe(holder_of_run(run, os.getpid()))
    journal = JournalWriter(run.files)
    try:
        words = _("Starting…") if stage == "plan" else _("Approved. Starting the apply…")
        journal.state(RunStatus.STARTING if stage == "plan" else RunStatus.APPROVED, words)
        user = user_name()
        prefix = scope_prefix(user, environ)
        if leaving := logout_warning(user, prefix):
            journal.note(leaving, "warn")
        # -P: do not import a file of the current folder that has the name of a module.
        runner = (sys.executable, "-P", "-m", RUNNER)
        detach(
            [*prefix, *runner, str(run.files.folder), stage, str(lock.handle)],
            cwd=run.files.folder,
            environment=with_call_variable(environ),
            output=journal.handle,
            keep=[lock.handle],
        )
    finally:
        journal.close()


def holder_of_run(run: Run, pid: int) -> LockHolder:
    """Return what the lock's label says while process ``pid`` holds it for ``run``."""
    return LockHolder(
        run=run.id,
        operation=run.operation,
        user=run.user,
        host=run.host,
        pid=pid,
        since=run.started_at.isoformat(timespec="seconds"),
    )


def who() -> str:
    """Return ``user@host`` of this process."""
    return f"{user_name()}@{host_name()}"


def user_name() -> str:
    """Return the user's name, or the user's number if there is no name (as in containers)."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
