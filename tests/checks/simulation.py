"""A simulation of ECS's placement and rolling update that uses only ECS's documented rules.

Developer guide, "How Amazon ECS places tasks on container instances", "GPU task definitions" and
"Rolling update": ECS places one task after the other on any instance that still has the resources
that the task reserves, and replaces tasks within the service's percentages. The simulation uses
none of the product's own calculations.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.stack.model import Stack

AGENT = {22, 2375, 2376, 51678, 51679, 51680}


@dataclass
class Instance:
    """The remaining resources of an instance."""

    cpu: int
    memory: int
    gpus: int
    interfaces: int | None
    ports: set[int] = field(default_factory=lambda: set(AGENT))
    services: int = 0

    def takes(self, stack: Stack) -> bool:
        """Place a task on this instance if ECS would."""
        task = stack.task
        if task.network_mode == "awsvpc":
            port = 0
            if self.interfaces is not None and self.interfaces < 1:
                return False
        else:
            port = task.container_port if task.network_mode == "host" else task.host_port
        enough = (
            task.cpu <= self.cpu
            and task.memory <= self.memory
            and task.gpus <= self.gpus
            and port not in self.ports
            and not (stack.service.distinct_instances and self.services)
        )
        if enough:
            self.cpu -= task.cpu
            self.memory -= task.memory
            self.gpus -= task.gpus
            self.services += 1
            if port:
                self.ports.add(port)
            if self.interfaces is not None and task.network_mode == "awsvpc":
                self.interfaces -= 1
        return enough

    def leaves(self, stack: Stack) -> None:
        """Remove a task from this instance."""
        task = stack.task
        self.cpu += task.cpu
        self.memory += task.memory
        self.gpus += task.gpus
        self.services -= 1
        self.ports = set(AGENT)  # The port, if tasks have a fixed one, was used by this task only.
        if self.interfaces is not None and task.network_mode == "awsvpc":
            self.interfaces += 1


@dataclass
class Rolled:
    """The course of a rolling update."""

    ends: bool
    first: int = 0
    """Number of new tasks that started before the first of them had to be healthy."""
    rounds: int = 0
    """Number of waits for new tasks to become healthy."""
    fullest: tuple[tuple[int, int], ...] = ()
    """Old and new tasks per instance at the first peak that includes a new task."""


def rolled(stack: Stack, it: InstanceType, memory: int) -> Rolled:
    """Replace all tasks, which are already placed, with new ones as ECS does."""
    service, fleet = stack.service, [empty(it, memory) for _ in range(stack.fleet.max_size)]
    wanted = service.desired_count
    least = -(-wanted * service.minimum_healthy_percent // 100)
    most = wanted * service.maximum_percent // 100
    old = [n for _ in range(wanted) if (n := place(stack, fleet)) is not None]
    assert len(old) == wanted
    new: list[int] = []
    found = Rolled(True, fullest=layout(fleet, old, []))
    while old or len(new) < wanted:
        starting: list[int] = []
        moved = True
        stopped = 0
        while moved:
            moved = False
            here = len(old) + len(new) + len(starting)
            if (
                here < most
                and len(new) + len(starting) < wanted
                and (at := place(stack, fleet)) is not None
            ):
                starting.append(at)
                rows = layout(fleet, old, new + starting)
                if fullness(rows) > fullness(found.fullest):
                    found.fullest = rows
                moved = True
                continue
            while old and len(old) + len(new) - 1 >= least:
                fleet[old.pop()].leaves(stack)
                stopped += 1
                moved = True
        if not starting and not stopped:
            return Rolled(False, fullest=layout(fleet, old, new))
        found.first = found.first or len(starting)
        found.rounds += bool(starting)
        new += starting
    return found


def fullness(rows: tuple[tuple[int, int], ...]) -> tuple[int, bool]:
    """Return how many tasks run, and whether any of them is new."""
    return sum(map(sum, rows)), any(new for _old, new in rows)


def place(stack: Stack, fleet: list[Instance]) -> int | None:
    return next((n for n, each in enumerate(fleet) if each.takes(stack)), None)


def layout(fleet: list[Instance], old: list[int], new: list[int]) -> tuple[tuple[int, int], ...]:
    rows = [(old.count(n), new.count(n)) for n in range(len(fleet))]
    return tuple(row for row in rows if any(row))


def empty(it: InstanceType, memory: int) -> Instance:
    return Instance(
        it.vcpus * 1024, memory, it.gpus, None if it.max_enis is None else it.max_enis - 1
    )


def placed(stack: Stack, it: InstanceType, memory: int, instances: int, wanted: int) -> int:
    """Return how many of ``wanted`` tasks can be placed on a fleet of empty instances."""
    fleet = [empty(it, memory) for _ in range(instances)]
    return sum(any(each.takes(stack) for each in fleet) for _ in range(wanted))


def needed(stack: Stack, it: InstanceType, memory: int, wanted: int) -> int | None:
    """Return how many instances a fleet needs that adds one if a task can't be placed."""
    fleet: list[Instance] = []
    for _ in range(wanted):
        if not any(each.takes(stack) for each in fleet):
            fleet.append(empty(it, memory))
            if not fleet[-1].takes(stack):
                return None
    return len(fleet)
