"""The first screen: the first offer, and the effect of Enter before everything is known."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from gpuecs_tui.app import WizardApp
from gpuecs_tui.screens import start
from gpuecs_tui.screens.deployment import DeploymentScreen
from gpuecs_tui.screens.run import RunScreen
from gpuecs_tui.stack.unread import Unread
from gpuecs_tui.terraform.recovery.own_state import OwnState
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.widgets.picker.choice_list import ChoiceList
from gpuecs_tui.widgets.run.decisions import RunDecisions
from gpuecs_tui.widgets.step.help_bar import HelpBar
from gpuecs_tui.widgets.step.screen import StepScreen
from gpuecs_tui.wizard import drafts
from gpuecs_tui.wizard.directory_status import DirectoryStatus
from gpuecs_tui.wizard.drafts import Draft
from gpuecs_tui.wizard.first_look import may_hold_a_stack
from tests.support.screens.driving import settle, until, wizard_app
from tests.support.screens.whole_texts import WHOLE
from tests.support.terraform.run_folders import stage


@pytest.mark.parametrize(
    ("key", "found", "step", "said"),
    [
        ("down", DirectoryStatus(terraform=True), "start", "This directory contains a stack."),
        ("down", DirectoryStatus(foreign=True), "account", ""),
        (
            "down",
            DirectoryStatus(problem="service.tf, line 1: no."),
            "start",
            "Could not read this",
        ),
        ("up", DirectoryStatus(terraform=True), "start", "This directory contains a stack."),
        ("up", DirectoryStatus(foreign=True), "start", "This directory contains no stack."),
    ],
    ids=["over a stack", "over other Terraform", "over what is not read", "on the row", "on none"],
)
async def test_enter_begins_no_new_stack_before_the_directory_was_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    found: DirectoryStatus,
    step: str,
    said: str,
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    directory = tmp_path / "llama"
    directory.mkdir()
    (directory / "service.tf").write_text("")
    read = Event()

    def survey(_directory: Path) -> DirectoryStatus:
        assert read.wait(20)
        return found

    monkeypatch.setattr("gpuecs_tui.wizard.directory_status.inspect", survey)
    app = wizard_app(directory)
    async with app.run_test(size=(80, 24)) as pilot:
        menu = app.screen.query_one(ChoiceList)
        assert [row.id for row in menu.choices.rows] == ["look", "new"]
        await pilot.press(key, "enter")
        await pilot.pause()
        assert isinstance(app.screen, StepScreen) and app.screen.STEP == "start"
        read.set()
        await settle(pilot)
        assert isinstance(app.screen, StepScreen) and step == app.screen.STEP
        if found.terraform:
            assert [row.id for row in menu.choices.rows] == ["open", "new"]
        if step == "start":
            (new,) = (row for row in menu.choices.rows if row.id == "new")
            replaces = "replaces the existing stack" in new.cells[1]
            assert replaces == found.terraform, "a new stack writes over one that is there"
        if said:
            assert said in app.screen.query_one(HelpBar).render().plain
    app.wizard.close()


async def test_a_draft_is_taken_once_the_directory_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    directory = tmp_path / "llama"
    directory.mkdir()
    (directory / "main.tofu").write_text("")
    drafts.save(directory, Draft(dict(WHOLE), "task", ("start", "task")))
    read = Event()
    unread = Unread("main.tofu", 1, "dynamic", "is not read", keys=("task.image",))

    def survey(_directory: Path) -> DirectoryStatus:
        assert read.wait(20)
        return DirectoryStatus(unread=(unread,))

    monkeypatch.setattr("gpuecs_tui.wizard.directory_status.inspect", survey)
    app = wizard_app(directory)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, StepScreen) and app.screen.STEP == "start"
        read.set()
        await settle(pilot)
        assert isinstance(app.screen, StepScreen) and app.screen.STEP == "task"
        assert app.wizard.unread == (unread,), "what isn't read of the directory is known there"
    app.wizard.close()


def test_a_directory_without_terraform_needs_no_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    directory = tmp_path / "tts"
    assert not may_hold_a_stack(directory)
    directory.mkdir()
    (directory / "notes.txt").write_text("")
    assert not may_hold_a_stack(directory)
    stage(tmp_path / "other", RunStatus.FAILED)
    assert not may_hold_a_stack(directory), "the run is of another directory"
    (directory / ".terraform").mkdir()
    assert may_hold_a_stack(directory)


@pytest.mark.parametrize(
    ("owned", "step"), [(frozenset({"llama"}), "deployment"), (frozenset(), "review")]
)
async def test_a_stack_opens_at_its_deployment_once_it_is_deployed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owned: frozenset[str], step: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    own = OwnState(owned)
    monkeypatch.setattr(
        "gpuecs_tui.terraform.recovery.own_state.own_state", lambda *_arguments, **_named: own
    )
    found = DirectoryStatus(terraform=True, texts=dict(WHOLE))
    monkeypatch.setattr("gpuecs_tui.wizard.directory_status.inspect", lambda _directory: found)
    app = wizard_app(tmp_path / "llama")
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, StepScreen) and step == app.screen.STEP
        # Planning, destroying and watching don't require a plan.
        assert {"run", "deployment"} <= set(app.wizard.visited)
    app.wizard.close()


async def test_a_stack_opens_although_its_state_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(start, "STATE_SECONDS", 0.01)
    read = Event()

    def slow(*_arguments: object, **_named: object) -> OwnState:
        assert read.wait(20)
        return OwnState()

    monkeypatch.setattr("gpuecs_tui.terraform.recovery.own_state.own_state", slow)
    found = DirectoryStatus(terraform=True, texts=dict(WHOLE))
    monkeypatch.setattr("gpuecs_tui.wizard.directory_status.inspect", lambda _directory: found)
    app = wizard_app(tmp_path / "llama")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: bool(app.screen.query_one(ChoiceList).choices.find("open")))
        await pilot.press("enter")
        await until(pilot, lambda: getattr(app.screen, "STEP", "") == "review")
        read.set()
    app.wizard.close()


@pytest.mark.parametrize("state", [RunStatus.PLANNED, RunStatus.FAILED])
async def test_a_stack_opens_at_its_deployment_whatever_is_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: RunStatus
) -> None:
    app = deployed_app(tmp_path, monkeypatch)
    stage(tmp_path / "llama", state)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: bool(app.screen.query_one(ChoiceList).choices.find("open")))
        await settle(pilot)
        menu = app.screen.query_one(ChoiceList)
        await pilot.press(*["down"] * [it.id for it in menu.choices.rows].index("open"), "enter")
        await settle(pilot)
        assert isinstance(app.screen, DeploymentScreen)
    app.wizard.close()


async def test_a_stack_that_was_applied_opens_at_its_deployment_without_its_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = deployed_app(tmp_path, monkeypatch, owned=None, applied=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, DeploymentScreen)
    app.wizard.close()


async def test_a_draft_of_a_deployed_stack_leads_there_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = deployed_app(tmp_path, monkeypatch)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.wizard.adopt(Draft(WHOLE, "task", ("start", "task")))
        app.go("task")
        await settle(pilot)
        titles = {it.title for it in app.get_system_commands(app.screen)}
        assert {"Watch the deployment", "Plan a destroy"} <= titles
        await pilot.press("ctrl+t", "9")
        await settle(pilot)
        assert isinstance(app.screen, DeploymentScreen)
    app.wizard.close()


@pytest.mark.parametrize("owned", [frozenset({"llama"}), frozenset()])
async def test_a_deployed_stack_is_destroyed_from_the_start_without_a_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owned: frozenset[str]
) -> None:
    wanted = []
    monkeypatch.setattr(RunDecisions, "look", lambda _self, it: wanted.append(it))
    app = deployed_app(tmp_path, monkeypatch, owned=owned)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        titles = [it.title for it in app.get_system_commands(app.screen)]
        for title in ("Plan a destroy", "Watch the deployment"):
            assert titles.count(title) == bool(owned)
        await pilot.press("D")
        await settle(pilot)
        assert isinstance(app.screen, RunScreen) is bool(owned)
        assert wanted == (["destroy"] if owned else [])
        assert not owned or app.wizard.stack_name == "llama", "the typed name confirms it"
    app.wizard.close()


def deployed_app(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    owned: frozenset[str] | None = frozenset({"llama"}),
    *,
    applied: bool = False,
) -> WizardApp:
    """A wizard on the directory of a stack whose state has ``owned``; None: it is unreadable."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    own = OwnState(owned)
    monkeypatch.setattr(
        "gpuecs_tui.terraform.recovery.own_state.own_state", lambda *_arguments, **_named: own
    )
    found = DirectoryStatus(terraform=True, texts=dict(WHOLE), applied=applied)
    monkeypatch.setattr("gpuecs_tui.wizard.directory_status.inspect", lambda _directory: found)
    return wizard_app(tmp_path / "llama")
