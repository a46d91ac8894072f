"""The picture of a stack: its texts, and that its cells are always aligned."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.aws.network_facts import Subnet
from gpuecs_tui.checks.context import context_of
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.resolve import resolve
from gpuecs_tui.widgets.pictures.stack_text import MAX_WIDTH, MIN_WIDTH, WARN, draw_stack
from tests.support.picture_stacks import account, resolved, subnets

NASTY = (
    "[prod] gpu",
    "推論サブネット-日本語の長い名前",
    "🚀 rocket",
    "\x1b[31mred\x07",
    "a\nb\tc",
    "é" * 40,
)


def picture(
    these: tuple[Subnet, ...],
    width: int = 76,
    ascii_only: bool = False,
    more: Mapping[str, Value] | None = None,
) -> list[str]:
    made = resolved(these, **(more or {}))
    rows = draw_stack(
        context_of(made.stack, account(these)), made.missing, width, ascii_only=ascii_only
    )
    return ["".join(text for text, _style in row) for row in rows]


def test_it_fits_76_columns_and_names_everything() -> None:
    text = "\n".join(picture(subnets(3)))
    for part in (
        "VPC ml-platform · vpc-0a1b2c3d · 10.0.0.0/16",
        "Load balancer demo · internal",
        "HTTP :80",
        "container :8000 on a dynamic host port",
        "health check /health: 200 every 5 s",
        "each task: 1 GPU · 15155 MiB · 4096 CPU units",
        "us-east-1a",
        "us-east-1c",
        "g4dn.xlarge",
        "1 × T4 16 GiB",
        "■ 1 task",
        "Auto Scaling group demo",
        "instances: 0 to 2, initially 1 · on-demand · 1 desired task",
        "← capacity provider demo: target capacity 100 %",
    ):
        assert part in text


@pytest.mark.parametrize("width", [MIN_WIDTH, 76, 200])
def test_further_containers_are_named_in_the_description_of_a_task(width: int) -> None:
    images: Value = dict.fromkeys(("metrics", "model-loader", "x" * 255), "m:1")
    memory: Value = dict.fromkeys(("metrics", "model-loader", "x" * 255), "8")
    rows = picture(
        subnets(1), width, more={"sidecars.images": images, "sidecars.memory_mib": memory}
    )
    assert any("with metrics" in row for row in rows) or width < 76
    assert {cell_len(row) for row in rows[2:]} == {min(width, MAX_WIDTH)}


@pytest.mark.parametrize("width", [40, 76, 118, 150, 200])
@pytest.mark.parametrize("zones", [1, 2, 3, 4, 5, 6])
def test_every_row_of_the_vpc_ends_at_the_same_cell(zones: int, width: int) -> None:
    for name in NASTY:
        rows = picture(subnets(zones, 2, name.replace("{", "")), width)
        widths = {cell_len(row) for row in rows[2:]}
        assert widths == {min(width, MAX_WIDTH)}
        assert all(character.isprintable() for row in rows for character in row)


@given(
    name=st.text(max_size=60),
    zones=st.integers(1, 6),
    each=st.integers(1, 9),
    width=st.integers(MIN_WIDTH, 220),
    ascii_only=st.booleans(),
)
@example("\U000e0080", 1, 1, MIN_WIDTH, False)
@settings(max_examples=150)
def test_no_name_breaks_the_frame(
    name: str, zones: int, each: int, width: int, ascii_only: bool
) -> None:
    these = subnets(zones, each, name.replace("{", "").replace("}", ""))
    rows = picture(these, width, ascii_only)
    assert {cell_len(row) for row in rows[2:]} == {min(width, MAX_WIDTH)}
    assert not ascii_only or all(row.isascii() for row in rows)


def test_boxes_are_closed() -> None:
    rows = picture(subnets(6, 2))
    text = "".join(rows)
    assert text.count("┌") == text.count("└")
    assert text.count("┐") == text.count("┘")
    assert not set(text) & set("╵╶╴")


def test_many_subnets_of_a_zone_are_counted() -> None:
    text = "\n".join(picture(subnets(1, 5)))
    assert "+3 more subnets" in text


def test_wide_terminals_get_all_zones_side_by_side() -> None:
    beside = [row for row in picture(subnets(5), 130) if "us-east-1a" in row and "┌─ us" in row]
    assert "us-east-1e" in beside[0]
    narrow = [row for row in picture(subnets(5), 76) if "┌─ us-east-1a" in row]
    assert "us-east-1e" not in narrow[0]


def test_what_is_missing_is_said() -> None:
    made = resolve({}, None)
    context = context_of(made.stack, AccountFacts(region=""))
    rows = draw_stack(context, made.missing, 76)
    text = "\n".join("".join(part for part, _style in row) for row in rows)
    assert "VPC not chosen yet" in text
    assert "instance subnets not chosen yet" in text
    assert "image not chosen yet" in text


def test_a_task_that_fits_nowhere_stands_out() -> None:
    these = subnets(2)
    made = resolved(these, task__memory=16000)
    rows = draw_stack(context_of(made.stack, account(these)), made.missing, 76)
    assert ("no task fits", WARN) in [span for row in rows for span in row]


def test_tasks_on_one_instance_are_counted() -> None:
    more: dict[str, Value] = {
        "fleet__instance_type": "g4dn.12xlarge",
        "service__distinct_instances": False,
        "service__desired_count": 4,
    }
    assert "■■■■ 4 tasks" in "\n".join(picture(subnets(1), more=more))


def test_subnets_that_the_account_does_not_list_are_shown_by_id() -> None:
    these = subnets(2)
    made = resolved(these)
    rows = draw_stack(context_of(made.stack, AccountFacts(region="us-east-1")), made.missing, 76)
    text = "\n".join("".join(part for part, _style in row) for row in rows)
    assert "zone unknown" in text
    assert "subnet-0a1b2c3d4e" in text


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"load_balancer__internal": False, "network__ingress_cidrs": ("0.0.0.0/0",)}, "0.0.0.0/0"),
        (
            {"network__load_balancer_security_group_ids": ("sg-0123456789",)},
            "sources that your security groups allow",
        ),
        (
            {
                "load_balancer__protocol": "HTTPS",
                "load_balancer__certificate_arn": "arn:aws:acm:us-east-1:1:certificate/1",
            },
            "HTTPS :443 (:80 redirects to it)",
        ),
        ({"task__host_port": 80}, "container :8000 on host port 80"),
        ({"task__network_mode": "awsvpc"}, "container :8000 · health check /health"),
        ({"fleet__market": "spot"}, "· spot ·"),
        ({"network__vpc_endpoints": ("ecs", "s3")}, "→ VPC endpoints (created): ecs · s3"),
    ],
)
def test_choices_show(more: dict[str, Value], words: str) -> None:
    assert words in "\n".join(picture(subnets(2), more=more))


def test_the_drawing_needs_no_textual() -> None:
    code = (
        "import sys, gpuecs_tui.widgets.pictures.stack_text;"
        "sys.exit(any(name == 'textual' or name.startswith('textual.') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("wanted", "most", "boxes"),
    [
        (0, 4, ["no instance", "no instance", "no instance"]),
        (1, 4, ["■ 1 task", "no instance", "no instance"]),
        (4, 4, ["■■ 2 tasks", "■ 1 task", "■ 1 task"]),
        (9, 2, ["■ 1 task", "■ 1 task", "no instance"]),
    ],
)
def test_it_shows_as_many_tasks_and_instances_as_are_wanted(
    wanted: int, most: int, boxes: list[str]
) -> None:
    more = {"service__desired_count": wanted, "fleet__max_size": most}
    rows = picture(subnets(3), 118, more=more)
    found = [row for row in rows if "■" in row or "no instance" in row]
    text = "\n".join(rows)
    for box in boxes:
        assert text.count(box) == boxes.count(box)
    assert sum(row.count("■") for row in found) == min(wanted, most)
    assert ("2 × g4dn.xlarge" in text) == (wanted == 4)
    assert ("9 tasks need 9 instances; maximum size is 2" in text) == (wanted > most)


@pytest.mark.parametrize(
    ("more", "idle"),
    [
        ({"fleet__min_size": 3, "fleet__max_size": 5}, 2),
        ({"fleet__target_capacity": 40, "fleet__max_size": 5}, 2),
        ({"fleet__target_capacity": 40, "fleet__max_size": 2}, 1),
    ],
)
def test_it_shows_the_instances_that_the_group_keeps_without_a_task(
    more: dict[str, Value], idle: int
) -> None:
    text = "\n".join(picture(subnets(3), 78, more=more))
    assert text.count("─ g4dn.xlarge ─") == 1 + idle
    assert text.count("■ 1 task ") == 1 and text.count(" no task ") == idle
    assert text.count(" no instance ") == 2 - idle
    assert ("EC2 Auto Scaling decides" in text) == (idle == 1)


def test_tasks_that_share_an_instance_need_fewer_of_them() -> None:
    more: dict[str, Value] = {
        "fleet__instance_type": "g5.12xlarge",
        "fleet__max_size": 3,
        "service__desired_count": 7,
        "service__distinct_instances": False,
        "task__gpus": 1,
        "task__cpu": 4096,
        "task__memory": 30000,
    }
    text = "\n".join(picture(subnets(2), 100, more=more))
    assert "■■■■ 4 tasks" in text and "■■■ 3 tasks" in text and "× g5" not in text


def test_a_long_image_keeps_repository_and_tag() -> None:
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/speech/whisper-large:3.1.0-cuda12.4"
    for width in (58, 76, 118):
        text = "\n".join(picture(subnets(2), width, more={"task__image": image}))
        assert "whisper-large:3.1.0-cuda12.4" in text


def test_a_narrow_picture_wraps_its_sentences() -> None:
    text = "\n".join(picture(subnets(3), width=63))
    for words in (
        "container :8000 on a dynamic host port",
        "health check /health: 200 every 5 s",
        "instances: 0 to 2, initially 1",
        "1 desired task",
    ):
        assert words in text
    lines = picture(subnets(3), width=63)
    assert {cell_len(line) for line in lines if line.startswith("│")} == {63}
