"""An approval on the command line counts even if nothing reads the output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gpuecs_tui.terraform.engine.binary import ENGINE_VARIABLE
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support.terraform import fake_engine
from tests.support.terraform.fake_engine import Command, stream
from tests.support.terraform.run_folders import DETAILS, stage


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    slow = Command(stream("plan-change"), code=2, linger=1.0)
    shown = Command([json.dumps(DETAILS)])
    engine = fake_engine.install(tmp_path / "engine", plan=slow, show=shown)
    monkeypatch.setenv(ENGINE_VARIABLE, str(engine))
    made = tmp_path / "llm"
    made.mkdir()
    (made / "main.tf").write_text("")
    return made


def read_one_line(*words: str, both: bool = False) -> tuple[str, int, str]:
    """Return the first line of a command, its exit code after the reader has closed, and its
    stderr."""
    command = [sys.executable, "-m", "gpuecs_tui", *words]
    errors = subprocess.STDOUT if both else subprocess.PIPE
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=errors, text=True, env=os.environ
    ) as running:
        assert running.stdout is not None
        line = running.stdout.readline()
        running.stdout.close()
        told = running.stderr.read() if running.stderr is not None else ""
    return line, running.returncode, told


@pytest.mark.parametrize("both", [False, True])
def test_what_was_approved_is_applied_unread(stack: Path, tmp_path: Path, both: bool) -> None:
    line, code, told = read_one_line(
        *("apply", str(stack), "--yes", "--despite-findings", "--confirm", "llm"), both=both
    )
    assert line and code == 0
    (run,) = run_list.runs_of(stack)
    assert run.state is RunStatus.SUCCEEDED and run.message == "Applied."
    assert fake_engine.calls(tmp_path / "engine")[-1]["arguments"][0] == "apply"
    words = "The output of this command was closed early. To follow the run: gpuecs-tui attach"
    assert both or f"{words} {stack}" in told


def test_what_was_approved_is_applied_on_a_full_disk(stack: Path) -> None:
    words = ("apply", str(stack), "--yes", "--despite-findings", "--confirm", "llm")
    command = [sys.executable, "-m", "gpuecs_tui", *words]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, check=False, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0
    (run,) = run_list.runs_of(stack)
    assert run.state is RunStatus.SUCCEEDED and run.message == "Applied."
    lost = "Could not write the output: No space left on device."
    assert f"{lost} To follow the run: gpuecs-tui attach {stack}" in done.stderr


def test_what_must_be_confirmed_is_discarded_unread(stack: Path) -> None:
    _line, code, told = read_one_line("apply", str(stack), "--yes", "--despite-findings")
    assert code == 1 and "add --confirm llm" in told
    (run,) = run_list.runs_of(stack)
    assert run.state is RunStatus.DISCARDED


def test_whoever_only_watches_leaves_the_run_alone(stack: Path) -> None:
    run = stage(stack, RunStatus.PLANNED, stream("plan-change") * 200)
    _line, code, _told = read_one_line("attach", str(stack))
    assert code == 141 and run.refresh().state is RunStatus.PLANNED
