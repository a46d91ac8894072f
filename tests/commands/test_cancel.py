"""``cancel``: one interrupt, and the force-stop, which must name the run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.commands.failure import EXIT_FAILED, EXIT_USAGE
from gpuecs_tui.commands.follow import follow
from gpuecs_tui.terraform.base.atomic_files import now, replace_json
from gpuecs_tui.terraform.base.liveness import host_name, identify
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.engine.binary import ENGINE_VARIABLE
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.journal import RunFiles, record
from gpuecs_tui.terraform.runs.run import Run, load_run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support.terraform import fake_engine
from tests.support.terraform.fake_engine import Command, stream
from tests.support.terraform.waiting import until, until_state


@pytest.fixture
def applying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run whose Terraform takes a minute to stop."""
    engine, stack = tmp_path / "engine", tmp_path / "stack"
    slow = Command(stream("apply-change"), pause=60, after_interrupt=60)
    monkeypatch.setenv(ENGINE_VARIABLE, str(fake_engine.install(engine, apply=slow)))
    stack.mkdir()
    (stack / "main.tf").write_text("")
    run = runs.approve(until_state(runs.start(stack, "apply"), RunStatus.PLANNED))
    until(lambda: fake_engine.calls(engine)[-1]["arguments"][0] == "apply", "apply")
    until(lambda: run.refresh().terraform_pid, "Terraform's process id")
    return run


def test_the_harder_stop_names_its_run(applying: Run, capsys: pytest.CaptureFixture[str]) -> None:
    directory = str(applying.directory)
    assert main(["cancel", directory, "--end-now", applying.id]) != 0
    assert "not stopping" in capsys.readouterr().err
    assert main(["cancel", directory]) == 0
    assert "Terraform was asked to stop." in capsys.readouterr().out
    until_state(applying, RunStatus.STOPPING)
    assert main(["cancel", directory]) == 0
    assert f"gpuecs-tui cancel {directory} --end-now {applying.id}" in capsys.readouterr().out
    assert main(["cancel", directory, "--end-now", "another"]) == EXIT_USAGE
    assert f"is {applying.id}, not another." in capsys.readouterr().err
    assert applying.refresh().state is RunStatus.STOPPING
    assert main(["cancel", directory, "--end-now", applying.id]) == EXIT_FAILED
    assert "Force-stopped by " in capsys.readouterr().err
    assert applying.refresh().state is RunStatus.FAILED


@pytest.fixture
def waiting_for_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A run whose Terraform has ended while the disk is full."""
    folder, stack = run_list.runs_root() / "20260101T000000-x", tmp_path / "stack"
    stack.mkdir()
    folder.mkdir(parents=True)
    files = RunFiles(folder)
    facts = {"directory": str(stack), "operation": "apply", "started_at": now()}
    replace_json(files.facts, facts | {"host": host_name()})
    program = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(); input()"
    with subprocess.Popen(
        [sys.executable, "-uc", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as runner:
        assert runner.stdout is not None and runner.stdout.readline()
        record(files, RunStatus.APPLYING, runner=identify(runner.pid))
        replace_json(files.decision, {"decision": "approve", "by": "ana@bastion", "at": now()})
        no_space = SimpleNamespace(f_bavail=0, f_frsize=1)
        monkeypatch.setattr(os, "statvfs", lambda _path: no_space)
        run = load_run(folder)
        assert run is not None
        yield run
        runner.kill()


def test_a_run_that_waits_for_space_says_so(
    waiting_for_space: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = str(waiting_for_space.directory)
    said = (
        f"The disk of {waiting_for_space.files.folder} is full: Terraform has ended, and the run "
        "waits for free space to record its end."
    )
    assert main(["cancel", directory]) == 0
    told = capsys.readouterr().out
    assert said in told and "Free some space" in told and "asked to stop" not in told
    assert main(["runs", directory]) == 0
    assert said in capsys.readouterr().out
    polls = iter([False, False, True])
    follow(waiting_for_space, lambda _run: next(polls))
    assert capsys.readouterr().err.count(said) == 1
