"""Free space of disks and the file size limit, and the sentences about their end."""

from __future__ import annotations

import errno
import os
import resource
from pathlib import Path
from typing import NamedTuple

from gpuecs_tui.i18n import _

FULL_BYTES = 64 * 1024
"""Free bytes below which a disk counts as full: each of Terraform's files is larger."""
_KIB = 1024


class NoSpace(NamedTuple):
    """A reason why a file could not be written, and the action to take."""

    message: str
    remedy: str


def free_bytes(folder: Path) -> int:
    """Return the bytes that this user can still write to the disk of ``folder``; 0 if unknown."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0
    return found.f_bavail * found.f_frsize


def full_folder(*folders: Path) -> Path | None:
    """Return the first of ``folders`` whose disk is full for this user, or None."""
    return next((it for it in folders if it.is_dir() and free_bytes(it) < FULL_BYTES), None)


def file_at_limit(*files: Path) -> Path | None:
    """Return the first of ``files`` that has reached the file size limit of this process."""
    limit, _hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if limit == resource.RLIM_INFINITY:
        return None
    return next((it for it in files if it.is_file() and it.stat().st_size >= limit), None)


def past_limit(path: Path) -> NoSpace:
    """Return the sentences about a file that would exceed the file size limit."""
    file = _("a file in {folder}").format(folder=path) if path.is_dir() else path
    limit, _hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if limit == resource.RLIM_INFINITY:
        # The file system itself has a maximum, such as 4 GiB on FAT32.
        words = _("Could not write {file}: the file would be too large.").format(file=file)
        return NoSpace(words, _("Use another file system."))
    return NoSpace(
        _(
            "Could not write {file}: the file size limit of this shell (`ulimit -f`) is {size} KiB."
        ).format(file=file, size=limit // _KIB),
        _("Run `ulimit -f unlimited`, or start a new shell, then run this again."),
    )


def no_space(error: OSError, folder: Path) -> NoSpace | None:
    """Return the sentences about ``error`` if it means that there is no space for a file.

    ``folder`` contains the file if the error does not name it. None for any other error.
    """
    named = error.filename
    path = Path(os.fsdecode(named)) if isinstance(named, str | bytes) else folder
    where = path if path.is_dir() else path.parent
    if error.errno == errno.EFBIG:
        return past_limit(path)
    again = _("Free some space, then run this again.")
    if error.errno == errno.ENOSPC:
        return NoSpace(_("The disk of {folder} is full.").format(folder=where), again)
    if error.errno == errno.EDQUOT:
        words = _("Your disk quota for {folder} is used up.")
        return NoSpace(words.format(folder=where), again)
    return None
