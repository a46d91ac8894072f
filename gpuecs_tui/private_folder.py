"""Creates folders and files that only their owner may use or change, whatever the umask is.

``Path.mkdir(parents=True, mode=…)`` gives its mode to the last folder only, and the umask decides
about the folders above it: with umask 000 another user could rename a private folder away.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import IO

from gpuecs_tui.user_folders import NoHome, state_folder

PRIVATE_FOLDER = 0o700
"""The mode of folders; the XDG Base Directory Specification also requires it."""
PRIVATE_FILE = 0o600
"""The mode of files."""
READABLE_FOLDER = 0o755
"""The maximum mode of a stack directory; the umask may restrict it."""
READABLE_FILE = 0o644
"""The maximum mode of a stack's files."""


def make_private(folder: Path) -> None:
    """Create ``folder`` and every missing parent with mode 0700. Raises OSError.

    Existing folders of this program below the state home also get the mode if this user owns them,
    because an earlier version may have created them with a permissive umask.
    """
    missing = []
    above = folder
    while not above.exists() and above != above.parent:
        missing.append(above)
        above = above.parent
    for path in reversed(missing):
        path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        _close(path)
    try:
        home = state_folder()
    except NoHome:
        return
    for path in (folder, *folder.parents):
        if path.is_relative_to(home):
            _close(path)


def make_readable(folder: Path) -> None:
    """Create ``folder`` and every missing parent; only the owner can write to them.

    Terraform runs programs from below a stack directory. Raises OSError.
    """
    for path in reversed(folder.parents):
        if not path.exists():
            path.mkdir(mode=READABLE_FOLDER, exist_ok=True)
    folder.mkdir(mode=READABLE_FOLDER, exist_ok=True)


def open_private(path: Path) -> IO[str]:
    """Open a file to append to it; a new one has mode 0600. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, PRIVATE_FILE), "a")


def _close(path: Path) -> None:
    status = path.stat()
    if status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) != PRIVATE_FOLDER:
        path.chmod(PRIVATE_FOLDER)
