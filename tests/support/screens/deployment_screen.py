"""A wizard on the deployment screen, over an account with given responses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from gpuecs_tui.aws.deployment import schedule
from gpuecs_tui.aws.deployment.parts import PARTS
from gpuecs_tui.screens.deployment import DeploymentScreen
from gpuecs_tui.wizard.drafts import Draft
from tests.support import fakes
from tests.support.aws.deployment_answers import AnsweredReader
from tests.support.screens.driving import settle, until, wizard_app
from tests.support.screens.whole_texts import WHOLE


@asynccontextmanager
async def on_deployment(
    directory: Path,
    reader: AnsweredReader | None,
    size: tuple[int, int] = (120, 40),
    *,
    waits: bool = True,
) -> AsyncIterator[Pilot[int]]:
    """A wizard on the deployment screen of an account with the responses of ``reader``.

    ``waits``: until all parts were read.
    """
    with pytest.MonkeyPatch.context() as patch:
        # All parts take two refreshes, of which the second one follows after this time.
        patch.setattr(schedule, "GAP_SECONDS", 0.02)
        patch.setattr(fakes.FakeFeed, "reader", property(lambda _self: reader))
        app = wizard_app(directory)
        app.wizard.adopt(Draft(WHOLE, "deployment", ("start", "review", "run")))
        try:
            async with app.run_test(size=size) as pilot:
                app.go("deployment")
                await until(pilot, lambda: pilot.app.screen.is_mounted)
                if waits:
                    await settle(pilot)
                if reader is not None and waits:
                    await until(pilot, lambda: is_read(pilot))
                yield pilot
        finally:
            app.wizard.close()
            if reader is not None:
                reader.close()


def is_read(pilot: Pilot[int]) -> bool:
    """Tell whether all parts were read, which takes two refreshes."""
    facts = screen(pilot)._facts
    return facts is not None and facts.read_at.keys() >= PARTS.keys() and not screen(pilot)._is_busy


def screen(pilot: Pilot[int]) -> DeploymentScreen:
    found = pilot.app.screen
    assert isinstance(found, DeploymentScreen)
    return found
