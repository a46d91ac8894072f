import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.runs.directory_lock import (
    LOCK_NAME,
    DirectoryBusy,
    LockHolder,
    acquire,
    is_held,
)

ANA = LockHolder("r1", "apply", "ana", "bastion", 4242, "2026-11-23T12:00:00+00:00")


def test_the_second_is_told_who_is_first(tmp_path: Path) -> None:
    lock = acquire(tmp_path)
    lock.describe(ANA)
    assert is_held(tmp_path)
    with pytest.raises(DirectoryBusy, match=r"in use by ana on bastion \(apply, since") as busy:
        acquire(tmp_path)
    assert busy.value.holder == ANA and "4242" in busy.value.message
    lock.release()
    assert not is_held(tmp_path)
    acquire(tmp_path).release()


def test_another_path_to_the_same_directory(tmp_path: Path) -> None:
    stack = tmp_path / "stack"
    stack.mkdir()
    (tmp_path / "link").symlink_to(stack)
    lock = acquire(stack)
    lock.describe(ANA)
    with pytest.raises(DirectoryBusy):
        acquire(tmp_path / "link")
    lock.release()


def test_an_earlier_label_is_not_taken_for_the_holders(tmp_path: Path) -> None:
    first = acquire(tmp_path)
    first.describe(ANA)
    first.release()
    second = acquire(tmp_path)
    with pytest.raises(DirectoryBusy) as busy:
        acquire(tmp_path)
    assert busy.value.holder is None
    second.release()


def test_it_goes_with_its_holder_however_that_dies(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from gpuecs_tui.terraform.runs.directory_lock import acquire\n"
        "acquire(Path(sys.argv[1]))\n"
        "print(flush=True)\n"
        "input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert is_held(tmp_path)
        holder.kill()
    assert not is_held(tmp_path)


@pytest.mark.parametrize("kind", ["file", "link to a file", "dangling link"])
def test_a_data_folder_that_is_no_directory(tmp_path: Path, kind: str) -> None:
    folder, target = tmp_path / LOCK_NAME.parent, tmp_path / "target"
    if kind == "link to a file":
        target.touch()
    folder.touch() if kind == "file" else folder.symlink_to(target)
    with pytest.raises(RunProblem) as refused:
        acquire(tmp_path)
    told = f"{folder} is a link to {target}, which does not exist."
    assert refused.value.message == (
        told if kind == "dangling link" else f"{folder} is not a directory."
    )
    assert not isinstance(refused.value, DirectoryBusy)
    assert refused.value.remedy.startswith(f"Delete or rename {folder}.")


def test_a_removed_folder_does_not_fool_it(tmp_path: Path) -> None:
    lock = acquire(tmp_path)
    shutil.rmtree(tmp_path / LOCK_NAME.parent)
    other = acquire(tmp_path)
    assert is_held(tmp_path)
    lock.release()
    assert is_held(tmp_path)
    other.release()
