"""Opens files in untrusted folders: never through a planted link, and never blocking.

A stack directory may be a clone, an unpacked archive or a folder that others can write to. With a
symbolic or hard link there, under a name that this program writes, the program would overwrite a
file elsewhere; with a FIFO it would wait forever. So all writes there, and all reads under a fixed
name, use this module.

The folder ``.terraform`` itself may be a link (users put it on a larger disk): Terraform follows it
and writes through it anyway. This program opens only its own files there, by these rules.
"""

from __future__ import annotations

import errno
import os
import select
import stat
from pathlib import Path

from gpuecs_tui.i18n import _

PIPE_SECONDS = 10.0
"""Seconds for which a pipe that the user named as input may be silent."""
_ROOT = 0


class Irregular(OSError):
    """The path is not a regular file of this user; ``strerror`` describes what it is."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(errno.EPERM, reason, str(path))


def remedy_for(path: Path, error: OSError) -> str:
    """Return the action to take if ``error`` reports that ``path`` is not a file; else empty."""
    if isinstance(error, (Irregular, IsADirectoryError)):
        return _("Move {path} away, then restore the file from a copy.").format(path=path)
    return ""


def open_own(path: Path, flags: int = os.O_RDWR | os.O_CREAT, mode: int = 0o600) -> int:
    """Open a file for writing, create it if ``flags`` have O_CREAT, and return its handle.

    With O_TRUNC it is emptied only after the check that it is a regular file of this user (for
    root: of any user) with one hard link. Raises Irregular for any other file, and OSError.
    """
    handle = _open(path, flags & ~os.O_TRUNC | os.O_NOFOLLOW, mode)
    try:
        status = _regular(path, handle)
        if os.geteuid() not in (_ROOT, status.st_uid):
            raise Irregular(path, _("it belongs to another user"))
        if status.st_nlink > 1:
            raise Irregular(path, _("the file has more than one hard link"))
        if flags & os.O_TRUNC:
            os.ftruncate(handle, 0)
    except OSError:
        os.close(handle)
        raise
    return handle


def open_regular(path: Path, *, follow: bool = True) -> int:
    """Open a file of any user for reading; return its handle.

    Raises Irregular for anything but a regular file, and without ``follow`` for a link; OSError.
    """
    handle = _open(path, os.O_RDONLY | (0 if follow else os.O_NOFOLLOW), 0)
    try:
        _regular(path, handle)
    except OSError:
        os.close(handle)
        raise
    return handle


def read_regular(path: Path, *, limit: int | None = None, follow: bool = True) -> bytes:
    """Return a regular file's content. Raises Irregular, also above ``limit`` bytes; OSError."""
    with os.fdopen(open_regular(path, follow=follow), "rb") as file:
        content = file.read() if limit is None else file.read(limit + 1)
    if limit is not None and len(content) > limit:
        raise Irregular(path, _("it is larger than {n} bytes").format(n=limit))
    return content


def read_input(path: Path, limit: int) -> bytes:
    """Return the content of a file that the user named; it may be a pipe such as ``<(command)``.

    A pipe may be silent for PIPE_SECONDS at a time; a pipe without a writer is empty. Raises
    Irregular for a device, a pipe that stays silent, and more than ``limit`` bytes; OSError.
    """
    handle = _open(path, os.O_RDONLY, 0)
    with os.fdopen(handle, "rb", buffering=0) as file:
        if not stat.S_ISFIFO(os.fstat(handle).st_mode):
            _regular(path, handle)
        content = b""
        while len(content) <= limit:
            piece = file.read(limit + 1 - len(content))
            if piece:
                content += piece
            elif piece is not None:
                return content
            elif not select.select([handle], [], [], PIPE_SECONDS)[0]:
                raise Irregular(path, _("it is a pipe, and nothing is written to it"))
    raise Irregular(path, _("it is larger than {n} bytes").format(n=limit))


def replace_file(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace ``path`` with a new file; a link there is replaced, not followed.

    Raises OSError; the old file is then unchanged.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        scratch.replace(path)
    except OSError:
        scratch.unlink(missing_ok=True)
        raise


def _open(path: Path, flags: int, mode: int) -> int:
    try:
        # O_NONBLOCK: opening a FIFO would wait for its other end. It changes nothing for a file.
        return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, mode)
    except OSError as error:
        if error.errno == errno.ELOOP and path.is_symlink():
            raise Irregular(path, _("it is a link")) from None
        if error.errno == errno.ENXIO:
            # A FIFO without a reader, or a socket.
            raise Irregular(path, _("it is not a regular file")) from None
        raise


def _regular(path: Path, handle: int) -> os.stat_result:
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        raise Irregular(path, _("it is not a regular file"))
    return status
