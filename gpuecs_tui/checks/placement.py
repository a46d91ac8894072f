"""How many tasks one instance takes, what limits it, and what a rolling update needs.

The rules are ECS's (docs/aws.md, "Memory, CPU and placement"): placement compares what tasks
reserve with what the agent registered, never with what is free.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gpuecs_tui.stack.agent_config import reserved_memory
from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.stack.model import Stack

Resource = Literal["gpus", "port", "distinct", "enis", "memory", "cpu"]

KERNEL_SHARE = 64
"""The kernel keeps a 64-byte page structure for each 4 KiB page: one part in 64 of the RAM is never
the agent's, on any AMI. The bound where nothing was measured."""
FROM_ZERO = 2
"""Instances that managed scaling launches when there is none (docs.aws.amazonaws.com/AmazonECS,
"Optimize Amazon ECS cluster auto scaling")."""


@dataclass(frozen=True, slots=True)
class Headroom:
    """What of an instance stays free when as many tasks run on it as fit."""

    cpu: int
    """CPU units."""
    memory_mib: int
    """Of what the agent registers (``InstanceType.registers``); 0 where the tasks may need more."""
    gpus: int


@dataclass(frozen=True, slots=True)
class Fit:
    """How many tasks one instance takes."""

    tasks_per_instance: int
    """With as much memory as the agent can register at most (``most_memory_mib``)."""
    guaranteed: int
    """The same with the memory that every current ECS GPU AMI leaves."""
    limiting: Resource
    """What is used up first; of several, the first in the order of ``Resource``: GPUs that are all
    in use are as it should be, and memory and CPU by default follow from the others."""
    by_resource: tuple[tuple[Resource, int], ...]
    """How many tasks each resource alone allows, for the resources that count."""
    left: Headroom

    @property
    def placeable(self) -> int:
        """The number to plan with: ``guaranteed``, or what fits at best if that is none."""
        return self.guaranteed or self.tasks_per_instance

    def instances_for(self, tasks: int) -> int | None:
        """Return how many instances ``tasks`` need; None when not one task fits."""
        if tasks and not self.placeable:
            return None
        return -(-tasks // self.placeable) if tasks else 0


@dataclass(frozen=True, slots=True)
class Rollout:
    """A rolling update, as the service's percentages allow it."""

    at_least: int
    """Tasks that must stay healthy (minimum healthy percent, rounded up)."""
    at_most: int
    """Tasks that may run at once (maximum percent, rounded down)."""
    room: int
    """Tasks that the whole fleet takes at its maximum size."""
    batch: int
    """Tasks that can be replaced at once; 0: the update hangs for ever."""


def most_memory_mib(it: InstanceType) -> int:
    """Return above how many MiB a task on ``it`` is never placed: measured, or else a proof.

    What the agent registers (``InstanceType.registers``) is less where it is estimated or assumed;
    neither proves that a task somewhat larger finds no place.
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


def rollout(stack: Stack, found: Fit) -> Rollout:
    """Work out how a rolling update of ``stack`` goes when each instance takes ``found``.

    Old and new tasks share the fleet, and distinct instances count both. ECS starts new ones while
    it stays within the maximum, and stops old ones while it stays above the minimum (ECS developer
    guide, "Rolling update").
    """
    service = stack.service
    wanted = service.desired_count
    at_least = -(-wanted * service.minimum_healthy_percent // 100)
    at_most = wanted * service.maximum_percent // 100
    room = stack.fleet.max_size * found.placeable
    started = max(0, min(at_most, room) - wanted)
    stopped = max(0, wanted - at_least)
    # Both at once: those that stop make room for as many more.
    return Rollout(at_least, at_most, room, min(wanted, started + stopped))


def reserved_mib(stack: Stack) -> int:
    """Return the MiB that the stack's user data takes from tasks, as far as it is a number."""
    return reserved_memory(stack.fleet.extra_user_data, stack.fleet.ami).mib


def one_task_per_instance(stack: Stack) -> bool:
    """Whether a host port allows only one task on an instance."""
    mode = stack.task.network_mode
    return mode == "host" or (mode == "bridge" and stack.task.host_port != 0)


def _counts(stack: Stack, it: InstanceType, memory_mib: int) -> dict[Resource, int]:
    task = stack.task
    counts: dict[Resource, int] = {"gpus": it.gpus // max(1, task.gpus)}
    if one_task_per_instance(stack):
        counts["port"] = 1
    if stack.service.distinct_instances:
        counts["distinct"] = 1
    if task.network_mode == "awsvpc" and it.max_enis is not None:
        # The instance itself keeps one; trunking is an account setting that nobody may rely on.
        counts["enis"] = max(0, it.max_enis - 1)
    counts["memory"] = memory_mib // max(1, task.memory)
    counts["cpu"] = it.cpu_units // max(1, task.cpu)
    return counts
