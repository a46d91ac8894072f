"""Which directory a run belongs to, also after it was moved.

An inode alone doesn't tell: it is given to another directory once its own is deleted. So a
directory carries a random mark in its .terraform folder; a moved directory has the inode and the
mark, a copy only the mark, a new one neither.
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
    """A directory as it is now."""

    path: Path
    """Absolute, links resolved."""
    inode: tuple[int, int] | None
    """Device and inode; None where there is no directory."""
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
        """Tell whether this is the directory that had these when a run of it began."""
        if self.path == path:
            return True
        return bool(self.token) and (self.inode, self.token) == (inode, token)


def identify_directory(directory: Path) -> DirectoryIdentity:
    """Return the identity of a directory, which need not exist."""
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
    """Return the sentence that says why a directory can't be looked into."""
    return _("Could not read {path}: {reason}.").format(
        path=directory, reason=error.strerror or error
    )


def mark(directory: Path) -> None:
    """Give a directory its mark, unless it has one; its .terraform folder exists.

    Where it can't be written the directory is known by its path alone.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with contextlib.suppress(OSError):
        handle = os.open(directory / _MARK, flags, READABLE_FILE)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(os.urandom(8).hex() + "\n")
