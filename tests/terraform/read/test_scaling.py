"""Task scaling that people wrote or edited: read where it is understood, unknown elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.terraform.read.directory import ReadBack, read_back
from gpuecs_tui.terraform.render.stack_files import render
from tests.support.terraform.written_files import BY_METRIC, BY_SCHEDULE, SCALED, made

FILE = "autoscaling.tf"
ALL = {key for key in KEYS if key.startswith("autoscaling.")}
BY_TIME = {"autoscaling.schedules", "autoscaling.timezone"}
FILES = render(made({
    **BY_METRIC, **BY_SCHEDULE, "autoscaling.requests_per_target": 60,
    "autoscaling.metric_dimensions": {"Queue": "jobs"}, "fleet.gpu_metrics": True,
}))  # fmt: skip


def edited(old: str, new: str, files: Mapping[str, str] = FILES) -> ReadBack:
    assert old in files[FILE]
    return read_back({**files, FILE: files[FILE].replace(old, new)})


def test_without_a_target_it_is_off() -> None:
    found = read_back(render(made()))
    assert found.answers["autoscaling.enabled"] is False
    assert {key for key in found.answers if key in ALL} == {"autoscaling.enabled"}
    assert found.unknown == set()


def test_the_ignored_count_belongs_to_task_scaling() -> None:
    files = render(made({**SCALED, "service.ignore_changes": ("desired_count", "load_balancer")}))
    assert "ignore_changes = [desired_count, load_balancer]" in files["service.tf"]
    assert read_back(files).answers["service.ignore_changes"] == ("load_balancer",)
    # Without task scaling, the decision is the user's own.
    own = render(made({"service.ignore_changes": ("desired_count",)}))
    assert read_back(own).answers["service.ignore_changes"] == ("desired_count",)


@pytest.mark.parametrize(
    ("old", "new", "key", "value"),
    [
        ("= 60", '= "90"', "autoscaling.requests_per_target", 90),
        ("var.max_tasks", "7", "autoscaling.max_tasks", 7),
        ('"Average"', '"Sum"', "autoscaling.metric_statistic", "Sum"),
        ("target_value       = 50", "target_value = 0.5", "autoscaling.metric_target", "0.5"),
        ('"jobs"', '"j ${1}"', "autoscaling.metric_dimensions", {"Queue": "j 1"}),
        ('"UTC"', "null", "autoscaling.timezone", "UTC"),
        ("min = 0, max = 0", "min = 1, max = 3", "autoscaling.schedules",
         {"night": "cron(0 20 * * ? *) min 1 max 3"}),
    ],
)  # fmt: skip
def test_an_edit_is_read(old: str, new: str, key: str, value: object) -> None:
    found = edited(old, new)
    assert found.answers[key] == value
    assert found.unknown == set()


@pytest.mark.parametrize(
    ("old", "new", "unknown"),
    [
        ("= 60", "= data.x.y.z", {"autoscaling.requests_per_target"}),
        ("aws_ecs_service.this.name", "aws_ecs_service.other.name", ALL),
        ('resource "aws_appautoscaling_target" "this" {',
         'resource "aws_appautoscaling_target" "this" {\n  count = 2', ALL),
        ("scale_in_cooldown  = 300", "scale_in_cooldown = 10",
         {"autoscaling.scale_in_cooldown_seconds"}),
        ("for_each = {", "for_each = var.none\n  x = {", BY_TIME),
        ("each.value.min", "3", BY_TIME),
        ("dimensions {", 'dynamic "dimensions" {', {"autoscaling.metric_dimensions"}),
        ("min = 0, max = 0", "min = 3, max = 1", set()),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_unknown(old: str, new: str, unknown: set[str]) -> None:
    if "cooldown" in old:
        first = FILES[FILE].replace("scale_in_cooldown  = 300", "scale_in_cooldown = 10", 1)
        found = read_back({**FILES, FILE: first})
    else:
        found = edited(old, new)
    assert found.unknown == unknown
    assert all(key not in found.answers for key in unknown)
    assert bool(found.unread) is bool(unknown)


def test_a_limit_that_contradicts_is_a_problem() -> None:
    found = edited("min = 0, max = 0", "min = 3, max = 1")
    assert [it.key for it in found.problems] == ["autoscaling.schedules"]


def test_an_unreadable_file_may_hold_the_target_of_a_service_that_ignores_its_count() -> None:
    broken = {**FILES, FILE: "resource {{"}
    assert read_back(broken).unknown >= ALL
    plain = {**render(made()), "more.tf": "resource {{"}
    assert read_back(plain).answers["autoscaling.enabled"] is False


def test_a_target_under_another_name_is_no_part_of_the_stack() -> None:
    other = FILES[FILE].replace(
        '"aws_appautoscaling_target" "this"', '"aws_appautoscaling_target" "a"'
    )
    found = read_back({**render(made()), "own.tf": other})
    assert found.answers["autoscaling.enabled"] is False
    assert "aws_appautoscaling_target.a" in {it.what for it in found.unread}


BLOCK = FILES[FILE][FILES[FILE].index("  suspended_state {") : FILES[FILE].index("  lifecycle {")]


def test_a_target_without_the_suspended_state_reads_the_same() -> None:
    assert BLOCK.count("= false") == 3
    without = edited(BLOCK, "")
    written = read_back(FILES)
    assert without.stack == written.stack is not None
    assert written.unread == without.unread == ()
    changed = edited(BLOCK, BLOCK.replace("false", "true", 1))
    what = "aws_appautoscaling_target.this.suspended_state.dynamic_scaling_in_suspended"
    assert [it.what for it in changed.unread] == [what]
