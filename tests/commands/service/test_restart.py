"""``restart``: what it says, asks, does and refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.commands.failure import EXIT_FAILED, EXIT_USAGE
from gpuecs_tui.commands.service import act
from gpuecs_tui.commands.service.here import EXIT_NOT_DEPLOYED
from gpuecs_tui.commands.status.asked import Asked
from gpuecs_tui.operations import service
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.demo.simulator.stepped import Stepped
from tests.support.terraform.run_folders import stage


def test_a_restart_replaces_every_task_and_nothing_that_terraform_tracks(
    account: Stepped, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {it["taskArn"] for it in account.tasks}
    definition, desired = account.service["taskDefinition"], account.service["desiredCount"]
    assert main(["restart", str(directory), "--yes"]) == 0
    out = capsys.readouterr().out
    assert "ECS replaces 2 tasks of llm" in out
    assert "At least 2 of 2 tasks keep running (minimum healthy percent 100)." in out
    assert "up to 2 instances start (g4dn.xlarge" in out
    assert f"gpuecs-tui status {directory} --watch" in out
    account.step(2)
    account.until(account.steady)
    assert not before & {it["taskArn"] for it in account.tasks}
    assert account.service["taskDefinition"] == definition
    assert account.service["desiredCount"] == desired


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("\n", EXIT_FAILED), ("", EXIT_FAILED)])
def test_a_terminal_is_asked(
    account: Stepped,
    directory: Path,
    answer: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
    typed: str,
    code: int,
) -> None:
    newest = account.history[0]["serviceDeploymentArn"]
    answer(typed)
    assert main(["restart", str(directory)]) == code
    assert "Restart llm? (account 123456789012, us-west-2) [y/N] " in capsys.readouterr().err
    account.step(2)
    assert (account.history[0]["serviceDeploymentArn"] == newest) == bool(code)


def test_without_a_terminal_it_only_says_what_it_would_do(
    account: Stepped, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    newest = account.history[0]["serviceDeploymentArn"]
    assert main(["restart", str(directory)]) == EXIT_USAGE
    said = capsys.readouterr()
    assert "ECS replaces 2 tasks" in said.out and "--yes is required" in said.err
    account.step(2)
    assert account.history[0]["serviceDeploymentArn"] == newest


def test_the_deployment_that_ecs_started_is_followed(
    account: Stepped,
    directory: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    followed: list[Asked] = []

    def after_change(_here: object, _wait: object, it: Asked) -> int:
        followed.append(it)
        return 0

    monkeypatch.setattr(act, "after_change", after_change)
    before = account.service["deployments"][0]["id"]
    assert main(["restart", str(directory), "--yes", "--wait"]) == 0
    # ECS has begun it when it answers, before any task starts.
    newest = account.service["deployments"][0]["id"]
    assert followed == [Asked(deployment=newest)] and newest != before
    assert f"Started the deployment {newest}." in capsys.readouterr().out
    account.until(account.steady)
    assert account.service["deployments"][0]["id"] == newest

    monkeypatch.setattr(service, "update_service", lambda *_given, **_named: {"deployments": []})
    assert main(["restart", str(directory), "--yes", "--wait"]) == EXIT_FAILED
    assert "its answer names no deployment" in capsys.readouterr().err
    assert len(followed) == 1


def test_a_live_run_is_named(
    account: Stepped, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage(directory, RunStatus.APPLYING)
    assert main(["restart", str(directory), "--yes"]) == EXIT_FAILED
    assert "A run of this stack is in progress (apply, applying)." in capsys.readouterr().err


def test_names_that_only_the_files_tell_are_not_acted_on(
    account: Stepped, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    newest = account.history[0]["serviceDeploymentArn"]
    (directory / "terraform.tfstate").write_text("{")
    assert main(["restart", str(directory), "--yes"]) == EXIT_FAILED
    said = capsys.readouterr()
    assert said.out == "" and "terraform.tfstate" in said.err
    account.step(2)
    assert account.history[0]["serviceDeploymentArn"] == newest


def test_credentials_of_another_account_are_refused(
    account: Stepped, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    newest = account.history[0]["serviceDeploymentArn"]
    state = directory / "terraform.tfstate"
    state.write_text(state.read_text().replace(":123456789012:", ":210987654321:"))
    assert main(["restart", str(directory), "--yes"]) == EXIT_FAILED
    said = capsys.readouterr()
    assert "in the account 210987654321, and the credentials are for the account 1234" in said.err
    account.step(2)
    assert account.history[0]["serviceDeploymentArn"] == newest and said.out == ""


def test_nothing_deployed_is_3_and_no_directory_64(
    account: Stepped, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (directory / "terraform.tfstate").unlink()
    assert main(["restart", str(directory), "--yes"]) == EXIT_NOT_DEPLOYED
    assert "Nothing is deployed from this directory." in capsys.readouterr().err
    assert main(["restart", str(directory / "absent"), "--yes"]) == EXIT_USAGE
