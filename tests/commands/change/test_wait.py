"""``--wait`` on the demo account: its own answers, and no Terraform."""

from __future__ import annotations

import pytest

from gpuecs_tui.aws.deployment.watch import DeploymentWatch
from gpuecs_tui.cli import main
from tests.commands.change.replayed import Stack, state_with_targets
from tests.demo.simulator.stepped import Stepped


@pytest.fixture
def paced(account: Stepped, monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulate 6 s of the account between two reads, without a wait."""
    refresh = DeploymentWatch.refresh
    monkeypatch.setattr(DeploymentWatch, "refresh", lambda it, **_given: refresh(it, whole=True))

    def next_in(_self: DeploymentWatch) -> float:
        account.step(6.0)
        return 0.0

    monkeypatch.setattr(DeploymentWatch, "next_in", next_in)


def applied(account: Stepped, stack: Stack, definition: str) -> None:
    """Let the state have this revision and the target group."""
    (stack.directory / "terraform.tfstate").write_text(state_with_targets(account, definition))


@pytest.mark.usefixtures("paced")
def test_a_new_revision_is_followed_until_it_is_healthy(
    stack: Stack, account: Stepped, capsys: pytest.CaptureFixture[str]
) -> None:
    definition = account.register()
    account.ecs.update_service(cluster="llm", service="llm", taskDefinition=definition)
    applied(account, stack, definition)
    assert main(["apply", str(stack.directory), "--yes", "--offline", "--wait"]) == 0
    out = capsys.readouterr().out
    name = definition.rpartition("/")[2]
    assert f"under way: The deployment of {name} is in progress" in out
    assert f"healthy: 1 task of {name} runs, and 1 target is healthy." in out
    assert "failed" not in out.partition("Applied.")[2].replace("Task placed: failed", "")


@pytest.mark.usefixtures("paced")
def test_a_count_that_terraform_ignores_is_followed_until_it_is_reached(
    stack: Stack, account: Stepped, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.write(service__ignore_changes=("desired_count",))
    applied(account, stack, account.service["taskDefinition"])
    words = ["scale", str(stack.directory), "0", "--yes", "--offline", "--wait=5"]
    assert main(words) == 0
    assert "scaled to zero: " in capsys.readouterr().out


@pytest.mark.usefixtures("paced")
def test_a_rollback_is_followed_until_the_earlier_revision_is_healthy(
    stack: Stack, account: Stepped, capsys: pytest.CaptureFixture[str]
) -> None:
    old = account.service["taskDefinition"]
    definition = account.register()
    account.update(taskDefinition=definition)
    account.step(1)
    applied(account, stack, definition)
    assert main(["rollback", str(stack.directory), "--yes", "--offline", "--wait"]) == 0
    out = capsys.readouterr().out
    assert f"healthy: 1 task of {old.rpartition('/')[2]} runs" in out
    assert "rolled back: " not in out and "[deployment-stopped]" not in out


@pytest.mark.usefixtures("paced")
def test_a_restart_is_followed_until_the_new_deployment_is_complete(
    stack: Stack, account: Stepped, capsys: pytest.CaptureFixture[str]
) -> None:
    applied(account, stack, account.service["taskDefinition"])
    before = {it["taskArn"] for it in account.tasks}
    assert main(["restart", str(stack.directory), "--yes", "--wait"]) == 0
    assert "healthy: 1 task of " in capsys.readouterr().out
    assert not before & {it["taskArn"] for it in account.tasks if it["lastStatus"] == "RUNNING"}
