"""Where the age of account data is displayed, and that dialogs over a step are updated too."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Static

from gpuecs_tui.app import WizardApp
from gpuecs_tui.screens.fleet import FleetScreen
from gpuecs_tui.screens.task import TaskScreen
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.widgets.picker.picker import Picker
from gpuecs_tui.widgets.review.findings_page import FindingsPage
from gpuecs_tui.widgets.step.findings_screen import FindingsScreen
from gpuecs_tui.widgets.step.key_line import KeyLine
from gpuecs_tui.wizard.drafts import Draft
from tests.support.fakes import FakeFeed
from tests.support.screens.driving import settle, until, wizard_app
from tests.support.screens.run_screen import on_run_screen, screen_of
from tests.support.screens.shown import line_of, screen_text
from tests.support.screens.written_stack import RIGHT
from tests.support.terraform.run_folders import PLAN, PLAN_ENDS, stage

AGE = "read 4 min ago · Ctrl+R reads again"


async def opened(pilot: Pilot[int], step: str) -> WizardApp:
    app = pilot.app
    assert isinstance(app, WizardApp)
    await app.go(step)
    await settle(pilot)
    return app


async def test_age_and_cost_stand_where_they_are_needed(stack_directory: Path) -> None:
    app = wizard_app(stack_directory)
    app.wizard.adopt(Draft({**RIGHT, "task.memory": "15742"}, "fleet", ("start", "fleet")))
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await opened(pilot, "review")
            await pilot.press("2")
            await pilot.pause()
            assert app.screen.query_one(FindingsPage).region.height > 3
            assert AGE in screen_text(app)
            await opened(pilot, "fleet")
            assert isinstance(app.screen, FleetScreen)
            app.screen.open_list("fleet.key_name")
            await settle(pilot)
            assert isinstance(app.screen, Picker) and AGE in screen_text(app)
            await pilot.press("escape")
            app.screen.open_list("fleet.ami")
            await settle(pilot)
            assert "reads again" not in screen_text(app), "that list is not of the account"
            await pilot.press("escape")
            await opened(pilot, "task")
            assert isinstance(app.screen, TaskScreen)
            shown = screen_text(app).splitlines()
            fit = next(n for n, line in enumerate(shown) if "No task fits on one" in line)
            assert "Price unknown: not loaded yet." in shown[fit + 1]
    finally:
        app.wizard.close()


async def test_the_list_of_findings_keeps_up_while_it_is_open(stack_directory: Path) -> None:
    app = wizard_app(stack_directory)
    app.wizard.adopt(Draft({**RIGHT, "task.memory": "15742"}, "task", ("start", "task")))
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await opened(pilot, "task")
            await until(pilot, lambda: bool(app.wizard.findings))
            await pilot.press("ctrl+l")
            await settle(pilot)
            assert isinstance(app.screen, FindingsScreen)
            text = screen_text(app)
            assert "(15742 MiB) exceeds" in text and f"account {AGE}" in text
            app.wizard.put("task.memory", "15155")
            app.check_soon()
            await settle(pilot)
            assert "exceeds" not in screen_text(app)
            feed = app.feed
            assert isinstance(feed, FakeFeed)
            before = len(feed.started)
            await pilot.press("ctrl+r")
            await settle(pilot)
            assert len(feed.started) > before
            assert isinstance(app.screen, FindingsScreen)
            assert isinstance(app.screen.query_one("#detail"), Static)
    finally:
        app.wizard.close()


STATES = (
    *(RunStatus.PLANNED, RunStatus.APPLYING, RunStatus.STOPPING),
    *(RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED),
)
"""The other screens have no keys in addition to these."""


@pytest.mark.parametrize("state", STATES)
async def test_no_key_of_a_run_is_cut_off_at_80_columns(directory: Path, state: RunStatus) -> None:
    stage(directory, state, PLAN[:PLAN_ENDS], outputs={"url": {"value": "http://llama"}})
    async with on_run_screen(directory) as pilot:
        screen = screen_of(pilot)
        line = screen.query_one(KeyLine)
        assert line.own
        for key, word in line.own:
            assert f"{key} {word}" in line_of(line)
        line.show_found(Content("12 errors 13 warnings 20 unknown"))
        for key, word in line.own:
            assert f"{key} {word}" in line_of(line)
        assert "12 errors" in line_of(line), "the worst of what was found stays too"
        assert "^q quit" in line_of(line)
