"""``stop-task``, ``drain`` and ``replace``: what they say, do and refuse."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from gpuecs_tui.aws.deployment import instances, tasks
from gpuecs_tui.aws.error_kinds import ProblemKind
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import AccountReader, action
from gpuecs_tui.cli import main
from gpuecs_tui.commands.failure import EXIT_FAILED, EXIT_USAGE
from gpuecs_tui.commands.service import act as module
from gpuecs_tui.operations import reading
from gpuecs_tui.operations.replacement import ServiceNow
from tests.demo.simulator.stepped import Stepped


def identity_of(task: dict[str, Any]) -> str:
    return str(task["taskArn"]).rpartition("/")[2]


def busy(account: Stepped) -> dict[str, Any]:
    """Return a container instance with a task."""
    return next(it for it in account.instances if it["runningTasksCount"])


def test_a_stopped_task_is_replaced(
    account: Stepped, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = account.tasks[0]
    words = ["stop-task", str(directory), identity_of(task)[:8]]
    assert main(words) == EXIT_USAGE
    assert task["taskArn"] in {it["taskArn"] for it in account.tasks}, "only said"
    assert main([*words, "--yes"]) == 0
    out = capsys.readouterr().out
    assert f"ECS stops the task {identity_of(task)} (llm:" in out
    assert "1 other task keeps running." in out
    account.step(1)
    ended = next(it for it in account.new_stopped if it["taskArn"] == task["taskArn"])
    assert ended["stoppedReason"] == "Stopped with gpuecs-tui stop-task"
    # It stops already.
    assert main([*words, "--yes"]) == EXIT_FAILED
    assert "is already stopping." in capsys.readouterr().err
    account.until(account.steady)
    assert len(account.tasks) == 2


@pytest.mark.parametrize(
    ("words", "list_of"),
    [
        (["stop-task", "x"], "Tasks"),
        (["drain", "i-x"], "Instances"),
        (["replace", "x"], "Instances"),
    ],
)
def test_an_unknown_id_is_refused_with_those_that_exist(
    account: Stepped,
    directory: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    list_of: str,
) -> None:
    command, identity = words
    assert main([command, str(directory), identity, "--yes"]) == EXIT_USAGE
    said = capsys.readouterr().err
    assert f"No id begins with {identity}. {list_of}: " in said and said.count("\n") == 1
    known = [it["ec2InstanceId"] for it in account.instances]
    known = [identity_of(it) for it in account.tasks] if list_of == "Tasks" else known
    assert all(it in said for it in known)


def test_several_ids_with_the_same_start_are_refused(
    account: Stepped, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drain", str(directory), "i-", "--yes"]) == EXIT_USAGE
    assert "Several ids begin with i-. Instances: i-" in capsys.readouterr().err


def test_a_drained_instance_keeps_running_without_its_task(
    account: Stepped, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    instance = busy(account)
    ec2_id, arn = instance["ec2InstanceId"], instance["containerInstanceArn"]
    assert main(["drain", str(directory), ec2_id, "--yes"]) == 0
    out = capsys.readouterr().out
    assert f"ECS places no new tasks on {ec2_id}" in out
    assert "It moves 1 task of llm" in out and "keeps its cost (g4dn.xlarge" in out
    assert "--status ACTIVE" in out and f"replace {directory} {ec2_id}" in out
    account.step(2)
    account.until(account.steady)
    assert arn not in {it["containerInstanceArn"] for it in account.tasks}
    found = {it["containerInstanceArn"]: it["status"] for it in account.instances}
    assert found[arn] == "DRAINING"
    assert main(["drain", str(directory), ec2_id, "--yes"]) == EXIT_FAILED
    assert "only an ACTIVE instance can be drained" in capsys.readouterr().err
    account.ecs.update_container_instances_state(
        cluster="llm", containerInstances=[arn], status="ACTIVE"
    )


def test_a_replaced_instance_is_terminated_after_its_task_has_left(
    account: Stepped, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account.end_idle()
    instance, size = busy(account), account.fleet["DesiredCapacity"]
    account.scaling.set_instance_protection(
        AutoScalingGroupName="llm",
        InstanceIds=[instance["ec2InstanceId"]],
        ProtectedFromScaleIn=True,
    )
    left: list[int] = []
    step = account.step

    def watched(seconds: float) -> None:
        step(seconds)
        here = [it for it in account.instances if it["ec2InstanceId"] == instance["ec2InstanceId"]]
        left.append(sum(it["runningTasksCount"] + it["pendingTasksCount"] for it in here))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", watched)
        assert main(["replace", str(directory), instance["ec2InstanceId"], "--yes"]) == 0
    out = capsys.readouterr().out
    assert "At least 2 of 2 tasks keep running" in out, "no other task may stop meanwhile"
    assert "up to 1 instance starts (g4dn.xlarge" in out
    assert "The instance that starts for its tasks replaces it." in out
    assert "Its replacement was launched when its tasks left." in out
    assert left[-1] == 0 and max(left) == 1
    assert account.fleet["DesiredCapacity"] == size, "no third instance"
    account.step(2)
    account.until(account.steady)
    assert instance["ec2InstanceId"] not in {it["ec2InstanceId"] for it in account.instances}
    assert len(account.tasks) == 2


def test_an_interrupted_replacement_continues_with_the_same_command(
    account: Stepped, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    instance = busy(account)
    words = ["replace", str(directory), instance["ec2InstanceId"], "--yes"]

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", interrupted)
        assert main(words) == 130
    out = capsys.readouterr().out
    assert "stays DRAINING and was not terminated. To continue: gpuecs-tui replace" in out
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "and launches a replacement (g4dn.xlarge" in out
    assert "Auto Scaling launches a replacement." in out
    account.step(2)
    assert instance["ec2InstanceId"] not in {it["ec2InstanceId"] for it in account.instances}
    assert main(words) == EXIT_USAGE


def test_a_drain_that_takes_too_long_ends_with_the_count(
    account: Stepped,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(module, "DRAIN_SECONDS", 0.0)
    instance = busy(account)
    assert main(["replace", str(directory), instance["ec2InstanceId"], "--yes"]) == EXIT_FAILED
    assert "1 task is still on " in capsys.readouterr().err
    assert main(["replace", str(directory), instance["ec2InstanceId"], "--yes"]) == EXIT_FAILED
    account.ecs.update_container_instances_state(
        cluster="llm", containerInstances=[instance["containerInstanceArn"]], status="ACTIVE"
    )


def changed(monkeypatch: pytest.MonkeyPatch, change: Callable[[ServiceNow], ServiceNow]) -> None:
    read = reading.read_now
    monkeypatch.setattr(reading, "read_now", lambda *given: change(read(*given)))


def full(now: ServiceNow) -> ServiceNow:
    """Set the fleet to its maximum, with no free GPU."""
    assert now.fleet is not None and now.container_instances is not None
    instances = tuple(dataclasses.replace(it, gpus_left=0) for it in now.container_instances)
    fleet = dataclasses.replace(now.fleet, maximum=now.fleet.desired)
    return dataclasses.replace(now, fleet=fleet, container_instances=instances)


def disconnected(now: ServiceNow) -> ServiceNow:
    instances = now.container_instances or ()
    lost = tuple(dataclasses.replace(it, agent_connected=False) for it in instances)
    return dataclasses.replace(now, container_instances=lost)


def test_a_full_fleet_is_named_by_drain_and_refused_by_replace(
    account: Stepped,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    changed(monkeypatch, full)
    identity = busy(account)["ec2InstanceId"]
    assert main(["replace", str(directory), identity, "--yes"]) == EXIT_FAILED
    said = capsys.readouterr().err
    assert "could never leave it" in said and "Raise fleet.max_size" in said
    assert main(["drain", str(directory), identity]) == EXIT_USAGE
    assert "The tasks stay on it until there is room" in capsys.readouterr().out
    assert {it["status"] for it in account.instances} == {"ACTIVE"}


def test_an_instance_whose_agent_is_lost_is_terminated_at_once(
    account: Stepped,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    changed(monkeypatch, disconnected)
    monkeypatch.setattr(time, "sleep", lambda _seconds: pytest.fail("waited"))
    identity = busy(account)["ec2InstanceId"]
    assert main(["drain", str(directory), identity, "--yes"]) == EXIT_FAILED
    assert "Replace the instance instead." in capsys.readouterr().err
    assert main(["replace", str(directory), identity, "--yes"]) == 0
    assert "1 task of llm ends with the instance." in capsys.readouterr().out
    account.step(2)
    assert identity not in {it["ec2InstanceId"] for it in account.instances}


def test_a_missing_permission_is_named_and_nothing_is_changed(
    account: Stepped,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    call = AccountReader.call
    changes = ("UpdateService", "StopTask", "UpdateContainerInstancesState")

    def denied(self: AccountReader, service: str, operation: str, /, **given: Any) -> Any:
        if operation in changes:
            name = action(service, operation)
            raise AwsProblem("denied", f"Not allowed to call {name}: no.", "", call=name)
        return call(self, service, operation, **given)

    monkeypatch.setattr(AccountReader, "call", denied)
    identity = busy(account)["ec2InstanceId"]
    task = identity_of(account.tasks[0])
    newest, before = account.history[0]["serviceDeploymentArn"], account.tasks
    for words, permission in (
        (["restart", str(directory)], "ecs:UpdateService"),
        (["stop-task", str(directory), task], "ecs:StopTask"),
        (["drain", str(directory), identity], "ecs:UpdateContainerInstancesState"),
        (["replace", str(directory), identity], "ecs:UpdateContainerInstancesState"),
    ):
        assert main([*words, "--yes"]) == EXIT_FAILED
        said = capsys.readouterr()
        assert f"Ask for the permission {permission}." in said.err
        assert "DRAINING" not in said.out
    account.step(2)
    assert account.history[0]["serviceDeploymentArn"] == newest
    assert [it["taskArn"] for it in account.tasks] == [it["taskArn"] for it in before]
    assert {it["status"] for it in account.instances} == {"ACTIVE"}


def test_the_permission_is_the_one_that_aws_names(
    account: Stepped,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    why = "User: x is not authorized to perform: iam:PassRole on resource: y"
    failing(monkeypatch, "UpdateService", "denied", f"Not allowed: {why}.")
    assert main(["restart", str(directory), "--yes"]) == EXIT_FAILED
    assert "Ask for the permission iam:PassRole." in capsys.readouterr().err


def failing(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    kind: ProblemKind,
    sentence: str = "It failed.",
    times: int = 1,
) -> None:
    """Let the first calls of an operation fail."""
    call, left = AccountReader.call, [None] * times

    def failed(self: AccountReader, service: str, operation: str, /, **given: Any) -> Any:
        if operation == name and left:
            left.pop()
            raise AwsProblem(kind, sentence, "", call=action(service, operation))
        return call(self, service, operation, **given)

    monkeypatch.setattr(AccountReader, "call", failed)


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("denied", "stays DRAINING and was not terminated."),
        ("timeout", "Whether {id} is being terminated is unknown."),
    ],
)
def test_a_failed_termination_says_that_the_instance_drains(
    account: Stepped,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: ProblemKind,
    state: str,
) -> None:
    instance = busy(account)
    words = ["replace", str(directory), instance["ec2InstanceId"], "--yes"]
    failing(monkeypatch, "TerminateInstanceInAutoScalingGroup", kind)
    assert main(words) == EXIT_FAILED
    out = capsys.readouterr().out
    assert state.format(id=instance["ec2InstanceId"]) in out
    assert f"To continue: gpuecs-tui replace {directory} " in out and "--status ACTIVE" in out
    account.ecs.update_container_instances_state(
        cluster="llm", containerInstances=[instance["containerInstanceArn"]], status="ACTIVE"
    )


def test_a_draining_instance_is_read_again_after_a_passing_fault(
    account: Stepped,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    instance = busy(account)
    read, answers = instances.read_container_instance, ["throttled", "timeout"]

    def again(*given: Any) -> Any:
        if answers:
            raise AwsProblem(cast(ProblemKind, answers.pop()), "It failed.")
        return read(*given)

    monkeypatch.setattr(instances, "read_container_instance", again)
    assert main(["replace", str(directory), instance["ec2InstanceId"], "--yes"]) == 0
    assert answers == [] and "DRAINING" not in capsys.readouterr().out


def test_tasks_that_draining_does_not_move_are_named_before_the_question(
    account: Stepped,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    read = tasks.read_groups_on
    others = ("family:batch", "service:other")
    monkeypatch.setattr(tasks, "read_groups_on", lambda *given: (*read(*given), *others))
    identity = busy(account)["ec2InstanceId"]
    assert main(["replace", str(directory), identity]) == EXIT_USAGE
    out = capsys.readouterr().out
    assert "It moves 1 task of llm" in out and "It also moves 1 task of another service." in out
    assert "1 task without a service is on it and is not moved: this command waits up to 1 h" in out
    assert main(["drain", str(directory), identity]) == EXIT_USAGE
    assert "1 task without a service is on it and keeps running." in capsys.readouterr().out
    monkeypatch.setattr(tasks, "read_groups_on", read)
    assert main(["drain", str(directory), identity]) == EXIT_USAGE
    out = capsys.readouterr().out
    assert "without a service" not in out and "another service" not in out
