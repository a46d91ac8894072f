"""Reads the tasks of a service: running, on their way, and stopped within the last hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gpuecs_tui.aws.batches import batches
from gpuecs_tui.aws.deployment.ask import (
    DESCRIBE_BATCH,
    Ask,
    last,
    maps,
    moment,
    newest_first,
    none_if_gone,
)
from gpuecs_tui.aws.deployment.facts import Container, DeployedNames, DeployedTask
from gpuecs_tui.aws.session import AccountReader

EXEC_AGENT = "ExecuteCommandAgent"
"""Name of the managed agent of ECS Exec (ECS API reference, ManagedAgent)."""

KEPT = 1000
"""Maximum number of stopped tasks that are kept, the newest ones. ECS forgets a task an hour after
it stopped; a container that exits immediately leaves a few hundred tasks in that time."""


def calls_for_tasks(ask: Ask) -> int:
    """Return how many calls ``read_tasks`` will make, according to the last reading."""
    pages = -(-len(ask.seen.live_tasks) // DESCRIBE_BATCH) or 1
    return 2 * pages + ask.lists_again(ask.seen.stopped_listed_at)


def read_tasks(ask: Ask) -> tuple[DeployedTask, ...]:
    """Return the tasks: running and starting ones first, then stopped ones, each group the newest
    first.

    Makes two rounds of calls: the lists, then the tasks that had not stopped when they were last
    described. Raises AwsProblem.
    """
    seen = ask.seen
    if ask.lists_again(seen.stopped_listed_at):
        running, stopped = ask.both(
            lambda: _listed(ask, "RUNNING"), lambda: _listed(ask, "STOPPED")
        )
        seen.stopped_listed_at = ask.now
    else:
        running, stopped = _listed(ask, "RUNNING"), []
    wanted = dict.fromkeys((*running, *seen.live_tasks, *stopped))
    arns = [it for it in wanted if it not in seen.stopped_tasks]
    found = _described(ask, arns)
    live = {arn: it for arn, it in found.items() if it.last_status != "STOPPED"}
    seen.live_tasks = tuple(live)
    ended = {**seen.stopped_tasks, **{arn: it for arn, it in found.items() if arn not in live}}
    newest = newest_first(ended.items(), lambda it: it[1].stopped_at or it[1].created_at)[:KEPT]
    seen.stopped_tasks = dict(newest)
    return (*newest_first(live.values(), lambda it: it.created_at), *seen.stopped_tasks.values())


def read_groups_on(
    reader: AccountReader, names: DeployedNames, container_instance: str
) -> tuple[str, ...]:
    """Return the group of each task on a container instance that is to run: ``service:NAME``, or
    another text (``family:NAME``) for a task without a service. Raises AwsProblem."""
    arns = reader.items(
        "ecs",
        "ListTasks",
        "taskArns",
        cluster=names.cluster,
        containerInstance=container_instance,
        desiredStatus="RUNNING",
    )
    answers = (
        reader.call("ecs", "DescribeTasks", cluster=names.cluster, tasks=batch)
        for batch in batches(arns, DESCRIBE_BATCH)
    )
    return tuple(it.get("group", "") for answer in answers for it in maps(answer, "tasks"))


def _listed(ask: Ask, status: str) -> list[str]:
    names = ask.names
    return none_if_gone(
        lambda: ask.reader.items(
            "ecs",
            "ListTasks",
            "taskArns",
            cluster=names.cluster,
            serviceName=names.service,
            desiredStatus=status,
        )
    )


def _described(ask: Ask, arns: Sequence[str]) -> dict[str, DeployedTask]:
    cluster = ask.names.cluster
    answers = (
        ask.reader.call("ecs", "DescribeTasks", cluster=cluster, tasks=batch)
        for batch in batches(arns, DESCRIBE_BATCH)
    )
    return {it["taskArn"]: _task(it) for answer in answers for it in maps(answer, "tasks")}


def _task(it: Mapping[str, Any]) -> DeployedTask:
    containers = maps(it, "containers")
    interfaces = [each for one in containers for each in maps(one, "networkInterfaces")]
    bindings = [each for one in containers for each in maps(one, "networkBindings")]
    ports = dict.fromkeys(int(each["hostPort"]) for each in bindings if each.get("hostPort"))
    return DeployedTask(
        id=last(it["taskArn"]),
        last_status=it.get("lastStatus", ""),
        health=it.get("healthStatus", ""),
        container_instance=last(it.get("containerInstanceArn") or ""),
        task_definition=last(it.get("taskDefinitionArn") or ""),
        created_at=moment(it, "createdAt"),
        started_at=moment(it, "startedAt"),
        stopped_reason=it.get("stoppedReason", ""),
        desired_status=it.get("desiredStatus", ""),
        stop_code=it.get("stopCode", ""),
        containers=tuple(_container(each) for each in containers),
        pull_started_at=moment(it, "pullStartedAt"),
        pull_stopped_at=moment(it, "pullStoppedAt"),
        stopping_at=moment(it, "stoppingAt"),
        stopped_at=moment(it, "stoppedAt"),
        deployment=it.get("startedBy", ""),
        zone=it.get("availabilityZone", ""),
        address=interfaces[0].get("privateIpv4Address", "") if interfaces else "",
        host_ports=tuple(ports),
        connectivity=it.get("connectivity", ""),
        execute_command=bool(it.get("enableExecuteCommand")),
    )


def _container(it: Mapping[str, Any]) -> Container:
    agents = {each.get("name"): each for each in maps(it, "managedAgents")}
    agent = agents.get(EXEC_AGENT, {})
    return Container(
        name=it.get("name", ""),
        last_status=it.get("lastStatus", ""),
        exit_code=it.get("exitCode"),
        reason=it.get("reason", ""),
        image=it.get("image", ""),
        image_digest=it.get("imageDigest", ""),
        health=it.get("healthStatus", ""),
        runtime_id=it.get("runtimeId", ""),
        exec_agent=agent.get("lastStatus", ""),
        exec_agent_reason=agent.get("reason", ""),
    )
