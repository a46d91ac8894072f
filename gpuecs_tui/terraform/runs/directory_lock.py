"""One run at a time on one stack's directory.

The lock is ``flock`` on a file in Terraform's own ``.terraform`` folder (which every .gitignore
names): it is tied to the directory itself whatever path leads there, other users of the machine
see it, and the kernel lets it go when its holder dies, however that happens. The starter takes
it and hands the open file to the runner, so there is no moment without a holder.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from gpuecs_tui.file_locks import NO_LOCKS, no_locks_there
from gpuecs_tui.i18n import _
from gpuecs_tui.private_folder import READABLE_FILE, make_readable
from gpuecs_tui.regular_files import Irregular, open_own, open_regular, read_regular
from gpuecs_tui.terraform.base.problems import RunProblem

LOCK_NAME = Path(".terraform", "gpuecs-tui.lock")
_LABEL_MAX = 64 * 1024
"""Bytes; what ``describe`` writes has a few hundred."""
_RETRY_SECONDS = 0.02
_PROBE_SECONDS = 0.1
"""Longer than somebody's ``is_held`` takes."""
_LABEL_SECONDS = 0.5
"""How long a holder may take to say who it is."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who works on a directory."""

    run: str
    """The run's id, or the move's."""
    operation: str
    """plan, apply or destroy."""
    user: str
    host: str
    pid: int
    """Process id of the runner, of the starter in the moment before; 0 where it isn't known."""
    since: str
    """When the run began, RFC 3339."""


class DirectoryBusy(RunProblem):
    """Another run works on the directory; ``holder`` tells whose, if that could be read."""

    def __init__(self, directory: Path, holder: Holder | None) -> None:
        if holder is None:
            message = _("Another run works on {directory}.").format(directory=directory)
        else:
            message = _(
                "{directory} is in use: {user} on {host} has had a run ({operation}) there "
                "since {since} (process {pid})."
            ).format(directory=directory, **{**asdict(holder), "pid": holder.pid or "?"})
        super().__init__(message, _("Watch it with `gpuecs-tui attach`, or wait for its end."))
        self.holder = holder


class DirectoryLock:
    """A held lock; ``handle`` is the open file that carries it."""

    def __init__(self, handle: int) -> None:
        self.handle = handle

    def describe(self, holder: Holder) -> None:
        """Write who holds it into the file, where it is ours to write."""
        self._label(json.dumps(asdict(holder)).encode())

    def clear(self) -> None:
        """Take away what an earlier holder wrote."""
        self._label(b"")

    def release(self) -> None:
        """Close our copy: the lock ends unless another process was handed it."""
        os.close(self.handle)

    def _label(self, text: bytes) -> None:
        try:
            os.ftruncate(self.handle, 0)
            os.pwrite(self.handle, text, 0)
        except OSError:
            # Another user's file, or a full disk: the lock holds without its label.
            return


def acquire(directory: Path) -> DirectoryLock:
    """Take the lock of a stack's directory, waiting for it no longer than ``_PROBE_SECONDS``.

    Raises DirectoryBusy when another run holds it, RunProblem where no lock file can be made.
    """
    path = directory / LOCK_NAME
    deadline = time.monotonic() + _PROBE_SECONDS
    while True:
        handle = _open(path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            if error.errno in NO_LOCKS:
                raise RunProblem(no_locks_there(path)) from error
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise _unusable(path, error) from error
            if time.monotonic() >= deadline:
                raise DirectoryBusy(directory, _holder(path)) from error
            time.sleep(_RETRY_SECONDS)
            continue
        if _is_still(path, handle):
            lock = DirectoryLock(handle)
            lock.clear()
            return lock
        # Somebody removed .terraform between our opening it and locking: lock the new one.
        os.close(handle)


def is_held(directory: Path) -> bool:
    """Tell whether some process holds the directory's lock now."""
    try:
        handle = open_regular(directory / LOCK_NAME, follow=False)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        # Without locks there is no holder either, and ``acquire`` says why.
        return error.errno not in NO_LOCKS
    finally:
        os.close(handle)
    return False


def is_held_by(directory: Path, run: str) -> bool:
    """Tell whether some process holds the lock for the run or move with the id ``run``."""
    holder = read_holder(directory) if is_held(directory) else None
    return holder is not None and holder.run == run


def read_holder(directory: Path) -> Holder | None:
    """Return who holds the directory's lock by its label, or None where it can't be read."""
    return _holder(directory / LOCK_NAME)


def _open(path: Path) -> int:
    try:
        make_readable(path.parent)
        return open_own(path, mode=READABLE_FILE)
    except (PermissionError, Irregular) as error:
        try:
            # Another user's: it can be locked, and is never written to.
            return _open_of_others(path)
        except OSError as refused:
            reason = refused if isinstance(refused, Irregular) else error
            raise _unusable(path, reason) from error
    except OSError as error:
        raise _unusable(path, error) from error


def _open_of_others(path: Path) -> int:
    handle = open_regular(path, follow=False)
    if os.fstat(handle).st_uid == os.geteuid():
        # Ours, and refused for what else it is: a second name of some other file.
        os.close(handle)
        raise Irregular(path, _("the file has a second name (a hard link)"))
    return handle


def _unusable(path: Path, error: OSError) -> RunProblem:
    message = _("{path} can't be used: {reason}.")
    return RunProblem(
        message.format(path=path, reason=error.strerror or error),
        _("Delete {path}; it is made again.").format(path=path)
        if isinstance(error, Irregular)
        else _("Terraform needs to write to this directory too: check its owner and free space."),
    )


def _is_still(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.lstat(), os.fstat(handle))
    except OSError:
        return False


def _holder(path: Path) -> Holder | None:
    # Whoever has just taken the lock empties the label first and writes its own a moment later.
    deadline = time.monotonic() + _LABEL_SECONDS
    while (found := _read_label(path)) is None and time.monotonic() < deadline:
        time.sleep(_RETRY_SECONDS)
    return found


def _read_label(path: Path) -> Holder | None:
    try:
        raw = json.loads(read_regular(path, limit=_LABEL_MAX, follow=False))
        return Holder(**{field.name: raw[field.name] for field in fields(Holder)})
    except (OSError, ValueError, KeyError, TypeError):
        return None
