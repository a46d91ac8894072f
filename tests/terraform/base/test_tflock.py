import fcntl
import json
import subprocess
import sys
from pathlib import Path

from gpuecs_tui.terraform.base.tflock import STATE_NAME, read_lock
from tests.support.terraform.states import INFO


def test_no_lock(tmp_path: Path) -> None:
    assert read_lock(tmp_path / STATE_NAME) is None


def test_a_note_that_was_left(tmp_path: Path) -> None:
    (tmp_path / ".terraform.tfstate.lock.info").write_text(json.dumps(INFO))
    (tmp_path / "terraform.tfstate").write_text("{}")
    lock = read_lock(tmp_path / STATE_NAME)
    assert lock is not None
    assert (lock.id, lock.who, lock.operation) == (INFO["ID"], "ana@bastion", "OperationTypeApply")
    assert lock.created is not None and lock.created.isoformat().startswith("2026-11-23T12:43:40")
    assert lock.holder_pid == 0


def test_a_note_that_is_no_json(tmp_path: Path) -> None:
    (tmp_path / ".terraform.tfstate.lock.info").write_text("{")
    assert read_lock(tmp_path / STATE_NAME) is None


def test_a_lock_that_is_held_names_its_process_and_stays_held(tmp_path: Path) -> None:
    (tmp_path / ".terraform.tfstate.lock.info").write_text(json.dumps(INFO))
    state = tmp_path / "terraform.tfstate"
    state.write_text("{}")
    program = (
        "import fcntl, sys\n"
        f"file = open({str(state)!r}, 'r+')\n"
        "fcntl.lockf(file, fcntl.LOCK_EX)\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        for _again in range(2):
            lock = read_lock(tmp_path / STATE_NAME)
            assert lock is not None and lock.holder_pid == holder.pid
        holder.communicate()
    after = read_lock(tmp_path / STATE_NAME)
    assert after is not None and after.holder_pid == 0
    with state.open("r+") as file:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
