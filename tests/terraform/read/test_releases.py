"""Deployment strategies that people wrote or edited."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.terraform.read.directory import ReadBack, read_back
from gpuecs_tui.terraform.render.stack_files import render
from tests.support.terraform.written_files import BLUE_GREEN, CANARY, LINEAR, made

TESTED = {**BLUE_GREEN, "service.test_port": 9000}
MINIMUM, STRATEGY = "stack.provider_minimum", "service.deployment_strategy"


def edited(stack: Mapping[str, Value], file: str, old: str, new: str) -> ReadBack:
    files = render(made(stack))
    assert old in files[file]
    return read_back({**files, file: files[file].replace(old, new)})


@pytest.mark.parametrize("stack", [TESTED, LINEAR, CANARY])
def test_what_is_written_is_read(stack: Mapping[str, Value]) -> None:
    files = render(made(stack))
    assert read_back(files).stack == made(stack)


def test_a_directory_without_a_strategy_reads_as_rolling() -> None:
    files = render(made())
    assert "deployment.tf" not in files and "deployment_configuration" not in files["service.tf"]
    answers = read_back(files).answers
    assert (answers[STRATEGY], answers[MINIMUM]) == ("rolling", "5.100.0")
    assert "service.bake_minutes" not in answers


@pytest.mark.parametrize(
    ("stack", "file", "old", "new", "key", "value"),
    [
        (TESTED, "service.tf", '"BLUE_GREEN"', '"ROLLING"', STRATEGY, "rolling"),
        (TESTED, "service.tf", "bake_time_in_minutes = 10", 'bake_time_in_minutes = "0"',
         "service.bake_minutes", 0),
        (TESTED, "deployment.tf", "= 9000", "= 9001", "service.test_port", 9001),
        (LINEAR, "service.tf", "step_percent              = 10", "", "service.linear_step_percent",
         10),
        (CANARY, "service.tf", "canary_percent              = 5", "canary_percent = 7.0",
         "service.canary_percent", 7),
        (TESTED, "versions.tf", ">= 6.4.0", "~> 6.20", MINIMUM, "6.4.0"),
        (TESTED, "versions.tf", ">= 6.4.0", ">= 6.30.0", MINIMUM, "6.21.0"),
        (TESTED, "versions.tf", '">= 6.4.0, < 7.0.0, != 6.53.0, != 6.54.0"', '"5.100.0"', MINIMUM,
         "5.100.0"),
    ],
)  # fmt: skip
def test_an_edit_is_read(
    stack: Mapping[str, Value], file: str, old: str, new: str, key: str, value: object
) -> None:
    found = edited(stack, file, old, new)
    assert found.answers[key] == value
    assert found.unknown == set()


@pytest.mark.parametrize(
    ("stack", "file", "old", "new", "key"),
    [
        (TESTED, "service.tf", '"BLUE_GREEN"', '"SOMEHOW"', STRATEGY),
        (TESTED, "deployment.tf", "= 9000", "= data.x.y.z", "service.test_port"),
        (CANARY, "service.tf", "canary_percent              = 5", "canary_percent = 0.5",
         "service.canary_percent"),
        (TESTED, "service.tf", "bake_time_in_minutes = 10", "", "service.bake_minutes"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_unknown(
    stack: Mapping[str, Value], file: str, old: str, new: str, key: str
) -> None:
    assert key in edited(stack, file, old, new).unknown


def test_a_broken_versions_file_leaves_the_provider_open() -> None:
    files = render(made())
    assert MINIMUM in read_back({**files, "versions.tf": "terraform {"}).unknown
