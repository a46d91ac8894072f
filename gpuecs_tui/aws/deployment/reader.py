"""Reads the present state of a deployed stack: service, tasks, instances, fleet and targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from gpuecs_tui.aws.deployment.facts import (
    ContainerInstance,
    DeployedNames,
    Deployment,
    DeploymentFacts,
    Fleet,
    FleetInstance,
    ScalingActivity,
    Service,
    ServiceEvent,
    Target,
    Task,
)
from gpuecs_tui.aws.discovery.account import as_they_come
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.reading import Reading, Unknown
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.model import Stack

DESCRIBE_BATCH = 100
"""Tasks or container instances that one ECS describe call takes (ECS API reference)."""
ACTIVITIES = 20
"""Number of scaling activities to request: what fits on a screen."""

Read = Callable[[AccountReader, DeployedNames], Any]

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def names_of(stack: Stack, outputs: Mapping[str, Any]) -> DeployedNames | None:
    """Return the names by which the running parts of a stack are found; None if it has no name.

    ``outputs`` of the last apply (name → {"value": …}) take precedence, because ``stack`` may have
    changed since.
    """
    names = stack.names
    applied = {name: str(it.get("value") or "") for name, it in outputs.items()}
    # arn:…:targetgroup/NAME/ID
    target_group = applied.get("target_group_arn", "").rpartition(":")[2].split("/")[1:2]
    found = DeployedNames(
        applied.get("cluster_name") or names.cluster,
        applied.get("service_name") or names.service,
        target_group[0] if target_group else names.target_group,
        applied.get("autoscaling_group_name") or names.autoscaling_group,
    )
    return found if found.cluster and found.service else None


def read_deployment(reader: AccountReader, names: DeployedNames) -> DeploymentFacts:
    """Read all parts at once. A part that can't be read is Unknown; the others are not affected.

    Raises Closed once the reader is closed.
    """
    facts = DeploymentFacts()
    jobs = {part: partial(_reading, reader, source, names, read) for part, source, read in _PARTS}
    for part, reading in as_they_come(reader, jobs):
        found: dict[str, Any] = {part: reading}
        facts = replace(facts, **found)
    return facts


def _reading(reader: AccountReader, source: str, names: DeployedNames, read: Read) -> Reading[Any]:
    try:
        return reader.reading(source, lambda: read(reader, names))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        # An emulator or a proxy sent a response that AWS's API does not have.
        message = _("the response to {call} could not be parsed ({error})")
        return Unknown(source, message.format(call=source, error=repr(error)), "")


def _read_service(reader: AccountReader, names: DeployedNames) -> Service | None:
    try:
        answer = reader.call(
            "ecs", "DescribeServices", cluster=names.cluster, services=[names.service]
        )
    except AwsProblem as problem:
        if problem.kind == "not_found":
            return None
        raise
    found = answer.get("services", ())
    return _service(found[0]) if found else None


def _service(it: Mapping[str, Any]) -> Service:
    return Service(
        name=it["serviceName"],
        status=it.get("status", ""),
        desired=it.get("desiredCount", 0),
        running=it.get("runningCount", 0),
        pending=it.get("pendingCount", 0),
        deployments=tuple(_deployment(each) for each in it.get("deployments", ())),
        events=tuple(
            ServiceEvent(each.get("createdAt"), each.get("message", ""))
            for each in it.get("events", ())
        ),
    )


def _deployment(it: Mapping[str, Any]) -> Deployment:
    return Deployment(
        status=it.get("status", ""),
        rollout_state=it.get("rolloutState", ""),
        rollout_reason=it.get("rolloutStateReason", ""),
        task_definition=_last(it.get("taskDefinition", "")),
        desired=it.get("desiredCount", 0),
        running=it.get("runningCount", 0),
        pending=it.get("pendingCount", 0),
        failed=it.get("failedTasks", 0),
    )


def _read_tasks(reader: AccountReader, names: DeployedNames) -> tuple[Task, ...]:
    found: list[Task] = []
    for status in ("RUNNING", "STOPPED"):
        arns = _listed(
            reader,
            "ListTasks",
            "taskArns",
            cluster=names.cluster,
            serviceName=names.service,
            desiredStatus=status,
        )
        part = [_task(it) for it in _described(reader, "DescribeTasks", "tasks", names, arns)]
        part.sort(key=lambda it: it.created_at or _LONG_AGO, reverse=True)
        found.extend(part)
    return tuple(found)


def _task(it: Mapping[str, Any]) -> Task:
    return Task(
        id=_last(it["taskArn"]),
        last_status=it.get("lastStatus", ""),
        health=it.get("healthStatus", ""),
        container_instance=_last(it.get("containerInstanceArn") or ""),
        task_definition=_last(it.get("taskDefinitionArn", "")),
        created_at=it.get("createdAt"),
        started_at=it.get("startedAt"),
        stopped_reason=it.get("stoppedReason", ""),
    )


def _read_container_instances(
    reader: AccountReader, names: DeployedNames
) -> tuple[ContainerInstance, ...]:
    arns = _listed(reader, "ListContainerInstances", "containerInstanceArns", cluster=names.cluster)
    described = _described(reader, "DescribeContainerInstances", "containerInstances", names, arns)
    return tuple(sorted(map(_container_instance, described), key=lambda it: (it.zone, it.id)))


def _container_instance(it: Mapping[str, Any]) -> ContainerInstance:
    registered = _resources(it.get("registeredResources", ()))
    left = _resources(it.get("remainingResources", ()))
    attributes = {each.get("name"): each.get("value", "") for each in it.get("attributes", ())}
    return ContainerInstance(
        id=_last(it["containerInstanceArn"]),
        ec2_instance_id=it.get("ec2InstanceId", ""),
        zone=attributes.get("ecs.availability-zone", ""),
        status=it.get("status", ""),
        agent_connected=bool(it.get("agentConnected")),
        running=it.get("runningTasksCount", 0),
        pending=it.get("pendingTasksCount", 0),
        memory=registered.get("MEMORY", 0),
        memory_left=left.get("MEMORY", 0),
        gpus=registered.get("GPU", 0),
        gpus_left=left.get("GPU", 0),
    )


def _resources(items: list[dict[str, Any]]) -> dict[str, int]:
    # GPUs are a set of ids; CPU and memory are integers (ECS API reference, Resource).
    return {
        it["name"]: len(it.get("stringSetValue", ()))
        if it.get("type") == "STRINGSET"
        else int(it.get("integerValue", 0))
        for it in items
    }


def _read_fleet(reader: AccountReader, names: DeployedNames) -> Fleet | None:
    answer = reader.call(
        "autoscaling",
        "DescribeAutoScalingGroups",
        AutoScalingGroupNames=[names.autoscaling_group],
    )
    if not answer.get("AutoScalingGroups"):
        return None
    it = answer["AutoScalingGroups"][0]
    instances = (
        FleetInstance(
            each["InstanceId"],
            each.get("AvailabilityZone", ""),
            each.get("InstanceType", ""),
            each.get("LifecycleState", ""),
            each.get("HealthStatus", ""),
        )
        for each in it.get("Instances", ())
    )
    return Fleet(
        it["MinSize"],
        it["DesiredCapacity"],
        it["MaxSize"],
        tuple(sorted(instances, key=lambda each: (each.zone, each.ec2_instance_id))),
    )


def _read_activities(reader: AccountReader, names: DeployedNames) -> tuple[ScalingActivity, ...]:
    try:
        answer = reader.call(
            "autoscaling",
            "DescribeScalingActivities",
            AutoScalingGroupName=names.autoscaling_group,
            MaxRecords=ACTIVITIES,
        )
    except AwsProblem as problem:
        # Asked for a group that doesn't exist it answers with a ValidationError.
        if problem.kind == "not_found" or "ot found" in problem.sentence:
            return ()
        raise
    return tuple(
        ScalingActivity(
            it.get("StatusCode", ""),
            it.get("Description", ""),
            it.get("StatusMessage", ""),
            it.get("StartTime"),
        )
        for it in answer.get("Activities", ())
    )


def _read_targets(reader: AccountReader, names: DeployedNames) -> tuple[Target, ...] | None:
    try:
        groups = reader.call("elbv2", "DescribeTargetGroups", Names=[names.target_group])
    except AwsProblem as problem:
        if problem.kind == "not_found":
            return None
        raise
    if not groups.get("TargetGroups"):
        return None
    arn = groups["TargetGroups"][0]["TargetGroupArn"]
    answer = reader.call("elbv2", "DescribeTargetHealth", TargetGroupArn=arn)
    found = (_target(it) for it in answer.get("TargetHealthDescriptions", ()))
    return tuple(sorted(found, key=lambda it: (it.id, it.port)))


def _target(it: Mapping[str, Any]) -> Target:
    target, health = it["Target"], it.get("TargetHealth", {})
    return Target(
        id=target["Id"],
        port=target.get("Port", 0),
        health=health.get("State", ""),
        reason=health.get("Reason", ""),
        description=health.get("Description", ""),
    )


def _listed(reader: AccountReader, operation: str, key: str, **parameters: str) -> list[str]:
    try:
        return reader.items("ecs", operation, key, **parameters)
    except AwsProblem as problem:
        # No such cluster or service: nothing of it runs.
        if problem.kind == "not_found":
            return []
        raise


def _described(
    reader: AccountReader, operation: str, key: str, names: DeployedNames, arns: list[str]
) -> list[dict[str, Any]]:
    parameter = "tasks" if operation == "DescribeTasks" else "containerInstances"
    found: list[dict[str, Any]] = []
    for start in range(0, len(arns), DESCRIBE_BATCH):
        batch = {parameter: arns[start : start + DESCRIBE_BATCH]}
        found.extend(reader.call("ecs", operation, cluster=names.cluster, **batch).get(key, ()))
    return found


def _last(arn: str) -> str:
    return arn.rpartition("/")[2]


_PARTS: tuple[tuple[str, str, Read], ...] = (
    ("service", "ecs:DescribeServices", _read_service),
    ("tasks", "ecs:DescribeTasks", _read_tasks),
    ("container_instances", "ecs:DescribeContainerInstances", _read_container_instances),
    ("fleet", "autoscaling:DescribeAutoScalingGroups", _read_fleet),
    ("activities", "autoscaling:DescribeScalingActivities", _read_activities),
    ("targets", "elbv2:DescribeTargetHealth", _read_targets),
)
"""Field of DeploymentFacts, the call that is named for it, its reader."""
