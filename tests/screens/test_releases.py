"""A deployment strategy that the AWS provider of this machine doesn't know, with keys only."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from gpuecs_tui.stack.provider import Mirrored
from gpuecs_tui.terraform.engine import mirror
from gpuecs_tui.widgets.step.screen import StepScreen
from tests.support.screens.driving import Open, settle
from tests.support.screens.form_screens import (
    begin,
    focused_key,
    go_to,
    shown,
    wizard,
)

STRATEGY, MINIMUM, NETWORK = (
    "service.deployment_strategy",
    "stack.provider_minimum",
    "task.network_mode",
)


def provided(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr(mirror, "mirrored", lambda *_given: Mirrored("/mirror", (version,)))


def said(pilot: Pilot[int], key: str) -> str:
    """Return what a field shows, without its line ends."""
    return " ".join(shown(pilot, key).split())


async def focus(pilot: Pilot[int], key: str) -> None:
    assert isinstance(pilot.app.screen, StepScreen)
    pilot.app.screen.go_to_key(key)
    await settle(pilot)
    assert focused_key(pilot) == key


async def test_the_key_goes_back_to_rolling_if_the_mirror_has_no_later_provider(
    open_wizard: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    provided(monkeypatch, "5.100.0")
    async with open_wizard() as pilot:
        await begin(pilot)
        await go_to(pilot, "task", service__deployment_strategy="blue_green")
        await focus(pilot, STRATEGY)
        assert "/mirror has 5.100.0" in said(pilot, STRATEGY)
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert wizard(pilot).text(STRATEGY) == "rolling"
        assert "/mirror" not in said(pilot, STRATEGY)


async def test_the_keys_raise_the_constraint_and_choose_awsvpc(
    open_wizard: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    provided(monkeypatch, "6.62.0")
    async with open_wizard() as pilot:
        await begin(pilot)
        await go_to(
            pilot,
            "task",
            service__deployment_strategy="blue_green",
            stack__provider_minimum="5.100.0",
        )
        await focus(pilot, STRATEGY)
        assert "the stack allows 5.100.0" in said(pilot, STRATEGY)
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert wizard(pilot).text(MINIMUM) == "6.4.0"
        assert "allows 5.100.0" not in said(pilot, STRATEGY)
        await focus(pilot, NETWORK)
        assert "awsvpc" in said(pilot, NETWORK)
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert wizard(pilot).text(NETWORK) == "awsvpc"
