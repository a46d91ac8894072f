"""Old runs are deleted when a stack has too many or they are too large.

A run that may have created resources that are missing from the state is kept, however old: only its
journal names them. Plans are deleted before applies, because applies record changes.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from gpuecs_tui.terraform.runs.orphan_candidates import holding
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_list import HIDDEN
from gpuecs_tui.terraform.runs.run_status import Operation
from gpuecs_tui.terraform.runs.unread_run import UnreadRun

KEPT_RUNS = 50
"""Maximum number of runs that are kept for one stack. All stacks whose directory no longer exists
count as one."""
KEPT_BYTES = 200 * 1024 * 1024
"""Bytes that the kept runs of one stack may have together."""


def rotate(runs: Iterable[Run | UnreadRun]) -> None:
    """Delete old ended runs of each stack that has too many; ``runs`` is newest first.

    Kept are runs that have not ended, runs that may have created resources that are missing from
    the state, and runs that can't be read, unless the user dismissed what a damaged one created. A
    run that can't be deleted is left.
    """
    for stack in _by_stack(runs):
        _rotate_stack(stack)


def _rotate_stack(runs: Sequence[Run | UnreadRun]) -> None:
    ended = [run for run in reversed(runs) if _may_go(run)]
    sizes = {run.id: _size(run.files.folder) for run in ended}
    if _fits(len(ended), sum(sizes.values())):
        return
    # This comes late because it reads the journals of the runs since the last successful apply.
    held = holding(runs)
    ended = [run for run in ended if run.id not in held]
    count, used = len(ended), sum(sizes[run.id] for run in ended)
    # sorted() is stable, so each kind stays in the order of age.
    for run in sorted(ended, key=lambda run: not _is_plan(run)):
        if _fits(count, used):
            return
        _delete(run.files.folder)
        count, used = count - 1, used - sizes[run.id]


def _delete(folder: Path) -> None:
    """Delete the folder of a run. Other processes see the whole folder or none."""
    hidden = folder.with_name(f"{HIDDEN}{folder.name}")
    with contextlib.suppress(OSError):
        folder.rename(hidden)
    # Also delete what an earlier, killed deletion left.
    for leftover in folder.parent.glob(f"{HIDDEN}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _fits(count: int, used: int) -> bool:
    # The run that is about to start counts as one more.
    return count < KEPT_RUNS and used <= KEPT_BYTES


def _may_go(run: Run | UnreadRun) -> bool:
    if isinstance(run, Run):
        return run.is_final
    return not run.newer and not run.is_open


def _is_plan(run: Run | UnreadRun) -> bool:
    return isinstance(run, UnreadRun) or run.operation is Operation.PLAN


def _by_stack(runs: Iterable[Run | UnreadRun]) -> list[list[Run | UnreadRun]]:
    """Return the runs stack by stack, each newest first.

    Two runs belong to the same stack if their directories have the same path, or the same inode and
    mark. Unread runs without a directory are left out.
    """
    stacks: list[list[Run | UnreadRun]] = []
    known: dict[object, int] = {}
    exists: dict[Path, bool] = {}
    for run in runs:
        if run.directory is None:
            continue
        if run.directory not in exists:
            exists[run.directory] = run.directory.is_dir()
        keys: list[object] = [run.directory] if exists[run.directory] else []
        if run.token:
            keys.append((run.inode, run.token))
        number = next((known[key] for key in keys if key in known), None)
        if number is None and not exists[run.directory]:
            number = known.get(None)
            keys.append(None)
        if number is None:
            number = len(stacks)
            stacks.append([])
        stacks[number].append(run)
        known.update((key, number) for key in keys if key not in known)
    return stacks


def _size(folder: Path) -> int:
    try:
        return sum(entry.stat().st_size for entry in folder.iterdir())
    except OSError:
        return 0
