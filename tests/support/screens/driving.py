"""Open the wizard on an invented account and drive it with keys."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from time import monotonic
from typing import Any

from textual.pilot import Pilot

from gpuecs_tui.app import WizardApp
from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.wizard.options import Options
from tests.support import fakes

PATIENCE = 20
"""Seconds: much longer than any delay of the program, for a machine under load."""

Open = Callable[..., AbstractAsyncContextManager[Pilot[int]]]


def wizard_app(
    directory: Path,
    account: AccountFacts | None = None,
    problem: tuple[str, str] | None = None,
) -> WizardApp:
    """An app with an invented account."""
    feed = fakes.FakeFeed(facts=account or fakes.facts(), problem=problem)
    app = WizardApp(Options(directory, profile="ada"), feed=feed)
    feed.post = app.post_message
    return app


async def settle(pilot: Pilot[int]) -> None:
    """Wait until threads have reported and everything is drawn."""
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    await pilot.pause()


def is_asked(pilot: Pilot[Any]) -> bool:
    """Tell whether a question is completely shown over the screen: a slow machine composes it
    later."""
    return isinstance(pilot.app.screen, Confirm) and pilot.app.screen.is_mounted


async def until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    """Wait for a result of a timer or a thread, at most PATIENCE seconds."""
    deadline = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < deadline, "it never came"
        await pilot.pause(0.02)


async def type_text(pilot: Pilot[int], text: str) -> None:
    """Type a text, key by key."""
    names = {" ": "space", "-": "minus", ".": "full_stop", "/": "slash", ":": "colon"}
    await pilot.press(*(names.get(char, char) for char in text))
    await pilot.pause()
