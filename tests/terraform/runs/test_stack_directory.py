"""The mark of a stack's directory, by which its runs are found after a move."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from gpuecs_tui.terraform.runs import run_list, stack_directory
from gpuecs_tui.terraform.runs.launch import create_run
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_list import recorded_mark, runs_of
from gpuecs_tui.terraform.runs.run_status import Operation
from gpuecs_tui.terraform.runs.stack_directory import identify_directory, mark

MARK = Path(".terraform", "gpuecs-tui.id")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    folder = tmp_path / "stack"
    (folder / ".terraform").mkdir(parents=True)
    return folder


def run_in(directory: Path) -> Run:
    token = recorded_mark(directory, runs_of(directory))
    root = run_list.runs_root()
    return create_run(root, directory, Operation.PLAN, None, None, {}, token=token)


@pytest.mark.parametrize(
    "content", [b"", b"0123", b"\0" * 17, b"\xff\xfe", pytest.param(b"0" * 4096, id="long")]
)
def test_a_damaged_mark_is_written_again_from_the_runs(directory: Path, content: bytes) -> None:
    first = run_in(directory)
    (directory / MARK).write_bytes(content)
    assert identify_directory(directory).token == ""
    second = run_in(directory)
    assert second.token == first.token == (directory / MARK).read_text().strip()
    moved = directory.rename(directory.with_name("elsewhere"))
    assert {it.id for it in runs_of(moved)} == {first.id, second.id}


def test_a_mark_that_could_not_be_written_is_written_later(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(stack_directory, "replace_file", full)
        first = run_in(directory)
    assert first.token and not list((directory / ".terraform").iterdir())
    second = run_in(directory)
    assert second.token == first.token
    moved = directory.rename(directory.with_name("elsewhere"))
    assert len(runs_of(moved)) == 2


def test_a_new_directory_does_not_get_the_mark_of_a_deleted_one(directory: Path) -> None:
    first = run_in(directory)
    gone = replace(first, inode=(0, 0))
    assert recorded_mark(directory, [gone]) == ""
    assert mark(directory, "not a mark") == first.token
    (directory / MARK).unlink()
    assert len(mark(directory, "not a mark")) == 16


def test_a_full_disk_leaves_no_mark(directory: Path) -> None:
    data = directory / ".terraform"
    disk = ["mount", "-t", "tmpfs", "-o", "size=4k", "full", str(data)]
    mounted = subprocess.run(disk, check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("needs the right to mount")
    try:
        (data / "filler").write_bytes(b"x" * 4096)
        token = mark(directory)
        assert [it.name for it in data.iterdir()] == ["filler"]
        (data / "filler").unlink()
        assert mark(directory, token) == token == identify_directory(directory).token
    finally:
        subprocess.run(["umount", str(data)], check=True)
