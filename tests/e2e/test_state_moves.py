"""A state moved between a directory and S3, by the real Terraform in the demo account."""

from __future__ import annotations

import getpass
import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.commands.demo import answers_for
from gpuecs_tui.stack.answers import dump_answers
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.engine.binary import find_engine
from gpuecs_tui.terraform.migration import lifecycle
from gpuecs_tui.terraform.migration.record import Phase, note
from gpuecs_tui.terraform.migration.refusals import MigrationProblem
from gpuecs_tui.terraform.recovery import remedies
from gpuecs_tui.terraform.recovery.locks import held_lock
from gpuecs_tui.terraform.runs.directory_lock import DirectoryBusy
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.terraform.state.content import serial_and_lineage, state_content
from gpuecs_tui.terraform.state.reader import read_state
from tests.e2e.state_moves import BACKEND, ended, move, planned, s3, until

pytestmark = pytest.mark.e2e
RESOURCE = """
resource "terraform_data" "a" {
  input = "%s"

  provisioner "local-exec" {
    command = "sleep %d"
  }
}

output "told" {
  value = terraform_data.a.output
}
"""
INTERRUPTED = """#!/bin/sh
# Goes through with an init, then makes of it what a kill at another moment leaves.
case "$1:$(cat "{orders}" 2>/dev/null)" in
init:before) rm "{orders}"; kill -9 $PPID; while [ -e "{orders}.hold" ]; do sleep 0.1; done ;;
init:copied) rm "{orders}"; cp terraform.tfstate kept; "{real}" "$@"
  mv kept terraform.tfstate; rm .terraform/terraform.tfstate; kill -9 $PPID; exit 137 ;;
init:emptied) rm "{orders}"; "{real}" "$@"
  rm .terraform/terraform.tfstate; kill -9 $PPID; exit 137 ;;
init:noted) rm "{orders}"; "{real}" "$@"; kill -9 $PPID; exit 137 ;;
init:half) rm "{orders}"; printf '{{"version": 4, "ser' >terraform.tfstate
  kill -9 $PPID; exit 137 ;;
esac
exec "{real}" "$@"
"""


@pytest.fixture
def stack(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with one applied resource, and a local state."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = tmp_path / "llama"
    made.mkdir()
    (made / "main.tf").write_text(RESOURCE % ("x", 0))
    assert apply(made).state is RunStatus.SUCCEEDED
    return made


@pytest.fixture
def orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with the moment at which the next init is killed, together with the mover."""
    given = tmp_path / "orders"
    script = tmp_path / "bin" / "terraform"
    script.parent.mkdir()
    script.write_text(INTERRUPTED.format(orders=given, real=find_engine().path))
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("GPUECS_TUI_ENGINE", str(script))
    return given


def apply(directory: Path) -> Run:
    run = ended(runs.start(directory, "apply"))
    return ended(runs.approve(run)) if run.state is RunStatus.PLANNED else run


def to_s3(directory: Path, bucket: str) -> None:
    (directory / "backend.tf").write_text(BACKEND % bucket)


def in_s3(bucket: str) -> bytes:
    return bytes(s3().get_object(Bucket=bucket, Key="llama/terraform.tfstate")["Body"].read())


def put_lock(bucket: str, who: str, operation: str) -> None:
    told = {
        "ID": "0a-1b", "Operation": operation, "Who": who, "Version": "1.11.4", "Info": "",
        "Created": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}Z", "Path": "",
    }  # fmt: skip
    body = json.dumps(told).encode()
    s3().put_object(Bucket=bucket, Key="llama/terraform.tfstate.tflock", Body=body)


def locked(bucket: str) -> bool:
    listed = s3().list_objects_v2(Bucket=bucket).get("Contents", [])
    return any(it["Key"].endswith(".tflock") for it in listed)


def is_converged(directory: Path) -> bool:
    run = planned(directory)
    return run.state is RunStatus.SUCCEEDED and run.changes is not None and not run.changes.total


def test_there_and_back_with_a_change_on_the_way(stack: Path, bucket: str) -> None:
    before = (stack / "terraform.tfstate").read_bytes()
    (stack / "main.tf").write_text(RESOURCE % ("y", 0))
    waiting = planned_to_apply(stack)
    to_s3(stack, bucket)
    refused = planned(stack)
    assert refused.state is RunStatus.FAILED
    assert "Move the state before you run a plan" in refused.message
    assert f"gpuecs-tui migrate {stack}" in refused.remedy
    (found,) = remedies.examine(stack).sentences()
    assert str(stack / "terraform.tfstate") in found and f"s3://{bucket}/llama" in found

    there = move(stack)
    assert there.phase is Phase.DONE and there.resources == 1, there.message
    assert waiting.refresh().state is RunStatus.DISCARDED
    assert state_content(in_s3(bucket)) == state_content(before)
    assert there.copy.read_bytes() == before
    assert stat.S_IMODE(there.copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(there.folder.stat().st_mode) == 0o700
    assert not list(stack.glob("terraform.tfstate.backup-*")), "kept until it is verified only"
    assert lifecycle.due(stack) is None and not remedies.examine(stack).has_problems
    with pytest.raises(MigrationProblem, match="No move needed"):
        lifecycle.start(stack)

    (stack / "main.tf").write_text(RESOURCE % ("z", 3))
    (stack / "main.tf").write_text((stack / "main.tf").read_text().replace('"a"', '"b"', 1)
                                   .replace("data.a.", "data.b."))  # fmt: skip
    run = runs.approve(planned_to_apply(stack))
    until(lambda: locked(bucket))
    held = held_lock(stack)
    assert held is not None and held.operation == "OperationTypeApply" and held.id
    assert ended(run).state is RunStatus.SUCCEEDED and not locked(bucket)
    changed = in_s3(bucket)

    (stack / "backend.tf").unlink()
    assert planned(stack).state is RunStatus.FAILED
    back = move(stack)
    assert back.phase is Phase.DONE, back.message
    local = (stack / "terraform.tfstate").read_bytes()
    assert state_content(local) == state_content(changed) and state_content(local) != state_content(
        before
    )
    assert is_converged(stack)

    to_s3(stack, bucket)
    again = move(stack)
    assert again.phase is Phase.DONE, again.message
    (stack / "backend.tf").write_text((BACKEND % bucket).replace("= true", "= false", 1))
    settings = lifecycle.due(stack)
    assert settings is not None and not settings.moves
    assert move(stack).phase is Phase.DONE and is_converged(stack)


def planned_to_apply(directory: Path) -> Run:
    run = ended(runs.start(directory, "apply"))
    assert run.state is RunStatus.PLANNED, run.message
    return run


@pytest.mark.parametrize("moment", ["before", "copied", "emptied", "noted"])
def test_killed_and_gone_on_with(stack: Path, bucket: str, orders: Path, moment: str) -> None:
    before = state_content((stack / "terraform.tfstate").read_bytes())
    to_s3(stack, bucket)
    orders.write_text(moment)
    hold = orders.with_name("orders.hold")
    hold.touch()
    begun = lifecycle.start(stack)
    if moment == "before":
        until(lambda: not orders.exists())
        # Only the mover is dead: its Terraform is still running, so no other run may start.
        with pytest.raises(DirectoryBusy, match="state move"):
            lifecycle.start(stack)
        # The mover may have been killed before it recorded its Terraform.
        note(begun.folder, child=None)
        assert begun.refresh().is_live
    hold.unlink()
    killed = lifecycle.wait(begun)
    assert killed.was_cut_off and state_content(killed.copy.read_bytes()) == before
    assert list(stack.glob("terraform.tfstate.backup-*")), "not verified, so kept"
    if moment == "before":
        assert lifecycle.wait(move(stack)).phase is Phase.DONE
    else:
        if moment == "copied":
            put_lock(bucket, f"{getpass.getuser()}@{os.uname().nodename}", "migration source state")
        (told,) = remedies.examine(stack).sentences()
        assert "was interrupted. Continue it." in told
        resumed = move(stack)
        assert resumed.phase is Phase.DONE, resumed.message
    assert state_content(in_s3(bucket)) == before and not locked(bucket)
    assert lifecycle.due(stack) is None and is_converged(stack)


def test_killed_on_the_way_back(stack: Path, bucket: str, orders: Path) -> None:
    to_s3(stack, bucket)
    assert move(stack).phase is Phase.DONE
    (stack / "backend.tf").unlink()
    orders.write_text("half")
    assert lifecycle.wait(lifecycle.start(stack)).was_cut_off
    assert move(stack).phase is Phase.DONE
    assert state_content((stack / "terraform.tfstate").read_bytes()) == state_content(in_s3(bucket))
    assert list(stack.glob("terraform.tfstate.broken-*"))
    assert is_converged(stack)


def test_somebody_elses_lock_and_state_stay(stack: Path, bucket: str) -> None:
    to_s3(stack, bucket)
    put_lock(bucket, "ana@elsewhere", "OperationTypeApply")
    refused = move(stack)
    assert refused.phase is Phase.FAILED and "locked by ana@elsewhere" in refused.message
    assert locked(bucket)
    s3().delete_object(Bucket=bucket, Key="llama/terraform.tfstate.tflock")

    state = json.loads((stack / "terraform.tfstate").read_bytes())
    state["lineage"], state["serial"] = "another", 99
    state["resources"][0]["name"] = "other"
    theirs = json.dumps(state).encode()
    s3().put_object(Bucket=bucket, Key="llama/terraform.tfstate", Body=theirs)
    refused = move(stack)
    assert refused.phase is Phase.FAILED and "already holds another state" in refused.message
    assert in_s3(bucket) == theirs and serial_and_lineage(theirs) == (99, "another")
    assert len(read_state(stack).resources) == 1


def test_a_written_stack_keeps_its_state_in_s3(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    directory, answers = tmp_path / "llama", tmp_path / "llama.toml"
    values = {**answers_for("llama"), "state.backend": "s3", "state.bucket": bucket}
    answers.write_text(dump_answers(values))
    assert main(["render", str(answers), str(directory)]) == 0
    assert main(["plan", str(directory)]) == 2
    said = capsys.readouterr()
    assert " to add, 0 to change, 0 to destroy." in said.out
    assert not (directory / "terraform.tfstate").exists() and not locked(bucket)
