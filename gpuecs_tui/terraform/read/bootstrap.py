"""Read the user data file in a stack's directory as instances run it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from gpuecs_tui.terraform.base.own_files import USER_DATA

BYTES_MAX = 64 * 1024
"""Four times EC2's limit for user data; the rest of a file is not read."""


def bootstrap(directory: Path) -> str:
    """Return the text of the user data file, with its line ends; empty without a file.

    Reads a regular file only, and at most BYTES_MAX of it. Never raises.
    """
    for name in USER_DATA:
        path = directory / name
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                continue
            # Does not wait for a writer, in case the file has become a FIFO.
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as file:
                return file.read(BYTES_MAX).decode("utf-8", "replace")
        except OSError:
            continue
    return ""
