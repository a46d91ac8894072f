"""Which runs are deleted: per stack, plans first, and never runs that may have created
resources."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.terraform.control import rotation
from gpuecs_tui.terraform.control.rotation import rotate
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support.terraform.apply_events import hook
from tests.support.terraform.run_folders import stage

CREATED = [hook("aws_eip.a", "start"), hook("aws_eip.a", "complete", id_="eipalloc-1")]


@pytest.fixture(autouse=True)
def few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(rotation, "KEPT_RUNS", 4)


def plan(directory: Path) -> Run:
    return stage(directory, RunStatus.SUCCEEDED, operation="plan")


def kept(*expected: Run) -> bool:
    rotate(run_list.records())
    return {it.id for it in run_list.all_runs()} == {it.id for it in expected}


def test_each_stack_is_counted_by_itself(tmp_path: Path) -> None:
    one = [plan(tmp_path / "one") for _number in range(3)]
    many = [plan(tmp_path / "many") for _number in range(9)]
    # The run that is about to start is the fourth.
    assert kept(*one, *many[-3:])


def test_plans_go_before_applies(tmp_path: Path) -> None:
    applies = [stage(tmp_path / "stack", RunStatus.SUCCEEDED) for _number in range(2)]
    plans = [plan(tmp_path / "stack") for _number in range(6)]
    assert kept(*applies, plans[-1])
    more = [stage(tmp_path / "stack", RunStatus.SUCCEEDED) for _number in range(3)]
    assert kept(*more)


def test_what_may_hold_creations_stays_until_it_is_dismissed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = tmp_path / "stack"
    crashed = stage(stack, RunStatus.FAILED, CREATED)
    half = stage(stack, RunStatus.CANCELLED, [hook("aws_eip.b", "start")])
    plans = [plan(stack) for _number in range(8)]
    assert kept(crashed, half, *plans[-3:])
    # Without --yes, the created resources are only listed.
    assert main(["state", str(stack), "--forget", crashed.id]) == 64
    told = capsys.readouterr()
    assert "aws_eip.a  eipalloc-1" in told.out and "aws_eip.b" not in told.out
    assert "needs --yes" in told.err and kept(crashed, half, *plans[-3:])
    assert main(["state", str(stack), "--forget", crashed.id, "--yes"]) == 0
    assert "is dismissed" in capsys.readouterr().out
    assert kept(crashed, half, *plans[-2:]), "now it is one of the three, and no plan"
    assert main(["state", str(stack)]) == 1
    told = capsys.readouterr()
    assert "eipalloc-1" not in told.out and "aws_eip.b  perhaps" in told.out
    assert f"--forget {half.id}" in told.out


def test_a_success_since_lets_them_go(tmp_path: Path) -> None:
    crashed = stage(tmp_path / "stack", RunStatus.FAILED, CREATED)
    later = [stage(tmp_path / "stack", RunStatus.SUCCEEDED) for _number in range(3)]
    assert crashed.files.folder.exists() and kept(*later)


def test_what_a_later_run_deleted_is_not_held(tmp_path: Path) -> None:
    stage(tmp_path / "stack", RunStatus.FAILED, CREATED)
    gone = [hook("aws_eip.a", "complete", "delete")]
    destroyed = stage(tmp_path / "stack", RunStatus.FAILED, gone, operation="destroy")
    later = [stage(tmp_path / "stack", RunStatus.FAILED) for _number in range(2)]
    assert kept(destroyed, *later)


def test_stacks_whose_directory_is_gone_count_as_one(tmp_path: Path) -> None:
    made = [plan(tmp_path / f"build-{number}") for number in range(9)]
    held = stage(tmp_path / "build-x", RunStatus.FAILED, CREATED)
    for folder in tmp_path.glob("build-*"):
        shutil.rmtree(folder)
    here = [plan(tmp_path / "here") for _number in range(3)]
    assert kept(*made[-3:], held, *here)


def test_a_moved_directory_is_the_same_stack(tmp_path: Path) -> None:
    stack = tmp_path / "stack"
    before = [plan(stack) for _number in range(3)]
    moved = stack.rename(tmp_path / "moved")
    after = [plan(moved) for _number in range(2)]
    for run in (*before, *after):
        raw = json.loads(run.files.facts.read_text())
        run.files.facts.write_text(json.dumps(raw | {"token": "0123456789abcdef"}))
    assert kept(before[-1], *after)


def test_no_such_run_to_dismiss(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stack").mkdir()
    other = stage(tmp_path / "other", RunStatus.FAILED, CREATED)
    assert main(["state", str(tmp_path / "stack"), "--forget", other.id, "--yes"]) == 64
    assert "has no run" in capsys.readouterr().err
    live = stage(tmp_path / "stack", RunStatus.APPLYING)
    assert main(["state", str(tmp_path / "stack"), "--forget", live.id, "--yes"]) == 1
    assert "has not ended" in capsys.readouterr().err
