"""Joined rows: a task with its instance and its target; stopped tasks grouped by reason."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from gpuecs_tui.aws.deployment.facts import (
    ContainerInstance,
    DeployedTask,
    DeploymentFacts,
    RegisteredTarget,
)
from gpuecs_tui.aws.reading import value_or
from gpuecs_tui.deployment import stop_reasons

_UNIQUE = re.compile(
    r"\b(?=[0-9a-f-]*\d)[0-9a-f]{8,}(?:-[0-9a-f]{4,}){0,4}\b|\bi-[0-9a-f]{8,}\b|arn:aws[\w-]*:\S+"
)
"""Ids and ARNs in a reason, which differ from task to task."""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task that runs or is on its way."""

    task: DeployedTask
    instance: ContainerInstance | None
    """None until the task is placed, and if the instances could not be read."""
    targets: tuple[RegisteredTarget, ...]
    """Empty before it is registered with the load balancer."""


@dataclass(frozen=True, slots=True)
class StoppedGroup:
    """Tasks that stopped for one reason."""

    reason: str
    """AWS's words about the newest one, the most specific first."""
    exit_code: int | None
    revision: str
    tasks: tuple[DeployedTask, ...]
    """Newest first."""

    @property
    def newest_at(self) -> datetime | None:
        """When the last one stopped."""
        return max((it.stopped_at for it in self.tasks if it.stopped_at), default=None)


def task_rows(facts: DeploymentFacts) -> tuple[TaskRow, ...]:
    """Return the tasks that are not stopped, in the order of the reading."""
    instances = {it.id: it for it in value_or(facts.container_instances, ())}
    targets = value_or(facts.targets, None) or ()
    return tuple(
        TaskRow(it, instance, tuple(_targets_of(it, instance, targets)))
        for it in value_or(facts.tasks, ())
        if it.last_status != "STOPPED"
        for instance in (instances.get(it.container_instance),)
    )


def other_targets(facts: DeploymentFacts) -> tuple[RegisteredTarget, ...]:
    """Return the targets of no task that runs, such as those that are being removed."""
    joined = [target for row in task_rows(facts) for target in row.targets]
    return tuple(it for it in value_or(facts.targets, None) or () if it not in joined)


def _targets_of(
    task: DeployedTask, instance: ContainerInstance | None, targets: Iterable[RegisteredTarget]
) -> Iterable[RegisteredTarget]:
    """Yield the targets of a task: by its own address, or by its instance and host port."""
    id = task.address or (instance.ec2_instance_id if instance else "")
    for it in targets:
        if id and it.id == id and (task.address or it.port in task.host_ports):
            yield it


def stopped_groups(facts: DeploymentFacts) -> tuple[StoppedGroup, ...]:
    """Return the stopped tasks by reason, the group with the newest stop first."""
    found: dict[tuple[str, int | None, str], list[DeployedTask]] = {}
    for it in value_or(facts.tasks, ()):
        if it.last_status == "STOPPED":
            text = next(iter(stop_reasons.texts_of(it)), "")
            key = (_UNIQUE.sub("…", text), stop_reasons.exit_code(it), it.task_definition)
            found.setdefault(key, []).append(it)
    groups = []
    for (_reason, code, revision), tasks in found.items():
        tasks.sort(key=_stopped_at, reverse=True)
        reason = next(iter(stop_reasons.texts_of(tasks[0])), "")
        groups.append(StoppedGroup(reason, code, revision, tuple(tasks)))
    return tuple(sorted(groups, key=lambda it: _stopped_at(it.tasks[0]), reverse=True))


def _stopped_at(task: DeployedTask) -> float:
    return task.stopped_at.timestamp() if task.stopped_at else 0.0
