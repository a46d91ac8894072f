"""Rule container-insights at its boundaries."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gpuecs_tui.aws.reading import Reading
from tests.checks.network.networks import DENIED
from tests.support.small_account import account, findings, known, stack


@pytest.mark.parametrize(
    ("reading", "wanted", "severities", "says"),
    [
        (known("enabled"), "account", ["warning"], "or to on"),
        (known("enhanced"), "account", ["warning"], "or to enhanced"),
        (known("disabled"), "account", [], ""),
        (known(""), "account", [], ""),
        (known("enabled"), "off", [], ""),
        (known("enabled"), "on", [], ""),
        (DENIED, "account", ["unknown"], ""),
        (None, "account", [], ""),
    ],
)
def test_container_insights(
    reading: Reading[str] | None, wanted: str, severities: list[str], says: str
) -> None:
    facts = account()
    there = {} if reading is None else {stack().names.cluster: reading}
    facts = replace(facts, lookups=replace(facts.lookups, cluster_insights=there))
    found = findings(facts, fleet__container_insights=wanted)
    of_it = [it for it in found if it.rule == "container-insights"]
    assert [it.severity for it in of_it] == severities
    assert all(says in it.remedy for it in of_it)
