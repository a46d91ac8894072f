"""The review, opened with all questions answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from gpuecs_tui.screens.review import ReviewScreen
from gpuecs_tui.terraform.read.directory import read
from gpuecs_tui.wizard.drafts import Draft
from gpuecs_tui.wizard.opened import of_files
from gpuecs_tui.wizard.session import WizardSession
from tests.support.screens.driving import settle, wizard_app
from tests.support.screens.whole_texts import WHOLE


@asynccontextmanager
async def on_review(
    directory: Path, size: tuple[int, int] = (80, 24), **texts: str
) -> AsyncIterator[Pilot[int]]:
    """Open a wizard on the review, with all questions answered."""
    app = wizard_app(directory)
    app.wizard.options = type(app.wizard.options)(directory)
    answers = {**WHOLE, **{key.replace("__", "."): text for key, text in texts.items()}}
    steps = ("start", "account", "network", "fleet", "task", "load_balancer")
    # The same as for a draft that was begun with the directory in view.
    held = of_files({}, read(directory).answers).held if directory.is_dir() else None
    app.wizard.adopt(Draft(answers, "review", steps, held=held))
    try:
        async with app.run_test(size=size) as pilot:
            app.go("review")
            await settle(pilot)
            await pilot.pause(0.15)
            await settle(pilot)
            yield pilot
    finally:
        app.wizard.close()


def review(pilot: Pilot[int]) -> ReviewScreen:
    (found,) = (it for it in pilot.app.screen_stack if isinstance(it, ReviewScreen))
    return found


def wizard(pilot: Pilot[int]) -> WizardSession:
    return review(pilot).wizard
