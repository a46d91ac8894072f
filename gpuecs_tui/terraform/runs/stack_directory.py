"""The identity of a stack's directory, also after the directory was moved.

An inode is not enough: the system reuses it after a directory is deleted. So a directory has a
random mark in its .terraform folder. A moved directory has the same inode and mark, a copy only the
same mark, a new directory neither.
"""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.private_folder import READABLE_FILE
from gpuecs_tui.regular_files import read_regular, replace_file

_MARK = Path(".terraform", "gpuecs-tui.id")
_MARK_MAX = 64
"""Bytes; a mark has 17."""
_MARK_FORM = re.compile("[0-9a-f]{16}")


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
    return DirectoryIdentity(path, inode, _read(path))


def unreadable(directory: Path, error: OSError) -> str:
    """Return the sentence that says why a directory can't be read."""
    return _("Could not read {path}: {reason}.").format(
        path=directory, reason=error.strerror or error
    )


def mark(directory: Path, recorded: str = "") -> str:
    """Return the mark of a directory; write it if the directory has none or a damaged one.

    ``recorded`` is the mark in the records of its runs, which is used again. If the mark can't be
    written, a later call does it: until then the directory is recognised by its path only.
    """
    token = _read(directory)
    if not token:
        token = recorded if _MARK_FORM.fullmatch(recorded) else os.urandom(8).hex()
        with contextlib.suppress(OSError):
            replace_file(directory / _MARK, f"{token}\n".encode("ascii"), READABLE_FILE)
    return token


def _read(directory: Path) -> str:
    """Return the mark in a directory; empty if there is none, or if it is damaged."""
    try:
        content = read_regular(directory / _MARK, limit=_MARK_MAX, follow=False)
        token = content.decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return token if _MARK_FORM.fullmatch(token) else ""
