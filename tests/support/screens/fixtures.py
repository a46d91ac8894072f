"""Fixtures of every test that opens a wizard; tests/conftest.py imports them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot

from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.wizard.directory_status import DirectoryStatus
from tests.support import fakes
from tests.support.screens.driving import (
    Open,
    settle,
    wizard_app,
)


@pytest.fixture
def four_minutes_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The invented account was read four minutes ago, at any time."""
    monkeypatch.setattr("gpuecs_tui.widgets.base.age.now", lambda: fakes.NOW + timedelta(minutes=4))


@pytest.fixture
def stack_directory(
    four_minutes_later: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The directory for a stack: its name is the same in all snapshots, and it does not exist."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(
        "gpuecs_tui.wizard.directory_status.inspect",
        lambda _directory: DirectoryStatus(engine="Terraform 1.11.4"),
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
