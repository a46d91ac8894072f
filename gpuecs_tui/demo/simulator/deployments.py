"""Simulates an ECS service: starts and stops tasks, updates deployments, writes events."""

from __future__ import annotations

import math
from collections.abc import Container
from typing import Any

from moto.core.utils import utcnow

from gpuecs_tui.demo.model.primary import primary
from gpuecs_tui.demo.model.service_history import settings_of
from gpuecs_tui.demo.model.tasks import PlayedTask
from gpuecs_tui.demo.simulator import breaker
from gpuecs_tui.demo.simulator.events import add_service_event


def provider_of(service: Any, cluster: Any) -> str | None:
    """Return the capacity provider of the first entry of the strategy in force."""
    strategy = getattr(service, "capacity_provider_strategy", None)
    if not strategy and not service.launch_type:
        strategy = cluster.default_capacity_provider_strategy
    return str(strategy[0]["capacityProvider"]) if strategy else None


def roll(
    ecs: Any,
    service: Any,
    tasks: list[PlayedTask],
    healthy: list[PlayedTask],
    draining: Container[str | None] = (),
) -> list[PlayedTask]:
    """Start and stop tasks toward the desired count; return the started tasks.

    The number of tasks stays between the minimum healthy percent and the maximum percent, as in a
    rolling update of ECS. Tasks on the ``draining`` container instances (ARNs) are replaced. A
    draining service only stops tasks, and a failed deployment starts none.
    """
    deployment = primary(ecs, service)
    desired = service.desired_count if service.status == "ACTIVE" else 0
    percents = settings_of(service)
    upper = math.floor(desired * percents["maximumPercent"] / 100)
    lower = math.ceil(desired * percents["minimumHealthyPercent"] / 100)
    live = [task for task in tasks if task.live]
    fresh = [
        task
        for task in live
        if task.started_by == deployment["id"] and task.container_instance_arn not in draining
    ]
    stale = [task for task in live if task not in fresh]
    started: list[PlayedTask] = []
    provider = provider_of(service, ecs.clusters[service.cluster_name])
    failed = deployment["rolloutState"] == "FAILED"
    while not failed and len(fresh) + len(started) < desired and len(live) + len(started) < upper:
        started.append(PlayedTask(ecs, service, deployment["id"], provider))
    for task in started:
        ecs.tasks.setdefault(service.cluster_name, {})[task.task_arn] = task
    spare = len([task for task in healthy if task.live]) - lower
    # Stop tasks that never ran first.
    for task in sorted(stale, key=lambda task: task in healthy):
        if task in healthy:
            if spare <= 0:
                break
            spare -= 1
        _stop(service, task)
    for task in fresh[desired:]:
        _stop(service, task)
    return started


def _stop(service: Any, task: PlayedTask) -> None:
    was_running = task.last_status == "RUNNING"
    reason = f"Scaling activity initiated by (deployment {task.started_by})"
    task.stop("ServiceSchedulerInitiated", reason)
    if was_running:
        add_service_event(service, f"has stopped 1 running tasks: (task {task.id}).")


def report(service: Any, tasks: list[PlayedTask], healthy: list[PlayedTask]) -> None:
    """Update the counts of the service and its deployments; write an event when it is steady."""
    live = [task for task in tasks if task.live]
    for deployment in service.deployments:
        own = [task for task in live if task.started_by == deployment["id"]]
        deployment["runningCount"] = sum(task.last_status == "RUNNING" for task in own)
        deployment["pendingCount"] = len(own) - deployment["runningCount"]
    current = service.deployments[0]
    current["desiredCount"] = service.desired_count
    service.deployments[1:] = [
        {**deployment, "desiredCount": 0}
        for deployment in service.deployments[1:]
        if deployment["runningCount"] + deployment["pendingCount"]
    ]
    service.running_count = sum(task.last_status == "RUNNING" for task in tasks)
    service.pending_count = sum(task.last_status in ("PROVISIONING", "PENDING") for task in live)
    wanted = service.desired_count
    failed = current["rolloutState"] == "FAILED"
    alone = len(service.deployments) == 1
    steady = len(healthy) == len(live) == wanted and alone and not failed
    if steady and not getattr(service, "demo_steady", False):
        if current["rolloutState"] != "COMPLETED":
            current["rolloutState"] = "COMPLETED"
            current["rolloutStateReason"] = f"ECS deployment {current['id']} completed."
            current["updatedAt"] = utcnow()
            breaker.complete(service)
            add_service_event(service, f"(deployment {current['id']}) deployment completed.")
        add_service_event(service, "has reached a steady state.")
    service.demo_steady = steady
