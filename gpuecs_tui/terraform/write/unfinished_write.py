"""A write that was interrupted: reported by every command, finished or dropped by one that writes.

A command that only reads changes no file. A write that this user committed (record.py) is finished
by the next command that writes. Any other is shown, and dropped after a confirmation.
"""

from __future__ import annotations

import shutil
import stat
import time
from dataclasses import dataclass
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.regular_files import Irregular, read_regular
from gpuecs_tui.terraform.base.atomic_files import sync_folder
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.files import read_files
from gpuecs_tui.terraform.read.sensitive_values import sensitive_in
from gpuecs_tui.terraform.write import record
from gpuecs_tui.terraform.write.stage import COMMIT, STAGE, digest, digest_of, read_decided, staged

_LEFTOVER_AGE = 10.0
"""Seconds; a slow disk needs less for 15 small files."""


class WriteProblem(TerraformProblem):
    """Files that could not be written; the existing files are intact."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A write that was committed but not completed."""

    directory: Path
    trusted: bool
    """Whether this user's own record matches it."""
    reason: str = ""
    """Why its list of moves can't be read; empty if it can."""

    @property
    def words(self) -> str:
        """One sentence that names the folder."""
        found = _("Unfinished write found in {folder}.").format(folder=self.directory / STAGE)
        return f"{found} {self._more()}"

    def _more(self) -> str:
        if self.reason:
            return _("Could not read it: {reason}.").format(reason=self.reason)
        if self.trusted:
            return _("The files are read as they are now. The next write finishes it.")
        return _("This machine has no record of it, so gpuecs-tui does not carry it out.")

    def difference(self) -> str:
        """Return what finishing it would change, as unified diffs; empty if that is unknown."""
        try:
            decided = read_decided(self.directory)
            moves = decided.moves if decided else {}
            found = read_files(self.directory)
            news = {
                name: "" if move.new is None else staged(self.directory, name).decode("utf-8")
                for name, move in moves.items()
            }
            hiding = bool(found.opentofu or found.unreadable)
            sensitive = sensitive_in(
                load_configuration(found.texts), load_configuration(news), hiding=hiding
            )
            diffs = [
                sensitive.diff(name, _text(self.directory / name), new)
                for name, new in news.items()
            ]
        except (OSError, ValueError, ReadProblem):
            return ""
        return "".join(diffs)


def find_unfinished(directory: Path) -> Unfinished | None:
    """Return the unfinished write in a directory, or None; changes nothing."""
    try:
        decided = read_decided(directory)
    except Irregular as error:
        return Unfinished(directory, False, error.strerror or str(error))
    except OSError as error:
        if not (directory / STAGE).is_dir():
            # The directory itself can't be read; reading it reports a better error.
            return None
        return Unfinished(directory, False, error.strerror or str(error))
    except ValueError:
        return Unfinished(directory, False, _("it is not a list of file changes"))
    if decided is None:
        return None
    return Unfinished(directory, record.vouches_for(directory, decided.raw))


def unfinished_words(directory: Path) -> str:
    """Return the sentence for a command that reads the directory, "" without an unfinished
    write."""
    found = find_unfinished(directory)
    return found.words if found else ""


def require_finished(directory: Path) -> None:
    """Raise WriteProblem if there is an unfinished write of any user."""
    if found := find_unfinished(directory):
        raise WriteProblem(found.words, unfinished_remedy(found))


def unfinished_remedy(found: Unfinished) -> str:
    """Return what to do about an unfinished write."""
    if found.trusted:
        return _("To finish it, write the stack again with `gpuecs-tui render` or in the wizard.")
    return _("Delete {folder}, or run `gpuecs-tui render … --yes` to delete it.").format(
        folder=found.directory / STAGE
    )


def settle(directory: Path) -> Unfinished | None:
    """Finish the unfinished write that this user committed; delete one that was not committed.

    Returns another user's write, which is dropped only after a confirmation; None if there is none.
    A file that changed since is not touched. Raises WriteProblem if the directory can't be written.
    """
    found = find_unfinished(directory)
    if found is None:
        _clear_leftover(directory / STAGE)
        return None
    if not found.trusted:
        return found
    finish(directory)
    return None


def finish(directory: Path, own: bytes | None = None) -> None:
    """Carry out the write that this user committed. Raises WriteProblem; it can be tried again.

    ``own``: the list of moves if this process committed it, else the user's record is used.
    """
    try:
        decided = read_decided(directory)
        if decided is None:
            # Another process has finished it.
            return
        if decided.raw != own and not record.vouches_for(directory, decided.raw):
            raise WriteProblem(
                _("{folder} was replaced during the write.").format(folder=directory / STAGE),
                _("Check which other users can write to {directory}.").format(directory=directory),
            )
        for name, move in decided.moves.items():
            _carry_out(directory, name, move.old, move.new)
        sync_folder(directory)
        _remove(directory)
    except (OSError, ValueError) as error:
        raise WriteProblem(
            _("Could not replace {file}: {reason}.").format(
                file=getattr(error, "filename", None) or directory,
                reason=getattr(error, "strerror", None) or error,
            ),
            _("The new files are kept in {stage}. Try again.").format(stage=directory / STAGE),
        ) from None


def drop(directory: Path) -> None:
    """Delete an unfinished write, after a confirmation; no file changes. Raises WriteProblem."""
    try:
        _remove(directory)
    except OSError as error:
        raise WriteProblem(
            _("Could not delete {file}: {reason}.").format(
                file=error.filename or directory / STAGE, reason=error.strerror or error
            )
        ) from None


def _remove(directory: Path) -> None:
    stage = directory / STAGE
    if stat.S_ISDIR(stage.lstat().st_mode):
        # First of all: without the list, the rest of the folder has no effect.
        (stage / COMMIT).unlink(missing_ok=True)
        # Before the folder is deleted: the folder keeps the next write and its record out.
        record.forget(directory)
        shutil.rmtree(stage, ignore_errors=True)
    else:
        stage.unlink()
    sync_folder(directory)


def _carry_out(directory: Path, name: str, old: str | None, new: str | None) -> None:
    path, source = directory / name, directory / STAGE / name
    if digest_of(path) != old:
        return
    try:
        if new is None:
            path.unlink()
        elif digest(staged(directory, name)) == new:
            source.replace(path)
    except FileNotFoundError:
        # Another process is finishing the same write.
        return


def _text(path: Path) -> str:
    try:
        return read_regular(path, follow=False).decode("utf-8")
    except FileNotFoundError:
        return ""


def _clear_leftover(stage: Path) -> None:
    try:
        status = stage.lstat()
    except OSError:
        return
    # Nothing in it was committed, so the old files are still there. A running write has such a
    # folder for milliseconds only, so an older folder has no writer any more.
    if stat.S_ISDIR(status.st_mode) and time.time() - status.st_mtime > _LEFTOVER_AGE:
        shutil.rmtree(stage, ignore_errors=True)
