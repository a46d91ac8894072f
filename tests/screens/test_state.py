"""The state screen: what it lists and repairs, and how users open it."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Button, Input, Static

from gpuecs_tui.app import WizardApp
from gpuecs_tui.screens.start import StartScreen
from gpuecs_tui.screens.state import StateScreen
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.base.tflock import STATE_NAME, lock_note
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.recovery import errored_state
from gpuecs_tui.terraform.recovery.held_lock import HeldLock
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.widgets.base import waiting
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.widgets.base.text_pane import TextPane
from gpuecs_tui.widgets.picker.choice_list import ChoiceList
from gpuecs_tui.widgets.run.stored_resource import StoredResourceScreen
from tests.support.screens.driving import settle, type_text, until, wizard_app
from tests.support.terraform.apply_events import hook
from tests.support.terraform.run_folders import stage
from tests.support.terraform.states import INFO

SIZES = [(80, 24), (120, 40)]


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stack's directory with a name that is the same everywhere, with a state."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    Path("llama").mkdir()
    resources = [
        managed(
            "aws_ecs_cluster", "this", id="arn:cluster", family="[prod] 基盤", secret="hunter2"
        ),
        managed("aws_lb", "this", id="arn:lb"),
    ]
    resources[0]["instances"][0]["sensitive_attributes"] = [
        [{"type": "get_attr", "value": "secret"}]
    ]
    state = {"serial": 3, "lineage": "l", "resources": resources}
    Path("llama", "terraform.tfstate").write_text(json.dumps(state))
    return Path("llama")


def managed(type_: str, name: str, **attributes: str) -> dict[str, Any]:
    instance = {"attributes": attributes}
    return {"mode": "managed", "type": type_, "name": name, "instances": [instance]}


def leave_a_mess(directory: Path) -> None:
    """A killed apply, a lock record, and a state that could not be stored."""
    created = [
        hook("aws_lb_listener.b", "start"),
        hook("aws_lb_listener.b", "complete", id_="arn:b"),
    ]
    stage(directory, RunStatus.FAILED, [*created, hook("aws_lb_target_group.c", "start")])
    state = json.loads((directory / "terraform.tfstate").read_text())
    (directory / "errored.tfstate").write_text(json.dumps({**state, "serial": 4}))
    lock_note(directory / STATE_NAME).write_text(json.dumps(INFO))


@asynccontextmanager
async def on_state_screen(
    directory: Path, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Pilot[int]]:
    app: WizardApp = wizard_app(directory)
    try:
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            app.go("state")
            await settle(pilot)
            yield pilot
    finally:
        app.wizard.close()


def shows(pilot: Pilot[int], kind: type[Screen[Any]]) -> bool:
    return isinstance(pilot.app.screen, kind)


def amiss(pilot: Pilot[int]) -> str:
    return str(pilot.app.screen.query_one("#problems", Static).render())


def rows(pilot: Pilot[int]) -> list[str]:
    return [row.id for row in pilot.app.screen.query_one(ChoiceList).choices.rows]


def said(pilot: Pilot[int]) -> str:
    screen = pilot.app.screen
    assert isinstance(screen, StateScreen)
    return screen._said.plain if screen._said else ""


async def test_lists_and_shows_a_resource_without_its_secrets(directory: Path) -> None:
    async with on_state_screen(directory) as pilot:
        assert "No problems found" in amiss(pilot)
        assert rows(pilot) == ["aws_ecs_cluster.this", "aws_lb.this"]
        await type_text(pilot, "cluster")
        await pilot.press("enter")
        await settle(pilot)
        assert shows(pilot, StoredResourceScreen)
        shown = pilot.app.screen.query_one(TextPane).text
        assert "[prod] 基盤" in shown and "hunter2" not in shown
        await pilot.press("escape")
        assert shows(pilot, StateScreen)
        await pilot.press("escape")
        await settle(pilot)
        assert shows(pilot, StartScreen)


async def test_a_lock_takes_its_id(directory: Path) -> None:
    lock_note(directory / STATE_NAME).write_text(json.dumps(INFO))
    async with on_state_screen(directory) as pilot:
        assert "Stale lock record from ana@bastion" in amiss(pilot)
        await pilot.press("home", "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, Confirm)
        assert pilot.app.screen.query_one("#yes", Button).disabled
        pilot.app.screen.query_one(Input).value = INFO["ID"]
        await pilot.press("enter")
        await settle(pilot)
        assert said(pilot) == "The lock is released."
        assert not lock_note(directory / STATE_NAME).exists()
        await until(pilot, lambda: "No problems found" in amiss(pilot))


async def test_an_errored_state_is_stored_only_when_asked_for(directory: Path) -> None:
    errored = directory / "errored.tfstate"
    errored.write_bytes((directory / "terraform.tfstate").read_bytes())
    async with on_state_screen(directory) as pilot:
        await pilot.press("home", "enter")
        await settle(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert errored.exists()
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("right", "enter")
        await settle(pilot)
        assert "The file is kept as errored.tfstate.pushed-" in said(pilot)
        assert not errored.exists()


async def test_what_is_missing_is_brought_back_by_a_plan(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []

    def start(_directory: Path, operation: str, **how: object) -> None:
        started.append((operation, how["only_bring_back"]))
        raise RunProblem("Not here.")

    monkeypatch.setattr(runs, "start", start)
    stage(directory, RunStatus.CANCELLED, [hook("aws_lb.other", "start")])
    async with on_state_screen(directory) as pilot:
        assert "1 creation was interrupted" in amiss(pilot)
        await pilot.press("home", "enter")
        await until(pilot, lambda: started == [("apply", True)])


async def test_the_start_screen_leads_there_first(directory: Path) -> None:
    leave_a_mess(directory)
    app = wizard_app(directory)
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            await until(pilot, lambda: rows(pilot)[0] == "state")
            facts = str(app.screen.query_one("#facts", Static).render())
            assert "Push it before you do anything else" in facts
            await pilot.press("home", "enter")
            await settle(pilot)
            assert isinstance(app.screen, StateScreen)
            assert rows(pilot)[:3] == ["do:push", "do:recover", "do:unlock"]
            # The state screen is not a step: the draft does not contain it.
            assert "state" not in app.wizard.visited
    finally:
        app.wizard.close()


async def test_an_unreadable_state_is_said(directory: Path) -> None:
    (directory / "terraform.tfstate").unlink(missing_ok=True)
    (directory / "terraform.tfstate").mkdir()
    async with on_state_screen(directory) as pilot:
        assert "Could not read llama/terraform.tfstate" in said(pilot)


async def test_a_state_that_was_cut_off_is_put_right_when_asked_for(directory: Path) -> None:
    state = directory / "terraform.tfstate"
    state.write_text("{ half")
    whole = '{"version": 4, "serial": 3, "lineage": "l", "resources": []}'
    (directory / "terraform.tfstate.backup").write_text(whole)
    async with on_state_screen(directory) as pilot:
        assert rows(pilot)[0] == "do:restore"
        await pilot.press("home", "enter", "enter")
        await settle(pilot)
        assert state.read_text() == "{ half", "Enter alone is a no"
        await pilot.press("enter", "y")
        await until(pilot, lambda: "The state is restored" in said(pilot))
        assert state.read_text() == whole


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("press", [(), ("home", "down", "down", "enter"), ("end", "enter")])
def test_snapshot(
    snap_compare: Any,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
    press: tuple[str, ...],
) -> None:
    leave_a_mess(directory)
    monkeypatch.setattr(HeldLock, "age", timedelta(hours=3, minutes=5))
    app = wizard_app(directory)

    async def before(pilot: Pilot[int]) -> None:
        await settle(pilot)
        app.go("state")
        await settle(pilot)
        await pilot.pause(0.2)
        if press:
            await pilot.press(*press)
            await settle(pilot)
        app.wizard.flush()
        await settle(pilot)

    try:
        assert snap_compare(app, terminal_size=size, run_before=before)
    finally:
        app.wizard.close()


async def test_each_wait_shows_the_time_that_has_passed(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_a_mess(directory)
    go_on, now = threading.Event(), [0.0]
    monkeypatch.setattr(waiting, "monotonic", lambda: now[0])
    monkeypatch.setattr(waiting, "SECOND", 0.02)

    def push(*_any: object) -> Path:
        go_on.wait(20)
        raise RunProblem("The bucket is gone.")

    async with on_state_screen(directory) as pilot:
        monkeypatch.setattr(errored_state, "push", push)
        await type_text(pilot, "push")
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("tab", "enter")
        await pilot.pause()
        now[0] += 130
        await until(pilot, lambda: "Pushing the state … 2m10s" in said(pilot))
        go_on.set()
        await until(pilot, lambda: said(pilot) == "The bucket is gone.")


async def test_what_a_run_created_is_dismissed_after_a_question(directory: Path) -> None:
    created = [hook("aws_lb.n", "start"), hook("aws_lb.n", "complete", id_="arn:n")]
    run = stage(directory, RunStatus.FAILED, [*created, hook("aws_lb_target_group.c", "start")])
    async with on_state_screen(directory) as pilot:
        assert f"do:forget:{run.id}" in rows(pilot)
        await type_text(pilot, "dismiss")
        for answer in ("escape", "tab"):
            await pilot.press("enter")
            await settle(pilot)
            assert isinstance(pilot.app.screen, Confirm)
            shown = "".join(str(it.render()) for it in pilot.app.screen.query(Static))
            assert "aws_lb.n  arn:n" in shown and "aws_lb_target_group.c  perhaps" in shown
            assert not run.files.forgotten.exists()
            await pilot.press(answer, *(["enter"] if answer == "tab" else []))
            await settle(pilot)
        await until(pilot, run.files.forgotten.exists)
        await until(pilot, lambda: not any(it.startswith("do:forget") for it in rows(pilot)))
        assert (
            said(pilot)
            == f"Run {run.id} is dismissed. No plan will import the resources that it created."
        )
