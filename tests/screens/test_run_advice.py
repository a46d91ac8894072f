"""Facts that the run screen reads: credentials before an apply, the state after a failed run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from gpuecs_tui.assessment import credentials as credentials_check
from gpuecs_tui.assessment.credentials import CredentialCheck
from gpuecs_tui.aws.credential_life import CredentialLife
from gpuecs_tui.screens.state import StateScreen
from gpuecs_tui.terraform.runs.apply_estimate import Expected
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.widgets.base.confirm import Confirm
from tests.support import fakes
from tests.support.screens.driving import settle, until
from tests.support.screens.run_screen import keys, on_run_screen, said
from tests.support.terraform.apply_events import hook
from tests.support.terraform.fake_engine import stream
from tests.support.terraform.run_folders import stage

ENDS = datetime(2031, 1, 1, tzinfo=UTC)


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, float]]:
    """A reader whose credentials last ``left`` minutes, for an apply of 20."""
    given = {"left": 60.0}

    def check(_run: object, _reader: object) -> CredentialCheck:
        needed = Expected(timedelta(minutes=20), False)
        asked_at = ENDS - timedelta(minutes=given["left"])
        return CredentialCheck(CredentialLife(ENDS, False, True), needed, asked_at)

    # No other part of the product uses this reader.
    monkeypatch.setattr(fakes.FakeFeed, "reader", object())
    monkeypatch.setattr(fakes.FakeFeed, "price", lambda *_asked: None)
    monkeypatch.setattr(credentials_check, "check_credentials", check)
    yield given


async def question(pilot: Pilot[int]) -> str:
    await settle(pilot)
    await pilot.press("a")
    await settle(pilot)
    assert isinstance(pilot.app.screen, Confirm)
    return str(pilot.app.screen.query_one("#lines Static", Static).render())


@pytest.mark.parametrize(
    ("left", "words", "grave"),
    [(60, "Credentials expire in 1 h 0 min.", False), (12, "expire in 12 min, but this", True)],
)
async def test_an_approval_says_how_long_the_credentials_last(
    directory: Path, credentials: dict[str, Any], left: float, words: str, grave: bool
) -> None:
    credentials["left"] = left
    stage(directory, RunStatus.PLANNED, stream("plan-change"), changes=(1, 0, 0))
    async with on_run_screen(directory) as pilot:
        assert words in await question(pilot)
        assert pilot.app.screen.has_class("-grave") is grave
        await pilot.press("escape")


async def test_the_end_of_the_credentials_goes_with_an_approval(
    directory: Path, credentials: dict[str, Any]
) -> None:
    run = stage(directory, RunStatus.PLANNED, stream("plan-change"), changes=(1, 0, 0))
    async with on_run_screen(directory) as pilot:
        await question(pilot)
        await pilot.press("y")
        # A staged plan applies nothing: this test is about the written decision.
        await until(pilot, lambda: run.refresh().credentials_end is not None)
        assert run.refresh().credentials_end == ENDS


async def test_an_approval_without_that_knowledge_is_asked_all_the_same(directory: Path) -> None:
    stage(directory, RunStatus.PLANNED, stream("plan-change"), changes=(1, 0, 0))
    async with on_run_screen(directory) as pilot:
        assert "It is unknown when the credentials expire." in await question(pilot)
        await pilot.press("escape")


async def test_after_a_bad_end_the_state_is_one_key_away(directory: Path) -> None:
    stage(directory, RunStatus.CANCELLED, [hook("aws_lb.this", "start")])
    async with on_run_screen(directory) as pilot:
        await until(pilot, lambda: "1 creation was interrupted" in said(pilot))
        assert "S state" in keys(pilot)
        await pilot.press("S")
        await settle(pilot)
        assert isinstance(pilot.app.screen, StateScreen)


async def test_after_a_good_end_nothing_is_said(directory: Path) -> None:
    stage(directory, RunStatus.SUCCEEDED, message="Applied.")
    async with on_run_screen(directory) as pilot:
        assert "S state" not in keys(pilot)
