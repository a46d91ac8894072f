"""The directory that a command is given."""

from __future__ import annotations

from pathlib import Path

from gpuecs_tui.commands.failure import Failure
from gpuecs_tui.i18n import _


def refuse_no_directory(directory: Path) -> None:
    """Raise Failure where there is no directory of that name."""
    if not directory.is_dir():
        raise Failure(_("{directory} is not a directory.").format(directory=directory))
