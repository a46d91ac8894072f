"""How many tasks run during a replacement, and where new ones find room."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from decimal import Decimal

import pytest

from gpuecs_tui.aws.deployment.definition import TaskDefinition
from gpuecs_tui.aws.deployment.facts import (
    ContainerInstance,
    DeployedFleet,
    DeployedService,
    DeployedTask,
    Deployment,
    FleetInstance,
)
from gpuecs_tui.aws.prices_facts import Price
from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.operations.drain import member
from gpuecs_tui.operations.refused import Refused
from gpuecs_tui.operations.replace import refuse_replace, replace_effects, shrinks
from gpuecs_tui.operations.replacement import ServiceNow, serving_words
from gpuecs_tui.operations.restart import refuse_restart, restart_effects


def instance(identity: str, gpus_left: int) -> ContainerInstance:
    return ContainerInstance(
        identity, f"i-{identity}", "a", "ACTIVE", True, 1, 0, 15684, 8000, 1, gpus_left
    )


def task(identity: str, place: str, wanted: str = "RUNNING") -> DeployedTask:
    return DeployedTask(
        identity, "RUNNING", "", place, "llm:1", None, None, "", desired_status=wanted
    )


def now(
    *,
    desired: int = 2,
    least: int | None = 100,
    most: int | None = 200,
    left: int = 0,
    size: int = 2,
) -> ServiceNow:
    """Two tasks on two instances of a fleet of at most ``size``."""
    return ServiceNow(
        DeployedService(
            "llm", "ACTIVE", desired, desired, 0, (), (), "llm:1",
            minimum_percent=least, maximum_percent=most,
        ),
        (task("t1", "a"), task("t2", "b")),
        (instance("a", left), instance("b", 0)),
        DeployedFleet(0, 2, size, (FleetInstance("i-a", "a", "g5.xlarge", "InService", ""),)),
        TaskDefinition("llm:1", (), 1, 4096),
        Price(Decimal("1.006"), None),
    )  # fmt: skip


def test_a_restart_without_room_is_refused_only_if_no_task_may_stop_first() -> None:
    with pytest.raises(Refused, match="wait forever"):
        refuse_restart(now())
    refuse_restart(now(least=50))
    refuse_restart(now(left=1))
    refuse_restart(now(size=3))
    unread = dataclasses.replace(now(), fleet=None)
    refuse_restart(unread)
    assert any("unknown" in it for it in restart_effects(unread))


def test_a_task_that_is_stopping_leaves_room() -> None:
    stopping = dataclasses.replace(now(), tasks=(task("t1", "a", "STOPPED"),))
    assert (now().room(), stopping.room(), stopping.room(without="a")) == (0, 1, 0)


def test_what_could_not_be_read_is_refused_with_the_reason_and_the_remedy() -> None:
    why = Unknown("ecs:X", "not allowed to call ecs:X", "Ask for it.")
    unread = dataclasses.replace(
        now(), container_instances=None, fleet=None, unread={"container_instances": why,
        "fleet": why},
    )  # fmt: skip
    said = "not allowed to call ecs:X. Ask for it."
    with pytest.raises(Refused, match=f"instances of the cluster: {said}"):
        member(unread, "i-a")
    with pytest.raises(Refused, match=f"Auto Scaling group of the service: {said}"):
        refuse_replace(unread, "i-a", None)
    with pytest.raises(Refused, match="group of the service does not exist"):
        refuse_replace(dataclasses.replace(now(), fleet=None), "i-a", None)


def test_only_the_instance_that_starts_for_the_moved_tasks_is_the_replacement() -> None:
    grows, active = now(size=3), instance("a", 0)
    assert shrinks(grows, active)
    # Whether one was launched when it began to drain is unknown.
    draining = dataclasses.replace(active, status="DRAINING")
    assert not shrinks(grows, draining)
    for joined, shrink, words in (
        (active, True, "The instance that starts for its tasks replaces it."),
        (draining, False, "and launches a replacement (g5.xlarge"),
    ):
        said = replace_effects(
            grows, "i-a", joined, groups=(), shrink=shrink, wait=timedelta(hours=1)
        )
        assert words in " ".join(said)


def test_a_restart_that_ecs_can_not_carry_out_is_refused() -> None:
    with pytest.raises(Refused, match="maximum percent allows no more"):
        refuse_restart(now(least=100, most=100, left=1))
    with pytest.raises(Refused, match="scaled to zero"):
        refuse_restart(now(desired=0))
    # The defaults of ECS are 100 and 200.
    assert (now(least=None, most=None).least, now(least=None, most=None).most) == (2, 4)


def test_the_words_name_what_runs_and_what_starts() -> None:
    half = " ".join(restart_effects(now(least=50, size=3)))
    assert "At least 1 of 2 tasks keeps running (minimum healthy percent 50)." in half
    assert "up to 1 instance starts (g5.xlarge, $1.006 an hour each On-Demand)" in half
    none = " ".join(restart_effects(now(least=0, left=1)))
    assert "requests fail until a new task is healthy" in none
    assert "they wait until other tasks stop" in " ".join(restart_effects(now(least=50)))


@pytest.mark.parametrize(
    ("running", "least", "words"),
    [
        (0, 100, "No task runs now: requests fail until a new task is healthy."),
        (0, 0, "No task runs now: requests fail until a new task is healthy."),
        (1, 100, "Only 1 of 2 tasks runs now (minimum healthy percent 100)."),
        (2, 100, "At least 2 of 2 tasks keep running (minimum healthy percent 100)."),
        (1, 50, "At least 1 of 2 tasks keeps running (minimum healthy percent 50)."),
        (1, 0, "No task may run for a while: requests fail until a new task is healthy (minimum "
         "healthy percent 0)."),
    ],
)  # fmt: skip
def test_only_tasks_that_run_can_keep_running(running: int, least: int, words: str) -> None:
    given = now(least=least)
    service = dataclasses.replace(given.service, running=running)
    assert serving_words(dataclasses.replace(given, service=service), 2) == words


def shifting(**more: int) -> ServiceNow:
    found = now(least=0, most=100, **more)
    service = dataclasses.replace(found.service, strategy="blue_green", bake_minutes=30)
    return dataclasses.replace(found, service=service)


def test_a_deployment_that_shifts_requests_stops_no_task_first() -> None:
    ready = shifting(size=4)
    assert (ready.least, ready.most) == (2, 4)
    said = " ".join(restart_effects(ready))
    assert "2 tasks more start beside the old ones (blue_green)" in said
    assert "run for 30 min, including the bake time" in said and "percent" not in said
    assert "up to 2 instances start" in said
    refuse_restart(ready)
    with pytest.raises(Refused, match="start beside the old ones"):
        refuse_restart(shifting())


@pytest.mark.parametrize(
    ("size", "left", "refused"),
    [(3, 1, True), (3, 2, True), (4, 2, False), (5, 1, False), (2, 3, True), (2, 4, False)],
)
def test_a_shift_needs_room_for_all_new_tasks(size: int, left: int, refused: bool) -> None:
    """Each instance takes one task; ``left`` of the first one is room for as many tasks."""
    given = shifting(desired=4, left=left, size=size)
    roomy = dataclasses.replace(instance("a", left), memory_left=4096 * left)
    given = dataclasses.replace(given, container_instances=(roomy, instance("b", 0)))
    said = " ".join(restart_effects(given))
    assert "wait until other tasks stop" not in said
    assert ("the deployment can't end" in said) is refused
    if refused:
        with pytest.raises(Refused, match=r"start beside the old ones .* no room for 4"):
            refuse_restart(given)
        # The tasks of a deployment in progress may end.
        progress = Deployment("PRIMARY", "IN_PROGRESS", "", "llm:1", 4, 4, 0, 0)
        service = dataclasses.replace(given.service, deployments=(progress,))
        replaced = dataclasses.replace(given, service=service)
        refuse_restart(replaced)
        words = " ".join(restart_effects(replaced))
        assert "wait until other tasks stop" not in words
        assert ("only if ECS first stops those" in words) is (size == 2)
    else:
        refuse_restart(given)


def test_room_that_is_unknown_refuses_nothing() -> None:
    """The size of an instance is unknown while none has joined."""
    given = dataclasses.replace(shifting(desired=4, size=3), container_instances=())
    refuse_restart(given)
    assert "can't end" not in " ".join(restart_effects(given))


def test_the_words_count_the_steps_and_the_bake_time() -> None:
    given = shifting(size=4)
    linear = dataclasses.replace(
        given.service, strategy="linear", bake_minutes=10, shift_minutes=54
    )
    said = " ".join(restart_effects(dataclasses.replace(given, service=linear)))
    assert "old and new tasks run for 64 min, including the bake time" in said
