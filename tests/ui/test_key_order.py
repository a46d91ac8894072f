"""Keys that come in one burst, as over a slow link, take effect in their order."""

from __future__ import annotations

from textual import events

from tests.ui import fakes
from tests.ui.conftest import Open, settle, until
from tests.ui.test_walk import go_to, step, wizard


async def burst(pilot: object, *keys: str) -> None:
    """Put keys into the app's queue at once, without waiting for any."""
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
        # What the account suggests meanwhile was not typed.
        typed = set(wizard(pilot).texts) - set(wizard(pilot).suggested)
        assert typed == {"stack.region", "stack.name"}


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
