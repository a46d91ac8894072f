"""Old runs and moves leave when there are too many or they are too large."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gpuecs_tui.terraform.run import Run

if TYPE_CHECKING:
    from gpuecs_tui.terraform.moves import Move

KEPT_RUNS = 50
"""Runs kept in all, the newest."""
KEPT_BYTES = 200 * 1024 * 1024
"""Bytes that the kept ones may have together."""
KEPT_MOVES = 5
"""Moves of one directory's state kept: each holds a copy of the state, secrets included."""


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


def rotate_moves(moves: Sequence[Move]) -> None:
    """Delete the oldest moves of one directory beyond the limit; ``moves`` is newest first.

    All since the last that was done stay: they tell whether one is to be gone on with.
    """
    done = next((number for number, move in enumerate(moves) if move.is_done), len(moves))
    for move in moves[max(KEPT_MOVES, done + 1) :]:
        if not move.is_live:
            shutil.rmtree(move.folder, ignore_errors=True)


def _size(folder: Path) -> int:
    try:
        return sum(entry.stat().st_size for entry in folder.iterdir())
    except OSError:
        return 0
