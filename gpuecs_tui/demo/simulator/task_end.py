"""Ends tasks as the faults that are on say, and stops tasks whose targets fail."""

from __future__ import annotations

from typing import Any

from gpuecs_tui.demo import timings
from gpuecs_tui.demo.model.quotas import ACCOUNT_ID
from gpuecs_tui.demo.model.tasks import UNHEALTHY, PlayedTask
from gpuecs_tui.demo.moto_patches.elbv2 import failure_of
from gpuecs_tui.demo.plays import active
from gpuecs_tui.demo.plays.active import Activation
from gpuecs_tui.demo.plays.tasks import ENDS, ROLLOUT_ENDS, TaskEnd
from gpuecs_tui.demo.simulator.events import add_service_event
from gpuecs_tui.demo.simulator.logs import Logs

FAILED_TARGET = "Task failed ELB health checks in (target-group {group})"
"""stoppedReason (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-errors.html).
"""

FAILED_CHECK = "Task failed container health checks"
"""stoppedReason (https://repost.aws/knowledge-center/ecs-task-stopped)."""


def fails_its_check(task: PlayedTask) -> bool:
    """Whether a fault makes the health checks in the task's containers fail."""
    # Tasks from before the fault stay healthy, so that a rollback has a healthy task.
    return any(
        it.name == "container-unhealthy" and task.born >= it.since for it in active.activations()
    )


def replaces_completed(service: Any, task: PlayedTask) -> bool:
    """Whether the task belongs to a deployment that would replace a completed one."""
    completed = service.__dict__.get("demo_completed")
    return bool(completed) and task.started_by != completed["id"]


def end(service: Any, task: PlayedTask, at: str, logs: Logs) -> bool:
    """End the task at the point ``at`` of its life if a fault says so; return whether it did."""
    for fault, it in _ends(service, task):
        if it.at != at or (at == "crash" and task.born < fault.since):
            continue
        code = int(fault.operand) if fault.operand else it.exit_code
        if code is not None:
            logs.write(task, logs.last_lines(it, code))
        words = _words(service, task)
        starts = it.exit_code is None and not fault.operand
        task.fail(
            "TaskFailedToStart" if starts else "EssentialContainerExited",
            it.stopped_reason.format(**words),
            container_reason=it.reason.format(**words),
            exit_code=code,
        )
        return True
    return False


def _ends(service: Any, task: PlayedTask) -> list[tuple[Activation, TaskEnd]]:
    found = list(active.of(ENDS))
    if replaces_completed(service, task):
        found += active.of(ROLLOUT_ENDS)
    return found


def _words(service: Any, task: PlayedTask) -> dict[str, str]:
    image = str(task.containers[0]["image"])
    region = task.task_arn.split(":")[3]
    registry, _slash, _path = image.rpartition("/")
    return {
        "image": image,
        "repository": image.partition("@")[0].rpartition(":")[0] or image,
        "registry": registry.partition("/")[0] or "registry-1.docker.io",
        "secret": f"arn:aws:secretsmanager:{region}:{ACCOUNT_ID}:secret:{service.name}-api-key",
        "region": region,
        "account": ACCOUNT_ID,
    }


def stop_unhealthy(service: Any, task: PlayedTask, groups: Any, instance_id: str) -> None:
    """Stop a running task whose container or target fails its checks after the grace period."""
    grace = min(
        int(getattr(service, "health_check_grace_period_seconds", None) or 0), timings.GRACE
    )
    if not task.live or task.last_status != "RUNNING" or task.age < grace:
        return
    if task.health_status == UNHEALTHY:
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
        add_service_event(service, f"(task {task.id}) failed container health checks.")
        task.fail("ServiceSchedulerInitiated", FAILED_CHECK)
        add_service_event(service, f"has stopped 1 running tasks: (task {task.id}).")
        return
    for arn, target in task.targets:
        failure = failure_of(groups[arn], target) if arn in groups else None
        if failure is None:
            continue
        where = f"(task {task.id})" if task.need.interface else f"(instance {instance_id})"
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-unhealthy-event-messages.html
        add_service_event(
            service,
            f"{where} (port {target['Port']}) is unhealthy in (target-group {arn}) due to (reason "
            f"{failure.description})",
        )
        task.fail("ServiceSchedulerInitiated", FAILED_TARGET.format(group=arn))
        add_service_event(service, f"has stopped 1 running tasks: (task {task.id}).")
        return
