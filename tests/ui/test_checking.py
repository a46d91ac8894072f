"""When checks and look-ups happen: at once, and again after every reading of the account."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from time import perf_counter

import pytest
from rich.console import RenderableType
from textual.events import Key
from textual.pilot import Pilot
from textual.screen import Screen

from gpuecs_tui.app import WizardApp
from gpuecs_tui.widgets import account_app
from gpuecs_tui.widgets.frame import TYPING_SECONDS, StepScreen
from gpuecs_tui.wizard.drafts import Draft
from tests.ui.conftest import PATIENCE, settle, until, wizard_app
from tests.ui.fakes import FakeFeed
from tests.ui.test_decisions import WHOLE

KEY_TO_FINDING_SECONDS = 0.05
"""From a key press to what the rules say of it, painted."""
PRESSES = 10
ROUNDS = 3
"""The best of so many counts: the machine may be busy with other things."""


@asynccontextmanager
async def on_task(directory: Path, **texts: str) -> AsyncIterator[Pilot[int]]:
    """A wizard whose task screen is open, the cursor on the memory."""
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


def screen_text(app: WizardApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def test_a_finding_is_on_the_screen_50_ms_after_the_key(stack_directory: Path) -> None:
    async with on_task(stack_directory, **{"task.memory": "1579"}) as pilot:
        app = pilot.app
        assert isinstance(app, WizardApp)
        await until(pilot, lambda: app.wizard.account.facts is not None)
        medians = []
        for _round in range(ROUNDS):
            times = []
            for press in range(PRESSES):
                wrong = press % 2 == 0
                times.append(await _seconds_until(pilot, app, "9" if wrong else "backspace", wrong))
            medians.append(median(times))
            # With more to do than there are cores everything comes so much later.
            limit = KEY_TO_FINDING_SECONDS * max(1, os.getloadavg()[0] / (os.cpu_count() or 1))
            if medians[-1] < limit:
                break
        assert min(medians) < limit, [round(1000 * it) for it in medians]


async def _seconds_until(pilot: Pilot[int], app: WizardApp, key: str, wrong: bool) -> float:
    """Press ``key`` and return when what is sent says (or no longer says) that it can't fit."""
    assert app._driver is not None
    painted = asyncio.Event()
    display = app._display

    def look(screen: Screen[object], renderable: RenderableType | None) -> None:
        display(screen, renderable)
        if ("15684" in screen_text(app)) is wrong:
            painted.set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "_display", look)
        begun = perf_counter()
        app._driver.send_message(Key(key, key if len(key) == 1 else None))
        await asyncio.wait_for(painted.wait(), PATIENCE)
        seconds = perf_counter() - begun
    await settle(pilot)
    # A change of its own, no further letter of a word.
    await pilot.pause(TYPING_SECONDS)
    return seconds


async def test_the_header_names_what_is_a_name(stack_directory: Path) -> None:
    async with on_task(stack_directory) as pilot:
        app = pilot.app
        assert isinstance(app, WizardApp)
        for typed, shown in (("h", "no name yet"), ("hello", "hello"), ("hello-", "no name yet")):
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
