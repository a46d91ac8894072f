"""Snapshots of every form screen and its dialogs, at the smallest and a usual size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support import fakes
from tests.support.screens.form_screens import REFUSED
from tests.support.screens.pictures import SIZES, picture

PROBLEM = ("The AWS credentials have expired.", "Run: aws sso login --profile ada")

pytestmark = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


def test_start(snap_compare: Any, stack_directory: Path, size: tuple[int, int]) -> None:
    assert picture(snap_compare, stack_directory, size, "start")


@pytest.mark.parametrize("place", ["account", "network", "fleet", "task", "load_balancer"])
def test_form(snap_compare: Any, stack_directory: Path, size: tuple[int, int], place: str) -> None:
    assert picture(snap_compare, stack_directory, size, place)


def test_account_problem(snap_compare: Any, stack_directory: Path, size: tuple[int, int]) -> None:
    assert picture(snap_compare, stack_directory, size, "account", problem=PROBLEM)


def test_unknown_list(snap_compare: Any, stack_directory: Path, size: tuple[int, int]) -> None:
    account = fakes.facts(vpcs=REFUSED)
    assert picture(
        snap_compare, stack_directory, size, "network", account=account, network__vpc_id=""
    )


def test_wrong_values(snap_compare: Any, stack_directory: Path, size: tuple[int, int]) -> None:
    assert picture(
        snap_compare,
        stack_directory,
        size,
        "task",
        "ctrl+n",
        task__image="-",
        task__memory="15742",
        task__gpus="many",
    )


@pytest.mark.parametrize(
    ("place", "press"),
    [
        ("network", ("enter",)),
        ("network", ("down", "enter", "p", "r", "i", "v")),
        ("fleet", ("enter", "end")),
        ("task", ("enter", "enter")),
    ],
    ids=["vpcs", "subnets", "types", "images"],
)
def test_list(
    snap_compare: Any,
    stack_directory: Path,
    size: tuple[int, int],
    place: str,
    press: tuple[str, ...],
) -> None:
    texts = {"network": "network__vpc_id", "fleet": "fleet__instance_type", "task": "task__image"}
    emptied = [] if "down" in press else [texts[place]]
    assert picture(snap_compare, stack_directory, size, place, *press, emptied=emptied)


@pytest.mark.parametrize("key", ["ctrl+g", "ctrl+l", "ctrl+t"], ids=["help", "findings", "steps"])
def test_over_the_form(
    snap_compare: Any, stack_directory: Path, size: tuple[int, int], key: str
) -> None:
    assert picture(snap_compare, stack_directory, size, "task", key, task__memory="15742")


@pytest.mark.parametrize("memory", ["30000", "200000"], ids=["fits", "too-much"])
def test_fit(snap_compare: Any, stack_directory: Path, size: tuple[int, int], memory: str) -> None:
    assert picture(
        snap_compare,
        stack_directory,
        size,
        "task",
        "ctrl+y",
        fleet__instance_type="g5.12xlarge",
        task__memory=memory,
        task__gpus="1",
        task__cpu="8192",
        service__distinct_instances="false",
    )


def test_editor(snap_compare: Any, stack_directory: Path, size: tuple[int, int]) -> None:
    assert picture(snap_compare, stack_directory, size, "task", "down", "down", "enter")


def test_folds(snap_compare: Any, stack_directory: Path, size: tuple[int, int]) -> None:
    assert picture(snap_compare, stack_directory, size, "load_balancer", "shift+tab", "enter")
