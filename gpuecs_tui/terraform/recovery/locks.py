"""The lock on a directory's state, local or in S3: its holder, and how it is released.

A lock has no expiry (stale-lock). It is offered for release only when its holder is known to have
ended: a local lock whose file no process has locked, or a lock in S3 whose id an ended run of this
user, in any directory, has recorded (lock_record.py). The user, machine and time of a lock prove
nothing: a colleague's run on the same machine may have the same. Any other lock is released only if
the user names its id and its holder.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.base.liveness import host_name
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.base.process import capture
from gpuecs_tui.terraform.base.tflock import lock_time, read_lock
from gpuecs_tui.terraform.engine.binary import PROGRAMS, find_engine
from gpuecs_tui.terraform.recovery.held_lock import HeldLock, HolderStatus
from gpuecs_tui.terraform.recovery.lock_words import refusal, release_advice
from gpuecs_tui.terraform.runs.directory_lock import is_held
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_list import live_run, lock_directory, run_with_lock
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.terraform.runs.stack_directory import identify_directory
from gpuecs_tui.terraform.state.backend import S3, local_state, present_backend, workspace
from gpuecs_tui.terraform.state.content import PlaceProblem, with_reader
from gpuecs_tui.terraform.state.environment import child_environment
from gpuecs_tui.terraform.state.location import StateLocation, location_of
from gpuecs_tui.terraform.state.reader import first_error
from gpuecs_tui.terraform.state.stored_state import StateProblem

if TYPE_CHECKING:
    from gpuecs_tui.aws.session import AccountReader

UNLOCK_SECONDS = 60.0
"""Timeout for ``force-unlock`` over a slow link; it takes 1 s on loopback (measured)."""


class LockProblem(TerraformProblem):
    """A lock that can't be read or released."""


def held_lock(
    directory: Path, environ: Mapping[str, str] | None = None, *, guarded: bool = False
) -> HeldLock | None:
    """Return the lock on the state of ``directory``, or None.

    ``guarded``: this process holds the directory's lock. Reads a file, or with state in S3 one
    object (boto3 is imported then): call it from a thread. Raises LockProblem if S3 rejects the
    read.
    """
    environ = dict(os.environ if environ is None else environ)
    try:
        workspace(directory, environ)
    except StateProblem as problem:
        raise LockProblem(problem.message, problem.remedy) from None
    state = local_state(directory, environ)
    if state is not None:
        return _local(directory, state)
    where = present_backend(directory, environ)
    if where.type != S3:
        return None
    place = location_of(directory, where)
    if not place.is_understood:
        # It is unknown which object is the lock; the read of the state reports why.
        return None
    return _in_s3(directory, place, environ, guarded)


def unread_lock(directory: Path, environ: Mapping[str, str]) -> str:
    """Return why it is unknown whether the state is locked, one sentence.

    Empty if that is known, or if a read of the lock can show it."""
    where = present_backend(directory, environ)
    place = location_of(directory, where)
    if place.is_understood:
        return ""
    return _(
        "gpuecs-tui does not read the lock of {place}. Terraform shows it during a plan."
    ).format(place=place)


def unlock(
    directory: Path,
    lock_id: str,
    environ: Mapping[str, str] | None = None,
    *,
    confirmed: str = "",
) -> None:
    """Release the lock with ``lock_id``, whose holder has ended; blocks for a second.

    If it is unknown whether the holder has ended, ``confirmed`` must be the holder, ``user@host``
    (or the lock's id if the lock names no holder). Raises LockProblem if the lock does not exist or
    must not be released, DirectoryBusy during a run in the directory.
    """
    environment = dict(os.environ if environ is None else environ)
    guard = lock_directory(directory)
    try:
        # The directory's lock is held meanwhile, so that no run here can lock the state.
        held = held_lock(directory, environment, guarded=True)
        if held is None and (unread := unread_lock(directory, environment)):
            raise LockProblem(
                unread,
                _(
                    "If no run uses the state, run `terraform force-unlock {id}` in the stack "
                    "directory."
                ).format(id=shell_word(lock_id)),
            )
        if held is None:
            raise LockProblem(_("The state of {path} is not locked.").format(path=directory))
        if held.id != lock_id:
            raise LockProblem(
                _("The lock has another ID: {id}.").format(id=held.id),
                _("Check again who holds it: gpuecs-tui state {directory}").format(
                    directory=shell_word(directory)
                ),
            )
        unknown = held.holder is HolderStatus.UNKNOWN
        if not held.may_be_unlocked and not (unknown and confirmed == held.word):
            raise LockProblem(refusal(held), release_advice(directory, held))
        if held.stops and not present_backend(directory, environment).noted:
            raise LockProblem(
                _("Could not release the lock: the directory is not initialized."),
                _("Run `terraform init` in {directory} first.").format(directory=directory),
            )
        if held.stops:
            _force_unlock(directory, lock_id, environment)
        else:
            Path(held.place).unlink(missing_ok=True)
    finally:
        guard.release()


def _local(directory: Path, state: Path) -> HeldLock | None:
    note = read_lock(state)
    if note is None:
        return None
    alive = {None: HolderStatus.UNKNOWN, 0: HolderStatus.DEAD}.get(
        note.holder_pid, HolderStatus.ALIVE
    )
    run = run_with_lock(note.id)
    return HeldLock(
        place=str(note.path),
        id=note.id,
        operation=note.operation,
        who=note.who,
        created=note.created,
        holder=alive,
        run=run.id if run else "",
        directory=_elsewhere(run, directory),
        stops=alive is not HolderStatus.DEAD,
    )


def _in_s3(
    directory: Path, place: StateLocation, environ: Mapping[str, str], guarded: bool
) -> HeldLock | None:
    from gpuecs_tui.aws.state_bucket.lock_object import (
        SUFFIX,
        lock_table,
        read_lock_item,
        read_lock_object,
    )

    state = place.at(workspace(directory, environ))
    key, table = state.key + SUFFIX, lock_table(place.settings)
    where = f"s3://{state.bucket}/{key}"

    def read(reader: AccountReader) -> dict[str, Any] | None:
        nonlocal where
        told = read_lock_object(reader, state.bucket, key)
        if told is None and table:
            where = _("the DynamoDB lock table {name}").format(name=table)
            told = read_lock_item(reader, table, state.bucket, state.key)
        return told

    try:
        told = with_reader(place, environ, read)
    except PlaceProblem as problem:
        raise LockProblem(
            problem.message
            if problem.is_whole
            else _("Could not read the lock in {place}: {reason}.").format(
                place=where, reason=problem.reason
            ),
            problem.remedy,
        ) from None
    if told is None:
        return None
    who, created = str(told.get("Who", "")), lock_time(str(told.get("Created", "")))
    lock_id = str(told.get("ID", ""))
    run = run_with_lock(lock_id)
    return HeldLock(
        place=where,
        id=lock_id,
        operation=str(told.get("Operation", "")),
        who=who,
        created=created,
        holder=_holder_of(run) if run else _holder(directory, who, guarded),
        run=run.id if run else "",
        directory=_elsewhere(run, directory),
    )


def _elsewhere(run: Run | None, directory: Path) -> Path | None:
    """Return the directory of ``run`` if it differs from ``directory``, else None."""
    if run is None:
        return None
    here = identify_directory(directory)
    return None if here.is_same(run.directory, run.inode, run.token) else run.directory


def _holder_of(run: Run) -> HolderStatus:
    """Return whether ``run``, which took the lock, is still running."""
    if run.is_live:
        return HolderStatus.ALIVE
    if run.state is RunStatus.LOST and run.host != host_name():
        # Several machines may mount the file system with the folder of runs: the run has recorded
        # no end, and this machine does not see the processes of the other.
        return HolderStatus.UNKNOWN
    return HolderStatus.DEAD


def _holder(directory: Path, who: str, guarded: bool) -> HolderStatus:
    """Return whether ``user@host``, holder of a lock in S3 that no run has recorded, is running.

    ``guarded``: this process holds the directory's lock.
    """
    if who.rpartition("@")[2] != host_name():
        return HolderStatus.UNKNOWN
    # If ``guarded``, this process holds the lock of the directory, and a live run is its own: both
    # show nothing. Otherwise another user's run holds it, or a run of this user that only adds
    # details to its plan.
    if not guarded and live_run(directory) is not None:
        return HolderStatus.ALIVE
    if not guarded and is_held(directory):
        return HolderStatus.UNKNOWN
    return HolderStatus.ALIVE if directory.resolve() in _engine_places() else HolderStatus.UNKNOWN


def _engine_places() -> set[Path]:
    """Return the working directories of this user's Terraform processes; empty if the system has no
    /proc."""
    places: set[Path] = set()
    try:
        folders = [path for path in Path("/proc").iterdir() if path.name.isdigit()]
    except OSError:
        return places
    for folder in folders:
        try:
            if (folder / "comm").read_text("utf-8", "replace").strip() not in PROGRAMS:
                continue
        except OSError:
            continue
        # The processes of other users can't be read.
        with contextlib.suppress(OSError):
            places.add((folder / "cwd").readlink())
    return places


def _force_unlock(directory: Path, lock_id: str, environ: Mapping[str, str]) -> None:
    variables = child_environment(environ).variables
    done = capture(
        [
            str(find_engine(variables, directory).path),
            "force-unlock",
            "-no-color",
            "-force",
            lock_id,
        ],
        cwd=directory,
        environment=variables,
        timeout=UNLOCK_SECONDS,
    )
    if done.returncode != 0:
        raise LockProblem(
            _("Could not release the lock: {reason}").format(reason=first_error(done.stderr)),
            _("Check the credentials, then try again."),
        )
