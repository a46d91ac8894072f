"""File systems on which files can't be locked, such as NFS without a lock service."""

from __future__ import annotations

import errno
from pathlib import Path

from gpuecs_tui.i18n import _

NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)
"""What flock(2) says where locks are not available at all, unlike a lock that is held."""


def no_locks_there(path: Path) -> str:
    """Return the sentence that names ``path``, which can't be locked, with what to do."""
    return _(
        "Could not lock {path}: its file system has no file locks (NFS without a lock service). "
        "Mount it with locks, or use a folder on a local disk (XDG_STATE_HOME for drafts and runs)."
    ).format(path=path)
