"""Further containers: what their keys mean together, and which answers contradict each other."""

from __future__ import annotations

import pytest

from gpuecs_tui.stack.containers.each import Sidecar, each_sidecar
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.problems import problems
from gpuecs_tui.stack.resolve import resolve
from tests.support.strategies import G4DN_XLARGE
from tests.support.terraform.written_files import ANSWERS, made

TWO: dict[str, Value] = {
    "sidecars.images": {"metrics": "m:1", "model": "n:2"},
    "sidecars.memory_mib": {"metrics": "256", "model": "512"},
}
WHOLE_MIB, WHOLE_CPU = 15155, 4096
"""The derived size of a task on a g4dn.xlarge."""


def problem(**changes: Value) -> list[tuple[str, str]]:
    answers = {**ANSWERS, **TWO, **{key.replace("__", "."): it for key, it in changes.items()}}
    return [(it.key, it.message) for it in problems(answers, resolve(answers, G4DN_XLARGE))]


def test_the_lines_of_a_container_are_one_record() -> None:
    stack = made(
        {
            **TWO,
            "sidecars.cpu_units": {"metrics": "128"},
            "sidecars.essential": ("metrics",),
            "sidecars.depends_on": {"app": "model:SUCCESS", "metrics": "app:START model:START"},
            "sidecars.environment": {"metrics.A.b": "1", "model.C": "2"},
            "sidecars.ports": {"metrics": "9400:9401"},
        }
    )
    waits = (("app", "START"), ("model", "START"))
    assert each_sidecar(stack.sidecars) == (
        Sidecar("metrics", "m:1", 256, 128, True, 9401, 9400, waits, {"A.b": "1"}),
        Sidecar("model", "n:2", 512, 0, False, environment={"C": "2"}),
    )
    # The service's container gets the rest, and a fixed port allows one task per instance.
    assert stack.task.container_memory == stack.task.memory - 768 == WHOLE_MIB - 768
    assert stack.task.container_cpu == stack.task.cpu - 128 == WHOLE_CPU - 128


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"sidecars__cpu_units": {"gone": "1"}}, ["sidecars.cpu_units"]),
        ({"sidecars__essential": ("gone",)}, ["sidecars.essential"]),
        ({"sidecars__ports": {"gone": "1"}}, ["sidecars.ports"]),
        ({"sidecars__environment": {"gone.A": "1"}}, ["sidecars.environment"]),
        ({"sidecars__environment": {"metrics.A": "1"}}, []),
        ({"sidecars__memory_mib": {"metrics": "256"}}, ["sidecars.memory_mib"]),
        ({"task__container_name": "model"}, ["sidecars.images"]),
        # Sizes: the sum is at most the task's.
        ({"task__container_memory": WHOLE_MIB - 768}, []),
        ({"task__container_memory": WHOLE_MIB - 767}, ["sidecars.memory_mib"]),
        ({"sidecars__cpu_units": {"model": "96"}, "task__container_cpu": WHOLE_CPU - 96}, []),
        (
            {"sidecars__cpu_units": {"model": "97"}, "task__container_cpu": WHOLE_CPU - 96},
            ["sidecars.cpu_units"],
        ),
        ({"sidecars__memory_mib": {"metrics": "6", "model": "6"}}, []),
        ({"sidecars__memory_mib": {"metrics": "5", "model": "6"}}, ["sidecars.memory_mib"]),
        # Ports: one of each, and a port of the instance in bridge mode only.
        ({"sidecars__ports": {"metrics": "8000", "model": "8000"}}, []),
        ({"sidecars__ports": {"metrics": "80:1", "model": "80:2"}}, ["sidecars.ports"]),
        ({"sidecars__ports": {"metrics": "80:1"}, "task__host_port": 80}, ["sidecars.ports"]),
        ({"sidecars__ports": {"metrics": "65535"}}, []),
        ({"sidecars__ports": {"metrics": "65536"}}, ["sidecars.ports"]),
        ({"sidecars__ports": {"metrics": "9400"}, "task__network_mode": "awsvpc"}, []),
        (
            {"sidecars__ports": {"metrics": "9400:9400"}, "task__network_mode": "awsvpc"},
            ["sidecars.ports"],
        ),
        (
            {"sidecars__ports": {"metrics": "8000"}, "task__network_mode": "host"},
            ["sidecars.ports"],
        ),
        # Start order.
        ({"sidecars__depends_on": {"app": "model:SUCCESS metrics:START"}}, []),
        ({"sidecars__depends_on": {"app": "gone:START"}}, ["sidecars.depends_on"]),
        ({"sidecars__depends_on": {"gone": "app:START"}}, ["sidecars.depends_on"]),
        ({"sidecars__depends_on": {"metrics": "app:COMPLETE"}}, ["sidecars.depends_on"]),
        (
            {"sidecars__depends_on": {"app": "model:SUCCESS"}, "sidecars__essential": ("model",)},
            ["sidecars.depends_on"],
        ),
        ({"sidecars__depends_on": {"metrics": "app:HEALTHY"}}, ["sidecars.depends_on"]),
        (
            {
                "sidecars__depends_on": {"metrics": "app:HEALTHY"},
                "container_health__command": ("CMD", "true"),
            },
            [],
        ),
        ({"sidecars__depends_on": {"app": "metrics:HEALTHY"}}, ["sidecars.depends_on"]),
        ({"sidecars__depends_on": {"app": "app:START"}}, ["sidecars.depends_on"]),
        (
            {"sidecars__depends_on": {"app": "model:START", "model": "app:START"}},
            ["sidecars.depends_on"],
        ),
    ],
)
def test_contradictions(changes: dict[str, Value], found: list[str]) -> None:
    assert [key for key, _message in problem(**changes)] == found


@pytest.mark.parametrize(("number", "bad"), [(9, False), (10, True)])
def test_a_task_has_at_most_ten_containers(number: int, bad: bool) -> None:
    images: Value = {f"c{n}": "i:1" for n in range(number)}
    memory: Value = {f"c{n}": "8" for n in range(number)}
    found = problem(sidecars__images=images, sidecars__memory_mib=memory)
    assert [key for key, _message in found] == (["sidecars.images"] if bad else [])


def test_a_circle_is_named() -> None:
    ((_key, message),) = problem(
        sidecars__depends_on={
            "app": "model:START",
            "model": "metrics:START",
            "metrics": "app:START",
        }
    )
    assert message == "goes in a circle: app → model → metrics → app"
