"""Where ECS places a task: its reservations compared with the registered resources of instances. No
I/O.

Rules: docs/aws.md, "Memory, CPU and placement". Only reservations count, not actual usage.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

RESERVED_PORTS = frozenset({22, 2375, 2376, 51678, 51679, 51680})
"""TCP ports that are reserved on an instance: SSH, Docker and the ECS agent."""

DYNAMIC_PORTS = range(32768, 65536)
"""Host ports that Docker assigns if a bridge task requests port 0."""


@dataclass(frozen=True, slots=True)
class TaskNeed:
    """What one task reserves."""

    cpu: int
    """CPU units."""
    memory: int
    """MiB."""
    gpus: int
    ports: frozenset[int] = frozenset()
    """Static host ports."""
    interface: bool = False
    """Whether it needs its own network interface (awsvpc)."""


@dataclass(frozen=True, slots=True)
class Room:
    """The resources that are left on one container instance."""

    cpu: int
    memory: int
    gpus: int
    interfaces: int
    ports: frozenset[int] = field(default=RESERVED_PORTS)
    """Host ports in use."""
    groups: frozenset[str] = frozenset()
    """Services and families that run here, for distinct instances."""

    def lacks(self, need: TaskNeed) -> str:
        """Return what is missing for ``need``, in the words of ECS service events; else empty."""
        if need.memory > self.memory:
            return "has insufficient memory available"
        if need.cpu > self.cpu:
            return "has insufficient CPU units available"
        if need.gpus > self.gpus:
            return "has insufficient GPU resource available"
        if need.ports & self.ports:
            return "is already using a port required by your task"
        if need.interface and self.interfaces < 1:
            return "has insufficient ENI resource available"
        return ""

    def taking(self, need: TaskNeed, group: str) -> Room:
        """Return what is left after a task of ``group`` with ``need`` is placed here."""
        return replace(
            self,
            cpu=self.cpu - need.cpu,
            memory=self.memory - need.memory,
            gpus=self.gpus - need.gpus,
            interfaces=self.interfaces - need.interface,
            ports=self.ports | need.ports,
            groups=self.groups | {group},
        )


def need_of(task_definition: Any) -> TaskNeed:
    """Return what a task of moto's ``task_definition`` reserves.

    The task's own size is used if it has one, otherwise the sum of its containers' sizes (a
    container without a hard limit counts with its reservation).
    """
    containers: Sequence[dict[str, Any]] = task_definition.container_definitions
    cpu = int(task_definition.cpu or sum(int(c.get("cpu") or 0) for c in containers))
    memory = int(
        task_definition.memory
        or sum(int(c.get("memory") or c.get("memoryReservation") or 0) for c in containers)
    )
    gpus = sum(
        int(entry["value"])
        for container in containers
        for entry in container.get("resourceRequirements") or ()
        if entry["type"] == "GPU"
    )
    awsvpc = task_definition.network_mode == "awsvpc"
    ports = frozenset(
        port
        for container in containers
        for mapping in container.get("portMappings") or ()
        if not awsvpc and (port := mapping.get("hostPort") or _host_port(task_definition, mapping))
    )
    return TaskNeed(cpu, memory, gpus, ports, awsvpc)


def _host_port(task_definition: Any, mapping: dict[str, Any]) -> int:
    return int(mapping["containerPort"]) if task_definition.network_mode == "host" else 0


def instances_for(count: int, need: TaskNeed, group: str, empty: Room, distinct: bool) -> int:
    """Return how many empty instances ``count`` more tasks need; 0 if a task doesn't fit on one."""
    each, room = 0, empty
    while not room.lacks(need) and not (distinct and group in room.groups):
        room, each = room.taking(need, group), each + 1
        if each >= count:
            break
    return -(-count // each) if each else 0


def choose(
    rooms: Iterable[tuple[str, Room]], need: TaskNeed, group: str, distinct: bool
) -> str | None:
    """Return the id of the emptiest instance on which the task fits, or None."""
    fitting = [
        (room.groups.__contains__(group), -room.memory, name)
        for name, room in rooms
        if not room.lacks(need) and not (distinct and group in room.groups)
    ]
    return min(fitting)[2] if fitting else None
