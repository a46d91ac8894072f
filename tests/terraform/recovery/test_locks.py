"""Locks on the state: their holders, whether the holders are running, and the release."""

from __future__ import annotations

import json
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.state_bucket import lock_object
from gpuecs_tui.aws.state_bucket.backend_reader import backend_reader
from gpuecs_tui.cli import main
from gpuecs_tui.terraform.base.tflock import STATE_NAME, lock_note
from gpuecs_tui.terraform.recovery import locks
from gpuecs_tui.terraform.recovery.held_lock import HeldLock, HolderStatus
from gpuecs_tui.terraform.recovery.lock_words import lock_sentence, release_advice
from gpuecs_tui.terraform.recovery.locks import LockProblem, held_lock, unlock
from gpuecs_tui.terraform.recovery.remedies import examine
from gpuecs_tui.terraform.runs.directory_lock import DirectoryBusy, acquire
from gpuecs_tui.terraform.runs.lock_record import record_lock
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.terraform.state.backend import local_state, workspace
from gpuecs_tui.terraform.state.environment import asked_profile
from tests.support.terraform.run_folders import stage
from tests.support.terraform.states import INFO
from tests.support.terraform.waiting import until

ID = INFO["ID"]
HERE = f"ana@{socket.gethostname()}"


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = tmp_path / "stack"
    made.mkdir()
    return made


def leave_note(stack: Path) -> Path:
    (stack / "terraform.tfstate").write_text("{}")
    note = lock_note(stack / STATE_NAME)
    note.write_text(json.dumps(INFO))
    return note


def test_no_lock(stack: Path) -> None:
    assert held_lock(stack) is None
    with pytest.raises(LockProblem, match="is not locked"):
        unlock(stack, ID)


def test_a_note_that_nobody_holds_is_cleared_by_its_id(stack: Path) -> None:
    note = leave_note(stack)
    held = held_lock(stack)
    assert held is not None and held.holder is HolderStatus.DEAD and not held.stops
    assert held.age is not None and held.age.total_seconds() > 0
    assert "It blocks nothing" in lock_sentence(held)
    with pytest.raises(LockProblem, match=f"another ID: {ID}"):
        unlock(stack, "else")
    assert note.exists()
    unlock(stack, ID)
    assert not note.exists()


def test_a_lock_in_use_stays(stack: Path) -> None:
    note = leave_note(stack)
    program = (
        "import fcntl, sys\n"
        f"file = open({str(stack / 'terraform.tfstate')!r}, 'r+')\n"
        "fcntl.lockf(file, fcntl.LOCK_EX)\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        held = held_lock(stack)
        assert held is not None and held.holder is HolderStatus.ALIVE and held.stops
        with pytest.raises(LockProblem, match="is still running"):
            unlock(stack, ID)
        holder.communicate()
    assert note.exists()


def test_no_unlocking_while_a_run_works(stack: Path) -> None:
    leave_note(stack)
    guard = acquire(stack)
    try:
        with pytest.raises(DirectoryBusy):
            unlock(stack, ID)
    finally:
        guard.release()


def in_s3(stack: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any] | None) -> None:
    folder = stack / ".terraform"
    folder.mkdir()
    config = {"bucket": "b", "key": "k/terraform.tfstate", "region": "eu-west-1"}
    backend = {"backend": {"type": "s3", "config": config}}
    (folder / "terraform.tfstate").write_text(json.dumps(backend))

    def read(_reader: object, bucket: str, key: str) -> dict[str, Any] | None:
        assert (bucket, key) == ("b", "k/terraform.tfstate.tflock")
        return told

    monkeypatch.setattr(lock_object, "read_lock_object", read)


def test_a_lock_in_s3_of_another_machine_is_not_ours_to_judge(
    stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_s3(stack, monkeypatch, {**INFO, "Who": "ana@elsewhere"})
    held = held_lock(stack)
    assert held is not None and held.holder is HolderStatus.UNKNOWN and held.stops
    assert held.place == "s3://b/k/terraform.tfstate.tflock"
    with pytest.raises(LockProblem, match="It is unknown") as refused:
        unlock(stack, ID)
    assert "Ask ana@elsewhere" in refused.value.remedy
    assert f"--unlock {ID} --confirm ana@elsewhere" in refused.value.remedy


def test_a_lock_of_an_unknown_holder_takes_id_and_holder(
    stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_s3(stack, monkeypatch, {**INFO, "Who": "ana@elsewhere"})
    released: list[str] = []
    monkeypatch.setattr(locks, "_force_unlock", lambda _directory, id_, _env: released.append(id_))
    for confirmed in ("", "yes", "bob@elsewhere", ID):
        with pytest.raises(LockProblem):
            unlock(stack, ID, confirmed=confirmed)
    assert not released
    unlock(stack, ID, confirmed="ana@elsewhere")
    assert released == [ID]


@pytest.mark.parametrize(
    ("places", "holder"),
    [
        (set(), HolderStatus.UNKNOWN),
        ({Path("/srv/other")}, HolderStatus.UNKNOWN),
        ("here", HolderStatus.ALIVE),
    ],
)
def test_a_lock_in_s3_that_no_run_of_ours_took_is_never_taken_for_dead(
    stack: Path, monkeypatch: pytest.MonkeyPatch, places: Any, holder: HolderStatus
) -> None:
    # A failed run of this user in the same minute, by the same user name on the same machine.
    stage(stack, RunStatus.FAILED)
    in_s3(stack, monkeypatch, {**INFO, "Who": HERE, "Created": "2026-11-23T12:43:30.5Z"})
    found = {stack.resolve()} if places == "here" else places
    monkeypatch.setattr(locks, "_engine_places", lambda: found)
    held = held_lock(stack)
    assert held is not None and held.holder is holder
    assert held.may_be_unlocked is (holder is HolderStatus.DEAD)
    assert (held.run == "") and held.operation == "OperationTypeApply"


def test_the_lock_of_a_run_that_ended_is_dead_whatever_else_runs(
    stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = stage(stack, RunStatus.FAILED)
    record_lock(run.files, "of-its-plan")
    record_lock(run.files, ID)
    in_s3(stack, monkeypatch, {**INFO, "Who": HERE})
    monkeypatch.setattr(locks, "_engine_places", lambda: {Path("/srv/other")})
    held = held_lock(stack)
    assert held is not None and held.run == run.id and held.holder is HolderStatus.DEAD
    assert f"The operation has ended (run {run.id})." in lock_sentence(held)
    live = stage(stack, RunStatus.APPLYING)
    in_s3_now = {**INFO, "Who": HERE, "ID": "another"}
    monkeypatch.setattr(lock_object, "read_lock_object", lambda *_given: in_s3_now)
    record_lock(live.files, "another")
    held = held_lock(stack)
    assert held is not None and held.holder is HolderStatus.ALIVE and held.run == live.id


def test_the_lock_of_a_run_of_another_directory_is_known(
    stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = {**INFO, "Who": HERE, "ID": "7d-2c"}
    in_s3(stack, monkeypatch, lock)
    monkeypatch.setattr(locks, "_engine_places", set)
    clone = tmp_path / "a clone"
    live = stage(clone, RunStatus.APPLYING)
    record_lock(live.files, "7d-2c")
    held = held_lock(stack)
    assert held is not None and held.holder is HolderStatus.ALIVE
    assert (held.run, held.directory) == (live.id, clone)
    assert f"The operation is still running (run {live.id} in {clone})." in lock_sentence(held)
    with pytest.raises(LockProblem, match="is still running") as refused:
        unlock(stack, "7d-2c", confirmed=HERE)
    assert refused.value.remedy.endswith(f"gpuecs-tui cancel '{clone}'")
    assert main(["state", str(stack)]) == 1
    assert f"gpuecs-tui cancel '{clone}'" in capsys.readouterr().out

    # Its process has died on another machine, or this machine can't see it.
    record = json.loads(live.files.state.read_text())
    for host, holder in (("bastion", HolderStatus.DEAD), ("elsewhere", HolderStatus.UNKNOWN)):
        if host == "bastion":
            monkeypatch.setattr(locks, "host_name", lambda: "bastion")
        else:
            monkeypatch.undo()
            monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
            monkeypatch.setattr(lock_object, "read_lock_object", lambda *_given: lock)
        runner = {"pid": 4, "started": "1", "boot": "gone", "host": socket.gethostname()}
        live.files.state.write_text(json.dumps({**record, "runner": runner}))
        held = held_lock(stack)
        assert held is not None and held.holder is holder and held.run == live.id

    ended = stage(clone, RunStatus.FAILED)
    record_lock(ended.files, "8e-3d")
    lock["ID"] = "8e-3d"
    held = held_lock(stack)
    assert held is not None and held.holder is HolderStatus.DEAD and held.directory == clone
    assert f"The operation has ended (run {ended.id} in {clone})." in lock_sentence(held)


@pytest.mark.parametrize(
    ("holder", "advice"),
    [
        (HolderStatus.ALIVE, "Wait until it ends, or cancel it."),
        (HolderStatus.DEAD, "Release the lock: gpuecs-tui state /srv/x --unlock l-1"),
        (
            HolderStatus.UNKNOWN,
            "Ask bo@laptop whether the operation is still running. If no machine uses this state, "
            "release the lock: gpuecs-tui state /srv/x --unlock l-1 --confirm bo@laptop",
        ),
    ],
)
def test_what_to_do_about_a_lock_depends_on_its_holder(holder: HolderStatus, advice: str) -> None:
    held = HeldLock("s3://b/k", "l-1", "OperationTypeApply", "bo@laptop", None, holder)
    assert release_advice(Path("/srv/x"), held) == advice


def test_a_lock_of_nobody_knows_whom_is_shown_with_the_command_that_releases_it(
    stack: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    in_s3(stack, monkeypatch, {**INFO, "Who": "DOMAIN\\eva@laptop", "ID": "91-ab"})
    assert main(["state", str(stack)]) == 1
    (advice,) = (it for it in capsys.readouterr().out.splitlines() if it.startswith("→"))
    command = advice.partition("gpuecs-tui state ")[2]
    assert shlex.split(command) == [
        str(stack),
        "--unlock",
        "91-ab",
        "--confirm",
        "DOMAIN\\eva@laptop",
    ]
    released: list[str] = []
    monkeypatch.setattr(locks, "_force_unlock", lambda _directory, id_, _env: released.append(id_))
    assert main(["state", *shlex.split(command)]) == 0
    assert released == ["91-ab"]


def test_what_works_in_the_directory_need_not_hold_the_state(
    stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_s3(stack, monkeypatch, {**INFO, "Who": HERE})
    monkeypatch.setattr(locks, "_engine_places", set)
    guard = acquire(stack)
    try:
        held = held_lock(stack)
        assert held is not None and held.holder is HolderStatus.UNKNOWN
    finally:
        guard.release()
    held = held_lock(stack)
    assert held is not None and held.holder is HolderStatus.UNKNOWN


def test_no_lock_object_is_no_lock(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_s3(stack, monkeypatch, None)
    assert held_lock(stack) is None


def test_a_lock_that_may_not_be_read_is_said(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_s3(stack, monkeypatch, None)

    def refuse(*_given: object) -> None:
        raise AwsProblem("denied", "No.", "Ask.", "s3:GetObject")

    monkeypatch.setattr(lock_object, "read_lock_object", refuse)
    (sentence,) = examine(stack).sentences()
    assert "Could not read the lock" in sentence
    assert "not allowed to call s3:GetObject" in sentence


def test_which_engines_run_is_read_off_the_machine(tmp_path: Path) -> None:
    program = tmp_path / "terraform"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "60"], cwd=tmp_path) as running:
        # A process has its new name only shortly after its start.
        until(lambda: tmp_path.resolve() in (locks._engine_places() or ()), "the engine")
        running.kill()
    assert tmp_path.resolve() not in (locks._engine_places() or ())


def test_the_selected_workspace_has_a_lock_of_its_own(stack: Path) -> None:
    leave_note(stack)
    assert workspace(stack, {}) == "default"
    assert local_state(stack, {}) == stack / STATE_NAME
    assert workspace(stack, {"TF_WORKSPACE": "blue"}) == "blue"
    (stack / ".terraform").mkdir()
    (stack / ".terraform" / "environment").write_text("green")
    assert workspace(stack, {}) == "green"
    assert held_lock(stack) is None
    state = stack / "terraform.tfstate.d" / "green" / STATE_NAME
    assert local_state(stack, {}) == state
    state.parent.mkdir(parents=True)
    lock_note(state).write_text(json.dumps(INFO))
    found = held_lock(stack)
    assert found is not None and found.id == INFO["ID"] and found.holder is HolderStatus.DEAD
    locks.unlock(stack, found.id)
    assert held_lock(stack) is None and lock_note(stack / STATE_NAME).exists()


def test_a_state_in_a_file_of_another_name_has_its_lock_beside_it(stack: Path) -> None:
    (stack / ".terraform").mkdir()
    noted = {"backend": {"type": "local", "config": {"path": "kept/prod.tfstate"}}}
    (stack / ".terraform" / STATE_NAME).write_text(json.dumps(noted))
    leave_note(stack)
    assert held_lock(stack) is None, "that one is no longer the state's"
    (stack / "kept").mkdir()
    (stack / "kept" / ".prod.tfstate.lock.info").write_text(json.dumps(INFO))
    found = held_lock(stack)
    assert found is not None and found.place.endswith("kept/.prod.tfstate.lock.info")


def test_the_lock_is_read_as_whoever_uses_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    assert asked_profile({"AWS_PROFILE": "wizard"}) == "wizard"
    # Keys in the environment take precedence over a profile in it: botocore resolves that itself.
    assert asked_profile({"AWS_PROFILE": "mine"}) == ""
    assert asked_profile({}) == ""
    assert backend_reader({"profile": "backend"}, "wizard").profile == "backend"


def test_where_the_lock_of_a_workspace_lies() -> None:
    config = {"key": "k"}
    assert lock_object.lock_key(config) == "k.tflock"
    assert lock_object.lock_key(config, "w") == "env:/w/k.tflock"
    assert lock_object.lock_key({**config, "workspace_key_prefix": "p"}, "w") == "p/w/k.tflock"
