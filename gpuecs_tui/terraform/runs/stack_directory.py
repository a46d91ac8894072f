"""The identity of a stack's directory, also after the directory was moved.

An inode is not enough: the system reuses it after a directory is deleted. So a directory has a
random mark in its .terraform folder. A moved directory has the same inode and mark, a copy only the
same mark, a new directory neither.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.private_folder import READABLE_FILE
from gpuecs_tui.regular_files import read_regular

_MARK = Path(".terraform", "gpuecs-tui.id")
_MARK_MAX = 64
"""Bytes; a mark has 17."""


@dataclass(frozen=True, slots=True)
class DirectoryIdentity:
    """The identity of a directory at present."""

    path: Path
    """Absolute, links resolved."""
    inode: tuple[int, int] | None
    """Device and inode; None if the directory does not exist."""
    token: str
    """Its mark; empty before its first run."""

    def as_json(self) -> dict[str, object]:
        """Return the fields as a JSON object."""
        return {
            "directory": str(self.path),
            "inode": list(self.inode or ()),
            "token": self.token,
        }

    def is_same(self, path: Path, inode: tuple[int, int] | None, token: str) -> bool:
        """Tell whether this is the directory that had this path, inode and mark when its run
        began."""
        if self.path == path:
            return True
        return bool(self.token) and (self.inode, self.token) == (inode, token)


def identify_directory(directory: Path) -> DirectoryIdentity:
    """Return the identity of a directory; the directory need not exist."""
    path = directory.resolve()
    try:
        status = path.stat()
        inode = (status.st_dev, status.st_ino)
    except OSError:
        return DirectoryIdentity(path, None, "")
    try:
        token = read_regular(path / _MARK, limit=_MARK_MAX, follow=False).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        token = ""
    return DirectoryIdentity(path, inode, token)


def unreadable(directory: Path, error: OSError) -> str:
    """Return the sentence that says why a directory can't be read."""
    return _("Could not read {path}: {reason}.").format(
        path=directory, reason=error.strerror or error
    )


def mark(directory: Path) -> None:
    """Write a mark for a directory without one; its .terraform folder must exist.

    If the mark can't be written, the directory is recognised by its path only.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with contextlib.suppress(OSError):
        handle = os.open(directory / _MARK, flags, READABLE_FILE)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(os.urandom(8).hex() + "\n")
