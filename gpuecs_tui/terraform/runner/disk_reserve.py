"""Room on the disk that Terraform and the journal write to, kept for when it gets full.

Terraform overwrites a local state in place and writes errored.tfstate beside it: on a full disk
both are cut off (measured with 1.11.4). A file that holds some room, and is given up in time, lets
it finish.
"""

from __future__ import annotations

import os
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.private_folder import PRIVATE_FILE
from gpuecs_tui.regular_files import Irregular, open_own
from gpuecs_tui.terraform.base.problems import TerraformProblem

RESERVED_BYTES = 4 * 1024 * 1024
"""A state, its backup, errored.tfstate (100 to 200 kB each for such a stack) and the journal's last
words, many times over."""
LOW_BYTES = 1024 * 1024
"""Free bytes below which the room is given up."""
FULL_BYTES = 64 * 1024
"""Free bytes below which a disk counts as full: less than any of Terraform's files that matter."""
NAME = "gpuecs-tui.reserve"


class Reserve:
    """Holds room in some folders, once for each disk that they lie on."""

    def __init__(self, *folders: Path) -> None:
        """Take the room. Raises TerraformProblem, with nothing taken, where there is none."""
        self.given_up = False
        """Whether the disk got full, so that the room was needed."""
        self._files: list[Path] = []
        disks: set[int] = set()
        for folder in folders:
            if (disk := folder.stat().st_dev) in disks:
                continue
            disks.add(disk)
            try:
                _take(folder / NAME)
                self._files.append(folder / NAME)
            except Irregular as error:
                self.release()
                raise TerraformProblem(
                    _("{path} can't be used: {reason}.").format(
                        path=folder / NAME, reason=error.strerror
                    ),
                    _("Delete it; it is made again."),
                ) from None
            except OSError as error:
                self.release()
                raise TerraformProblem(
                    _("{folder} has no room for {size} MiB: {reason}.").format(
                        folder=folder,
                        size=RESERVED_BYTES // 1024**2,
                        reason=error.strerror or error,
                    ),
                    _("Free some space there first: a full disk could cut off the state."),
                ) from None

    def look(self) -> bool:
        """Give the room up where its disk is nearly full; return whether that has happened now."""
        before = self.given_up
        for file in tuple(self._files):
            if _free(file.parent) < LOW_BYTES:
                self.given_up = True
                self._files.remove(file)
                _drop(file)
        return self.given_up and not before

    def release(self) -> None:
        """Give all of it up."""
        while self._files:
            _drop(self._files.pop())


def full_folder(*folders: Path) -> Path | None:
    """Return the first of ``folders`` whose disk is full for this user, or None."""
    return next((it for it in folders if it.is_dir() and _free(it) < FULL_BYTES), None)


def _take(path: Path) -> None:
    handle = open_own(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    try:
        os.posix_fallocate(handle, 0, RESERVED_BYTES)
    except OSError:
        _drop(path)
        raise
    finally:
        os.close(handle)


def _free(folder: Path) -> int:
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0
    return found.f_bavail * found.f_frsize


def _drop(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        # A folder that has turned read-only: then nobody can use the room either.
        return
