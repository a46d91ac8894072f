"""Prices and cost as the wizard shows them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from gpuecs_tui.app import WizardApp
from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.facts import AccountFacts, Offering
from gpuecs_tui.aws.prices_facts import Price, Prices, SpotPrice
from gpuecs_tui.widgets.base.modal import DetailModal
from gpuecs_tui.widgets.base.text_pane import TextPane
from gpuecs_tui.widgets.picker.choice_list import ChoiceList
from gpuecs_tui.widgets.step.help_bar import Wrapped
from gpuecs_tui.wizard.account_feed import PricesRead
from tests.support import fakes
from tests.support.fakes import known
from tests.support.screens.driving import Open, settle, type_text, until
from tests.support.screens.form_screens import go_to
from tests.support.screens.pictures import SIZES, picture
from tests.support.screens.shown import line_of

DAY = date(2026, 11, 1)


def price(usd: str) -> Any:
    return known(Price(Decimal(usd), DAY))


PRICES = Prices(
    on_demand={"g4dn.xlarge": price("0.5"), "g5.xlarge": price("1"), "g5.12xlarge": price("6")},
    spot={
        "g4dn.xlarge": known(
            (SpotPrice("us-east-1a", Decimal("0.2"), Decimal("0.1"), Decimal("0.3")),)
        )
    },
    load_balancer=price("0.02"),
    load_balancer_use=price("0.008"),
    volume=price("0.073"),
    nat_gateway=price("0.045"),
    nat_data=price("0.045"),
    public_address=price("0.005"),
)


def priced() -> AccountFacts:
    return replace(fakes.facts(gpu_instances=known(())), prices=PRICES)


def live(pilot: Pilot[int]) -> str:
    return line_of(pilot.app.screen.query_one("#live", Wrapped))


async def test_prices_come_after_the_account(open_wizard: Open) -> None:
    async with open_wizard() as pilot:
        await go_to(pilot, "fleet")
        assert "Price unknown: not loaded yet." in live(pilot)
        pilot.app.post_message(PricesRead(PRICES))
        await settle(pilot)
        assert "$0.53/h ($387/month); min $0.02, deployment $1.04, max $1.04" in live(pilot)
        assert "as of 2026-11-01" in live(pilot)


async def test_cost_follows_the_sizes(open_wizard: Open) -> None:
    async with open_wizard(account=priced()) as pilot:
        await go_to(pilot, "fleet", fleet__max_size="3")
        await until(pilot, lambda: "max $1.55" in live(pilot))
        assert isinstance(pilot.app, WizardApp)
        pilot.app.wizard.put("fleet.market", "spot")
        pilot.app.show_wizard()
        await until(pilot, lambda: "$0.13–0.33/h" in live(pilot))


async def test_the_list_is_sifted_by_memory_and_price(open_wizard: Open) -> None:
    async with open_wizard(account=priced()) as pilot:
        await go_to(pilot, "fleet", fleet__instance_type="")
        await pilot.press("enter")
        await settle(pilot)
        found = pilot.app.screen.query_one(ChoiceList)
        await pilot.press("greater_than_sign", "equals_sign")
        await type_text(pilot, "24gb")
        assert found.wanted == ">=24gb" and found.row is not None
        assert found.row.id == "g5.xlarge" and "Quota allows 16" in found.row.detail
        await pilot.press("space", "less_than_sign", "2", "dollar_sign", "enter")
        await settle(pilot)
        assert isinstance(pilot.app, WizardApp)
        assert pilot.app.wizard.text("fleet.instance_type") == "g5.xlarge"


async def test_the_list_is_sorted_by_keys(open_wizard: Open) -> None:
    async with open_wizard(account=priced()) as pilot:
        await go_to(pilot, "fleet", fleet__instance_type="")
        await pilot.press("enter")
        await settle(pilot)
        found = pilot.app.screen.query_one(ChoiceList)
        assert found.order == "type" and found.row is not None and found.row.id == "g4dn.xlarge"
        await pilot.press("right", "right")
        assert found.order == "GPU memory" and found.row.id == "g4dn.xlarge"
        await pilot.press("left", "down", "down")
        assert found.order == "price" and found.row.id == "g5.12xlarge"
        await pilot.press("down")
        assert found.row.id == "g5g.xlarge", "what can't be chosen stays below"
        await type_text(pilot, "zones g5.")
        assert found.row is not None and "sorted by price" in line_of(
            pilot.app.screen.query_one("#filter")
        )
        assert "Memory available to ECS: 15794 MiB, measured" in found.row.detail
        assert any("ECS support is documented: the ECS" in line for line in found.row.more)


async def test_two_types_side_by_side(open_wizard: Open) -> None:
    async with open_wizard(account=priced()) as pilot:
        await go_to(pilot, "fleet", fleet__instance_type="")
        await pilot.press("enter")
        await settle(pilot)
        picker = pilot.app.screen
        await pilot.press("tab")
        assert "tab compare with g4dn.xlarge" in line_of(picker.query_one("#keys"))
        await pilot.press("tab")
        assert pilot.app.screen is picker and "compare with" not in line_of(
            picker.query_one("#keys")
        )
        await pilot.press("tab", "down", "tab")
        await settle(pilot)
        assert isinstance(pilot.app.screen, DetailModal)
        await pilot.press("escape", "question_mark")
        await settle(pilot)
        assert isinstance(pilot.app.screen, DetailModal)
        await pilot.press("escape")
        assert pilot.app.screen is picker


async def test_the_widest_screen_has_all_columns_and_the_bar_hides_none(open_wizard: Open) -> None:
    types = catalogue.load().value
    account = replace(
        priced(),
        instance_types=known(types),
        offerings=known(tuple(Offering(it.name, fakes.ZONES) for it in types)),
    )
    async with open_wizard(size=(120, 40), account=account) as pilot:
        await go_to(pilot, "fleet", fleet__instance_type="")
        await pilot.press("enter")
        await settle(pilot)
        found = pilot.app.screen.query_one(ChoiceList)
        for heading in ("Registers MiB", "Spot $/h", "Left"):
            assert heading in found.heading()
        assert cell_len(found.heading()) <= found.scrollable_content_region.width
        assert found.show_vertical_scrollbar


async def test_the_review_has_a_page_of_it(open_wizard: Open) -> None:
    async with open_wizard(account=priced()) as pilot:
        await go_to(pilot, "review")
        await pilot.press("6")
        text = pilot.app.screen.query_one("#cost", TextPane).text
        row = "at desired count, 1 instance $0.53 per hour $386.90 per month"
        assert row in " ".join(text.split())
        assert "each instance: $0.50 per hour (a test, 2026-11-01)" in text


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(
    ("place", "press"),
    [("fleet", ()), ("fleet", ("enter",)), ("review", ("6",))],
    ids=["sizes", "types", "review"],
)
def test_pictures(
    snap_compare: Any,
    stack_directory: Path,
    size: tuple[int, int],
    place: str,
    press: tuple[str, ...],
) -> None:
    assert picture(snap_compare, stack_directory, size, place, *press, account=priced())
