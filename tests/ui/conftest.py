"""A wizard on an empty directory and a made-up account, driven by keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from textual.pilot import Pilot

from gpuecs_tui.app import WizardApp
from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.wizard.directory_status import Survey
from gpuecs_tui.wizard.options import Options
from tests.ui import fakes

PATIENCE = 20
"""Seconds: far beyond any delay of ours, for a machine under load."""

Open = Callable[..., AbstractAsyncContextManager[Pilot[int]]]


@pytest.fixture(autouse=True)
def four_minutes_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The made-up account was read four minutes ago, whenever that is."""
    monkeypatch.setattr("gpuecs_tui.widgets.base.age.now", lambda: fakes.NOW + timedelta(minutes=4))


@pytest.fixture
def stack_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a stack would be written: a name that stays the same in snapshots, and is not there."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(
        "gpuecs_tui.wizard.directory_status.survey",
        lambda _directory: Survey(engine="Terraform 1.11.4"),
    )
    return Path("/srv/stacks/llama")


@pytest.fixture
def open_wizard(stack_directory: Path) -> Open:
    """Opens a wizard: ``async with open_wizard(size=(80, 24)) as pilot``."""

    @asynccontextmanager
    async def opened(
        size: tuple[int, int] = (80, 24),
        account: AccountFacts | None = None,
        problem: tuple[str, str] | None = None,
    ) -> AsyncIterator[Pilot[int]]:
        app = wizard_app(stack_directory, account, problem)
        try:
            async with app.run_test(size=size) as pilot:
                await settle(pilot)
                yield pilot
        finally:
            app.wizard.close()

    return opened


def wizard_app(
    directory: Path,
    account: AccountFacts | None = None,
    problem: tuple[str, str] | None = None,
) -> WizardApp:
    """An app whose account is made up."""
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
    """Tell whether a question is over the screen, whole: a slow machine composes it after that."""
    return isinstance(pilot.app.screen, Confirm) and pilot.app.screen.is_mounted


async def until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    """Wait for what a timer or a thread brings, at most PATIENCE seconds."""
    deadline = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < deadline, "it never came"
        await pilot.pause(0.02)


async def type_text(pilot: Pilot[int], text: str) -> None:
    """Type a text, key by key."""
    names = {" ": "space", "-": "minus", ".": "full_stop", "/": "slash", ":": "colon"}
    await pilot.press(*(names.get(char, char) for char in text))
    await pilot.pause()
