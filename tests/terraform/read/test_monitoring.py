"""Alarms and the dashboard, written and read."""

from __future__ import annotations

import pytest

from gpuecs_tui.stack.monitoring.alarm_list import alarm_name, alarms_of
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.directory import read_back
from gpuecs_tui.terraform.read.past import past_in
from gpuecs_tui.terraform.render.stack_files import render
from tests.support.terraform.written_files import BLUE_GREEN, TOPIC, made

FILE = "monitoring.tf"
STACK = made({
    "alarms.enabled": True, "alarms.topic_arn": TOPIC, "alarms.latency_seconds": 3,
    "alarms.rollback": True, "alarms.dashboard": True, "fleet.gpu_metrics": True,
    "alarms.gpu_memory_percent": 95, "fleet.container_insights": "on",
})  # fmt: skip
FILES = render(STACK)


def test_without_alarms_there_is_no_file() -> None:
    files = render(made())
    assert FILE not in files and "enabled_metrics" not in files["fleet.tf"]
    found = read_back(files)
    assert found.answers["alarms.enabled"] is found.answers["alarms.dashboard"] is False
    assert found.unknown == set()


def test_each_alarm_has_its_name_and_is_sent() -> None:
    written = load_configuration(FILES)
    for alarm in alarms_of(STACK):
        address = f"aws_cloudwatch_metric_alarm.{alarm}"
        assert written.value(address, "alarm_name") == alarm_name(STACK.stack.name, alarm)
        assert written.value(address, "alarm_actions") == [TOPIC]
    silent = render(made({"alarms.enabled": True}))
    assert "alarm_actions" not in silent[FILE]
    assert read_back(silent).answers["alarms.topic_arn"] == ""


@pytest.mark.parametrize(
    ("changes", "titles"),
    [
        ({}, 5),
        ({"fleet.container_insights": "on"}, 6),
        ({"fleet.container_insights": "off"}, 5),
        ({"fleet.gpu_metrics": True, "fleet.container_insights": "enhanced"}, 8),
    ],
)
def test_the_dashboard_shows_only_what_the_stack_has(changes: dict[str, str], titles: int) -> None:
    files = render(made({"alarms.dashboard": True, **changes}))
    assert files[FILE].count("title ") == titles
    assert ("ECS/ContainerInsights" in files[FILE]) == (
        changes.get("fleet.container_insights") in ("on", "enhanced")
    )
    assert ("CWAgent" in files[FILE]) == ("fleet.gpu_metrics" in changes)
    assert "GroupInServiceInstances" in files["fleet.tf"]


@pytest.mark.parametrize(
    ("old", "new", "key", "value"),
    [
        ("= 95", "= 80", "alarms.gpu_memory_percent", 80),
        ("= 3\n", "= 4\n", "alarms.latency_seconds", 4),
        (f'["{TOPIC}"]', "[]", "alarms.topic_arn", ""),
    ],
)
def test_an_edit_is_read(old: str, new: str, key: str, value: object) -> None:
    assert old in FILES[FILE]
    found = read_back({**FILES, FILE: FILES[FILE].replace(old, new)})
    assert found.answers[key] == value
    assert found.unknown == set()


def test_several_topics_and_an_unreadable_file_leave_answers_open() -> None:
    both = FILES[FILE].replace(f'["{TOPIC}"]', f'["{TOPIC}", "{TOPIC}2"]')
    assert read_back({**FILES, FILE: both}).unknown == {"alarms.topic_arn"}
    broken = read_back({**FILES, FILE: "resource {{"}).unknown
    assert {"alarms.enabled", "alarms.dashboard"} <= broken


def test_alarms_that_no_longer_roll_back_are_turned_off_by_their_block() -> None:
    past = past_in(load_configuration(FILES))
    assert past.alarmed and not past_in(load_configuration(render(made()))).alarmed
    quiet = render(made(), past)
    assert "enable      = false" in quiet["service.tf"]
    found = read_back(quiet)
    assert found.answers["alarms.enabled"] is False and found.unknown == set()
    # The block stays, because a plan without it could not be applied.
    assert past_in(load_configuration(quiet)).alarmed


def test_with_two_target_groups_the_alarms_count_the_targets_of_both() -> None:
    files = render(made({"alarms.enabled": True, "alarms.dashboard": True, **BLUE_GREEN}))
    assert files[FILE].count("TargetGroup  = aws_lb_target_group.alternate.arn_suffix") == 2
    assert '"Targets of the other group"' in files[FILE]
    assert read_back(files).unknown == set()
