"""``rollback``: stops a deployment that is under way, or deploys the values of an earlier one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.commands.failure import EXIT_FAILED, EXIT_USAGE
from gpuecs_tui.operations.refused import Refused
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.terraform.read.directory import read
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.commands.change.replayed import REPOSITORY, Stack, plan_of, state_of
from tests.demo.simulator.stepped import Stepped

IGNORED = ("task_definition",)
HISTORY = "gpuecs_tui.operations.rollback.history_of"
Printed = pytest.CaptureFixture[str]


def rollback(stack: Stack, *more: str) -> int:
    return main(["rollback", str(stack.directory), "--offline", *more])


def name_of(arn: str) -> str:
    return arn.rpartition("/")[2]


def deployed(account: Stepped, stack: Stack, *, ended: bool = True) -> tuple[str, str]:
    """Deploy a revision with another image and environment; return the old and the new one."""
    old = account.service["taskDefinition"]
    new = account.register(
        image=f"{REPOSITORY}:2.4.0", environment=[{"name": "MODE", "value": "new"}], hostname="h"
    )
    account.update(taskDefinition=new)
    account.step(1)
    if ended:
        account.until(account.steady)
    (stack.directory / "terraform.tfstate").write_text(state_of(new, 1))
    return name_of(old), name_of(new)


def test_values_that_can_not_be_read_after_the_stop_do_not_fail_the_rollback(
    account: Stepped, stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    stack.write(task__image=f"{REPOSITORY}:2.4.0", task__environment={"MODE": "new"})
    old, new = deployed(account, stack, ended=False)
    ahead = stack.read()

    def unread(*_given: object) -> None:
        raise Refused("Could not read the revision.")

    monkeypatch.setattr("gpuecs_tui.operations.rollback.values_of", unread)
    assert rollback(stack, "--yes") == 0
    said = capsys.readouterr()
    assert f"ECS rolls back the deployment of {new}." in said.out
    assert "Could not read the revision. The directory was not changed." in said.err
    assert stack.read() == ahead
    account.until(lambda: account.history[0]["status"] == "ROLLBACK_SUCCESSFUL")
    assert name_of(account.service["taskDefinition"]) == old


def test_a_service_that_has_changed_since_the_question_is_left_alone(
    account: Stepped, stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    stack.write(
        service__ignore_changes=IGNORED,
        task__image=f"{REPOSITORY}:2.4.0",
        task__environment={"MINE": "kept"},
    )
    deployed(account, stack)
    before = stack.read()
    others: list[str] = []

    def answered(*_given: object, **_more: object) -> None:
        others.append(account.register(image=f"{REPOSITORY}:3"))
        account.update(taskDefinition=others[0])

    monkeypatch.setattr("gpuecs_tui.commands.change.rollback.ask", answered)
    assert rollback(stack, "--yes") == EXIT_FAILED
    assert f"The service runs {name_of(others[0])} now" in capsys.readouterr().err
    assert name_of(account.service["taskDefinition"]) == name_of(others[0])
    assert stack.read() == before


@pytest.mark.parametrize("answers", [["--yes"], "y\n", "n\n"])
def test_a_deployment_under_way_is_stopped_and_the_earlier_values_are_offered(
    account: Stepped,
    stack: Stack,
    answer: Callable[..., None],
    capsys: Printed,
    answers: list[str] | str,
) -> None:
    stack.write(task__image=f"{REPOSITORY}:2.4.0", task__environment={"MODE": "new"})
    old, new = deployed(account, stack, ended=False)
    ahead = stack.read()
    if isinstance(answers, str):
        answer("y\n", answers)
        assert rollback(stack) == 0
    else:
        assert rollback(stack, *answers) == 0
    said = capsys.readouterr()
    assert f"ECS stops the deployment of {new} and returns to {old}." in said.out
    assert "At least 1 of 1 tasks keeps running" in said.out
    assert "The directory is ahead of the service" in said.out
    assert f"task.image: {REPOSITORY}:2.4.0 → {REPOSITORY}:2.4.1\n" in said.out
    assert "task.environment changes." in said.out
    assert f"!  {old} also differs in server.hostname, which is not restored." in said.out
    if answers == "n\n":
        assert "The directory was not changed." in said.err
        assert stack.read() == ahead
    else:
        assert f"{REPOSITORY}:2.4.1" in stack.read()
        assert "MODE" not in stack.read("task.tf")
        assert "an apply registers a new revision with these values" in said.out
    account.until(lambda: account.history[0]["status"] == "ROLLBACK_SUCCESSFUL")
    assert name_of(account.service["taskDefinition"]) == old
    # Only the directory was ahead: again, the values of the running revision are meant.
    assert rollback(stack, "--yes") == (0 if answers == "n\n" else EXIT_FAILED)
    assert f"{REPOSITORY}:2.4.1" in stack.read()


def test_values_that_the_directory_has_already_are_not_offered(
    account: Stepped, stack: Stack, capsys: Printed
) -> None:
    stack.write(task__image=f"{REPOSITORY}:2.4.0", task__environment={"MODE": "new"})
    old, new = deployed(account, stack, ended=False)
    assert rollback(stack, "--yes") == 0
    account.until(lambda: account.history[0]["status"] == "ROLLBACK_SUCCESSFUL")
    account.update(taskDefinition=new)
    account.step(1)
    capsys.readouterr()
    assert rollback(stack, "--yes") == 0
    out = capsys.readouterr().out
    assert f"ECS stops the deployment of {new} and returns to {old}." in out
    assert "ahead of the service" not in out and "Wrote" not in out


def test_the_first_deployment_is_not_stopped_because_nothing_is_there_to_return_to(
    account: Stepped, stack: Stack, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gpuecs_tui.operations import earlier_revision, reading

    _old, new = deployed(account, stack, ended=False)
    history, now = earlier_revision.history_of, reading.read_now

    def alone(*given: Any) -> Any:
        found = now(*given)
        primary = found.service.deployments[:1]
        return replace(found, service=replace(found.service, deployments=primary))

    monkeypatch.setattr(HISTORY, lambda *given: history(*given)[:1])
    monkeypatch.setattr(reading, "read_now", alone)
    assert rollback(stack, "--yes") == EXIT_FAILED
    err = capsys.readouterr().err
    assert "No deployment of llm is known to have completed" in err
    assert f"gpuecs-tui scale {stack.directory} 0" in err
    account.until(account.steady)
    assert name_of(account.service["taskDefinition"]) == new, "it was not stopped"


def test_no_at_the_question_stops_nothing(
    account: Stepped, stack: Stack, answer: Callable[..., None]
) -> None:
    _old, new = deployed(account, stack, ended=False)
    answer("n\n")
    assert rollback(stack) == EXIT_FAILED
    account.until(account.steady)
    assert name_of(account.service["taskDefinition"]) == new


def test_a_stopped_restart_returns_to_the_same_revision(
    account: Stepped, stack: Stack, capsys: Printed
) -> None:
    _old, new = deployed(account, stack)
    before = stack.read()
    account.update(forceNewDeployment=True)
    account.step(1)
    assert rollback(stack, "--yes") == 0
    out = capsys.readouterr().out
    assert f"ECS stops the deployment of {new} and returns to {new}." in out
    assert "ahead of the service" not in out and stack.read() == before


def test_a_rollback_that_is_in_progress_is_not_started_again(
    account: Stepped, stack: Stack, capsys: Printed
) -> None:
    deployed(account, stack, ended=False)
    assert rollback(stack, "--yes") == 0
    assert rollback(stack, "--yes") == EXIT_FAILED
    assert "ECS is already rolling back this service." in capsys.readouterr().err


def test_the_earlier_values_are_written_planned_and_applied(
    account: Stepped, stack: Stack, capsys: Printed
) -> None:
    stack.write(task__image=f"{REPOSITORY}:2.4.0", task__environment={"MODE": "new"})
    old, _new = deployed(account, stack)
    stack.replay(show=plan_of(("aws_ecs_service", {"task_definition": 1}, {"task_definition": 2})))
    assert rollback(stack, "--yes") == 0
    out = capsys.readouterr().out
    assert f"Terraform registers a new revision with the values of {old}." in out
    assert f"{REPOSITORY}:2.4.1" in stack.read() and "MODE" not in stack.read("task.tf")
    assert stack.states == [RunStatus.SUCCEEDED]


ALONE: dict[str, Value] = {
    "sidecars.images": {}, "sidecars.memory_mib": {}, "task.container_memory": 4096,
}  # fmt: skip
BESIDE: dict[str, Value] = {
    "sidecars.images": {"m": "m:1"},
    "sidecars.memory_mib": {"m": "256"},
    "task.container_memory": 3840,
}
SIDECAR = {"name": "m", "image": "m:1", "memory": 256, "cpu": 0, "essential": False}


@pytest.mark.parametrize("before", [BESIDE, ALONE])
def test_further_containers_go_and_come_back_with_the_memory_that_they_leave(
    account: Stepped, stack: Stack, capsys: Printed, before: dict[str, Value]
) -> None:
    after = ALONE if before is BESIDE else BESIDE
    stack.write(**{key.replace(".", "__"): it for key, it in before.items()})
    sidecars = {3840: [SIDECAR], 4096: []}
    sizes = [cast(int, it["task.container_memory"]) for it in (before, after)]
    new, old = (account.register(*sidecars[it], memory=it) for it in sizes)
    (stack.directory / "terraform.tfstate").write_text(state_of(new, 1))
    plan = [
        {"container_definitions": json.dumps([{"name": "server", "memory": it}, *sidecars[it]])}
        for it in sizes
    ]
    stack.replay(show=plan_of(("aws_ecs_task_definition", plan[0], plan[1])))
    number = name_of(old).partition(":")[2]
    assert rollback(stack, "--to", number, "--yes") == 0
    said = capsys.readouterr().out
    assert "sidecars.images changes." in said and "is not restored" not in said
    answers = read(stack.directory).answers
    assert {key: answers[key] for key in after} == after
    assert stack.states == [RunStatus.SUCCEEDED]


def test_a_refused_rollback_restores_all_values(
    account: Stepped, stack: Stack, answer: Callable[..., None]
) -> None:
    stack.write(task__image=f"{REPOSITORY}:2.4.0", task__environment={"MODE": "new"})
    deployed(account, stack)
    before = stack.read(), stack.read("task.tf")
    answer("n\n")
    assert rollback(stack) == EXIT_FAILED
    assert (stack.read(), stack.read("task.tf")) == before


def test_an_ignored_revision_is_deployed_itself(
    account: Stepped, stack: Stack, capsys: Printed
) -> None:
    stack.write(
        service__ignore_changes=IGNORED,
        task__image=f"{REPOSITORY}:2.4.0",
        task__environment={"MINE": "kept"},
    )
    old, _new = deployed(account, stack)
    task = stack.read("task.tf")
    assert rollback(stack, "--yes") == 0
    assert f"ECS deploys {old}." in capsys.readouterr().out
    assert name_of(account.service["taskDefinition"]) == old
    assert f"{REPOSITORY}:2.4.1" in stack.read()
    assert stack.read("task.tf") == task and stack.commands == []


def test_a_deregistered_revision_is_named_with_the_command_for_its_image(
    account: Stepped, stack: Stack, capsys: Printed
) -> None:
    stack.write(service__ignore_changes=IGNORED, task__image=f"{REPOSITORY}:2.4.0")
    gone = account.register(image=f"{REPOSITORY}:2.3.6")
    account.ecs.deregister_task_definition(taskDefinition=gone)
    number = name_of(gone).partition(":")[2]
    assert rollback(stack, "--to", number, "--yes") == EXIT_FAILED
    assert (
        capsys.readouterr()
        .err.strip()
        .endswith(
            f"Revision {name_of(gone)} is INACTIVE, so ECS can't deploy it. To deploy its image: "
            f"gpuecs-tui deploy {stack.directory} --image {REPOSITORY}:2.3.6"
        )
    )


def test_a_revision_that_does_not_exist_and_a_text_that_is_none(
    stack: Stack, capsys: Printed
) -> None:
    assert rollback(stack, "--to", "9999", "--yes") == EXIT_FAILED
    assert "Could not read the revision llm:9999." in capsys.readouterr().err
    assert rollback(stack, "--to", "last", "--yes") == EXIT_USAGE


def test_without_an_earlier_revision_it_says_so(
    stack: Stack, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HISTORY, lambda *_given: ())
    assert rollback(stack, "--yes") == EXIT_FAILED
    assert "No earlier revision than llm:" in capsys.readouterr().err
