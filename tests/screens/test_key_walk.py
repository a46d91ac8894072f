"""Keys are declared once: on every screen and dialog, the help and the palette contain the
available keys."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import pytest
from textual import actions
from textual.content import Content
from textual.dom import DOMNode
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button, Input, Static, TextArea

import gpuecs_tui
from gpuecs_tui.app import WizardApp
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.widgets.base.key_help import help_sections
from gpuecs_tui.widgets.base.line_input import EDITING_WORDS, typing_keys
from gpuecs_tui.widgets.base.mfa_prompt import MfaPrompt
from gpuecs_tui.widgets.base.modal import DetailModal, LastingDetailModal, Modal
from gpuecs_tui.widgets.base.wizard_modal import WizardModal
from gpuecs_tui.widgets.deployment.menu import ChoiceMenu
from gpuecs_tui.widgets.deployment.task_log import LogSubject, TaskLog
from gpuecs_tui.widgets.form.field import FormField
from gpuecs_tui.widgets.form.view import Fold, Form
from gpuecs_tui.widgets.keys.binding import all_entries
from gpuecs_tui.widgets.keys.groups import ORDER
from gpuecs_tui.widgets.run.decisions import RunDecisions
from gpuecs_tui.widgets.run.resource_tree import ResourceTree
from gpuecs_tui.widgets.step.form_screen import FormScreen
from gpuecs_tui.widgets.step.help import HelpScreen
from gpuecs_tui.widgets.step.key_line import KeyLine
from gpuecs_tui.widgets.step.pictured import PicturedScreen
from gpuecs_tui.widgets.step.screen import StepScreen
from gpuecs_tui.wizard.drafts import Draft
from tests.support import fakes
from tests.support.aws.deployment_answers import ANSWERS, AnsweredReader
from tests.support.screens.driving import settle, type_text, until, wizard_app
from tests.support.screens.shown import line_of
from tests.support.screens.whole_texts import WHOLE
from tests.support.terraform.applied_stack import state as stored_state
from tests.support.terraform.run_folders import DETAILS, PLAN, PLAN_ENDS, applied, stage

HELPS = (HelpScreen, DetailModal, LastingDetailModal)
"""Screens that are the help or similar: each of their keys closes them."""
BASES = (
    *(StepScreen, PicturedScreen, FormScreen),
    *(Modal, WizardModal),
)
"""Base classes; screens or dialogs of each are visited."""
UNVISITED = {"TooSmall", "Palette"}
"""Screens that are not visited: a sentence without a key, and Textual's palette."""
PAGES = "1234567"
STEPS = ("account", "network", "fleet", "task", "load_balancer")


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stack's directory, with the runs of this test only, and a resource in its state."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = tmp_path / "llama"
    made.mkdir()
    cluster = {"attributes": {"id": "arn:cluster"}}
    resource = {
        "mode": "managed",
        "type": "aws_ecs_cluster",
        "name": "this",
        "instances": [cluster],
    }
    state = {"serial": 3, "lineage": "l", "resources": [resource]}
    (made / "terraform.tfstate").write_text(json.dumps(state))
    return made


@asynccontextmanager
async def opened(
    directory: Path, place: str, *visited: str, reader: AnsweredReader | None = None
) -> AsyncIterator[Pilot[int]]:
    """A wizard at ``place`` in which every question is answered."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fakes.FakeFeed, "reader", property(lambda _self: reader))
        app = wizard_app(directory)
        if place != "start":
            app.wizard.adopt(Draft(WHOLE, place, ("start", *visited)))
        try:
            async with app.run_test(size=(100, 30)) as pilot:
                await settle(pilot)
                if place != "start":
                    await go(pilot, place)
                yield pilot
        finally:
            app.wizard.close()
            if reader is not None:
                reader.close()


async def go(pilot: Pilot[int], place: str) -> None:
    app = pilot.app
    assert isinstance(app, WizardApp)
    await app.go(place)
    await settle(pilot)


def lacking(screen: Screen[Any], lines: Iterable[str]) -> set[str]:
    """Return the texts of the keys that are available on ``screen`` and are in none of
    ``lines``."""
    works = [it for it in screen.active_bindings.values() if it.enabled and it.binding.description]
    assert works
    foreign = {it.binding.description for it in works if it.binding.group is None}
    assert foreign <= EDITING_WORDS, foreign - EDITING_WORDS
    texts = {_(it.binding.tooltip or it.binding.description) for it in works}
    said = "\n".join(lines)
    return {text for text in texts if text not in said}


def all_keys_are_explained(screen: Screen[Any]) -> None:
    """Check that the help, opened now, would list every available key with a label."""
    rows = [row for _title, rows in help_sections(all_entries(screen)) for row in rows]
    assert lacking(screen, (row.text for row in rows if row.enabled)) == set(), screen


async def help_is_whole(pilot: Pilot[int], seen: set[str]) -> None:
    """Open the help of the top screen and check that it lists every available key with a label."""
    screen = pilot.app.screen
    await until(pilot, lambda: screen.is_mounted and bool(screen.focused))
    await pilot.press("f1")
    await until(pilot, lambda: isinstance(pilot.app.screen, HELPS))
    await pilot.pause()
    (box,) = pilot.app.screen.query(Static).results(Static)
    assert lacking(screen, str(box.content).splitlines()) == set(), screen
    seen |= {type(screen).__name__, type(pilot.app.screen).__name__}
    await pilot.press("escape")
    assert pilot.app.screen is screen


def one_of_each_control(screen: Screen[Any]) -> list[Widget]:
    """Return a field of each kind, and the heading of a section."""
    kinds: dict[type, Widget] = {}
    for field in screen.query(FormField):
        if field.display:
            kinds.setdefault(type(field.control), field.control)
    for fold in screen.query(Fold):
        kinds.setdefault(Fold, fold)
    return list(kinds.values())


async def test_every_screen_and_dialog_explains_its_keys(directory: Path) -> None:
    stage(directory, RunStatus.PLANNED, PLAN[:PLAN_ENDS], details=DETAILS)
    seen: set[str] = set()
    controls: set[type] = set()
    async with opened(directory, "start") as pilot:
        app = pilot.app
        assert isinstance(app, WizardApp)

        async def dialog(*keys: str) -> None:
            below = app.screen
            await pilot.press(*keys)
            await until(pilot, lambda: app.screen is not below)
            await help_is_whole(pilot, seen)
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is below)

        await help_is_whole(pilot, seen)
        app.wizard.adopt(Draft(WHOLE, "account", ("start", *STEPS)))
        for step in STEPS:
            await go(pilot, step)
            await help_is_whole(pilot, seen)
            for control in one_of_each_control(app.screen):
                controls.add(type(control))
                app.screen.set_focus(control)
                all_keys_are_explained(app.screen)
            if step == "fleet":
                focus(app.screen, "fleet.instance_type")
                for key in ("enter", "ctrl+l", "ctrl+t", "ctrl+y"):
                    await dialog(key)
            elif step == "task":
                focus(app.screen, "task.environment")
                await dialog("enter")
        assert len(controls) == len(("list", "text", "words", "editor", "section"))
        subject = LogSubject("llama", ("llama:1",), (), is_one=False)
        for question in (
            ChoiceMenu("Log", [("a", "A"), ("b", "B")]),
            TaskLog(AnsweredReader({}), subject),
            Confirm("Stop?", [Content("Now.")], yes="Stop"),
            Confirm("Stop?", [Content("Now.")], yes="Stop", word="llama"),
            MfaPrompt("Code of your device"),
        ):
            await app.push_screen(question)
            await help_is_whole(pilot, seen)
            await pilot.press("escape")
        await go(pilot, "review")
        await help_is_whole(pilot, seen)
        for page in PAGES:
            await pilot.press(page)
            await pilot.pause()
            all_keys_are_explained(app.screen)
        await go(pilot, "run")
        await help_is_whole(pilot, seen)
        for key in ("slash", "escape", "v", "escape", "tab", "slash", "escape"):
            await pilot.press(key)
            await pilot.pause()
            all_keys_are_explained(app.screen)
        app.screen.query_one(ResourceTree).cursor = "aws_lb.this"
        await dialog("enter")
        for place in ("deployment", "state"):
            await go(pilot, place)
            await help_is_whole(pilot, seen)
        await pilot.press("end")
        await dialog("enter")
    ours = {it.__name__ for it in classes() if issubclass(it, Screen) and it not in BASES}
    assert ours - seen == UNVISITED


def focus(screen: Screen[Any], name: str) -> None:
    """Focus the field of ``name``."""
    field = screen.query_one(Form).field(name)
    assert field is not None
    screen.set_focus(field.control)


def classes() -> Iterator[type]:
    """Yield every class of the product that has keys, or could have them."""
    for found in walk_packages(gpuecs_tui.__path__, "gpuecs_tui."):
        if ".widgets" in found.name or ".screens" in found.name or found.name == "gpuecs_tui.app":
            module = import_module(found.name)
            for kind in vars(module).values():
                if (
                    isinstance(kind, type)
                    and kind.__module__ == module.__name__
                    and issubclass(kind, DOMNode)
                ):
                    yield kind


def test_every_key_has_words_or_is_another_key_of_an_action_that_has_them() -> None:
    number = 0
    for kind in classes():
        labelled = {
            actions.parse(it.action)
            for base in kind.__mro__
            for it in base.__dict__.get("BINDINGS", ())
            if it.description
        }
        for it in kind.__dict__.get("BINDINGS", ()):
            number += 1
            if it.description:
                assert it.tooltip and it.group in ORDER, (kind, it)
                assert it.tooltip[0].isupper() and not it.tooltip.endswith("."), (kind, it)
            else:
                assert actions.parse(it.action) in labelled, (kind, it)
    assert number > len(PAGES) * 10


def test_the_labels_of_textuals_own_keys_can_be_translated() -> None:
    for kind in (Input, TextArea, Button):
        assert {it.description for it in typing_keys(kind) if it.description} <= EDITING_WORDS


WANTED = {
    "plan": "Plan the changes",
    "destroy": "Plan a destroy",
    "apply": "Apply this plan",
    "discard": "Discard this plan",
    "cancel": "Cancel this run",
    "end": "Stop Terraform now",
    "deployment": "Watch the deployment",
    "runs": "Go to: Run",
    "state": "State: list resources, release a lock, recover",
    "recover": "View and repair the state",
    "write": "Write the files, without a plan",
    "findings": "List all findings",
    "fits": "Show what fits on an instance",
    "url": "Copy the URL of the service",
    "log": "Save the log to a file",
    "tasks' log": "Show the log of the tasks",
    "shell": "Open a shell in a task, with ECS Exec",
    "shell on an instance": "Open a shell on an instance",
    "scale": "Change the number of tasks",
    "image": "Change the container image",
    "rollback": "Return to the last completed deployment, or to the earlier revision",
    "theme": "Change the theme",
    "quit": "Quit and keep the draft",
}
"""Task of a user → its name in the palette."""
ANYWHERE = {"theme", "quit"}
ON_STEPS = {*ANYWHERE, "findings", "fits"}
SEEN = {"plan", "destroy", "deployment", "runs"}
"""Tasks that a deployed stack, or a visited run, makes possible on other steps."""


def offered(pilot: Pilot[int]) -> set[str]:
    app = pilot.app
    titles = [it.title for it in app.get_system_commands(app.screen)]
    assert len(titles) == len(set(titles)), "each is there once"
    return {name for name, title in WANTED.items() if title in titles}


RUN = {*ON_STEPS, "state", "deployment"}
POSSIBLE = {
    RunStatus.PLANNED: {"apply", "discard", "plan", "destroy", "log"},
    RunStatus.APPLYING: {"cancel", "log"},
    RunStatus.STOPPING: {"end", "log"},
    RunStatus.SUCCEEDED: {"url", "plan", "destroy", "log"},
    RunStatus.FAILED: {"recover", "plan", "destroy", "log"},
}
"""State of a run → the possible actions on its screen besides RUN."""


async def test_the_palette_has_what_is_possible_and_nothing_else(directory: Path) -> None:
    reader = AnsweredReader(ANSWERS)
    async with opened(directory, "start", reader=reader) as pilot:
        app = pilot.app
        assert isinstance(app, WizardApp)
        assert offered(pilot) == {*ON_STEPS, *SEEN, "state"}
        app.wizard.adopt(Draft(WHOLE, "task", ("start", "task")))
        await go(pilot, "task")
        assert offered(pilot) == {*ON_STEPS, *SEEN, "state"}
        await pilot.press("ctrl+t")
        await pilot.pause()
        assert offered(pilot) == ANYWHERE
        await go(pilot, "review")
        assert offered(pilot) == {*ON_STEPS, *SEEN, "state", "write"}
        await go(pilot, "state")
        assert offered(pilot) == {*ON_STEPS, *SEEN}
        await go(pilot, "run")
        assert offered(pilot) == {*RUN, "plan", "destroy"}
        screen = app.screen
        for state, possible in POSSIBLE.items():
            outputs = {"url": {"value": "http://llama"}} if "url" in possible else None
            run = stage(directory, state, PLAN[:PLAN_ENDS], outputs=outputs)
            screen.post_message(RunDecisions.Found(run))
            await settle(pilot)
            for _pane in range(2):
                assert offered(pilot) == {*RUN, *possible}, state
                # The other pane also allows the log to be saved.
                await pilot.press("tab")
                await pilot.pause()
        await go(pilot, "account")
        assert offered(pilot) == {*ON_STEPS, *SEEN, "state"}
        applied(directory)
        (directory / "terraform.tfstate").write_text(stored_state())
        await go(pilot, "deployment")
        await until(pilot, lambda: "url" in offered(pilot))
        acts = {"tasks' log", "shell", "shell on an instance", "scale", "image", "rollback"}
        assert offered(pilot) == {*ON_STEPS, *SEEN, *acts, "state", "url"} - {"deployment"}
        await settle(pilot)
        assert ("u", "copy URL") in app.screen.query_one(KeyLine).own


async def test_a_command_of_the_palette_does_what_its_key_does(directory: Path) -> None:
    stage(directory, RunStatus.PLANNED, PLAN[:PLAN_ENDS])
    async with opened(directory, "run", "review") as pilot:
        app = pilot.app
        await pilot.press("tab", "ctrl+o")
        await until(pilot, lambda: bool(app.screen.query(Input)))
        await type_text(pilot, WANTED["log"].lower())
        await pilot.pause(0.5)
        await pilot.press("enter")
        await settle(pilot)
        await until(pilot, lambda: isinstance(app.focused, Input))
        assert isinstance(app.focused, Input) and app.focused.value.startswith("run-")


async def test_the_line_of_keys_follows_the_focus_and_what_works(directory: Path) -> None:
    async with opened(directory, "review", *STEPS) as pilot:
        line = pilot.app.screen.query_one(KeyLine)
        assert line_of(line).startswith("1-7 tab  w write  ^n next  ^p back")
        await pilot.press("3")
        await settle(pilot)
        assert line_of(line).startswith("v difference  1-7 tab  w write  tab text")
        await pilot.press("4")
        await settle(pilot)
        assert line_of(line).startswith("enter go to field  1-7 tab  w write")
        assert "^q quit" in line_of(line)
