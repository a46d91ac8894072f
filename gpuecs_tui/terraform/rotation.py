"""Old runs leave when there are too many or they are too large."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from gpuecs_tui.terraform.run import Run

KEPT_RUNS = 50
"""Runs kept in all, the newest."""
KEPT_BYTES = 200 * 1024 * 1024
"""Bytes that the kept ones may have together."""


def rotate(runs: Sequence[Run]) -> None:
    """Delete the oldest ended runs beyond the limits; ``runs`` is newest first.

    Runs that have not ended stay, however old. One that can't be deleted is left.
    """
    used = 0
    for number, run in enumerate(runs, start=1):
        used += _size(run.files.folder)
        # The new run that makes room is counted as one more.
        if (number >= KEPT_RUNS or used > KEPT_BYTES) and run.is_final:
            shutil.rmtree(run.files.folder, ignore_errors=True)


def _size(folder: Path) -> int:
    try:
        return sum(entry.stat().st_size for entry in folder.iterdir())
    except OSError:
        return 0
