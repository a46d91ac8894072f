"""Several files replaced as one: after any interruption all are old, or all become new.

The new files are staged in a folder inside the directory (the same file system, unseen by
Terraform). Renaming its list of moves to ``COMMIT`` is the moment of truth: before it the stage is
rubbish, after it whoever comes next carries the moves out.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import time
from collections.abc import Mapping
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.problems import TerraformProblem
from gpuecs_tui.terraform.store import sync_folder

STAGE = ".gpuecs-tui-write"
"""Folder of a write in progress, in the directory that is written."""
COMMIT = "commit.json"
_DRAFT = "commit.draft"
FILE_MODE = 0o644
"""Of a new file; one that exists keeps its own."""
_FOLDER_MODE = 0o700
_LEFTOVER_AGE = 10.0
"""Seconds; a slow disk takes less for 15 small files."""


class WriteProblem(TerraformProblem):
    """Files that can't be written; those that were there are whole."""


def replace_all(
    directory: Path, texts: Mapping[str, str | None], before: Mapping[str, str]
) -> None:
    """Give each file in ``texts`` its new text, or delete it for None.

    ``before`` holds what each is expected to hold now, and lacks those that must not exist.
    Raises WriteProblem; then nothing has changed.
    """
    finish_interrupted(directory)
    stage = directory / STAGE
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _expect(directory, texts, before)
        stage.mkdir(mode=_FOLDER_MODE)
        try:
            _fill(directory, stage, texts, before)
        except OSError:
            shutil.rmtree(stage, ignore_errors=True)
            raise
    except FileExistsError as error:
        raise WriteProblem(
            _("{file} is in the way: another write is going on there.").format(file=error.filename),
            _("Wait for it, or delete that folder if nothing is running."),
        ) from None
    except OSError as error:
        raise _failed(directory, error) from None
    finish_interrupted(directory)


def finish_interrupted(directory: Path) -> None:
    """Carry out a write that was decided but not finished; clear one that was not decided.

    Does nothing where there is none. A file that someone changed in between stays as it is.
    Raises WriteProblem where the directory can't be written.
    """
    stage = directory / STAGE
    try:
        moves = _read_moves(stage)
    except (FileNotFoundError, NotADirectoryError):
        _clear_leftover(stage)
        return
    except (OSError, ValueError, TypeError, AttributeError) as error:
        if not os.path.lexists(stage):
            # The directory itself can't be looked into, which whoever reads it will say better.
            return
        raise WriteProblem(
            _("{file} holds an interrupted write that can't be read: {reason}.").format(
                file=stage, reason=error
            ),
            _("Look at the files in it, move those you miss, and delete it."),
        ) from None
    try:
        for name, (old, deletes) in moves.items():
            _move(stage / name, directory / name, old, deletes)
        sync_folder(directory)
        # First of all: what is left of the folder decides nothing any more.
        (stage / COMMIT).unlink(missing_ok=True)
        shutil.rmtree(stage, ignore_errors=True)
        sync_folder(directory)
    except OSError as error:
        raise WriteProblem(
            _("{file} can't be replaced: {reason}.").format(
                file=error.filename or directory, reason=error.strerror or error
            ),
            _("The new files wait in {stage} and are moved when you try again.").format(
                stage=stage
            ),
        ) from None


def _read_moves(stage: Path) -> dict[str, tuple[str | None, bool]]:
    """Return name → digest of what is there before, and whether it is to be deleted."""
    moves = {
        name: (old, deletes)
        for name, (old, deletes) in json.loads((stage / COMMIT).read_bytes()).items()
    }
    if odd := [name for name in moves if Path(name).name != name]:
        raise ValueError(odd[0])
    return moves


def _expect(directory: Path, texts: Mapping[str, str | None], before: Mapping[str, str]) -> None:
    for name in texts:
        path = directory / name
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise WriteProblem(_("{file} is a link or no regular file.").format(file=path))
        present = _digest(path)
        if present != (_sum(before[name].encode()) if name in before else None):
            raise WriteProblem(
                _("{file} has changed since it was compared.").format(file=path),
                _("Compare again."),
            )


def _fill(
    directory: Path, stage: Path, texts: Mapping[str, str | None], before: Mapping[str, str]
) -> None:
    for name, text in texts.items():
        if text is not None:
            _put(stage / name, text.encode(), _mode(directory / name))
    moves = {
        name: (_sum(before[name].encode()) if name in before else None, text is None)
        for name, text in texts.items()
    }
    _put(stage / _DRAFT, json.dumps(moves).encode(), FILE_MODE)
    sync_folder(stage)
    (stage / _DRAFT).replace(stage / COMMIT)
    sync_folder(stage)
    sync_folder(directory)


def _move(staged: Path, path: Path, old: str | None, deletes: bool) -> None:
    if _digest(path) != old:
        return
    try:
        if deletes:
            path.unlink()
        else:
            staged.replace(path)
    except FileNotFoundError:
        # Another process finishes the same write.
        return


def _put(path: Path, content: bytes, mode: int) -> None:
    with path.open("xb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return FILE_MODE


def _digest(path: Path) -> str | None:
    try:
        return _sum(path.read_bytes())
    except FileNotFoundError:
        return None


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _clear_leftover(stage: Path) -> None:
    if not stage.is_dir() or stage.is_symlink():
        return
    # Nothing in it was decided: what it would have replaced is still there. A write that is going
    # on right now has its folder for milliseconds only, so an older one is nobody's.
    if _age(stage) > _LEFTOVER_AGE:
        shutil.rmtree(stage, ignore_errors=True)


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _failed(directory: Path, error: OSError) -> WriteProblem:
    return WriteProblem(
        _("{file} can't be written: {reason}.").format(
            file=error.filename or directory, reason=error.strerror or error
        ),
        _("Nothing was changed; make room or give yourself the right to write there."),
    )
