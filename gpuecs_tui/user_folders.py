"""Where this program stores its files: below the user's state and cache folders (XDG).

A container with a random user id has neither HOME nor an entry in the password file, so it has no
such folder. Only commands that need the folder then fail, with a message.
"""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

from gpuecs_tui.i18n import _

_NAME = "gpuecs-tui"
_NAME_LENGTH = 24
"""Hexadecimal digits of a directory's digest, enough that no two directories share it."""


class NoHome(OSError):
    """No home directory is known for this user; ``strerror`` says which variables to set."""

    def __init__(self, variable: str) -> None:
        reason = _("no home directory is known for this user: set HOME or {variable}")
        super().__init__(errno.ENOENT, reason.format(variable=variable))


def state_folder() -> Path:
    """Return the folder of runs, drafts and the demo account (XDG_STATE_HOME). Raises NoHome."""
    # Imported late: most callers have imported it already, but the start of the program has not.
    from platformdirs import user_state_path

    try:
        return user_state_path(_NAME)
    except RuntimeError:
        raise NoHome("XDG_STATE_HOME") from None


def state_file(folder: str, directory: Path) -> Path:
    """Return the file about ``directory`` in a folder of the state folder. Raises NoHome."""
    whole = os.path.realpath(directory)
    name = hashlib.sha256(os.fsencode(whole)).hexdigest()[:_NAME_LENGTH]
    return state_folder() / folder / f"{name}.json"


def cache_folder() -> Path:
    """Return the folder for data that can be generated again (XDG_CACHE_HOME). Raises NoHome."""
    from platformdirs import user_cache_path

    try:
        return user_cache_path(_NAME)
    except RuntimeError:
        raise NoHome("XDG_CACHE_HOME") from None


def expand_home(path: str | os.PathLike[str]) -> Path:
    """Return ``path`` with ``~`` replaced; unchanged if no home directory is known."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)
