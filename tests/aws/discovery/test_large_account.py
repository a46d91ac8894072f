"""An account with thousands of resources is read page by page, and the read can be ended between
pages."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from gpuecs_tui.aws.discovery.account import read_account
from gpuecs_tui.aws.discovery.lookups import read_images
from gpuecs_tui.aws.discovery.network import read_security_groups, read_subnets
from gpuecs_tui.aws.prices import LANES, SPOT_HISTORY, read_prices
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.aws.session import AccountReader, Closed
from tests.support.aws import large_account as large
from tests.support.aws.stub import Answer, Stub

PAGE = 20
"""Maximum number of items that the account returns per page, whatever is requested."""
LISTS: dict[str, Callable[[AccountReader], Any]] = {
    "ec2:DescribeSubnets": read_subnets,
    "ec2:DescribeSecurityGroups": read_security_groups,
    "ecr:DescribeImages": lambda reader: read_images(reader, large.REPOSITORY),
    SPOT_HISTORY: lambda reader: read_prices(reader, large.TYPES[:1]),
}


def test_every_page_is_read_once(stub: Stub, reader: AccountReader) -> None:
    stub.answers.update(large.answers(PAGE))
    facts = read_account(reader)
    assert isinstance(facts.subnets, Known) and isinstance(facts.security_groups, Known)
    assert len({it.id for it in facts.subnets.value}) == large.SUBNETS
    assert len({it.id for it in facts.security_groups.value}) == large.GROUPS
    images = read_images(reader, large.REPOSITORY)
    assert isinstance(images, Known) and images.value is not None
    assert len({it.tag for it in images.value}) == large.IMAGES
    for name, items in (
        ("ec2:DescribeSubnets", large.SUBNETS),
        ("ec2:DescribeSecurityGroups", large.GROUPS),
        ("ecr:DescribeImages", large.IMAGES),
    ):
        assert stub.calls.count(name) == items / PAGE, name


def test_spot_prices_come_in_pages_for_several_types_a_call(
    stub: Stub, reader: AccountReader
) -> None:
    # The pages are as large as requested.
    stub.answers.update(large.answers(large.PRICES))
    prices = read_prices(reader, large.TYPES)
    for name in large.TYPES:
        spot = prices.spot_of(name)
        assert isinstance(spot, Known) and {it.zone for it in spot.value} == set(large.ZONES)
    # One page for the first type, and one for each lane of the other types: none has more than
    # 1,000 items.
    assert stub.calls.count(SPOT_HISTORY) == 1 + LANES


@pytest.mark.parametrize("name", LISTS)
def test_who_leaves_asks_for_no_further_page(
    name: str, empty: Stub, reader: AccountReader, hasty: None
) -> None:
    pages = large.answers(PAGE)[name]

    def closing_at_the_second(body: bytes) -> Answer:
        if empty.calls.count(name) == 2:
            reader.close()
        return pages(body)

    empty.answers[name] = closing_at_the_second
    before = set(threading.enumerate())
    with pytest.raises(Closed):
        LISTS[name](reader)
    # The wait for the reader's threads is over, possibly before they requested the next page.
    for thread in set(threading.enumerate()) - before:
        if thread.name.startswith("aws-"):
            thread.join()
    assert empty.calls.count(name) == 2


def test_a_reader_that_was_left_asks_for_no_first_page(empty: Stub, reader: AccountReader) -> None:
    empty.answers.update(large.answers(PAGE))
    read_subnets(reader)
    asked = len(empty.calls)
    reader.close()
    with pytest.raises(Closed):
        read_subnets(reader)
    assert len(empty.calls) == asked
