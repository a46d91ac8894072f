"""How the program is called on this machine, for the command lines that it prints."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

NAME = "gpuecs-tui"


def program_name() -> str:
    """Return the name if PATH leads to the program, otherwise the path by which it was started.

    A virtual environment that is not active has the program, but is not on PATH.
    """
    started = sys.argv[0] if sys.argv else ""
    if shutil.which(NAME) or Path(started).name != NAME or not os.access(started, os.X_OK):
        return NAME
    return started
