"""The output of ``demo status`` about the demo account."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.commands import demo
from gpuecs_tui.commands.failure import EXIT_USAGE
from gpuecs_tui.demo import account
from gpuecs_tui.demo.account import DemoAccount
from gpuecs_tui.terraform.base.atomic_files import read_json, replace_json
from gpuecs_tui.terraform.runs.journal import record
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support.terraform.run_folders import stage


def status(monkeypatch: pytest.MonkeyPatch, found: DemoAccount | None) -> int:
    monkeypatch.setattr(account, "find", lambda: found)
    return main(["demo", "status"])


@pytest.mark.parametrize(
    ("playing", "says", "not_said"),
    [(True, "tasks start, as on AWS", "fault"), (False, "error is in /demo/server.log", "as on")],
)
def test_tells_whether_it_plays(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    playing: bool,
    says: str,
    not_said: str,
) -> None:
    found = DemoAccount("http://127.0.0.1:1234", 77, Path("/demo"), playing=playing)
    assert status(monkeypatch, found) == 0
    said = capsys.readouterr().out
    assert "127.0.0.1:1234 (process 77)" in said and says in said and not_said not in said


def test_tells_that_there_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(monkeypatch, None) == 1
    assert "The demo account is not running." in capsys.readouterr().out


@pytest.mark.parametrize("name", [".", "stack"])
def test_the_tour_leaves_what_is_beside_its_stack_alone(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Path, str]] = []

    def gone(arguments: argparse.Namespace, answers: Path) -> int:
        seen.append((answers, answers.read_text(encoding="utf-8")))
        return 0

    monkeypatch.setattr(demo, "choose_account", lambda _arguments: None)
    monkeypatch.setattr(demo, "answers_for", lambda tag: {"stack.tags": {"project": tag}})
    monkeypatch.setattr(demo, "_go", gone)
    monkeypatch.chdir(tmp_path)
    theirs = tmp_path / "stack.toml"
    theirs.write_text("mine")
    assert main(["demo", "tour", name]) == 0
    ((answers, text),) = seen
    assert tmp_path not in answers.parents and "project" in text
    assert theirs.read_text() == "mine" and list(tmp_path.iterdir()) == [theirs]
    assert not answers.exists()


def test_stop_leaves_the_account_to_a_run_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = DemoAccount("http://127.0.0.1:4711", 77, Path("/demo"))
    stopped: list[bool] = []

    def stop() -> bool:
        stopped.append(True)
        return True

    monkeypatch.setattr(account, "find", lambda: found)
    monkeypatch.setattr(account, "stop", stop)
    run = stage(tmp_path / "my stack", RunStatus.APPLYING)
    assert main(["demo", "stop"]) == 0 and len(stopped) == 1, "a run on another account"

    facts = read_json(run.files.facts) or {}
    settings = {"AWS_ENDPOINT_URL": found.endpoint}
    replace_json(run.files.facts, {**facts, "settings": settings})
    capsys.readouterr()
    assert main(["demo", "stop"]) == EXIT_USAGE and len(stopped) == 1
    said = capsys.readouterr().err
    assert f"A run in {run.directory} is using the demo account" in said and "applying" in said
    assert "--yes" in said and f"gpuecs-tui cancel '{run.directory}'" in said
    assert main(["demo", "stop", "--yes"]) == 0 and len(stopped) == 2
    assert f"A run in {run.directory} is using the demo account" in capsys.readouterr().err

    record(run.files, RunStatus.FAILED, runner=None)
    assert main(["demo", "stop"]) == 0 and len(stopped) == 3
    assert capsys.readouterr().err == ""
