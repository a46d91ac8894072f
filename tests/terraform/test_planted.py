"""Links, FIFOs and lists of moves that another user put into a stack's directory."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from gpuecs_tui.regular_files import Irregular, open_own, read_regular, replace_file
from gpuecs_tui.terraform.base.problems import RunProblem, TerraformProblem
from gpuecs_tui.terraform.engine.init_needed import needs_init, remember_init
from gpuecs_tui.terraform.read.directory import read
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.runner.disk_reserve import NAME, Reserve
from gpuecs_tui.terraform.runner.import_ids import GeneratedImport
from gpuecs_tui.terraform.runner.orphan_import import IMPORT_FILE, clear_leftover, import_file
from gpuecs_tui.terraform.runs import directory_lock
from gpuecs_tui.terraform.runs.stack_directory import identify_directory, mark
from gpuecs_tui.terraform.write import record
from gpuecs_tui.terraform.write.stack import WriteChanges, compare, write
from gpuecs_tui.terraform.write.stage import COMMIT, STAGE, Move, encode
from gpuecs_tui.terraform.write.unfinished_write import WriteProblem, drop, find_unfinished, settle
from tests.support.terraform.written_files import made, put

PRECIOUS = "the only copy\n"


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "victim"
    path.write_text(PRECIOUS)
    return path


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    put(tmp_path / "stack", render(made()))
    (tmp_path / "stack" / ".terraform").mkdir()
    return tmp_path / "stack"


def symbolic(path: Path, target: Path) -> None:
    path.symlink_to(target)


def hard(path: Path, target: Path) -> None:
    path.hardlink_to(target)


def fifo(path: Path, target: Path) -> None:
    os.mkfifo(path)


KINDS = pytest.mark.parametrize("plant", [symbolic, hard, fifo])
Plant = Callable[[Path, Path], None]


@KINDS
def test_the_lock(stack: Path, victim: Path, plant: Plant) -> None:
    plant(stack / directory_lock.LOCK_NAME, victim)
    assert not directory_lock.is_held(stack)
    with pytest.raises(RunProblem, match=r"Could not use .*gpuecs-tui\.lock: .*Delete"):
        directory_lock.acquire(stack)
    assert victim.read_text() == PRECIOUS


@KINDS
def test_the_mark_of_an_init(stack: Path, victim: Path, plant: Plant) -> None:
    path = stack / ".terraform" / "gpuecs-tui.init"
    plant(path, victim)
    assert needs_init(stack, {})
    remember_init(stack, {})
    assert victim.read_text() == PRECIOUS
    assert not needs_init(stack, {}) and stat.S_ISREG(path.lstat().st_mode)


@KINDS
def test_the_mark_of_a_directory(stack: Path, victim: Path, plant: Plant) -> None:
    plant(stack / ".terraform" / "gpuecs-tui.id", victim)
    identify_directory(stack)
    mark(stack)
    assert victim.read_text() == PRECIOUS


@KINDS
def test_the_reserve(stack: Path, victim: Path, plant: Plant) -> None:
    plant(stack / ".terraform" / NAME, victim)
    with pytest.raises(TerraformProblem, match=r"Could not use .*gpuecs-tui\.reserve"):
        Reserve(stack / ".terraform")
    assert victim.read_text() == PRECIOUS


@KINDS
def test_the_import_file(stack: Path, victim: Path, plant: Plant) -> None:
    plant(stack / IMPORT_FILE, victim)
    with import_file(stack, [GeneratedImport("aws_lb.this", "arn")]):
        assert "aws_lb.this" in (stack / IMPORT_FILE).read_text()
    plant(stack / IMPORT_FILE, victim)
    clear_leftover(stack)
    assert victim.read_text() == PRECIOUS and not (stack / IMPORT_FILE).exists()


@KINDS
def test_the_folder_of_a_write(stack: Path, victim: Path, plant: Plant) -> None:
    plant(stack / STAGE, victim)
    changes = compare(stack, render(made(fleet__max_size=5)))
    with pytest.raises(WriteProblem, match="Unfinished write found in"):
        write(changes)
    drop(stack)
    write(changes)
    assert victim.read_text() == PRECIOUS
    assert read(stack).stack == made(fleet__max_size=5)


def test_the_folder_of_a_write_is_a_link_to_a_folder(stack: Path, victim: Path) -> None:
    (stack / STAGE).symlink_to(victim.parent)
    found = settle(stack)
    assert found is not None and not found.trusted
    drop(stack)
    assert victim.exists()


@KINDS
def test_the_list_of_moves(stack: Path, victim: Path, plant: Plant) -> None:
    (stack / STAGE).mkdir()
    plant(stack / STAGE / COMMIT, victim)
    before = {path.name: path.read_bytes() for path in stack.iterdir() if path.is_file()}
    assert read(stack).stack == made()
    found = find_unfinished(stack)
    assert found is not None and not found.trusted and found.difference() == ""
    assert victim.read_text() == PRECIOUS
    drop(stack)
    assert {path.name: path.read_bytes() for path in stack.iterdir() if path.is_file()} == before


def planted_moves(stack: Path, moves: dict[str, Move]) -> None:
    (stack / STAGE).mkdir(exist_ok=True)
    (stack / STAGE / COMMIT).write_bytes(encode(moves))


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_another_s_list_of_moves_is_shown_and_never_carried_out(stack: Path) -> None:
    new = b"# theirs\n"
    planted_moves(
        stack,
        {
            "iam.tf": Move(sha(stack / "iam.tf"), None),
            "fleet.tf": Move(sha(stack / "fleet.tf"), hashlib.sha256(new).hexdigest()),
        },
    )
    (stack / STAGE / "fleet.tf").write_bytes(new)
    found = settle(stack)
    assert found is not None
    assert "+# theirs\n" in found.difference() and "--- a/iam.tf" in found.difference()
    assert "no record of it" in found.words
    drop(stack)
    assert read(stack).stack == made() and not (stack / STAGE).exists()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "5",
        '{"format": 2, "moves": 7}',
        '{"format": 2, "moves": {"a": [1, 2]}}',
        json.dumps({"format": 2, "moves": {"../x": [None, None]}}),
        json.dumps({"format": 9, "moves": {}}),
        json.dumps({"iam.tf": ["0" * 64, True]}),
        "[" * 50_000,
        "x" * 70_000,
    ],
    ids=lambda text: text[:20],
)
def test_what_is_not_a_list_of_moves_is_one_sentence(stack: Path, text: str) -> None:
    (stack / STAGE).mkdir()
    (stack / STAGE / COMMIT).write_text(text)
    found = settle(stack)
    assert found is not None and "Could not read it" in found.words
    assert read(stack).stack == made()


def test_a_finished_write_can_t_be_replayed(stack: Path) -> None:
    moves = {"iam.tf": Move(sha(stack / "iam.tf"), None)}
    planted_moves(stack, moves)
    raw = (stack / STAGE / COMMIT).read_bytes()
    assert record.remember(stack, raw)
    old = (stack / "iam.tf").read_bytes()
    assert settle(stack) is None and not (stack / "iam.tf").exists()
    (stack / "iam.tf").write_bytes(old)
    (stack / STAGE).mkdir()
    (stack / STAGE / COMMIT).write_bytes(raw)
    assert settle(stack) is not None
    planted_moves(stack, moves)
    assert settle(stack) is not None
    assert (stack / "iam.tf").read_bytes() == old


def test_a_staged_file_that_was_exchanged_is_not_taken(stack: Path) -> None:
    (stack / STAGE).mkdir()
    (stack / STAGE / "iam.tf").write_text("# theirs\n")
    planted_moves(stack, {"iam.tf": Move(sha(stack / "iam.tf"), sha(stack / "fleet.tf"))})
    assert record.remember(stack, (stack / STAGE / COMMIT).read_bytes())
    assert settle(stack) is None
    assert read(stack).stack == made()


@pytest.mark.parametrize("call", ["fsync", "replace", "unlink"])
def test_a_write_killed_at_any_point_is_finished_or_dropped_by_the_next(
    stack: Path, call: str
) -> None:
    """Kill a real process at each call that changes the disk, and write again."""
    number, finished = 0, False
    while not finished:
        put(stack, render(made()))
        changes = compare(stack, render(made(fleet__max_size=5, service__rollback=False)))
        child = os.fork()
        if child == 0:
            _write_until(call, number, changes)
        finished = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert read(stack).kind == "stack"
        if (stack / STAGE).exists():
            os.utime(stack / STAGE, (0, 0))
        assert settle(stack) is None, "its own user is never asked"
        assert not (stack / STAGE).exists()
        assert read(stack).stack in (made(), made(fleet__max_size=5, service__rollback=False))
        write(compare(stack, render(made(fleet__max_size=6))))
        assert read(stack).stack == made(fleet__max_size=6)
        number += 1
    assert number > 2, "it was killed at least twice"


def _write_until(call: str, number: int, changes: WriteChanges) -> None:
    """Write in this forked process, which is killed at the call with this number."""
    real, calls = getattr(os, call), iter(range(10_000))

    def dying(*arguments: object, **keywords: object) -> object:
        if next(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **keywords)

    setattr(os, call, dying)
    try:
        write(changes)
    finally:
        os._exit(0)


def test_an_owner_s_file_is_opened_and_emptied(tmp_path: Path) -> None:
    path = tmp_path / "a"
    os.close(open_own(path, mode=0o640))
    path.write_text("old")
    os.close(open_own(path, os.O_RDWR | os.O_TRUNC))
    assert path.read_text() == "" and read_regular(path) == b""
    replace_file(path, b"new")
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/proc"])
def test_devices_and_folders_are_not_read(path: str) -> None:
    with pytest.raises(OSError, match=r"not a regular file|Is a directory"):
        read_regular(Path(path))


def test_more_than_the_limit_is_not_read(tmp_path: Path) -> None:
    put(tmp_path, {"a": "x" * 11})
    assert len(read_regular(tmp_path / "a", limit=11)) == 11
    with pytest.raises(Irregular, match="larger than 10 bytes"):
        read_regular(tmp_path / "a", limit=10)
