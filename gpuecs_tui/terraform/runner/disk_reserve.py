"""Reserved disk space, so that Terraform and the journal can still write when the disk is full."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.private_folder import PRIVATE_FILE
from gpuecs_tui.regular_files import Irregular, open_own
from gpuecs_tui.terraform.base.disk_space import free_bytes, past_limit
from gpuecs_tui.terraform.base.problems import TerraformProblem

RESERVED_BYTES = 4 * 1024 * 1024
"""Bytes to reserve. A state, its backup and errored.tfstate take 100 to 200 kB each, and the
journal needs space for its end; the reserve is many times that."""
LOW_BYTES = 1024 * 1024
"""Free bytes below which the reserved space is released."""
NAME = "gpuecs-tui.reserve"


class Reserve:
    """Reserves space in some folders, once per disk."""

    def __init__(self, *folders: Path) -> None:
        """Reserve the space. Raises TerraformProblem, with nothing reserved, if there is not
        enough."""
        self.given_up = False
        """Whether the disk became full and the reserved space was released."""
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
                    _("Could not use {path}: {reason}.").format(
                        path=folder / NAME, reason=error.strerror
                    ),
                    _("Delete that file. The next apply creates it again."),
                ) from None
            except OSError as error:
                self.release()
                if error.errno == errno.EFBIG:
                    limit = past_limit(folder / NAME)
                    raise TerraformProblem(limit.message, limit.remedy) from None
                raise TerraformProblem(
                    _("Could not reserve {size} MiB in {folder}: {reason}.").format(
                        folder=folder,
                        size=RESERVED_BYTES // 1024**2,
                        reason=error.strerror or error,
                    ),
                    _("Free some space there first. A full disk could truncate the state."),
                ) from None

    def look(self) -> bool:
        """Release the space on a nearly full disk; return whether this call did."""
        before = self.given_up
        for file in tuple(self._files):
            if free_bytes(file.parent) < LOW_BYTES:
                self.given_up = True
                self._files.remove(file)
                _drop(file)
        return self.given_up and not before

    def release(self) -> None:
        """Release all reserved space."""
        while self._files:
            _drop(self._files.pop())


def _take(path: Path) -> None:
    handle = open_own(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    try:
        os.posix_fallocate(handle, 0, RESERVED_BYTES)
    except OSError:
        _drop(path)
        raise
    finally:
        os.close(handle)


def _drop(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        # The folder is now read-only, so the reserved space can't be used either.
        return
