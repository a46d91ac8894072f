"""Which container a shell opens in."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.aws.deployment.facts import Container, DeployedService, DeployedTask
from gpuecs_tui.operations.refused import Refused, UnknownId
from gpuecs_tui.operations.shell import task_with_shell

PLACE = Path("/my stacks/llm")
SERVICE = DeployedService("llm", "ACTIVE", 2, 2, 0, (), (), "llm:1", execute_command=True)


def task(identity: str, *names: str, on: bool = True) -> DeployedTask:
    containers = tuple(Container(it, runtime_id="r", exec_agent="RUNNING") for it in names)
    return DeployedTask(
        identity, "RUNNING", "", "a", "llm:1", None, None, "",
        containers=containers, execute_command=on,
    )  # fmt: skip


def opened(*tasks: DeployedTask, container: str | None = None) -> tuple[str, str]:
    found, inner = task_with_shell(
        SERVICE, tasks, None, serving="server", container=container, directory=PLACE
    )
    return found.id, inner.name


def test_the_serving_container_is_preferred_and_another_one_can_be_named() -> None:
    both = task("t1", "proxy", "server")
    assert opened(both) == ("t1", "server")
    assert opened(both, container="prox") == ("t1", "proxy")
    # A sidecar of the newest task does not stand in for the server.
    assert opened(task("t2", "proxy"), both) == ("t1", "server")
    assert opened(task("t2", "other")) == ("t2", "other")
    with pytest.raises(UnknownId, match=r"Containers: proxy, server\."):
        opened(both, container="x")


def test_the_restart_that_turns_the_shell_on_names_the_directory() -> None:
    with pytest.raises(Refused, match="gpuecs-tui restart '/my stacks/llm'"):
        opened(task("t1", "server", on=False))
