"""When checks and look-ups happen: immediately, and again after every read of the account."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.console import RenderableType
from textual.events import Key
from textual.pilot import Pilot
from textual.screen import Screen

from gpuecs_tui.app import WizardApp
from gpuecs_tui.stack import problems as stack_problems
from gpuecs_tui.widgets.step import account_app
from gpuecs_tui.widgets.step.screen import TYPING_SECONDS, StepScreen
from gpuecs_tui.wizard import decisions as deciding
from gpuecs_tui.wizard.drafts import Draft
from tests.support.fakes import FakeFeed
from tests.support.screens.driving import PATIENCE, settle, until, wizard_app
from tests.support.screens.shown import screen_text
from tests.support.screens.whole_texts import WHOLE

MOST_DECIDED = 2
"""Number per key press: the present texts, and the same with the default."""
MOST_PAINTED = 4
"""Number per key press, including the one with the finding."""


@asynccontextmanager
async def on_task(directory: Path, **texts: str) -> AsyncIterator[Pilot[int]]:
    """A wizard on the task screen, with the focus on the memory."""
    app = wizard_app(directory)
    app.wizard.adopt(Draft({**WHOLE, **texts}, "task", ("start",)))
    app.wizard.focused["task"] = "task.memory"
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await app.go("task")
            await settle(pilot)
            yield pilot
    finally:
        app.wizard.close()


async def test_a_finding_comes_with_the_key_itself(
    stack_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No timer delays the finding of a key press, and nothing is computed twice for it.

    Milliseconds depend on the machine and its load; these counts don't.
    """
    monkeypatch.setattr(account_app, "TYPING_SECONDS", PATIENCE * 10)
    async with on_task(stack_directory, **{"task.memory": "1579"}) as pilot:
        app = pilot.app
        assert isinstance(app, WizardApp)
        await until(pilot, lambda: app.wizard.account.facts is not None)
        for key, wrong in (("9", True), ("backspace", False), ("9", True)):
            # This is a separate change, not another letter of a word.
            await pilot.pause(TYPING_SECONDS * 2)
            app._rested_at = 0.0
            counted = await _counted_until(pilot, app, key, wrong)
            assert counted["check"] == 1
            assert counted["decide"] <= MOST_DECIDED
            assert counted["problems"] == counted["decide"], "the checks use those of the decisions"
            assert counted["paint"] <= MOST_PAINTED


async def _counted_until(pilot: Pilot[int], app: WizardApp, key: str, wrong: bool) -> Counter[str]:
    """Press ``key``; count until the output reports (or no longer reports) that the task can't
    fit."""
    assert app._driver is not None
    painted = asyncio.Event()
    display, check, decide = app._display, app.wizard.check, deciding.decide
    find_problems = stack_problems._each
    counted: Counter[str] = Counter()

    def look(screen: Screen[object], renderable: RenderableType | None) -> None:
        counted["paint"] += 1
        display(screen, renderable)
        if ("15684" in screen_text(app)) is wrong:
            painted.set()

    def checked() -> None:
        counted["check"] += 1
        check()

    def decided(*arguments: Any) -> deciding.Decisions:
        counted["decide"] += 1
        return decide(*arguments)

    def found(*arguments: Any) -> Iterator[tuple[str, str]]:
        counted["problems"] += 1
        return find_problems(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stack_problems, "_each", found)
        patch.setattr(app, "_display", look)
        patch.setattr(app.wizard, "check", checked)
        patch.setattr(deciding, "decide", decided)
        app._driver.send_message(Key(key, key if len(key) == 1 else None))
        await asyncio.wait_for(painted.wait(), PATIENCE)
    await settle(pilot)
    return counted


async def test_the_header_names_what_is_a_name(stack_directory: Path) -> None:
    async with on_task(stack_directory) as pilot:
        app = pilot.app
        assert isinstance(app, WizardApp)
        for typed, shown in (
            ("h", "unnamed stack"),
            ("hello", "hello"),
            ("hello-", "unnamed stack"),
        ):
            app.wizard.put("stack.name", typed)
            app.show_wizard()
            await settle(pilot)
            assert screen_text(app).splitlines()[0].split("  ")[1].strip() == shown


async def test_checks_that_take_long_rest_as_long(
    stack_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with on_task(stack_directory) as pilot:
        app = pilot.app
        assert isinstance(app, WizardApp)
        clock = [100.0]
        monkeypatch.setattr(account_app, "monotonic", lambda: clock[0])
        app._rested_at = 0.0
        checks: list[float] = []

        def slow() -> None:
            checks.append(clock[0])
            clock[0] += 5.0

        monkeypatch.setattr(app.wizard, "check", slow)
        app.check_soon()
        app.check_soon()
        await pilot.pause()
        assert checks == [100.0], "of two at once one is made, and without a pause"
        waits: list[float] = []
        monkeypatch.setattr(app, "set_timer", lambda seconds, _do: waits.append(seconds))
        app.check_soon()
        await pilot.pause()
        assert checks == [100.0] and waits[0] == 5.0


@pytest.mark.parametrize("how", ["ctrl+r", "elsewhere"])
async def test_what_is_named_is_looked_up_again_when_the_account_is_read_again(
    stack_directory: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(account_app, "LOOK_UP_PAUSE", 0.01)
    async with on_task(stack_directory) as pilot:
        app = pilot.app
        assert isinstance(app, WizardApp) and isinstance(app.feed, FakeFeed)
        feed = app.feed
        await until(pilot, lambda: len(feed.looked_up) == 1)
        app.check_soon()
        await pilot.pause(0.1)
        assert len(feed.looked_up) == 1, "once is enough while nothing changes"
        if how == "ctrl+r":
            await pilot.press("ctrl+r")
        else:
            app.action_read_account()
        await until(pilot, lambda: len(feed.looked_up) == 2)
        assert isinstance(app.screen, StepScreen)
