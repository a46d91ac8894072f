"""The age of account data: that of the oldest list, without lists that were not read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.widgets.base import age
from tests.support.picture_stacks import account, subnets


def test_the_oldest_list_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    read = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    monkeypatch.setattr(age, "now", lambda: read + timedelta(minutes=4, seconds=10))
    facts = replace(
        account(subnets(1)),
        vpcs=Known((), "ec2:DescribeVpcs", read),
        subnets=Known((), "ec2:DescribeSubnets", read + timedelta(minutes=3)),
    )
    assert age.age_text(facts) == "read 4 min ago"


def test_what_was_not_read_has_no_age() -> None:
    assert age.age_text(None) == age.age_text(AccountFacts(region="us-east-1")) == ""


def test_a_list_says_its_age_in_minutes_and_how_it_is_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    monkeypatch.setattr(age, "now", lambda: read + timedelta(minutes=3, seconds=59))
    assert age.age_line(read) == "read 3 min ago · Ctrl+R reads again"
    assert age.age_line(read - timedelta(hours=10)) == "read 10 h 3 min ago · Ctrl+R reads again"
    assert age.age_line(read + timedelta(minutes=3)) == "read just now · Ctrl+R reads again"
    assert age.age_line(None) == ""
