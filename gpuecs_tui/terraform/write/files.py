"""Replace several files atomically: after any interruption all are old, or all become new.

The new files are staged in a folder inside the directory (stage.py). Once the list of moves is
committed, and recorded as this user's (record.py), the moves are carried out, if necessary by the
next command that writes (unfinished_write.py).
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.private_folder import READABLE_FILE, make_readable
from gpuecs_tui.terraform.base.atomic_files import sync_folder
from gpuecs_tui.terraform.write import record
from gpuecs_tui.terraform.write.stage import COMMIT, STAGE, Move, digest, digest_of, encode
from gpuecs_tui.terraform.write.unfinished_write import (
    WriteProblem,
    finish,
    require_finished,
    settle,
)

_DRAFT = "commit.draft"
_FOLDER_MODE = 0o700


def bytes_of(text: str) -> bytes:
    """Return the bytes of a text as it was read: bytes that are not UTF-8 are surrogates in the
    text."""
    return text.encode("utf-8", "surrogateescape")


def replace_all(
    directory: Path, texts: Mapping[str, str | None], before: Mapping[str, str]
) -> None:
    """Write the new text of each file in ``texts``; None deletes the file.

    ``before`` has the expected present text of each file; a file that is not in it must not exist.
    Raises WriteProblem; then nothing has changed, except that an unfinished write of this user may
    be complete.
    """
    settle(directory)
    require_finished(directory)
    stage = directory / STAGE
    try:
        make_readable(directory)
        _expect(directory, texts, before)
        stage.mkdir(mode=_FOLDER_MODE)
        try:
            decided = _fill(directory, stage, texts, before)
        except OSError:
            shutil.rmtree(stage, ignore_errors=True)
            raise
    except FileExistsError as error:
        raise WriteProblem(
            _("{file} exists: another write may be in progress in this directory.").format(
                file=error.filename
            ),
            _("Wait until that write ends. If no write is running, delete {file}.").format(
                file=error.filename
            ),
        ) from None
    except OSError as error:
        raise _failed(directory, error) from None
    finish(directory, decided)


def _expect(directory: Path, texts: Mapping[str, str | None], before: Mapping[str, str]) -> None:
    for name in texts:
        path = directory / name
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise WriteProblem(
                _("{file} is a symbolic link or not a regular file.").format(file=path)
            )
        present = digest_of(path)
        if present != (digest(bytes_of(before[name])) if name in before else None):
            raise WriteProblem(
                _("{file} changed after the comparison.").format(file=path),
                _("Compare again."),
            )


def _fill(
    directory: Path, stage: Path, texts: Mapping[str, str | None], before: Mapping[str, str]
) -> bytes:
    """Stage the new files and commit the write; return the list of moves as written."""
    for name, text in texts.items():
        if text is not None:
            _put(stage / name, bytes_of(text), _mode(directory / name))
    decided = encode(
        {
            name: Move(
                digest(bytes_of(before[name])) if name in before else None,
                None if text is None else digest(bytes_of(text)),
            )
            for name, text in texts.items()
        }
    )
    _put(stage / _DRAFT, decided)
    # Without a record (no state folder) the write continues. If it is interrupted between here and
    # its end, a later write asks before it drops the rest.
    record.remember(directory, decided)
    sync_folder(stage)
    (stage / _DRAFT).replace(stage / COMMIT)
    sync_folder(stage)
    sync_folder(directory)
    return decided


def _put(path: Path, content: bytes, mode: int | None = None) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, READABLE_FILE)
    with os.fdopen(handle, "wb") as file:
        if mode is not None:
            os.fchmod(handle, mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _mode(path: Path) -> int | None:
    """Return the mode of a file, which it keeps; None for a new file, whose mode follows the
    umask."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return None


def _failed(directory: Path, error: OSError) -> WriteProblem:
    return WriteProblem(
        _("Could not write {file}: {reason}.").format(
            file=error.filename or directory, reason=error.strerror or error
        ),
        _("Nothing was changed. Check free space and permissions."),
    )
