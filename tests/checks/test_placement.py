from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuecs_tui.aws import catalogue
from gpuecs_tui.checks.placement import fit, most_memory_mib, rollout
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.stack.model import Stack
from tests.support.small_account import stack


def the(name: str) -> InstanceType:
    found = catalogue.find(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("changes", "tasks", "guaranteed", "limiting"),
    [
        ({}, 1, 1, "gpus"),
        ({"task__memory": 15155}, 1, 1, "gpus"),
        ({"task__memory": 15156}, 1, 0, "gpus"),
        ({"task__memory": 15684}, 1, 0, "gpus"),
        ({"task__memory": 15685}, 0, 0, "memory"),
        ({"task__cpu": 4096}, 1, 1, "gpus"),
        ({"task__cpu": 4097}, 0, 0, "cpu"),
        ({"task__gpus": 2}, 0, 0, "gpus"),
    ],
)
def test_one_gpu(changes: dict[str, Value], tasks: int, guaranteed: int, limiting: str) -> None:
    found = fit(stack(**changes), the("g4dn.xlarge"))
    assert (found.tasks_per_instance, found.guaranteed, found.limiting) == (
        tasks,
        guaranteed,
        limiting,
    )


QUARTER: dict[str, Value] = {
    "fleet__instance_type": "g5.12xlarge",
    "service__distinct_instances": False,
}


@pytest.mark.parametrize(
    ("changes", "tasks", "limiting"),
    [
        ({}, 4, "gpus"),
        ({"task__gpus": 2, "task__memory": 1000, "task__cpu": 1024}, 2, "gpus"),
        ({"task__gpus": 3}, 1, "gpus"),
        ({"task__memory": 191178 // 4 + 1}, 3, "memory"),
        ({"task__cpu": 48 * 1024 // 4 + 1}, 3, "cpu"),
        ({"task__host_port": 80}, 1, "port"),
        ({"task__network_mode": "host"}, 1, "port"),
        ({"task__network_mode": "awsvpc"}, 4, "gpus"),
        ({"service__distinct_instances": True, "task__memory": 1000}, 1, "distinct"),
    ],
)
def test_four_gpus(changes: dict[str, Value], tasks: int, limiting: str) -> None:
    found = fit(stack(**{**QUARTER, **changes}), the("g5.12xlarge"))
    assert (found.tasks_per_instance, found.limiting) == (tasks, limiting)


def test_interfaces_limit_awsvpc_tasks() -> None:
    small = stack(
        fleet__instance_type="g5.48xlarge",
        service__distinct_instances=False,
        task__network_mode="awsvpc",
    )
    found = fit(small, the("g5.48xlarge"))
    # 8 GPUs, but only 7 interfaces, of which the instance itself uses one.
    assert (found.tasks_per_instance, found.limiting) == (6, "enis")
    assert found.left.gpus == 2


def test_what_is_left_is_what_the_tasks_do_not_reserve() -> None:
    found = fit(stack(**{**QUARTER, "task__memory": 40000, "task__cpu": 10000}), the("g5.12xlarge"))
    assert (found.left.cpu, found.left.memory_mib, found.left.gpus) == (
        48 * 1024 - 4 * 10000,
        191178 - 4 * 40000,
        0,
    )


@pytest.mark.parametrize(
    ("name", "mib", "source"),
    [
        ("g4dn.xlarge", 15684, "measured"),
        ("p3.2xlarge", 61266, "estimated"),
        ("g6.xlarge", 15155, "assumed"),
    ],
)
def test_what_is_left_is_of_what_the_agent_registers(name: str, mib: int, source: str) -> None:
    it = the(name)
    assert (it.registers.mib, it.registers.source) == (mib, source)
    of = stack(fleet__instance_type=name, task__memory=15000)
    assert fit(of, it).left.memory_mib == mib - 15000
    # The task may fit; then nothing is left.
    larger = fit(stack(fleet__instance_type=name, task__memory=mib), it)
    assert (larger.tasks_per_instance, larger.left.memory_mib) == (1, 0)


def test_unmeasured_memory_is_bounded_by_the_kernel_page_table() -> None:
    assert the("g6.xlarge").registered_mib is None
    assert most_memory_mib(the("g6.xlarge")) == 16384 - 256
    assert most_memory_mib(the("g4dn.xlarge")) == 15684
    # An estimate proves nothing.
    assert the("p3.2xlarge").registered_source == "estimated"
    assert most_memory_mib(the("p3.2xlarge")) == 62464 - 976


@pytest.mark.parametrize("tasks", [0, 1, 3, 4, 5, 9])
def test_instances_for(tasks: int) -> None:
    found = fit(stack(**QUARTER), the("g5.12xlarge"))
    needed = found.instances_for(tasks)
    assert needed is not None
    assert needed * 4 >= tasks > (needed - 1) * 4 or tasks == needed == 0


def test_no_number_of_instances_holds_what_does_not_fit() -> None:
    found = fit(stack(task__gpus=2), the("g4dn.xlarge"))
    assert found.instances_for(1) is None
    assert found.instances_for(0) == 0


@pytest.mark.parametrize(
    ("desired", "minimum", "maximum", "size", "batch"),
    [
        (1, 100, 200, 2, 1),
        (1, 100, 200, 1, 0),
        (1, 0, 100, 1, 1),
        (2, 50, 100, 2, 1),
        (3, 50, 100, 3, 1),  # two must keep running
        (4, 100, 150, 8, 2),
        (4, 100, 150, 5, 1),
        (1, 100, 150, 9, 0),  # 1.5 tasks are rounded down, so no additional task
        (0, 100, 200, 1, 0),
    ],
)
def test_rollout(desired: int, minimum: int, maximum: int, size: int, batch: int) -> None:
    rolling = stack(
        service__desired_count=desired,
        service__minimum_healthy_percent=minimum,
        service__maximum_percent=maximum,
        fleet__max_size=size,
    )
    assert rollout(rolling, fit(rolling, the("g4dn.xlarge"))).batch == batch


def placed(it: InstanceType, of: Stack, registered: int) -> int:
    """Place tasks on one instance like ECS's scheduler, until one is refused."""
    cpu, memory, gpus, ports, interfaces = (
        it.cpu_units,
        registered,
        it.gpus,
        set[int](),
        it.max_enis,
    )
    tasks = 0
    while True:
        task = of.task
        if task.cpu > cpu or task.memory > memory or task.gpus > gpus:
            return tasks
        if of.service.distinct_instances and tasks:
            return tasks
        if task.network_mode == "awsvpc":
            if interfaces is not None:
                if interfaces <= 1:
                    return tasks
                interfaces -= 1
        else:
            port = task.container_port if task.network_mode == "host" else task.host_port
            if port in ports:
                return tasks
            if port:
                ports.add(port)
        cpu, memory, gpus, tasks = cpu - task.cpu, memory - task.memory, gpus - task.gpus, tasks + 1


@given(
    name=st.sampled_from(sorted(it for it in catalogue.names() if the(it).supported)),
    gpus=st.integers(1, 9),
    cpu=st.integers(128, 60_000),
    memory=st.integers(6, 300_000),
    mode=st.sampled_from(["bridge", "host", "awsvpc"]),
    port=st.sampled_from([0, 80]),
    distinct=st.booleans(),
)
def test_fit_is_what_a_simulated_placement_finds(
    name: str, gpus: int, cpu: int, memory: int, mode: str, port: int, distinct: bool
) -> None:
    it = the(name)
    of = stack(
        fleet__instance_type=name,
        task__gpus=gpus,
        task__cpu=cpu,
        task__memory=memory,
        task__network_mode=mode,
        task__host_port=port if mode == "bridge" else 0,
        service__distinct_instances=distinct,
    )
    found = fit(of, it)
    assert found.tasks_per_instance == placed(it, of, most_memory_mib(it))
    assert found.guaranteed == placed(it, of, min(most_memory_mib(it), it.safe_memory_mib))
    assert dict(found.by_resource)[found.limiting] == found.tasks_per_instance


def rolls(wanted: int, at_least: int, at_most: int, slots: int) -> bool:
    """Replace ``wanted`` old tasks with new ones like ECS; return whether the update completes."""
    old, new = wanted, 0
    while old or new < wanted:
        start = min(at_most - old - new, slots - old - new, wanted - new)
        if start > 0:
            new += start
            continue
        stop = min(old, old + new - at_least)
        if stop <= 0:
            return False
        old -= stop
    return True


@given(
    desired=st.integers(1, 12),
    minimum=st.integers(0, 100),
    maximum=st.integers(100, 200),
    size=st.integers(1, 30),
)
def test_an_update_hangs_exactly_where_a_simulated_one_does(
    desired: int, minimum: int, maximum: int, size: int
) -> None:
    rolling = stack(
        service__desired_count=desired,
        service__minimum_healthy_percent=minimum,
        service__maximum_percent=maximum,
        fleet__max_size=size,
    )
    update = rollout(rolling, fit(rolling, the("g4dn.xlarge")))
    assert update.room == size
    if size >= desired:
        done = rolls(desired, update.at_least, update.at_most, update.room)
        assert bool(update.batch) == done
