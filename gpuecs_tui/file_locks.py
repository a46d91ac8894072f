"""File systems without file locks, such as NFS without a lock service."""

from __future__ import annotations

import errno
from pathlib import Path

from gpuecs_tui.i18n import _

NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)
"""Error codes of flock(2) if the file system has no locks, in contrast to a lock that is held."""


def no_locks_there(path: Path) -> str:
    """Return the message that ``path`` can't be locked, with the action to take."""
    return _(
        "Could not lock {path}: its file system does not support file locks (NFS without a lock "
        "service). Mount it with file locks, or use a directory on a local disk (XDG_STATE_HOME "
        "for drafts and runs)."
    ).format(path=path)
