"""Snapshots of review, run and deployment, at the smallest and a usual size."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from gpuecs_tui.app import WizardApp
from gpuecs_tui.aws.deployment import parts, schedule
from gpuecs_tui.screens import deployment
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.wizard.drafts import Draft
from tests.deployment.scene import NOW, Scene
from tests.support import fakes
from tests.support.screens.driving import is_asked, settle, until, wizard_app
from tests.support.screens.whole_texts import WHOLE
from tests.support.screens.written_stack import let_read, right_account, write_stack
from tests.support.terraform.applied_stack import state
from tests.support.terraform.fake_engine import stream
from tests.support.terraform.run_folders import DETAILS, PLAN, PLAN_ENDS, applied, stage
from tests.support.terraform.written_files import made, put

ASKS = "a"
"""The key of the run screen that leads to a question."""
SIZES = [(80, 24), (120, 40)]
pytestmark = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stack's directory with a name that is the same everywhere."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return Path("llama")


def picture(
    snap_compare: Any,
    directory: Path,
    size: tuple[int, int],
    place: str,
    *press: str,
    **texts: str,
) -> bool:
    app: WizardApp = wizard_app(directory)
    answers = {**WHOLE, **{key.replace("__", "."): text for key, text in texts.items()}}
    steps = ("start", "account", "network", "fleet", "task", "load_balancer", "review", "run")
    app.wizard.adopt(Draft(answers, place, steps))

    async def before(pilot: Pilot[int]) -> None:
        await settle(pilot)
        app.go(place)
        await settle(pilot)
        await pilot.pause(0.2)
        await settle(pilot)
        for key in press:
            await pilot.press(key)
            await settle(pilot)
            if key == ASKS:  # the question follows the check
                await until(pilot, lambda: is_asked(pilot))
                await settle(pilot)
        app.wizard.flush()
        await settle(pilot)
        await pilot.pause(0.2)

    try:
        return bool(snap_compare(app, terminal_size=size, run_before=before))
    finally:
        app.wizard.close()


@pytest.mark.parametrize("key", ["1", "2", "3", "4", "5", "7"])
def test_review(snap_compare: Any, directory: Path, size: tuple[int, int], key: str) -> None:
    assert picture(snap_compare, directory, size, "review", key, task__memory="15742")


def test_review_difference(snap_compare: Any, directory: Path, size: tuple[int, int]) -> None:
    directory.mkdir()
    (directory / "versions.tf").write_text('terraform {\n  required_version = ">= 1.2"\n}\n')
    assert picture(snap_compare, directory, size, "review", "3")


def test_run_planned(snap_compare: Any, directory: Path, size: tuple[int, int]) -> None:
    stage(directory, RunStatus.PLANNED, PLAN[:PLAN_ENDS])
    assert picture(snap_compare, directory, size, "run")


def test_run_resources(snap_compare: Any, directory: Path, size: tuple[int, int]) -> None:
    stage(directory, RunStatus.PLANNED, stream("plan-change"), changes=(1, 0, 1), details=DETAILS)
    assert picture(snap_compare, directory, size, "run", "tab")


def test_run_question(
    snap_compare: Any, directory: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_stack(directory)
    let_read(monkeypatch, lambda *_any: right_account())
    stage(directory, RunStatus.PLANNED, stream("plan-change"), changes=(1, 0, 1), details=DETAILS)
    assert picture(snap_compare, directory, size, "run", "a", "l", "l")


def test_run_failed(snap_compare: Any, directory: Path, size: tuple[int, int]) -> None:
    lines = stream("error-apply-and-warning")
    stage(
        directory,
        RunStatus.FAILED,
        lines,
        changes=(2, 0, 0),
        message="creating the queue [one] was refused (main.tf, line 12).",
        remedy="Ask for the permission sqs:CreateQueue.",
    )
    assert picture(snap_compare, directory, size, "run")


def test_run_applied(snap_compare: Any, directory: Path, size: tuple[int, int]) -> None:
    applied(directory)
    assert picture(snap_compare, directory, size, "run")


def healthy(_scene: Scene) -> None:
    pass


def full(scene: Scene) -> None:
    scene.wait()
    scene.group["MaxSize"] = 1


def unpulled(scene: Scene) -> None:
    scene.stop("CannotPullContainerError: manifest for llm:2 not found: manifest unknown")


@pytest.mark.parametrize("arrange", [healthy, full, unpulled, Scene.rolled_back])
def test_deployment(
    snap_compare: Any,
    directory: Path,
    size: tuple[int, int],
    arrange: Callable[[Scene], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Noon(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls(2026, 11, 23, 12, 0, 0, tzinfo=tz)

    put(directory, render(made()))
    (directory / "terraform.tfstate").write_text(state())
    applied(directory)
    scene = Scene()
    arrange(scene)
    reader = scene.reader()
    monkeypatch.setattr(fakes.FakeFeed, "reader", property(lambda _self: reader))
    monkeypatch.setattr(parts, "datetime", Noon)
    monkeypatch.setattr(deployment, "_now", lambda: NOW)
    # All parts take two refreshes, of which the second one follows after this time.
    monkeypatch.setattr(schedule, "GAP_SECONDS", 0.02)
    try:
        assert picture(snap_compare, directory, size, "deployment")
    finally:
        reader.close()
