"""Reserved space for a full disk, on a file system whose free space the test sets."""

import errno
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from gpuecs_tui.terraform.base.disk_space import FULL_BYTES, full_folder
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.runner.disk_reserve import (
    LOW_BYTES,
    NAME,
    RESERVED_BYTES,
    Reserve,
)


def have_free(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    found = SimpleNamespace(f_bavail=free, f_frsize=1)
    monkeypatch.setattr(os, "statvfs", lambda _path: found)


def test_room_is_given_up_once_the_disk_is_nearly_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Reserve(tmp_path, tmp_path)
    assert (tmp_path / NAME).stat().st_blocks * 512 >= RESERVED_BYTES, "taken, not only named"
    have_free(monkeypatch, LOW_BYTES)
    assert not kept.look() and (tmp_path / NAME).exists()
    have_free(monkeypatch, LOW_BYTES - 1)
    assert kept.look() and kept.given_up and not (tmp_path / NAME).exists()
    assert not kept.look(), "said once"
    kept.release()


def test_it_goes_with_the_run(tmp_path: Path) -> None:
    kept = Reserve(tmp_path)
    kept.release()
    assert list(tmp_path.iterdir()) == [] and not kept.given_up


def test_what_a_killed_run_left_is_taken_over(tmp_path: Path) -> None:
    Reserve(tmp_path)
    Reserve(tmp_path).release()
    assert list(tmp_path.iterdir()) == []


def test_nothing_begins_on_a_disk_without_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(
        TerraformProblem, match=r"Could not reserve 4 MiB .*: No space left on device"
    ):
        Reserve(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert full_folder(tmp_path, tmp_path / "none") is None
    have_free(monkeypatch, FULL_BYTES)
    assert full_folder(tmp_path) is None
    have_free(monkeypatch, FULL_BYTES - 1)
    assert full_folder(tmp_path / "none", tmp_path) == tmp_path
