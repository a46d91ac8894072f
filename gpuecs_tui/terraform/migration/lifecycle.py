"""Move a stack's state to the location in its Terraform, from any process.

A move is a separate process (process.py) that holds the directory's lock: no run can start, and the
move survives the process that started it. Its folder next to the runs' folders first receives a
copy of the state. If a move was interrupted, the next one continues it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gpuecs_tui.call_options import with_call_variable
from gpuecs_tui.i18n import _
from gpuecs_tui.private_folder import PRIVATE_FILE, make_private
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.base.atomic_files import now, replace_json
from gpuecs_tui.terraform.base.liveness import host_name
from gpuecs_tui.terraform.base.process import detach
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.migration.record import (
    LOG,
    RECORD,
    Migration,
    Phase,
    load_migration,
    migrations_of,
    migrations_root,
    rotate_migrations,
    since_the_last_done,
)
from gpuecs_tui.terraform.migration.refusals import MigrationProblem, not_understood
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.directory_lock import DirectoryLock, LockHolder
from gpuecs_tui.terraform.runs.launch import user_name
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.terraform.state.backend import DEFAULT, LOCAL, refuse_damaged_record, workspace
from gpuecs_tui.terraform.state.content import workspaces_at
from gpuecs_tui.terraform.state.environment import child_environment
from gpuecs_tui.terraform.state.location import (
    StateLocation,
    backend_change,
    configured_backend,
    pending_change,
)
from gpuecs_tui.terraform.state.other_state import refuse_other_state
from gpuecs_tui.user_folders import expand_home

MIGRATION_PROCESS = "gpuecs_tui.terraform.migration.process"
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Due:
    """A move that should be started or continued."""

    source: str
    target: str
    moves: bool
    """False: the state stays, and only changed settings of its backend must be recorded."""
    interrupted: Migration | None
    """An earlier move that was interrupted."""
    workspaces: tuple[str, ...] = ()
    """Workspaces with a local state, which are all moved; empty if only Terraform knows them."""

    @property
    def sentence(self) -> str:
        """Return what must be moved and why."""
        if self.moves and {*self.workspaces} - {DEFAULT}:
            return _("{first} This moves the states of all workspaces: {names}.").format(
                first=self._first, names=", ".join(self.workspaces)
            )
        return self._first

    @property
    def _first(self) -> str:
        if self.interrupted is not None:
            words = _(
                "The move of the state from {source} to {target} was interrupted. Continue it."
            )
        elif self.moves:
            words = _(
                "The configuration keeps its state in {target}, but the state is in "
                "{source}. Move the state before you run a plan."
            )
        else:
            words = _(
                "The settings of the backend {target} have changed. Terraform must record them "
                "before a run."
            )
        return words.format(source=self.source, target=self.target)


def due(directory: Path, environ: Mapping[str, str] | None = None) -> Due | None:
    """Return the move that the state of ``directory`` needs, or None.

    Reads files only. None while a move is in progress. Raises TerraformProblem for a local
    state, a selected workspace or a record of the backend that can't be read.
    """
    environment = dict(os.environ if environ is None else environ)
    real = directory.resolve()
    # The workspace determines what is moved, and what Terraform selects afterwards.
    workspace(real, environment)
    refuse_damaged_record(real, environment)
    earlier = since_the_last_done(real)
    if any(move.is_live for move in earlier):
        return None
    cut_off = next((move for move in earlier if move.was_cut_off), None)
    change = pending_change(real, environment)
    if change is not None:
        source = change.source
        held = workspaces_at(source) if source.type == LOCAL else ()
        return Due(str(source), str(change.target), change.moves, cut_off, held)
    if cut_off is not None and str(_configured(real, environment)) == cut_off.target:
        # Only the check whether everything arrived remains.
        return Due(cut_off.source, cut_off.target, True, cut_off)
    return None


def foreign_change(directory: Path, environ: Mapping[str, str]) -> MigrationProblem | None:
    """Return the refusal of a backend change that gpuecs-tui can't carry out, or None."""
    change = backend_change(directory.resolve(), environ)
    if change is None or change.is_understood:
        return None
    return not_understood(directory, change)


def refuse_unmoved(directory: Path, environ: Mapping[str, str]) -> None:
    """Raise MigrationProblem if ``init`` would ask whether to move the state."""
    if (foreign := foreign_change(directory, environ)) is not None:
        raise foreign
    if (wanted := due(directory, environ)) is not None:
        raise MigrationProblem(
            wanted.sentence,
            _("Run `gpuecs-tui migrate {directory}`, or undo the backend change.").format(
                directory=shell_word(directory)
            ),
        )


def start(
    directory: Path,
    *,
    plugin_dir: Path | None = None,
    profile: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Migration:
    """Start or continue to move the state of ``directory``; return at once.

    Plans that wait for approval there are discarded: they were created for the old location. Raises
    DirectoryBusy during a run there, TerraformProblem if there is nothing to move.
    """
    variables = child_environment(
        dict(os.environ if environ is None else environ), profile=profile
    ).variables
    real = directory.resolve()
    refuse_other_state(real, os.environ if environ is None else environ)
    lock = run_list.lock_directory(real)
    try:
        wanted = due(real, variables)
        if wanted is None:
            foreign = foreign_change(directory, variables)
            raise foreign or MigrationProblem(_nothing_due(real, variables))
        for run in run_list.runs_of(real):
            if run.state is RunStatus.PLANNED:
                runs.discard(run)
        rotate_migrations(list(migrations_of(real)))
        folder = migrations_root() / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{os.urandom(3).hex()}"
        facts = {
            "directory": str(real),
            "source": wanted.source,
            "target": wanted.target,
            "phase": Phase.BEGUN,
            "begun_at": now(),
            "user": user_name(),
            "host": host_name(),
            "plugin_dir": str(expand_home(plugin_dir).absolute()) if plugin_dir else None,
            "continues": str(wanted.interrupted.folder) if wanted.interrupted else None,
        }
        return _launch(folder, facts, lock, variables)
    finally:
        lock.release()


def holder_of_migration(move: Migration, pid: int) -> LockHolder:
    """Return what the directory lock's label says while process ``pid`` holds it for ``move``."""
    return LockHolder(
        run=move.folder.name,
        operation=_("state move"),
        user=move.user,
        host=move.host,
        pid=pid,
        since=move.begun_at.isoformat(timespec="seconds"),
    )


def wait(move: Migration) -> Migration:
    """Block until ``move`` has ended, or its process has, and return it as it is then."""
    while (present := move.refresh()).is_live:
        time.sleep(_POLL_SECONDS)
    return present


def _configured(directory: Path, environ: Mapping[str, str]) -> StateLocation | None:
    try:
        return configured_backend(directory, environ)
    except ReadProblem:
        return None


def _launch(
    folder: Path, facts: dict[str, Any], lock: DirectoryLock, environ: Mapping[str, str]
) -> Migration:
    try:
        make_private(folder)
        replace_json(folder / RECORD, facts)
        log = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
    except OSError as error:
        raise MigrationProblem(
            _("Could not write the record of the move to {folder}: {reason}.").format(
                folder=folder, reason=error.strerror or error
            ),
            _("Check free space and permissions, or set XDG_STATE_HOME to a writable directory."),
        ) from error
    made = load_migration(folder)
    assert made is not None, "a move that was just written can be read"
    lock.describe(holder_of_migration(made, os.getpid()))
    try:
        detach(
            # -P: do not import a file of the current folder that has the name of a module.
            [sys.executable, "-P", "-m", MIGRATION_PROCESS, str(folder), str(lock.handle)],
            cwd=folder,
            environment=with_call_variable(environ),
            output=log,
            keep=[lock.handle],
        )
    finally:
        os.close(log)
    return made


def _nothing_due(directory: Path, environ: Mapping[str, str]) -> str:
    # If files can't be read, the location of the state is unknown: raises ReadProblem.
    wanted = configured_backend(directory, environ)
    return _("No move needed: the configuration already keeps the state in {target}.").format(
        target=wanted
    )
