"""The lock on a directory's state, local or in S3: who holds it, whether it lives, letting it go.

A lock has no expiry (stale-lock). It is let go here only when its holder is known to be dead: a
local one whose file nobody has locked, one in S3 that a run of ours or another process of this
machine took that runs no more.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.directory_lock import is_held
from gpuecs_tui.terraform.engine import PROGRAMS, find_engine
from gpuecs_tui.terraform.environment import child_environment
from gpuecs_tui.terraform.places import Place, place_of
from gpuecs_tui.terraform.problems import TerraformProblem
from gpuecs_tui.terraform.process import capture
from gpuecs_tui.terraform.run import Run
from gpuecs_tui.terraform.runs import claim, runs_of
from gpuecs_tui.terraform.state_content import PlaceProblem, with_reader
from gpuecs_tui.terraform.stored_state import S3, backend, first_error, local_state, workspace
from gpuecs_tui.terraform.tflock import lock_time, read_lock

if TYPE_CHECKING:
    from gpuecs_tui.aws.session import AccountReader

UNLOCK_SECONDS = 60.0
"""For ``force-unlock`` over a slow link; measured 1 s on loopback."""
_RUN_MARGIN = timedelta(minutes=1)
"""By which a lock's time may lie outside its run's: clocks of S3 and of this machine."""


class Holder(StrEnum):
    """What is known of a lock's holder."""

    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"
    """It is on another machine, or can't be asked."""


@dataclass(frozen=True, slots=True)
class HeldLock:
    """A lock on the state."""

    place: str
    """The file, ``s3://bucket/key`` of the lock object, or the name of the table."""
    id: str
    """What unlocking asks for."""
    operation: str
    """Such as OperationTypeApply."""
    who: str
    """user@host."""
    created: datetime | None
    holder: Holder
    run: str = ""
    """Id of the run of ours that took it; empty where none did."""
    stops: bool = True
    """Whether it keeps others out: a local note that nobody holds doesn't."""

    @property
    def age(self) -> timedelta | None:
        """Return how long it has been held."""
        return None if self.created is None else max(timedelta(), datetime.now(UTC) - self.created)

    @property
    def may_be_unlocked(self) -> bool:
        """Tell whether unlocking can be offered: its holder is dead."""
        return self.holder is Holder.DEAD


class LockProblem(TerraformProblem):
    """A lock that can't be read or let go."""


def held_lock(directory: Path, environ: Mapping[str, str] | None = None) -> HeldLock | None:
    """Return the lock on the state of ``directory``, or None.

    Reads a file, or with state in S3 one object (boto3 is imported then): call it from a thread.
    Raises LockProblem when S3 refuses to tell.
    """
    return _held_lock(directory, dict(os.environ if environ is None else environ), guarded=False)


def _held_lock(directory: Path, environ: Mapping[str, str], *, guarded: bool) -> HeldLock | None:
    """As ``held_lock``; ``guarded``: the directory's lock is held by ourselves."""
    if (state := local_state(directory, environ)) is not None:
        return _local(directory, state)
    where = backend(directory, environ)
    if where.type != S3:
        return None
    place = place_of(directory, where)
    if not place.is_understood:
        # Which object it is isn't known; reading the state says what is missing.
        return None
    return _in_s3(directory, place, environ, guarded)


def unread_lock(directory: Path, environ: Mapping[str, str]) -> str:
    """Return why it is unknown whether the state is locked, one sentence; empty where it is
    known or being asked can tell."""
    where = backend(directory, environ)
    place = place_of(directory, where)
    if place.is_understood:
        return ""
    return _("The lock of {place} is not read here; Terraform shows it when it plans.").format(
        place=place
    )


def unlock(directory: Path, lock_id: str, environ: Mapping[str, str] | None = None) -> None:
    """Let go of the lock with ``lock_id``, whose holder is dead; blocks for a second.

    Raises LockProblem when there is no such lock or its holder isn't known to be dead,
    DirectoryBusy while a run works in the directory.
    """
    environment = dict(os.environ if environ is None else environ)
    guard = claim(directory)
    try:
        # Under our own lock, so no run of ours can take the state's lock meanwhile.
        held = _held_lock(directory, environment, guarded=True)
        if held is None and (unread := unread_lock(directory, environment)):
            raise LockProblem(
                unread,
                _("If nothing uses the state, run `terraform force-unlock {id}` there.").format(
                    id=lock_id
                ),
            )
        if held is None:
            raise LockProblem(_("The state of {path} is not locked.").format(path=directory))
        if held.id != lock_id:
            raise LockProblem(
                _("The lock has another id: {id}.").format(id=held.id),
                _("Look again at who it is."),
            )
        if not held.may_be_unlocked:
            raise LockProblem(refusal(held), remedy(held))
        if held.stops and not backend(directory, environment).noted:
            raise LockProblem(
                _("The lock can't be released from here: the directory is not initialised."),
                _("Run `terraform init` in {directory} first.").format(directory=directory),
            )
        if held.stops:
            _force_unlock(directory, lock_id, environment)
        else:
            Path(held.place).unlink(missing_ok=True)
    finally:
        guard.release()


def refusal(held: HeldLock) -> str:
    """Return why a lock is not let go, one sentence; empty where it may be."""
    match held.holder:
        case Holder.ALIVE:
            return _("The lock is in use: {who} holds it and works.").format(who=held.who)
        case Holder.UNKNOWN:
            return _("Whether {who} still works can't be told from here.").format(who=held.who)
        case Holder.DEAD:
            return ""


def remedy(held: HeldLock) -> str:
    """Return what to do about a lock that is not let go."""
    if held.holder is Holder.ALIVE:
        return _("Wait for its end, or cancel it.")
    return _(
        "Look there; if nothing runs any more, run `terraform force-unlock {id}` in the directory."
    ).format(id=held.id)


def _local(directory: Path, state: Path) -> HeldLock | None:
    note = read_lock(state)
    if note is None:
        return None
    alive = {None: Holder.UNKNOWN, 0: Holder.DEAD}.get(note.holder_pid, Holder.ALIVE)
    return HeldLock(
        place=str(note.path),
        id=note.id,
        operation=note.operation,
        who=note.who,
        created=note.created,
        holder=alive,
        run=_run_at(runs_of(directory), note.created),
        stops=alive is not Holder.DEAD,
    )


def _in_s3(
    directory: Path, place: Place, environ: Mapping[str, str], guarded: bool
) -> HeldLock | None:
    from gpuecs_tui.aws.lock_object import SUFFIX, lock_table, read_lock_item, read_lock_object

    state = place.at(workspace(directory, environ))
    key, table = state.key + SUFFIX, lock_table(place.settings)
    where = f"s3://{state.bucket}/{key}"

    def read(reader: AccountReader) -> dict[str, Any] | None:
        nonlocal where
        told = read_lock_object(reader, state.bucket, key)
        if told is None and table:
            where = _("the DynamoDB table {name}").format(name=table)
            told = read_lock_item(reader, table, state.bucket, state.key)
        return told

    try:
        told = with_reader(place, environ, read)
    except PlaceProblem as problem:
        raise LockProblem(
            problem.message
            if problem.is_whole
            else _("Could not read the lock ({place}): {reason}.").format(
                place=where, reason=problem.reason
            ),
            problem.remedy,
        ) from None
    if told is None:
        return None
    who, created = str(told.get("Who", "")), lock_time(str(told.get("Created", "")))
    run = _run_at(runs_of(directory), created)
    return HeldLock(
        place=where,
        id=str(told.get("ID", "")),
        operation=str(told.get("Operation", "")),
        who=who,
        created=created,
        holder=_holder(directory, who, run, guarded),
        run=run,
    )


def _holder(directory: Path, who: str, run: str, guarded: bool) -> Holder:
    """Tell of a lock in S3 whether its holder, ``user@host``, works on this machine."""
    if who.rpartition("@")[2] != socket.gethostname():
        return Holder.UNKNOWN
    if any(it.is_live for it in runs_of(directory)):
        return Holder.ALIVE
    places = _engine_places()
    # Another user's run, or one of ours that only adds details to its plan; our own guard is none.
    if places is None or (not guarded and is_held(directory)):
        return Holder.UNKNOWN
    if directory.resolve() in places:
        return Holder.ALIVE
    # An engine elsewhere may work on the same state, unless a run of ours took the lock.
    return Holder.UNKNOWN if places and not run else Holder.DEAD


def _engine_places() -> set[Path | None] | None:
    """Return the folders that Terraforms of this machine work in, None among them for another
    user's; None where this system doesn't tell."""
    places: set[Path | None] = set()
    try:
        folders = [path for path in Path("/proc").iterdir() if path.name.isdigit()]
    except OSError:
        return None
    for folder in folders:
        try:
            if (folder / "comm").read_text("utf-8", "replace").strip() not in PROGRAMS:
                continue
        except OSError:
            continue
        try:
            places.add((folder / "cwd").readlink())
        except OSError:
            places.add(None)
    return places


def _run_at(runs: Iterable[Run], created: datetime | None) -> str:
    if created is None:
        return ""
    for run in runs:
        ended = run.ended_at or datetime.now(UTC)
        if run.started_at - _RUN_MARGIN <= created <= ended + _RUN_MARGIN:
            return run.id
    return ""


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
            _("The lock could not be released: {reason}").format(reason=first_error(done.stderr)),
            _("Check the credentials, then try again."),
        )
