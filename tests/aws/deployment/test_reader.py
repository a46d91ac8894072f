"""The facts that are read about a live stack, from responses as AWS documents them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from botocore.model import StructureShape
from botocore.session import Session

from gpuecs_tui.aws.deployment.ask import DESCRIBE_BATCH, Ask
from gpuecs_tui.aws.deployment.facts import DeployedNames, DeploymentFacts, HealthCheck
from gpuecs_tui.aws.deployment.history import read_history
from gpuecs_tui.aws.deployment.names import names_of
from gpuecs_tui.aws.deployment.parts import PARTS
from gpuecs_tui.aws.deployment.reader import read_deployment
from gpuecs_tui.aws.deployment.seen import Seen
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.reading import Known, Reading, T, Unknown
from gpuecs_tui.stack.resolve import resolve
from tests.support.aws.deployment_answers import (
    ANSWERS,
    NAMES,
    NOW,
    REVISION,
    TASK,
    AnsweredReader,
)

ROOT = Path(__file__).parents[3]
_FIELD = re.compile(r"""(?:get\(|\[|maps\(\w+, )"([A-Za-z]+)"[\],)]""")


def read(**changed: Any) -> tuple[DeploymentFacts, AnsweredReader]:
    answers = {**ANSWERS, **{name.replace("__", ":"): it for name, it in changed.items()}}
    reader = AnsweredReader(answers)
    try:
        return read_deployment(reader, NAMES), reader
    finally:
        reader.close()


def known(reading: Reading[T]) -> T:
    assert isinstance(reading, Known), reading
    return reading.value


def test_everything_is_read() -> None:
    facts, _reader = read()
    service = known(facts.service)
    assert service is not None
    assert (service.desired, service.running, service.pending) == (2, 1, 1)
    assert service.deployments[0].task_definition == "s:4"
    assert service.deployments[0].rollout_state == "IN_PROGRESS"
    assert service.deployments[0].failed == 3
    assert service.events[0].message.startswith("(service s) was unable")
    assert [task.id for task in known(facts.tasks)] == ["b", "a", "old"]
    assert known(facts.tasks)[2].stopped_reason == "Task failed ELB health checks"
    (instance,) = known(facts.container_instances)
    assert (instance.gpus, instance.gpus_left, instance.memory) == (2, 1, 15684)
    assert instance.zone == "us-east-1a"
    fleet = known(facts.fleet)
    assert fleet is not None and (fleet.minimum, fleet.desired, fleet.maximum) == (0, 2, 4)
    assert known(facts.activities)[0].status_message == "no capacity"
    targets = known(facts.targets)
    assert targets is not None and targets[0].reason == "Target.Timeout"


def test_what_tells_a_failure_is_read() -> None:
    """The fields that name a cause: exit codes, reasons, pull times, states of AWS."""
    facts, _reader = read()
    service = known(facts.service)
    assert service is not None
    assert (service.task_definition, service.grace_seconds) == ("s:4", 120)
    assert (service.minimum_percent, service.maximum_percent) == (50, 200)
    assert service.breaker and service.breaker_rolls_back and service.execute_command
    assert service.capacity_provider == "gpu"
    assert service.deployments[0].id == "ecs-svc/1" and service.deployments[0].updated_at == NOW
    _newer, running, stopped = known(facts.tasks)
    assert (stopped.stop_code, stopped.desired_status) == ("EssentialContainerExited", "STOPPED")
    server, proxy = stopped.containers
    assert (server.exit_code, server.reason[:16]) == (137, "OutOfMemoryError")
    assert (server.image, server.image_digest) == ("example/server:2", "sha256:c0ffee")
    assert proxy.exit_code is None and running.containers[0].exit_code is None
    assert running.deployment == service.deployments[0].id
    assert (running.zone, running.address, running.host_ports) == (
        "us-east-1a", "10.0.1.9", (32768,),
    )  # fmt: skip
    assert running.execute_command and not stopped.execute_command
    assert running.pull_started_at == NOW.replace(minute=2)
    (registered,) = known(facts.container_instances)
    assert (registered.agent_version, registered.registered_at) == ("1.96.0", NOW)
    fleet = known(facts.fleet)
    assert fleet is not None and fleet.instances[0].protected
    (instance,) = known(facts.instances)
    assert (instance.id, instance.state, instance.spot) == ("i-0123", "running", True)
    assert (instance.state_reason_code, instance.state_reason) == (
        "Client.InternalError", "on launch",
    )  # fmt: skip
    assert (instance.instance_status, instance.system_status) == ("impaired", "ok")
    assert known(facts.activities)[0].cause.startswith("At 2026")
    assert known(facts.health_check) == HealthCheck("/ready", "200-299", 15, 4, 2, 3)
    (scaling,) = known(facts.task_scaling)
    assert scaling.description == "Setting desired count to 2."
    assert set(facts.read_at) == set(PARTS)


def test_the_history_names_what_was_deployed_and_what_came_of_it() -> None:
    facts, reader = read()
    second, first = known(facts.history)
    assert (first.id, first.status, first.task_definition) == ("first", "SUCCESSFUL", "s:3")
    assert first.finished_at == NOW.replace(hour=10) and first.rolled_back_to == ""
    assert (second.status, second.task_definition) == ("ROLLBACK_SUCCESSFUL", "s:4")
    assert (second.rolled_back_to, second.rollback_reason) == ("s:3", "breaker")
    assert (second.breaker, second.failed_tasks) == ("TRIGGERED", 3)
    assert second.status_reason.startswith("Service deployment rolled back")
    asked = [name for name, _given in reader.asked if "ServiceDep" in name or "Revis" in name]
    assert len(asked) == 3


def test_a_revision_from_before_the_history_is_requested_in_the_next_reading() -> None:
    """A revision is described in the next reading, because this one would take a third round of
    calls."""

    def rolled_back(given: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = ANSWERS["ecs:DescribeServiceDeployments"](given)
        for it in found["serviceDeployments"]:
            it["rollback"]["serviceRevisionArn"] = REVISION + "1"
        return found

    reader = AnsweredReader({**ANSWERS, "ecs:DescribeServiceDeployments": rolled_back})
    ask = Ask(reader, NAMES, Seen(), 0.0)
    try:
        assert [it.rolled_back_to for it in read_history(ask)] == ["", ""]
        assert [it.rolled_back_to for it in read_history(ask)] == ["s:1", ""]
        asked = len(reader.asked)
        assert [it.rolled_back_to for it in read_history(ask)] == ["s:1", ""]
        assert [name for name, _given in reader.asked[asked:]] == ["ecs:ListServiceDeployments"]
    finally:
        reader.close()


def test_an_instance_that_ec2_does_not_know_yet_has_no_status() -> None:
    facts, reader = read(
        ec2__DescribeInstanceStatus=AwsProblem("not_found", "InvalidInstanceID.NotFound.")
    )
    assert [(it.id, it.instance_status) for it in known(facts.instances)] == [("i-0123", "")]
    (given,) = [given for name, given in reader.asked if name == "ec2:DescribeInstances"]
    assert given["Filters"] == [{"Name": "instance-id", "Values": ["i-0123"]}]


def test_every_field_that_is_read_exists_in_the_api() -> None:
    """A misspelled field would always be empty."""
    sources = (ROOT / "gpuecs_tui" / "aws" / "deployment").glob("*.py")
    fields = {name for path in sources for name in _FIELD.findall(path.read_text())}
    session = Session()
    services = ("ecs", "ec2", "autoscaling", "elbv2", "application-autoscaling", "logs", "ssm")
    members = {
        name
        for service in services
        for shape in map(
            session.get_service_model(service).shape_for,
            session.get_service_model(service).shape_names,
        )
        if isinstance(shape, StructureShape)
        for name in shape.members
    }
    assert len(fields) > 80
    assert fields - members == {"GPU", "MEMORY"}, "names of resources, which are data"


@pytest.mark.parametrize(
    ("call", "parts"),
    [
        ("ecs:DescribeServices", {"service"}),
        ("ecs:ListTasks", {"tasks"}),
        ("ecs:DescribeTasks", {"tasks"}),
        ("ecs:ListContainerInstances", {"container_instances"}),
        ("ecs:DescribeContainerInstances", {"container_instances"}),
        ("autoscaling:DescribeAutoScalingGroups", {"fleet", "instances"}),
        ("autoscaling:DescribeScalingActivities", {"activities"}),
        ("elasticloadbalancing:DescribeTargetGroups", {"targets", "health_check"}),
        ("elasticloadbalancing:DescribeTargetHealth", {"targets"}),
        ("ecs:ListServiceDeployments", {"history"}),
        ("ecs:DescribeServiceDeployments", {"history"}),
        ("ecs:DescribeServiceRevisions", {"history"}),
        ("ec2:DescribeInstances", {"instances"}),
        ("ec2:DescribeInstanceStatus", {"instances"}),
        ("application-autoscaling:DescribeScalingActivities", {"task_scaling"}),
    ],
)
def test_a_denied_call_leaves_the_rest(call: str, parts: set[str]) -> None:
    facts, _reader = read(**{call: AwsProblem("denied", "No.", call=call)})
    unknown = {name for name in PARTS if isinstance(getattr(facts, name), Unknown)}
    assert unknown == parts
    for name in parts:
        assert str(getattr(facts, name)) == f"unknown: not allowed to call {call}"


def test_what_is_not_there_is_known_not_to_be() -> None:
    gone = AwsProblem("not_found", "ClusterNotFoundException.")
    facts, _reader = read(
        ecs__DescribeServices=gone,
        ecs__ListTasks=gone,
        ecs__ListContainerInstances=gone,
        ecs__ListServiceDeployments=gone,
        autoscaling__DescribeAutoScalingGroups={"AutoScalingGroups": []},
        autoscaling__DescribeScalingActivities=AwsProblem(
            "other", "DescribeScalingActivities failed: AutoScalingGroup name not found - null."
        ),
        elasticloadbalancing__DescribeTargetGroups=gone,
    )
    assert known(facts.service) is None
    assert known(facts.tasks) == ()
    assert known(facts.container_instances) == ()
    assert known(facts.fleet) is None
    assert known(facts.activities) == ()
    assert known(facts.targets) is None
    assert known(facts.health_check) is None
    assert known(facts.history) == ()
    assert known(facts.instances) == ()


def test_tasks_are_described_in_batches() -> None:
    many = [f"{TASK}{number}" for number in range(DESCRIBE_BATCH + 1)]
    facts, reader = read(
        ecs__ListTasks=lambda given: {
            "taskArns": many if given["desiredStatus"] == "RUNNING" else []
        }
    )
    assert len(known(facts.tasks)) == len(many)
    sizes = [len(given["tasks"]) for name, given in reader.asked if name == "ecs:DescribeTasks"]
    assert sizes == [DESCRIBE_BATCH, 1]


def test_a_shape_that_aws_does_not_have_is_unknown() -> None:
    facts, _reader = read(ecs__DescribeServices={"services": [{}]})
    assert isinstance(facts.service, Unknown)
    assert "ecs:DescribeServices could not be parsed" in facts.service.reason


def test_names_come_from_the_stack() -> None:
    stack = resolve({"stack.name": "demo", "names.service": "api"}, None).stack
    names = names_of(stack, {})
    assert names is not None
    assert (names.cluster, names.service, names.autoscaling_group) == ("demo", "api", "demo")
    assert names.log_group == "/ecs/demo"
    assert names.target_group == stack.names.target_group


def test_what_was_applied_wins_over_what_is_typed_now() -> None:
    stack = resolve({"stack.name": "renamed"}, None).stack
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/old-tg/55f92c3e654fd14c"
    outputs = {
        "cluster_name": {"value": "old"},
        "service_name": {"value": "old-service"},
        "autoscaling_group_name": {"value": "old-asg"},
        "target_group_arn": {"value": arn},
        "log_group_name": {"value": "/ecs/old"},
    }
    assert names_of(stack, outputs) == DeployedNames(
        "old", "old-service", "old-tg", "old-asg", "/ecs/old"
    )


def test_without_any_name_nothing_is_asked() -> None:
    assert names_of(resolve({}, None).stack, {}) is None
