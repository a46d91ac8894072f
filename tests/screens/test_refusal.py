"""The reason why "next" was refused is shown exactly as long as it applies."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from gpuecs_tui.widgets.step.help_bar import HelpBar
from gpuecs_tui.wizard.account_feed import AccountRead, IdentityRead
from tests.support import fakes
from tests.support.screens.driving import Open, settle
from tests.support.screens.form_screens import begin, step, wizard


def said(pilot: Pilot[int]) -> str:
    return pilot.app.screen.query_one(HelpBar).render().plain


async def test_a_refusal_goes_once_the_account_has_filled_the_fields(
    open_wizard: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start_slowly(feed: fakes.FakeFeed, profile: str, region: str) -> None:
        feed.started.append((profile, region))
        assert feed.post is not None
        feed.post(IdentityRead(fakes.IDENTITY))

    monkeypatch.setattr(fakes.FakeFeed, "start", start_slowly)
    async with open_wizard() as pilot:
        await begin(pilot)
        wizard(pilot).put("stack.region", fakes.REGION)
        await pilot.press("ctrl+n")
        await settle(pilot)
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert step(pilot) == "network"
        assert said(pilot).startswith("Fix 3 fields to continue, first: VPC.")
        facts = fakes.facts()
        pilot.app.post_message(AccountRead(facts))
        await settle(pilot)
        assert wizard(pilot).text("network.vpc_id") == fakes.VPC
        assert "to continue" not in said(pilot)
        # Another refusal also shows its present count.
        wizard(pilot).put("network.vpc_id", "vpc-?")
        wizard(pilot).put("network.ingress_cidrs", "10.0.0.0/99")
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert said(pilot).startswith("Fix 2 fields to continue, first: VPC.")
        wizard(pilot).put("network.vpc_id", fakes.VPC)
        pilot.app.post_message(AccountRead(replace(facts, vpcs=facts.vpcs)))
        await settle(pilot)
        assert said(pilot).startswith("Fix 1 field to continue: Allowed addresses.")
