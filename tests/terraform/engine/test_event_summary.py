"""The counts of a plan, from real Terraform's events."""

from __future__ import annotations

from gpuecs_tui.terraform.engine.event_summary import counts
from gpuecs_tui.terraform.engine.events import Decoder
from tests.support.terraform.fake_engine import stream


def test_a_plan_counts_the_resources_that_it_refreshed() -> None:
    decoder = Decoder()
    lines = list(stream("plan-change"))
    refreshed = {line for line in lines if '"refresh_start"' in line}
    found = counts([decoder.decode(line) for line in lines])
    assert found["existing"] == len(refreshed) > 0
    created = counts([decoder.decode(line) for line in lines if "refresh" not in line])
    assert created == {**found, "existing": 0}
