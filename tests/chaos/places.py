"""A disk that can be filled, and folders that can be made read-only."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DISK_BYTES = 24 << 20
"""Bytes for the state and the journals of one trial; the provider is only linked."""
_BLOCK = b"\0" * (1 << 16)


def can_mount() -> bool:
    """Return whether a file system of limited size is possible: only root may mount a tmpfs."""
    return os.geteuid() == 0 and shutil.which("mount") is not None


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a tmpfs of DISK_BYTES on ``folder``."""
    folder.mkdir(parents=True)
    size = f"size={DISK_BYTES}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "chaos", folder], check=True)
    try:
        yield
    finally:
        # A lazy unmount: a process that a fault left running may have its working directory there.
        subprocess.run(["umount", "--lazy", folder], check=False)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Fill the file system of ``folder`` completely inside the block."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (len(_BLOCK), 1):
            try:
                while True:
                    file.write(_BLOCK[:size])
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Prevent that anything in ``folder`` is created, replaced or opened for writing inside the
    block.

    Root is not stopped by permissions, so the attribute "immutable" is used for root. Open files
    stay writable, as on a disk that the system remounts. Raises OSError if that is not possible.
    """
    try:
        _set_read_only(folder, True)
        yield
    finally:
        _set_read_only(folder, False)


def make_writable(folder: Path) -> None:
    """Clean up after a trial that crashed."""
    _set_read_only(folder, False)


def can_be_read_only(folder: Path) -> bool:
    """Try the attribute."""
    probe = Path(tempfile.mkdtemp(dir=folder))
    try:
        with read_only(probe):
            return True
    except OSError:
        return False
    finally:
        with contextlib.suppress(OSError):
            probe.rmdir()


def _set_read_only(folder: Path, wanted: bool) -> None:
    paths = [folder, *folder.rglob("*")]
    # The provider is only linked: the target of the link does not belong to the trial.
    paths = [path for path in paths if not path.is_symlink() and path.exists()]
    if os.geteuid() == 0:
        sign = "+i" if wanted else "-i"
        done = subprocess.run(["chattr", sign, *paths], check=False, capture_output=True)
        if done.returncode and wanted:
            raise OSError(errno.ENOTSUP, done.stderr.decode().strip(), str(folder))
        return
    for path in paths:
        mode = path.stat().st_mode
        path.chmod(mode & ~0o222 if wanted else mode | 0o200)
