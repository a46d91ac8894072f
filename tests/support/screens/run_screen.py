"""Opens the run screen on a directory and reads its texts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Static

from gpuecs_tui.screens.run import RunScreen
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.widgets.step.key_line import KeyLine
from gpuecs_tui.wizard.drafts import Draft
from tests.support.screens.driving import settle, wizard_app
from tests.support.screens.shown import line_of
from tests.support.screens.whole_texts import WHOLE

PATIENCE = 20.0
"""Seconds to wait for a runner process; on an idle machine it takes half a second."""


@asynccontextmanager
async def on_run_screen(
    directory: Path, size: tuple[int, int] = (80, 24), wanted: str = ""
) -> AsyncIterator[Pilot[int]]:
    """Open a wizard on the run screen."""
    app = wizard_app(directory)
    app.wizard.options = type(app.wizard.options)(directory)
    app.wizard.adopt(Draft(WHOLE, "run", ("start", "review")))
    try:
        async with app.run_test(size=size) as pilot:
            app.wizard.wanted_run = wanted
            app.go("run")
            await settle(pilot)
            yield pilot
    finally:
        app.wizard.close()


def screen_of(pilot: Pilot[int]) -> RunScreen:
    (found,) = (it for it in pilot.app.screen_stack if isinstance(it, RunScreen))
    return found


def run_of(pilot: Pilot[int]) -> Run:
    run = screen_of(pilot).run
    assert run is not None
    return run.refresh()


def said(pilot: Pilot[int]) -> str:
    shown = screen_of(pilot).query_one("#verdict", Static).content
    assert isinstance(shown, Content)
    return shown.plain


def keys(pilot: Pilot[int]) -> str:
    return line_of(screen_of(pilot).query_one(KeyLine))


async def until(pilot: Pilot[int], true: Callable[[], bool], what: str) -> None:
    for _look in range(int(PATIENCE / 0.05)):
        if true():
            return
        await pilot.pause(0.05)
    raise AssertionError(f"waited for {what}; the screen says {said(pilot)!r}")


async def until_run(pilot: Pilot[int], *states: RunStatus) -> None:
    def there() -> bool:
        run = screen_of(pilot).run
        return run is not None and run.state in states

    await until(pilot, there, " or ".join(states))
    await settle(pilot)
