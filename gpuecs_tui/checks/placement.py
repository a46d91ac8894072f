"""How many tasks fit on one instance, what limits the number, and what a rolling update needs.

The rules are ECS's (docs/aws.md, "Memory, CPU and placement"): placement compares what tasks
reserve with what the agent registered, never with what is free.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gpuecs_tui.stack.agent_config import reserved_memory
from gpuecs_tui.stack.containers.each import each_sidecar
from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.stack.model import Stack, deployment_percents
from gpuecs_tui.stack.releases.strategy import shifts_traffic

Resource = Literal["gpus", "port", "distinct", "enis", "memory", "cpu"]

KERNEL_SHARE = 64
"""The kernel keeps a 64-byte page structure for each 4 KiB page, so the agent never registers this
share (1/64) of the RAM, on any AMI. Used as the bound for types that were not measured."""
FROM_ZERO = 2
"""Instances that managed scaling launches when none runs (docs.aws.amazonaws.com/AmazonECS,
"Optimize Amazon ECS cluster auto scaling")."""


@dataclass(frozen=True, slots=True)
class Headroom:
    """Free resources of an instance on which as many tasks run as fit."""

    cpu: int
    """CPU units."""
    memory_mib: int
    """Free part of the memory that the agent registers (``InstanceType.registers``); 0 if the tasks
    may need more."""
    gpus: int


@dataclass(frozen=True, slots=True)
class Fit:
    """How many tasks fit on one instance."""

    tasks_per_instance: int
    """The number with the most memory that the agent can register (``most_memory_mib``)."""
    guaranteed: int
    """The number with the memory that is available on every current ECS GPU AMI."""
    limiting: Resource
    """The resource that is used up first; of several, the first in the order of ``Resource``: using
    all GPUs is the goal, and the defaults of memory and CPU follow from the others."""
    by_resource: tuple[tuple[Resource, int], ...]
    """How many tasks each resource alone allows, for the resources that matter."""
    left: Headroom

    @property
    def placeable(self) -> int:
        """The number to plan with: ``guaranteed``, or ``tasks_per_instance`` if that is 0."""
        return self.guaranteed or self.tasks_per_instance

    def instances_for(self, tasks: int) -> int | None:
        """Return how many instances ``tasks`` need; None when not one task fits."""
        if tasks and not self.placeable:
            return None
        return -(-tasks // self.placeable) if tasks else 0


@dataclass(frozen=True, slots=True)
class Rollout:
    """A deployment within the percentages of its strategy."""

    at_least: int
    """Tasks that must stay healthy (minimum healthy percent, rounded up)."""
    at_most: int
    """Tasks that may run at once (maximum percent, rounded down)."""
    room: int
    """Tasks that fit on the whole fleet at its maximum size."""
    batch: int
    """Tasks that can be replaced at once; 0: the update hangs forever."""


def most_memory_mib(it: InstanceType) -> int:
    """Return the memory in MiB above which a task on ``it`` is never placed: measured or proven.

    An estimated or assumed value of ``InstanceType.registers`` is lower. It doesn't prove that a
    slightly larger task can't be placed.
    """
    if it.registers.source == "measured":
        return it.registers.mib
    return max(0, it.memory_mib - it.memory_mib // KERNEL_SHARE - it.reserved_mib)


def fit(stack: Stack, it: InstanceType) -> Fit:
    """Work out how many tasks of ``stack`` one instance of type ``it`` takes."""
    it = it.reserving(max(it.reserved_mib, reserved_mib(stack)))
    most = most_memory_mib(it)
    counts = _counts(stack, it, most)
    tasks = min(counts.values())
    guaranteed = min(_counts(stack, it, min(most, it.safe_memory_mib)).values())
    task = stack.task
    left = Headroom(
        cpu=it.cpu_units - tasks * task.cpu,
        memory_mib=max(0, it.registers.mib - tasks * task.memory),
        gpus=it.gpus - tasks * task.gpus,
    )
    limiting = next(resource for resource, count in counts.items() if count == tasks)
    return Fit(tasks, guaranteed, limiting, tuple(counts.items()), left)


def rollout(stack: Stack, found: Fit, tasks: int | None = None) -> Rollout:
    """Work out a deployment of ``stack`` when ``found`` tasks fit on each instance.

    ``tasks`` are those that run before it; None: the desired count.

    Old and new tasks share the fleet, and distinct instances count both. ECS starts new tasks up to
    the maximum, and stops old tasks down to the minimum (ECS developer guide, "Rolling update").
    With the other strategies, all new tasks run before the first old one stops.
    """
    wanted = stack.service.desired_count if tasks is None else tasks
    least, most = deployment_percents(stack)
    at_least = -(-wanted * least // 100)
    at_most = wanted * most // 100
    room = stack.fleet.max_size * found.placeable
    if shifts_traffic(stack.service.deployment_strategy):
        return Rollout(at_least, at_most, room, wanted if room >= at_most else 0)
    started = max(0, min(at_most, room) - wanted)
    stopped = max(0, wanted - at_least)
    # Both limits apply at once, because each task that stops frees room for a new one.
    return Rollout(at_least, at_most, room, min(wanted, started + stopped))


def reserved_mib(stack: Stack) -> int:
    """Return the MiB that the stack's user data reserves; 0 if the setting is not a number."""
    return reserved_memory(stack.fleet.extra_user_data, stack.fleet.ami).mib


def one_task_per_instance(stack: Stack) -> bool:
    """Return whether the host port allows only one task per instance."""
    mode = stack.task.network_mode
    fixed = stack.task.host_port or any(it.host_port for it in each_sidecar(stack.sidecars))
    return mode == "host" or (mode == "bridge" and bool(fixed))


def _counts(stack: Stack, it: InstanceType, memory_mib: int) -> dict[Resource, int]:
    task = stack.task
    counts: dict[Resource, int] = {"gpus": it.gpus // max(1, task.gpus)}
    if one_task_per_instance(stack):
        counts["port"] = 1
    if stack.service.distinct_instances:
        counts["distinct"] = 1
    if task.network_mode == "awsvpc" and it.max_enis is not None:
        # The instance itself uses one interface. ENI trunking is an account setting, so it can't
        # be assumed.
        counts["enis"] = max(0, it.max_enis - 1)
    counts["memory"] = memory_mib // max(1, task.memory)
    counts["cpu"] = it.cpu_units // max(1, task.cpu)
    return counts
