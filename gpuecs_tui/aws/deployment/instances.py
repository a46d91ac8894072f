"""Reads the instances of a fleet: as the ECS cluster knows them, and as EC2 does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gpuecs_tui.aws.batches import batches
from gpuecs_tui.aws.deployment.ask import (
    DESCRIBE_BATCH,
    Ask,
    last,
    maps,
    moment,
    none_if_gone,
)
from gpuecs_tui.aws.deployment.facts import ContainerInstance, DeployedNames, Instance
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import AccountReader

IDS = 200
"""Maximum number of values in a filter of an EC2 describe call (EC2 API reference, "Filter")."""
STATUS_IDS = 100
"""Maximum number of instance ids per DescribeInstanceStatus call (EC2 API reference)."""


def calls_for_container_instances(ask: Ask) -> int:
    """Return how many calls ``read_container_instances`` will make, according to the last
    reading."""
    lists = _lists(ask)
    return lists + max(-(-len(ask.seen.container_instances) // DESCRIBE_BATCH), lists)


def read_container_instances(ask: Ask) -> tuple[ContainerInstance, ...]:
    """Return the instances that have joined the cluster, by zone and id. Raises AwsProblem."""
    seen, cluster = ask.seen, ask.names.cluster
    arns: Iterable[str] = seen.container_instances
    if _lists(ask):
        arns = none_if_gone(
            lambda: ask.reader.items(
                "ecs", "ListContainerInstances", "containerInstanceArns", cluster=cluster
            )
        )
        seen.container_instances_listed_at = ask.now
    answers = (
        ask.reader.call(
            "ecs", "DescribeContainerInstances", cluster=cluster, containerInstances=batch
        )
        for batch in batches([*arns], DESCRIBE_BATCH)
    )
    # ECS describes a deregistered instance for a while as INACTIVE, but doesn't list it.
    found = {
        it["containerInstanceArn"]: _container_instance(it)
        for answer in answers
        for it in maps(answer, "containerInstances")
        if it.get("status") != "INACTIVE"
    }
    seen.container_instances = tuple(found)
    seen.registered = frozenset(it.ec2_instance_id for it in found.values())
    return tuple(sorted(found.values(), key=lambda it: (it.zone, it.id)))


def read_container_instance(
    reader: AccountReader, names: DeployedNames, identity: str
) -> ContainerInstance | None:
    """Return one container instance; None once it has left the cluster. Raises AwsProblem."""
    answer = reader.call(
        "ecs", "DescribeContainerInstances", cluster=names.cluster, containerInstances=[identity]
    )
    found = [_container_instance(it) for it in maps(answer, "containerInstances")]
    return next((it for it in found if it.status != "INACTIVE"), None)


def calls_for_instances(ask: Ask) -> int:
    """Return how many calls ``read_instances`` will make."""
    # Before the group was read, at least one instance is expected.
    number = len(ask.seen.fleet) if ask.seen.fleet is not None else 1
    return -(-number // IDS) + -(-number // STATUS_IDS)


def read_instances(ask: Ask) -> tuple[Instance, ...]:
    """Return EC2's view of the instances of the Auto Scaling group, by id. Raises AwsProblem.

    Makes no call for an empty group.
    """
    ids = sorted(ask.seen.fleet or ())
    if not ids:
        return ()
    found, statuses = ask.both(lambda: _described(ask, ids), lambda: _statuses(ask, ids))
    instances = (_instance(it, statuses.get(it["InstanceId"], {})) for it in found)
    return tuple(sorted(instances, key=lambda it: it.id))


def _lists(ask: Ask) -> bool:
    seen = ask.seen
    missing = not seen.in_service <= seen.registered
    due = ask.lists_again(seen.container_instances_listed_at)
    return due or missing or not seen.container_instances


def _container_instance(it: Mapping[str, Any]) -> ContainerInstance:
    registered = _resources(maps(it, "registeredResources"))
    left = _resources(maps(it, "remainingResources"))
    attributes = {each.get("name"): each.get("value", "") for each in maps(it, "attributes")}
    return ContainerInstance(
        id=last(it["containerInstanceArn"]),
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
        agent_version=(it.get("versionInfo") or {}).get("agentVersion", ""),
        status_reason=it.get("statusReason", ""),
        registered_at=moment(it, "registeredAt"),
    )


def _resources(items: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    # GPUs are a set of ids; CPU and memory are integers (ECS API reference, Resource).
    return {
        it["name"]: len(it.get("stringSetValue", ()))
        if it.get("type") == "STRINGSET"
        else int(it.get("integerValue", 0))
        for it in items
    }


def _described(ask: Ask, ids: list[str]) -> list[Mapping[str, Any]]:
    # This is a filter, because the parameter InstanceIds rejects all ids if EC2 doesn't know one of
    # them, as in the first moments after a launch.
    return [
        it
        for some in batches(ids, IDS)
        for reservation in ask.reader.items(
            "ec2",
            "DescribeInstances",
            "Reservations",
            Filters=[{"Name": "instance-id", "Values": some}],
        )
        for it in maps(reservation, "Instances")
    ]


def _statuses(ask: Ask, ids: list[str]) -> dict[str, Mapping[str, Any]]:
    """Return instance id → status, for running instances only."""
    found: dict[str, Mapping[str, Any]] = {}
    for some in batches(ids, STATUS_IDS):
        try:
            answer = ask.reader.call("ec2", "DescribeInstanceStatus", InstanceIds=some)
        except AwsProblem as problem:
            # EC2 doesn't know one of them yet, or no longer.
            if problem.kind != "not_found":
                raise
        else:
            found |= {it["InstanceId"]: it for it in maps(answer, "InstanceStatuses")}
    return found


def _instance(it: Mapping[str, Any], status: Mapping[str, Any]) -> Instance:
    reason = it.get("StateReason") or {}
    return Instance(
        id=it["InstanceId"],
        state=(it.get("State") or {}).get("Name", ""),
        state_reason_code=reason.get("Code", ""),
        state_reason=reason.get("Message", ""),
        launched_at=moment(it, "LaunchTime"),
        instance_status=(status.get("InstanceStatus") or {}).get("Status", ""),
        system_status=(status.get("SystemStatus") or {}).get("Status", ""),
        spot=it.get("InstanceLifecycle") == "spot",
    )
