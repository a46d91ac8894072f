"""Rules about the scalable target of a running service."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gpuecs_tui.aws.reading import Reading, Unknown
from gpuecs_tui.aws.service.live_count import LiveCount, service_id
from gpuecs_tui.checks import Finding, check
from gpuecs_tui.stack.fields import Value
from tests.support.small_account import ACCOUNT, NOW, account, known, stack

ARN = f"arn:aws:ecs:us-east-1:{ACCOUNT}:service/llm/llm"
TWO = LiveCount(ARN, 2, 2, (1, 4))
SCALED: dict[str, Value] = {"autoscaling__enabled": True, "autoscaling__max_tasks": 4}


def found_in(
    rule: str,
    live: Reading[LiveCount | None],
    owned: frozenset[str] | None = None,
    **changes: Value,
) -> list[Finding]:
    facts = account()
    lookups = replace(facts.lookups, live_counts={service_id("llm", "llm"): live})
    wanted = stack(**{**SCALED, **changes})
    found = check(wanted, replace(facts, lookups=lookups), owned=owned, now=NOW)
    return [it for it in found if it.rule == rule]


@pytest.mark.parametrize(
    ("live", "words"),
    [
        (TWO, ""),
        (replace(TWO, is_suspended=True, desired=0), "is suspended, so neither"),
        (replace(TWO, desired=0), "desired count of 0, below the minimum of its scalable target"),
        (replace(TWO, desired=1), ""),
        (replace(TWO, desired=0, scaled=(0, 4)), ""),
        (replace(TWO, desired=0, scaled=None), ""),
        (None, ""),
    ],
)
def test_scaling_suspended(live: LiveCount | None, words: str) -> None:
    found = found_in("scaling-suspended", known(live))
    assert [it.severity for it in found] == ["warning"] * bool(words)
    assert all(words in it.message for it in found)
    # Without task scaling of the stack, and for a service of another stack, no finding.
    assert found_in("scaling-suspended", known(live), autoscaling__enabled=False) == []
    assert found_in("scaling-suspended", known(live), frozenset({"other"})) == []


def test_scaling_suspended_is_unknown_if_the_target_was_not_read() -> None:
    denied = Unknown("ecs:DescribeServices", "not allowed to call it", "")
    (found,) = found_in("scaling-suspended", denied)
    assert found.severity == "unknown" and "is suspended" in found.message
