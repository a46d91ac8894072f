"""The picture of the fit: its texts, and that its cells are always aligned."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from gpuecs_tui.aws import catalogue
from gpuecs_tui.checks.context import context_of
from gpuecs_tui.checks.sizing.options import at_its_fullest, next_size, option, type_options
from gpuecs_tui.widgets.pictures.fit_tables import NAME
from gpuecs_tui.widgets.pictures.fit_text import MAX_WIDTH, draw_fit
from gpuecs_tui.widgets.pictures.stack_text import MIN_WIDTH
from tests.support.picture_stacks import account, resolved, subnets

SEVERAL: dict[str, Any] = {
    "fleet__instance_type": "g5.12xlarge",
    "service__distinct_instances": False,
}


def picture(width: int = 76, plain: bool = False, **more: Any) -> str:
    these = subnets(3)
    context = context_of(resolved(these, **more).stack, account(these))
    rows = draw_fit(context, width, ascii_only=plain)
    return "\n".join("".join(text for text, _style in row) for row in rows)


def test_one_task_on_one_instance() -> None:
    lines = picture().splitlines()
    assert lines[0].startswith("┌─ g4dn.xlarge ─") and "during a deployment" in lines[0]
    assert "GPUs    111111111111 1/1◄" in lines[2]
    assert "MiB     11111111111· 15155/15684" in lines[4]
    text = "\n".join(lines)
    assert "dynamic host port each" in text
    assert "1 task fits; limit: GPUs" in text
    assert "free: 0 GPU, 0 CPU, 529 MiB" in text
    assert "Next size, g4dn.2xlarge: 1 task fits on one, 0 of 1 GPUs unused." in text
    assert "Maximum size: 2. Tasks that need more instances stay PENDING." in text


def test_several_tasks_share_and_say_what_is_left() -> None:
    text = picture(100, **SEVERAL, task__memory=50000, service__desired_count=6)
    assert "3 tasks fit; limit: memory" in text
    assert "150000/191178◄" in text and "3/4" in text
    assert "free: 1 GPU, 12288 CPU, 41178 MiB" in text
    # Three instances have room for nine: six tasks, and three new ones at a time.
    assert " 2 ■■■" in text and " 3 □□□" in text and "2 rounds, 3 at a time" in text
    numbers, instances = (
        line.split()[1:] for line in text.splitlines() if line.startswith(("tasks", "instances"))
    )
    assert dict(zip(numbers, instances, strict=True))["8"] == "3"


def test_what_does_not_fit_is_said() -> None:
    text = picture(task__memory=15742)
    assert "✗ no task fits" in text and "not enough memory" in text
    assert "15742/15684◄" in text
    assert "no task fits: nothing to replace" in text
    assert "g4dn.xlarge  " not in text, "it is none of the types that take the task"
    assert "g4dn.2xlarge" in text


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"task__host_port": 8080}, "host port 8080: one task"),
        ({"task__network_mode": "awsvpc"}, "1 of 2 network interfaces"),
        ({"service__distinct_instances": True}, "one task per instance"),
        ({"fleet__max_size": 1}, "hangs: no room for an extra task"),
        ({"service__desired_count": 9, "fleet__max_size": 1}, "not enough room for all tasks"),
        ({"fleet__instance_type": "g6.xlarge"}, "15155/15155"),
        ({"fleet__instance_type": "g6.xlarge"}, "registers 15155 MiB, assumed"),
        ({"fleet__instance_type": "g4dn.xlarge"}, "registers 15684 MiB, measured"),
        ({"fleet__instance_type": "p3.2xlarge"}, "57779/61266"),
        ({"fleet__instance_type": "p3.2xlarge"}, "registers 61266 MiB, estimated"),
        # More than the assumed value, but that does not prove that the task can't fit.
        ({"fleet__instance_type": "g6.xlarge", "task__memory": 15500}, "15500/15155"),
        ({"fleet__instance_type": "g6.xlarge", "task__memory": 15500}, "0 CPU, 0 MiB"),
        ({"fleet__instance_type": "g6.xlarge", "task__memory": 15500}, "1 may fit: depends on"),
        ({**SEVERAL, "task__memory": 191178 // 4}, "4 may fit: depends on the AMI"),
    ],
)
def test_each_thing_that_matters_is_told(more: dict[str, Any], said: str) -> None:
    assert said in picture(118, **more)


def test_without_a_type_one_sentence_stands_there() -> None:
    assert "Choose an instance type" in picture(fleet__instance_type="t3.micro")


@settings(deadline=None, max_examples=60)
@given(
    name=st.sampled_from(sorted(catalogue.names())),
    width=st.integers(MIN_WIDTH, 220),
    gpus=st.integers(1, 8),
    memory=st.integers(6, 300_000),
    wanted=st.integers(0, 40),
    minimum=st.integers(0, 100),
    size=st.integers(1, 40),
    ascii_only=st.booleans(),
)
def test_it_never_grows_wider_than_its_place(
    name: str, width: int, gpus: int, memory: int, wanted: int, minimum: int, size: int,
    ascii_only: bool,
) -> None:  # fmt: skip
    text = picture(
        width,
        ascii_only,
        fleet__instance_type=name,
        task__gpus=gpus,
        task__memory=memory,
        service__desired_count=wanted,
        service__minimum_healthy_percent=minimum,
        service__distinct_instances=False,
        fleet__max_size=size,
    )
    assert all(cell_len(line) <= min(width, MAX_WIDTH) for line in text.splitlines())
    assert not ascii_only or (text.isascii() and "?" not in text)


@pytest.mark.parametrize(
    ("size", "said"),
    [(4, "all at once; both run 30 min"), (3, "✗ hangs: no room for old and new")],
)
def test_a_deployment_that_shifts_requests_runs_twice_the_tasks(size: int, said: str) -> None:
    text = picture(
        80,
        service__deployment_strategy="blue_green",
        service__bake_minutes=30,
        service__desired_count=2,
        fleet__max_size=size,
    )
    assert "2 to 4 tasks may run (desired 2)" in text
    assert said in text


@pytest.mark.parametrize(
    ("strategy", "more", "minutes"),
    [
        # Ten steps: nine waits of 6 minutes, and the bake time of 10.
        ("linear", {}, 64),
        # 40, 80 and 100 %.
        ("linear", {"service__linear_step_percent": 40, "service__linear_step_minutes": 7}, 24),
        ("linear", {"service__linear_step_percent": 100}, 10),
        ("canary", {"service__canary_minutes": 25}, 35),
    ],
)
def test_old_and_new_tasks_run_for_the_steps_and_the_bake_time(
    strategy: str, more: dict[str, Any], minutes: int
) -> None:
    text = picture(80, service__deployment_strategy=strategy, fleet__max_size=4, **more)
    assert f"both run {minutes} min" in text


def test_no_name_of_a_type_is_cut() -> None:
    these = subnets(3)
    more = {**SEVERAL, "fleet__instance_type": "p4d.24xlarge", "task__gpus": 8}
    found = type_options(context_of(resolved(these, **more).stack, account(these)))
    names = [it.instance_type.name for it in found]
    assert max(map(len, names)) > NAME, "one that is longer than the column is among them"
    text = picture(80, **more)
    assert all(f"\n{name} " in text for name in names)


@settings(deadline=None, max_examples=100)
@given(
    wanted=st.integers(1, 30),
    minimum=st.integers(0, 100),
    maximum=st.integers(100, 200),
    size=st.integers(1, 30),
)
def test_an_update_at_its_fullest_keeps_every_bound(
    wanted: int, minimum: int, maximum: int, size: int
) -> None:
    stack = resolved(
        subnets(3),
        **SEVERAL,
        service__desired_count=wanted,
        service__minimum_healthy_percent=minimum,
        service__maximum_percent=maximum,
        fleet__max_size=size,
    ).stack
    context = context_of(stack, account(subnets(3)))
    found = context.fit
    assert found is not None
    update = at_its_fullest(stack, found)
    assert len(update.instances) <= size
    assert all(0 < old + new <= found.placeable for old, new in update.instances)
    old, new = (sum(part) for part in zip(*update.instances, strict=True))
    assert old + new <= max(wanted * maximum // 100, wanted)
    if update.rounds:
        assert new and old + new >= -(-wanted * minimum // 100)


def test_types_are_those_that_take_the_task_in_the_zones() -> None:
    these = subnets(3)
    context = context_of(resolved(these, task__memory=100_000).stack, account(these))
    names = [it.instance_type.name for it in type_options(context)]
    assert names and "g4dn.xlarge" not in names and "g5.12xlarge" in names
    assert all(it.fit.placeable and it.instances for it in type_options(context))
    larger = next_size(context)
    assert larger is not None and larger.name == "g4dn.2xlarge"
    assert not option(context, larger).fit.placeable
