"""``apply`` checks the stack, with a new read of the account, before the plan and again before the
apply."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.facts import AccountFacts, Named
from gpuecs_tui.cli import main
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support import fakes
from tests.support.screens.written_stack import let_read, right_account, write_stack
from tests.support.terraform import fake_engine

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("GPUECS_TUI_ENGINE", str(fake_engine.install(tmp_path / "engine")))
    directory = tmp_path / "stack"
    directory.mkdir()
    write_stack(directory)
    return directory


def states(stack: Path) -> list[RunStatus]:
    return [run.state for run in run_list.runs_of(stack)]


def refuse_to_be_read(*_any: object) -> AccountFacts:
    raise AwsProblem("no_credentials", "No AWS credentials found.", "Run: aws configure")


def test_the_account_is_read_before_the_plan_and_again_before_it_is_applied(
    stack: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    reads: list[list[RunStatus]] = []

    def read(*_any: object) -> AccountFacts:
        reads.append(states(stack))
        return right_account()

    let_read(monkeypatch, read)
    assert main(["apply", "--yes", str(stack)]) == 0
    assert reads == [[], [RunStatus.PLANNED]]
    assert states(stack) == [RunStatus.SUCCEEDED]


def test_what_has_changed_since_the_plan_stops_it(
    stack: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    taken = fakes.known((Named("llama", "arn:aws:ecs:us-east-1:123456789012:cluster/llama"),))
    accounts: Iterator[AccountFacts] = iter((right_account(), right_account(clusters=taken)))
    let_read(monkeypatch, lambda *_any: next(accounts))
    assert main(["apply", "--yes", str(stack)]) == 1
    printed = capsys.readouterr()
    assert "[name-taken]" in printed.out
    assert "Nothing was applied: the check found errors." in printed.err
    assert states(stack) == [RunStatus.DISCARDED]


@pytest.mark.parametrize("extra", [[], ["--offline"], ["--despite-findings"]])
def test_an_account_that_can_not_be_read_stops_it_unless_told_otherwise(
    stack: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed, extra: list[str]
) -> None:
    let_read(monkeypatch, refuse_to_be_read)
    code = main(["apply", "--yes", *extra, str(stack)])
    printed = capsys.readouterr()
    if extra:
        assert code == 0 and states(stack) == [RunStatus.SUCCEEDED]
        return
    assert code == 1 and states(stack) == []
    assert printed.err.strip() == (
        "gpuecs-tui: Nothing was applied: could not check the stack against the account. No AWS "
        "credentials found. Run: aws configure. To apply without this check, add --offline or "
        "--despite-findings."
    )
    assert "unknown" not in printed.out, "one reason, not twenty"


def test_errors_stop_it_without_the_account_too(
    stack: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    write_stack(stack, task__memory="15742")
    let_read(monkeypatch, refuse_to_be_read)
    assert main(["apply", "--yes", "--offline", str(stack)]) == 1
    assert "[memory-fit]" in capsys.readouterr().out
    assert states(stack) == []


def test_what_is_not_read_is_said_and_locks_nothing(
    stack: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    let_read(monkeypatch, lambda *_any: right_account())
    path = stack / "service.tf"
    path.write_text(path.read_text().replace("var.desired_count", "max(1, var.desired_count)"))
    assert main(["apply", "--yes", str(stack)]) == 0
    assert states(stack) == [RunStatus.SUCCEEDED]
    out = capsys.readouterr().out
    assert "unknown  service.desired_count  [not-read]" in out
    assert out.count("[not-read]") == 1
