"""Keys that arrive in one burst, as over a slow link, take effect in their order."""

from __future__ import annotations

import asyncio
import time

import pytest
from textual import events

from gpuecs_tui.widgets.form.field import FormField
from gpuecs_tui.widgets.terminal import key_order
from tests.support import fakes
from tests.support.screens.driving import Open, settle, until
from tests.support.screens.form_screens import go_to, step, wizard

BLOCKED_SECONDS = 0.1
BLOCKS = 3
"""How long and how often a slow machine blocks at one key."""


async def burst(pilot: object, *keys: str) -> None:
    """Put keys into the app's queue together, without waiting for any of them."""
    app = pilot.app  # type: ignore[attr-defined]  # a Pilot's
    for key in keys:
        character = key if len(key) == 1 else None
        app.post_message(events.Key(key, character))


async def test_a_burst_fills_several_fields(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await burst(pilot, "enter", "tab", *"us-east-1", "tab", *"llama", "ctrl+n")
        await until(pilot, lambda: wizard(pilot).step == "network")
        await settle(pilot)
        assert wizard(pilot).texts["stack.region"] == "us-east-1"
        assert wizard(pilot).texts["stack.name"] == "llama"
        # Values that the account suggested meanwhile were not typed.
        typed = set(wizard(pilot).texts) - set(wizard(pilot).suggested)
        assert typed == {"stack.region", "stack.name"}


async def test_a_paste_waits_for_the_keys_before_it(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await burst(pilot, "enter", "tab", "tab")
        pilot.app.post_message(events.Paste("llama\n"))
        await burst(pilot, "x")
        await until(pilot, lambda: "llama" in "".join(wizard(pilot).texts.values()))
        await settle(pilot)
        assert wizard(pilot).texts["stack.name"] == "llamax"


async def test_a_burst_goes_through_a_list_and_on(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "network", network__vpc_id="", network__instance_subnet_ids="")
        await burst(pilot, "enter", *"prod", "enter", "down", "enter", *"private", "space", "enter")
        await until(pilot, lambda: bool(wizard(pilot).text("network.instance_subnet_ids")))
        assert wizard(pilot).text("network.vpc_id") == fakes.VPC
        assert wizard(pilot).text("network.instance_subnet_ids") == fakes.SUBNETS[0]


async def test_what_is_typed_behind_a_refusal_stays_in_the_step(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "account", stack__name="")
        await burst(pilot, "ctrl+n", *"llama", "ctrl+n", "x")
        await until(pilot, lambda: wizard(pilot).step == "network")
        await until(pilot, lambda: wizard(pilot).text("network.vpc_id").endswith("x"))
        assert wizard(pilot).text("stack.name") == "llama"
        assert step(pilot) == "network"


async def test_keys_wait_for_a_screen_however_slow_the_machine_is(
    open_wizard: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each block is longer than all turns together: only turns that a widget really had count."""
    monkeypatch.setattr(key_order, "TURN_SECONDS", BLOCKED_SECONDS / key_order.TURNS / 2)

    async def slow(_field: FormField, event: events.Key) -> None:
        if event.key == "tab":
            for _block in range(BLOCKS):
                time.sleep(BLOCKED_SECONDS)
                await asyncio.sleep(0)

    monkeypatch.setattr(FormField, "on_key", slow, raising=False)
    async with open_wizard() as pilot:
        await burst(pilot, "enter", "tab", "tab", *"llama")
        await until(pilot, lambda: "a" in "".join(wizard(pilot).texts.values()))
        await settle(pilot)
        assert wizard(pilot).texts["stack.name"] == "llama"
