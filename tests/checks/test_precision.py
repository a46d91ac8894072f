"""500 random valid stacks over random accounts: fit and findings say what a placement comes to.

The simulation knows ECS's rules only (developer guide, "How Amazon ECS places tasks on container
instances"; "GPU task definitions"): it puts one task after the other on whichever instance still
has all that it reserves. Nothing of the product's own arithmetic is used in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from gpuecs_tui.checks import check
from gpuecs_tui.checks.context import context_of
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.problems import problems
from gpuecs_tui.stack.resolve import resolve

from .builders import ANSWERS, NOW, account, known

SEED = 20261123
STACKS = 500
AGENT = {22, 2375, 2376, 51678, 51679, 51680}
PLACEMENT = {"memory-fit", "cpu-fit", "gpu-fit", "static-port", "port-range", "rollout-surge"}
"""The rules one of which must say that tasks never run."""


@dataclass
class Instance:
    """What an instance has left."""

    cpu: int
    memory: int
    gpus: int
    interfaces: int | None
    ports: set[int] = field(default_factory=lambda: set(AGENT))
    services: int = 0

    def takes(self, stack: Stack) -> bool:
        """Put a task here if ECS would."""
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


def empty(it: InstanceType, memory: int) -> Instance:
    return Instance(
        it.vcpus * 1024, memory, it.gpus, None if it.max_enis is None else it.max_enis - 1
    )


def placed(stack: Stack, it: InstanceType, memory: int, instances: int, wanted: int) -> int:
    """How many of ``wanted`` tasks find a place on a fleet of empty instances."""
    fleet = [empty(it, memory) for _ in range(instances)]
    return sum(any(each.takes(stack) for each in fleet) for _ in range(wanted))


def needed(stack: Stack, it: InstanceType, memory: int, wanted: int) -> int | None:
    """How many instances a fleet needs that grows by one when a task finds no place."""
    fleet: list[Instance] = []
    for _ in range(wanted):
        if not any(each.takes(stack) for each in fleet):
            fleet.append(empty(it, memory))
            if not fleet[-1].takes(stack):
                return None
    return len(fleet)


def random_type(random: Random) -> InstanceType:
    memory = random.choice([4, 16, 61, 192, 1152]) * 1024
    measured = random.random() < 0.5
    return InstanceType(
        name=f"g{random.randint(3, 7)}.{random.randint(2, 48)}xlarge",
        vcpus=random.choice([2, 4, 8, 48, 192]),
        memory_mib=memory,
        gpus=random.choice([1, 1, 2, 4, 8, 16]),
        gpu_model="T4",
        gpu_memory_mib=16384,
        gpu_manufacturer="NVIDIA",
        architecture="x86_64",
        quota_family="G",
        max_enis=random.choice([None, 2, 3, 4, 8, 15]),
        registered_mib=int(memory * random.uniform(0.93, 0.98)) if measured else None,
        registered_source="measured" if measured else "assumed",
        ecs_support="documented",
    )


def random_answers(random: Random, it: InstanceType) -> dict[str, Value]:
    mode = random.choice(["bridge", "bridge", "host", "awsvpc"])
    answers: dict[str, Value] = {
        **ANSWERS,
        "fleet.instance_type": it.name,
        "task.network_mode": mode,
        "task.container_port": random.choice([80, 8000, 22]),
        "task.gpus": random.randint(1, min(16, it.gpus + 1)),
        "service.desired_count": random.randint(1, 12),
        "service.distinct_instances": random.random() < 0.3,
        "fleet.max_size": random.randint(1, 14),
    }
    if mode == "bridge":
        answers["task.host_port"] = random.choice([0, 0, 80, 51678])
    if random.random() < 0.7:
        many = random.choice([1, 2, 3, 4, 8])
        answers["task.memory"] = max(6, int(it.memory_mib * random.uniform(0.85, 1.05)) // many)
    if random.random() < 0.5:
        share = random.choice([1.25, 1, 0.5, 0.3, 0.25])
        answers["task.cpu"] = max(128, int(it.vcpus * 1024 * share))
    return answers


def test_fit_and_findings_are_what_the_placement_comes_to() -> None:
    random = Random(SEED)
    seen = outcomes = 0
    told: set[str] = set()
    while seen < STACKS:
        it = random_type(random)
        given = random_answers(random, it)
        resolved = resolve(given, it)
        if problems(given, resolved):
            continue
        seen += 1
        stack, facts = resolved.stack, account(instance_types=known((it,)))
        most = it.registered_mib or it.memory_mib - it.memory_mib // 64
        sure = min(most, it.memory_mib * 925 // 1000)
        found = context_of(stack, facts).fit
        assert found is not None
        case = (seen, it, given)

        blocked = {
            it.rule
            for it in check(stack, facts, now=NOW)
            if it.severity == "error" and it.rule in PLACEMENT
        }
        told |= blocked
        wanted, size = stack.service.desired_count, stack.fleet.max_size
        # Where none is sure to fit, the rules warn and go on with what fits at best.
        memory = sure if placed(stack, it, sure, 1, 1) else most
        runs = placed(stack, it, memory, size, wanted) == wanted
        assert runs == (not blocked), case
        outcomes += runs

        port = stack.task.container_port if stack.task.network_mode == "host" else 0
        if {port, stack.task.host_port} & AGENT:
            continue  # Never placed; port-range is what says so, not the fit.
        assert found.tasks_per_instance == placed(stack, it, most, 1, 99), case
        assert found.surely == placed(stack, it, sure, 1, 99), case
        assert found.instances_for(wanted) == needed(stack, it, memory, wanted), case
    # Both ends must have been met, and every rule, or the comparison says nothing.
    assert STACKS * 0.25 < outcomes < STACKS * 0.75
    assert told == PLACEMENT
