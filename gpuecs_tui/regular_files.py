"""Opens files in folders that came from elsewhere: never through a planted link, never waiting.

A stack's directory may be a clone, an unpacked archive or a folder that others may write to. A
symbolic or hard link there, under a name that this program writes, would have it empty or fill a
file elsewhere; a FIFO would have it wait for ever. So whatever is written there goes through this
module, and whatever is read there under a fixed name.

The folder ``.terraform`` itself may be a link: Terraform follows it (people put it on a larger
disk), and would write through it whatever this program did. Only names of our own are opened in
it, each by these rules.
"""

from __future__ import annotations

import errno
import os
import select
import stat
from pathlib import Path

from gpuecs_tui.i18n import _

PIPE_SECONDS = 10.0
"""How long a pipe that the user named as input may be silent."""
_ROOT = 0


class Irregular(OSError):
    """What lies there is not a regular file of this user; ``strerror`` says what it is."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(errno.EPERM, reason, str(path))


def remedy_for(path: Path, error: OSError) -> str:
    """Return what to do where ``error`` says that ``path`` is not a file; else empty."""
    if isinstance(error, (Irregular, IsADirectoryError)):
        return _("Move {path} away, then restore the file from a copy.").format(path=path)
    return ""


def open_own(path: Path, flags: int = os.O_RDWR | os.O_CREAT, mode: int = 0o600) -> int:
    """Open a file to write to it, and create it where ``flags`` have O_CREAT; return its handle.

    With O_TRUNC it is emptied only once it is known to be a regular file of this user (root: of
    any user, for all files are root's to write) that has no second name. Raises Irregular for any
    other, OSError.
    """
    handle = _open(path, flags & ~os.O_TRUNC | os.O_NOFOLLOW, mode)
    try:
        status = _regular(path, handle)
        if os.geteuid() not in (_ROOT, status.st_uid):
            raise Irregular(path, _("it belongs to another user"))
        if status.st_nlink > 1:
            raise Irregular(path, _("the file has a second name (a hard link)"))
        if flags & os.O_TRUNC:
            os.ftruncate(handle, 0)
    except OSError:
        os.close(handle)
        raise
    return handle


def open_regular(path: Path, *, follow: bool = True) -> int:
    """Open a file of anyone to read it; return its handle.

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
    """Return what a regular file holds. Raises Irregular, also beyond ``limit`` bytes; OSError."""
    with os.fdopen(open_regular(path, follow=follow), "rb") as file:
        content = file.read() if limit is None else file.read(limit + 1)
    if limit is not None and len(content) > limit:
        raise Irregular(path, _("it is larger than {n} bytes").format(n=limit))
    return content


def read_input(path: Path, limit: int) -> bytes:
    """Return what a file holds that the user named, also a pipe such as ``<(command)``.

    A pipe may be silent for PIPE_SECONDS at a time; one that nothing writes to is empty. Raises
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
    """Put a new file in the place of ``path``; a link there is replaced, not followed.

    Raises OSError; then what was there is as before.
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
