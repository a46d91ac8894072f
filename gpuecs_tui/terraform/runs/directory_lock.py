"""One run at a time in one stack directory.

The lock is ``flock`` on a file in Terraform's own ``.terraform`` folder (which every .gitignore
names): it is tied to the directory itself, whatever its path; other users of the machine see it;
and the kernel releases it when its holder dies for any reason. The starter takes it and passes the
open file to the runner, so that there is always a holder.
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
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.base.problems import RunProblem

LOCK_NAME = Path(".terraform", "gpuecs-tui.lock")
_LABEL_MAX = 64 * 1024
"""Maximum bytes of a label; ``describe`` writes a few hundred."""
_RETRY_SECONDS = 0.02
_PROBE_SECONDS = 0.1
"""Seconds that ``acquire`` waits for the lock: longer than ``is_held`` of another process has
it."""
_LABEL_SECONDS = 0.5
"""How long a new holder may take to write its label."""


@dataclass(frozen=True, slots=True)
class LockHolder:
    """The process that holds a directory's lock."""

    run: str
    """The id of the run or of the move."""
    operation: str
    """plan, apply or destroy."""
    user: str
    host: str
    pid: int
    """Process id of the runner, or of the starter before the runner runs; 0 if unknown."""
    since: str
    """When the run began, RFC 3339."""


class DirectoryBusy(RunProblem):
    """Another run is in progress in the directory; ``holder`` is its holder, if that could be
    read."""

    def __init__(self, directory: Path, holder: LockHolder | None) -> None:
        if holder is None:
            message = _("Another run is in progress in {directory}.").format(directory=directory)
        else:
            message = _(
                "{directory} is in use by {user} on {host} ({operation}, since {since}, "
                "process {pid})."
            ).format(directory=directory, **{**asdict(holder), "pid": holder.pid or "?"})
        remedy = _("Run `gpuecs-tui attach {directory}` to watch it, or wait until it ends.")
        super().__init__(message, remedy.format(directory=shell_word(directory)))
        self.holder = holder


class DirectoryLock:
    """A held lock; ``handle`` is the open file that carries it."""

    def __init__(self, handle: int) -> None:
        self.handle = handle

    def describe(self, holder: LockHolder) -> None:
        """Write the holder into the file, if the file belongs to this user."""
        self._label(json.dumps(asdict(holder)).encode())

    def clear(self) -> None:
        """Remove the label of an earlier holder."""
        self._label(b"")

    def release(self) -> None:
        """Close this process's copy: the lock is released unless another process has a copy too."""
        os.close(self.handle)

    def _label(self, text: bytes) -> None:
        try:
            os.ftruncate(self.handle, 0)
            os.pwrite(self.handle, text, 0)
        except OSError:
            # Another user's file, or a full disk: the lock works without its label.
            return


def acquire(directory: Path) -> DirectoryLock:
    """Take the lock of a stack's directory; wait at most ``_PROBE_SECONDS``.

    Raises DirectoryBusy if another run holds it, RunProblem if the lock file can't be created.
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
        # .terraform was removed after the file was opened and before it was locked: lock the new
        # file.
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
        # Without a lock file there is no holder, and ``acquire`` reports why.
        return error.errno not in NO_LOCKS
    finally:
        os.close(handle)
    return False


def is_held_by(directory: Path, run: str) -> bool:
    """Tell whether some process holds the lock for the run or move with the id ``run``."""
    holder = read_holder(directory) if is_held(directory) else None
    return holder is not None and holder.run == run


def read_holder(directory: Path) -> LockHolder | None:
    """Return the holder in the label of the directory's lock, or None if it can't be read."""
    return _holder(directory / LOCK_NAME)


def _open(path: Path) -> int:
    try:
        make_readable(path.parent)
        return open_own(path, mode=READABLE_FILE)
    except (PermissionError, Irregular) as error:
        try:
            # Another user's file: it can be locked, but is never written.
            return _open_of_others(path)
        except OSError as refused:
            reason = refused if isinstance(refused, Irregular) else error
            raise _unusable(path, reason) from error
    except OSError as error:
        raise _unusable(path, error) from error


def _open_of_others(path: Path) -> int:
    handle = open_regular(path, follow=False)
    if os.fstat(handle).st_uid == os.geteuid():
        # Our own file, refused because it is a hard link to another file.
        os.close(handle)
        raise Irregular(path, _("the file has more than one hard link"))
    return handle


def _unusable(path: Path, error: OSError) -> RunProblem:
    folder = path.parent
    if os.path.lexists(folder) and not folder.is_dir():
        words = _("{path} is not a directory.")
        if folder.is_symlink() and not folder.exists():
            words = _("{path} is a link to {target}, which does not exist.")
        return RunProblem(
            words.format(path=folder, target=folder.readlink() if folder.is_symlink() else ""),
            _("Delete or rename {path}. The next run creates the directory again.").format(
                path=folder
            ),
        )
    message = _("Could not use {path}: {reason}.")
    return RunProblem(
        message.format(path=path, reason=error.strerror or error),
        _("Delete {path}. The next run creates it again.").format(path=path)
        if isinstance(error, Irregular)
        else _("Check free space and permissions: Terraform also writes to this directory."),
    )


def _is_still(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.lstat(), os.fstat(handle))
    except OSError:
        return False


def _holder(path: Path) -> LockHolder | None:
    # A new holder first empties the label and writes its own a moment later.
    deadline = time.monotonic() + _LABEL_SECONDS
    while (found := _read_label(path)) is None and time.monotonic() < deadline:
        time.sleep(_RETRY_SECONDS)
    return found


def _read_label(path: Path) -> LockHolder | None:
    try:
        raw = json.loads(read_regular(path, limit=_LABEL_MAX, follow=False))
        return LockHolder(**{field.name: raw[field.name] for field in fields(LockHolder)})
    except (OSError, ValueError, KeyError, TypeError):
        return None
