"""Where the emulated ECS places tasks."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gpuecs_tui.demo.model.placement import Room, TaskNeed, choose, instances_for, need_of

ROOM = Room(cpu=4096, memory=15684, gpus=1, interfaces=2)


@pytest.mark.parametrize(
    ("need", "reason"),
    [
        (TaskNeed(4096, 15684, 1), ""),
        (TaskNeed(4096, 15685, 1), "memory"),
        (TaskNeed(4097, 15684, 1), "CPU"),
        (TaskNeed(0, 1, 2), "GPU"),
        (TaskNeed(0, 1, 0, frozenset({80})), ""),
        (TaskNeed(0, 1, 0, frozenset({51678})), "port"),
    ],
)
def test_a_task_fits_up_to_what_is_registered(need: TaskNeed, reason: str) -> None:
    assert reason in ROOM.lacks(need)
    assert bool(ROOM.lacks(need)) is bool(reason)


def test_a_second_task_finds_the_port_taken() -> None:
    need = TaskNeed(1, 1, 0, frozenset({8080}))
    assert "port" in ROOM.taking(need, "service:a").lacks(need)


def test_each_awsvpc_task_takes_an_interface() -> None:
    need = TaskNeed(1, 1, 0, interface=True)
    room = ROOM.taking(need, "a").taking(need, "a")
    assert "ENI" in room.lacks(need)


@pytest.mark.parametrize(
    ("count", "need", "distinct", "instances"),
    [
        (3, TaskNeed(4096, 15000, 1), False, 3),
        (3, TaskNeed(1024, 5000, 0), False, 1),
        (4, TaskNeed(1024, 5000, 0), False, 2),
        (3, TaskNeed(1024, 5000, 0), True, 3),
        (3, TaskNeed(1024, 99999, 0), False, 0),
    ],
)
def test_instances_for_waiting_tasks(
    count: int, need: TaskNeed, distinct: bool, instances: int
) -> None:
    assert instances_for(count, need, "service:a", ROOM, distinct) == instances


def test_an_instance_without_the_service_is_chosen_first() -> None:
    need = TaskNeed(1, 1, 0)
    rooms = {"a": ROOM.taking(need, "service:x"), "b": ROOM}
    assert choose(rooms.items(), need, "service:x", distinct=False) == "b"
    assert choose([("a", rooms["a"])], need, "service:x", distinct=True) is None
    assert choose([("a", rooms["a"])], need, "service:x", distinct=False) == "a"


def _definition(mode: str, **container: object) -> SimpleNamespace:
    containers = [{"cpu": 100, "memory": 512, "memoryReservation": 256, **container}]
    return SimpleNamespace(
        network_mode=mode, cpu=None, memory=None, container_definitions=containers
    )


def test_a_need_is_the_tasks_size_or_its_containers() -> None:
    definition = _definition(
        "bridge", resourceRequirements=[{"type": "GPU", "value": "2"}], portMappings=[]
    )
    assert need_of(definition) == TaskNeed(100, 512, 2)
    definition.cpu, definition.memory = "4096", "15155"
    assert need_of(definition) == TaskNeed(4096, 15155, 2)


@pytest.mark.parametrize(
    ("mode", "mapping", "ports", "interface"),
    [
        ("bridge", {"containerPort": 8000, "hostPort": 0}, set(), False),
        ("bridge", {"containerPort": 8000, "hostPort": 80}, {80}, False),
        ("host", {"containerPort": 8000}, {8000}, False),
        ("awsvpc", {"containerPort": 8000, "hostPort": 8000}, set(), True),
    ],
)
def test_static_host_ports_are_needed(
    mode: str, mapping: dict[str, int], ports: set[int], interface: bool
) -> None:
    need = need_of(_definition(mode, portMappings=[mapping]))
    assert need == TaskNeed(100, 512, 0, frozenset(ports), interface)
