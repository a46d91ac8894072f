"""What is read of a live stack, from answers as AWS documents them."""

from __future__ import annotations

from typing import Any

import pytest

from gpuecs_tui.aws.deployment.facts import DeployedNames, DeploymentFacts
from gpuecs_tui.aws.deployment.reader import DESCRIBE_BATCH, names_of, read_deployment
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.reading import Known, Reading, T, Unknown
from gpuecs_tui.stack.resolve import resolve
from tests.support.aws.deployment_answers import ANSWERS, NAMES, TASK, AnsweredReader


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


@pytest.mark.parametrize(
    ("call", "field"),
    [
        ("ecs:DescribeServices", "service"),
        ("ecs:ListTasks", "tasks"),
        ("ecs:DescribeTasks", "tasks"),
        ("ecs:ListContainerInstances", "container_instances"),
        ("ecs:DescribeContainerInstances", "container_instances"),
        ("autoscaling:DescribeAutoScalingGroups", "fleet"),
        ("autoscaling:DescribeScalingActivities", "activities"),
        ("elasticloadbalancing:DescribeTargetGroups", "targets"),
        ("elasticloadbalancing:DescribeTargetHealth", "targets"),
    ],
)
def test_a_denied_call_leaves_the_rest(call: str, field: str) -> None:
    facts, _reader = read(**{call: AwsProblem("denied", "No.", call=call)})
    fields = ("service", "tasks", "container_instances", "fleet", "activities", "targets")
    unknown = {name for name in fields if isinstance(getattr(facts, name), Unknown)}
    assert unknown == {field}
    assert str(getattr(facts, field)) == f"unknown: not allowed to call {call}"


def test_what_is_not_there_is_known_not_to_be() -> None:
    gone = AwsProblem("not_found", "ClusterNotFoundException.")
    facts, _reader = read(
        ecs__DescribeServices=gone,
        ecs__ListTasks=gone,
        ecs__ListContainerInstances=gone,
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
    assert names.target_group == stack.names.target_group


def test_what_was_applied_wins_over_what_is_typed_now() -> None:
    stack = resolve({"stack.name": "renamed"}, None).stack
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/old-tg/55f92c3e654fd14c"
    outputs = {
        "cluster_name": {"value": "old"},
        "service_name": {"value": "old-service"},
        "autoscaling_group_name": {"value": "old-asg"},
        "target_group_arn": {"value": arn},
    }
    assert names_of(stack, outputs) == DeployedNames("old", "old-service", "old-tg", "old-asg")


def test_without_any_name_nothing_is_asked() -> None:
    assert names_of(resolve({}, None).stack, {}) is None
