"""Reading prices: from the demo account, after refusals, and from unusual responses."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from gpuecs_tui.aws.prices import read_prices
from gpuecs_tui.aws.prices_facts import Prices
from gpuecs_tui.aws.reading import Known, Unknown
from gpuecs_tui.aws.session import AccountReader, connect
from gpuecs_tui.demo.model.prices import LABEL
from tests.support.aws.stub import Answer, Stub

TYPES = ["g4dn.xlarge", "g5.xlarge", "g3.4xlarge"]


def test_every_price_of_a_stack(stub: Stub, reader: AccountReader) -> None:
    told: list[Prices] = []
    prices = read_prices(reader, TYPES, told.append)
    assert set(told[0].on_demand) == {"g4dn.xlarge"} and isinstance(told[0].load_balancer, Known)
    found = prices.of("g4dn.xlarge")
    assert isinstance(found, Known) and found.source == "pricing:GetProducts"
    assert found.value.usd == Decimal("0.526") and found.value.since == date(2026, 11, 1)
    assert found.value.note == LABEL
    others = {
        name: getattr(prices, name)
        for name in (
            "load_balancer",
            "load_balancer_use",
            "volume",
            "nat_gateway",
            "nat_data",
            "vpc_endpoint",
            "vpc_endpoint_data",
        )
    }
    usd = {name: it.value.usd for name, it in others.items()}
    assert usd == {
        "load_balancer": Decimal("0.0225"),
        "load_balancer_use": Decimal("0.008"),
        "volume": Decimal("0.08"),
        "nat_gateway": Decimal("0.045"),
        "nat_data": Decimal("0.045"),
        "vpc_endpoint": Decimal("0.01"),
        "vpc_endpoint_data": Decimal("0.01"),
    }
    assert isinstance(prices.public_address, Known)
    unpriced = prices.of("g3.4xlarge")
    assert isinstance(unpriced, Unknown) and "no price" in unpriced.reason
    assert isinstance(prices.of("g6.xlarge"), Unknown)


def test_spot_by_zone_with_its_range(stub: Stub, reader: AccountReader) -> None:
    prices = read_prices(reader, TYPES)
    every, one = prices.spot_of("g4dn.xlarge"), prices.spot_of("g4dn.xlarge", ["us-east-1a"])
    assert isinstance(every, Known) and isinstance(one, Known)
    assert [it.zone for it in one.value] == ["us-east-1a"] and len(every.value) >= 3
    for it in every.value:
        assert it.low <= it.usd <= it.high < Decimal("0.526") and it.low > 0


def test_a_refusal_is_unknown_and_never_nothing(
    stub: Stub, reader: AccountReader, hasty: None
) -> None:
    stub.faults = dict.fromkeys(
        ("pricing:GetProducts", "ec2:DescribeSpotPriceHistory"), "AccessDeniedException"
    )
    prices = read_prices(reader, TYPES)
    for reading in (prices.of("g4dn.xlarge"), prices.volume, prices.load_balancer):
        assert isinstance(reading, Unknown)
        assert reading.reason == "not allowed to call pricing:GetProducts"
    spot = prices.spot_of("g5.xlarge")
    assert isinstance(spot, Unknown) and spot.call == "ec2:DescribeSpotPriceHistory"


def _listing(*usd: str, usage: str = "BoxUsage") -> Callable[[bytes], Answer]:
    def product(price: str) -> str:
        dimension = {"unit": "Hrs", "beginRange": "0", "pricePerUnit": {"USD": price}}
        term = {"effectiveDate": "2026-10-01T00:00:00Z", "priceDimensions": {"d": dimension}}
        attributes = {"usagetype": usage}
        tree = {"product": {"attributes": attributes}, "terms": {"OnDemand": {"t": term}}}
        return json.dumps(tree)

    body = json.dumps({"PriceList": [product(price) for price in usd]}).encode()
    return lambda _body: (200, "application/x-amz-json-1.1", body)


@pytest.mark.parametrize(
    ("usd", "found"),
    [
        (("0.5",), Decimal("0.5")),
        (("0.5", "0.0000000000"), Decimal("0.5")),  # an hour of an unused reservation costs nothing
        (("0.5", "0.50"), Decimal("0.5")),
        (("0.5", "0.6"), "several prices"),
        (("0.0",), "no price"),
        (("abc",), "could not be parsed"),
    ],
)
def test_one_price_or_none(
    empty: Stub, reader: AccountReader, usd: tuple[str, ...], found: Decimal | str
) -> None:
    empty.answers["pricing:GetProducts"] = _listing(*usd)
    reading = read_prices(reader, ["g5.xlarge"]).of("g5.xlarge")
    if isinstance(found, Decimal):
        assert isinstance(reading, Known) and reading.value.usd == found
    else:
        assert isinstance(reading, Unknown) and found in reading.reason


@pytest.mark.parametrize(
    ("usage", "known"),
    [
        ("LoadBalancerUsage", True),
        ("EU-LoadBalancerUsage", True),
        ("USW2-LoadBalancerUsage", True),
        ("TS-LoadBalancerUsage", False),
        ("USE1-TS-LoadBalancerUsage", False),
    ],
)
def test_usage_types_of_regions(
    empty: Stub, reader: AccountReader, usage: str, known: bool
) -> None:
    empty.answers["pricing:GetProducts"] = _listing("0.0225", usage=usage)
    assert isinstance(read_prices(reader, []).load_balancer, Known) is known


def test_other_partitions_are_not_asked(empty: Stub) -> None:
    reader = connect("", "cn-north-1")
    try:
        prices = read_prices(reader, [])
    finally:
        reader.close()
    assert isinstance(prices.volume, Unknown) and "cn-north-1" in prices.volume.reason
    assert "pricing:GetProducts" not in empty.calls
