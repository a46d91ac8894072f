"""A stack of the earlier version in the wizard: its upgrade is a separate change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from gpuecs_tui.app import WizardApp
from gpuecs_tui.assessment.own import Own
from gpuecs_tui.screens.review import ReviewScreen
from gpuecs_tui.screens.run import RunScreen
from gpuecs_tui.terraform.read.directory import read
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.widgets.step.key_line import KeyLine
from gpuecs_tui.wizard.directory_status import inspect
from gpuecs_tui.wizard.upgrade import is_earlier, meets_another_change
from tests.support.screens.driving import is_asked, settle, until, wizard_app
from tests.support.screens.review_screen import wizard as wizard_of
from tests.support.terraform import fake_engine
from tests.support.terraform.earlier_stacks import applied, copied


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An applied stack of the earlier version."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("GPUECS_TUI_ENGINE", str(fake_engine.install(tmp_path / "engine")))
    return copied("defaults", tmp_path, state=True)


@asynccontextmanager
async def opened(directory: Path, **texts: str) -> AsyncIterator[Pilot[int]]:
    """The review of the stack in ``directory``, with other ``texts`` typed (``task__memory``)."""
    # Without the account, no finding prevents the write.
    app = wizard_app(directory, problem=("There are no credentials.", "Log in."))
    found = inspect(directory)
    app.wizard.open_directory(found.texts, found.opened)
    for name, text in texts.items():
        app.wizard.put(name.replace("__", "."), text)
    try:
        async with app.run_test(size=(120, 40)) as pilot:
            facts = app.screen.query_one("#facts", Static)
            await until(pilot, lambda: "An earlier version" in str(facts.render()))
            assert app.wizard.owned
            app.go("review")
            await settle(pilot)
            yield pilot
    finally:
        app.wizard.close()


def texts_in(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.glob("*.tf*")}


async def test_u_writes_only_the_upgrade_and_keeps_the_typed_answer(directory: Path) -> None:
    before = read(directory).stack
    async with opened(directory, task__stop_timeout_seconds="90") as pilot:
        wizard = wizard_of(pilot)
        assert any(it.rule == "earlier-version" for it in wizard.findings)
        assert before is not None and meets_another_change(wizard, before) is None
        assert ("u", "bring up to date") in review(pilot).query_one(KeyLine).own
        titles = {it.title for it in pilot.app.get_system_commands(pilot.app.screen)}
        assert "Bring the stack up to date" in titles
        app, stale = pilot.app, wizard.state
        assert isinstance(app, WizardApp) and stale is not None
        await pilot.press("u")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
        # A read that started before the write ends after it.
        app.post_message(WizardApp.OwnedRead(Own(wizard.owned, stale), 1))
        await settle(pilot)
        assert not is_earlier(wizard) and not wizard.is_as_opened
        assert wizard.text("task.stop_timeout_seconds") == "90"
        wizard.check()
        (said,) = (it for it in wizard.findings if it.rule == "earlier-version")
        assert "not applied yet" in said.message and "apply the upgrade before" in said.remedy
        after = read(directory)
        assert (after.stack, after.earlier) == (before, False)
        # A plan of the upgrade is not an apply. During a live run nothing is written.
        await until(pilot, lambda: planned(directory))
        upgraded = texts_in(directory)
        app.go("review")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen))
        await until(pilot, lambda: "to write to" in review(pilot).live().plain)
        await pilot.press("w")
        await until(pilot, lambda: is_asked(pilot))
        asked = lines_of(pilot)
        assert "plan and apply the upgrade in the Run step" in asked and "press u" not in asked
        await pilot.press("n")
        assert texts_in(directory) == upgraded
        # After the upgrade was applied, the answer requires no further confirmation.
        applied(directory)
        await pilot.press("w")
        await until(pilot, lambda: wizard.is_as_opened)
        written = read(directory).stack
        assert written is not None and written.task.stop_timeout_seconds == 90


async def test_an_answer_that_meets_the_upgrade_is_asked_about(directory: Path) -> None:
    before = texts_in(directory)
    async with opened(directory, task__stop_timeout_seconds="90") as pilot:
        wizard = wizard_of(pilot)
        for key, written in (("n", False), ("y", True)):
            await pilot.press("w")
            await until(pilot, lambda: is_asked(pilot))
            assert "answer No and press u" in lines_of(pilot)
            await pilot.press(key)
            await until(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen))
            await until(pilot, lambda: not written or not is_earlier(wizard))  # noqa: B023
            assert (texts_in(directory) != before) is written


def lines_of(pilot: Pilot[int]) -> str:
    """The text of the question over the screen."""
    return " ".join(str(it.render()) for it in pilot.app.screen.query("#lines Static"))


def planned(directory: Path) -> bool:
    """Whether a plan was created there and is waiting for approval."""
    return [it.state for it in run_list.runs_of(directory)] == [RunStatus.PLANNED]


def review(pilot: Pilot[int]) -> ReviewScreen:
    assert isinstance(pilot.app.screen, ReviewScreen)
    return pilot.app.screen
