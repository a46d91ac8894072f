"""``apply --wait`` on the demo account: its own answers, and no Terraform."""

from __future__ import annotations

import pytest

from gpuecs_tui.aws.deployment.watch import DeploymentWatch
from gpuecs_tui.cli import main
from tests.commands.change.replayed import Stack, state_with_targets
from tests.demo.simulator.stepped import Stepped


def test_a_new_revision_is_followed_until_it_is_healthy(
    stack: Stack,
    account: Stepped,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    definition = account.register()
    account.ecs.update_service(cluster="llm", service="llm", taskDefinition=definition)
    state = state_with_targets(account, definition)
    (stack.directory / "terraform.tfstate").write_text(state)
    refresh = DeploymentWatch.refresh
    monkeypatch.setattr(DeploymentWatch, "refresh", lambda it, **_given: refresh(it, whole=True))

    def next_in(_self: DeploymentWatch) -> float:
        account.step(6.0)
        return 0.0

    monkeypatch.setattr(DeploymentWatch, "next_in", next_in)
    assert main(["apply", str(stack.directory), "--yes", "--offline", "--wait"]) == 0
    out = capsys.readouterr().out
    name = definition.rpartition("/")[2]
    assert f"under way: The deployment of {name} is in progress" in out
    assert f"healthy: 1 task of {name} runs, and 1 target is healthy." in out
    assert "failed" not in out.partition("Applied.")[2].replace("Task placed: failed", "")
