"""``cancel``: one interrupt, and the force-stop, which must name the run."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.commands.failure import EXIT_FAILED, EXIT_USAGE
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.engine.binary import ENGINE_VARIABLE
from gpuecs_tui.terraform.runs.run import Run
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
