"""Reads prices: On-Demand from the AWS price list, Spot from EC2's price history.

The filters are those of docs/aws.md, "Prices". One call reads one type, because AWS documents no
request for several types that works everywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from gpuecs_tui.aws.discovery.account import as_they_come
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.prices_facts import PRICE_LIST, Price, Prices, SpotPrice
from gpuecs_tui.aws.reading import Known, Reading, Unknown
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.partitions import AWS, partition_of

SPOT_HISTORY = "ec2:DescribeSpotPriceHistory"
SPOT_DAYS = timedelta(days=7)
SPOT_PRODUCT = "Linux/UNIX"
SPOT_PAGE = {"PageSize": 1000}
"""The largest page of ec2:DescribeSpotPriceHistory."""
LANES = 6
"""Types that are read in parallel: the price list throttles sooner than EC2 does."""

MACHINE = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
}

_REGION_PREFIX = r"(?:EU-|[A-Z]{3}\d-)?"
"""The prefix of usage types in most Regions: EU-, USW2-, APN1-, …"""


@dataclass(frozen=True, slots=True)
class _Product:
    service: str
    filters: Mapping[str, str]
    usage: str
    """The usage type without its Region, as a regular expression."""


_PRODUCTS = {
    "load_balancer": _Product(
        "AWSELB", {"productFamily": "Load Balancer-Application"}, "LoadBalancerUsage"
    ),
    "load_balancer_use": _Product(
        "AWSELB", {"productFamily": "Load Balancer-Application"}, "LCUUsage"
    ),
    "volume": _Product(
        "AmazonEC2",
        {"productFamily": "Storage", "volumeApiName": "gp3"},
        r"EBS:VolumeUsage\.gp3",
    ),
    "nat_gateway": _Product("AmazonEC2", {"productFamily": "NAT Gateway"}, "NatGateway-Hours"),
    "nat_data": _Product("AmazonEC2", {"productFamily": "NAT Gateway"}, "NatGateway-Bytes"),
    "public_address": _Product(
        "AmazonVPC", {"group": "VPCPublicIPv4Address"}, "PublicIPv4:InUseAddress"
    ),
    "vpc_endpoint": _Product("AmazonVPC", {"productFamily": "VpcEndpoint"}, "VpcEndpoint-Hours"),
    "vpc_endpoint_data": _Product(
        "AmazonVPC", {"productFamily": "VpcEndpoint"}, "VpcEndpoint-Bytes"
    ),
    "alarm": _Product("AmazonCloudWatch", {"productFamily": "Alarm"}, "CW:AlarmMonitorUsage"),
    "metric": _Product("AmazonCloudWatch", {"productFamily": "Metric"}, "CW:MetricMonitorUsage"),
}
"""Field of Prices → its product in the price list."""


def read_prices(
    reader: AccountReader,
    names: Sequence[str],
    on_progress: Callable[[Prices], None] | None = None,
) -> Prices:
    """Read the prices of the types ``names`` and of everything else in a stack, in parallel.

    The first name is read first, and ``on_progress`` is called as soon as a stack of that type can
    be priced. Each price that can't be read is Unknown. Raises Closed once the reader is closed.
    """
    first = _merged(reader, _jobs(reader, names[:1], others=True), Prices())
    if on_progress:
        on_progress(first)
    return _merged(reader, _jobs(reader, names[1:], others=False), first)


def _jobs(
    reader: AccountReader, names: Sequence[str], *, others: bool
) -> dict[str, Callable[[], dict[str, Any]]]:
    """Return jobs; the result of each fills some fields of Prices."""
    jobs: dict[str, Callable[[], dict[str, Any]]] = {}
    for lane in range(min(LANES, len(names))):
        own = names[lane::LANES]
        jobs[f"on_demand {lane}"] = partial(_on_demand, reader, own)
        jobs[f"spot {lane}"] = partial(_spot, reader, own)
    if others:
        for name in _PRODUCTS:
            jobs[name] = partial(_other, reader, name)
    return jobs


def _merged(
    reader: AccountReader, jobs: Mapping[str, Callable[[], dict[str, Any]]], prices: Prices
) -> Prices:
    for _key, found in as_they_come(reader, jobs):
        for name, value in found.items():
            before = getattr(prices, name)
            merged = {**before, **value} if isinstance(value, dict) else value
            filled: dict[str, Any] = {name: merged}
            prices = replace(prices, **filled)
    return prices


def _on_demand(reader: AccountReader, names: Iterable[str]) -> dict[str, Any]:
    return {"on_demand": {name: read_on_demand(reader, name) for name in names}}


def read_on_demand(reader: AccountReader, name: str) -> Reading[Price]:
    """Return the price of one hour of an instance type, with Linux and shared tenancy."""
    filters = {"instanceType": name, **MACHINE}
    return _one(reader, "AmazonEC2", filters, "")


def read_other(reader: AccountReader, name: str) -> Reading[Price]:
    """Return the price of one product; ``name`` is its field of Prices, such as ``volume``."""
    product = _PRODUCTS[name]
    return _one(reader, product.service, product.filters, product.usage)


def _other(reader: AccountReader, name: str) -> dict[str, Any]:
    return {name: read_other(reader, name)}


def _one(
    reader: AccountReader, service: str, filters: Mapping[str, str], usage: str
) -> Reading[Price]:
    """Return the only price in the list for ``filters``; Unknown if there is none or several."""
    # Credentials of another partition can't call the public price list.
    if partition_of(reader.region) != AWS:
        reason = _("the public price list is not available from {region}").format(
            region=reader.region
        )
        return Unknown(PRICE_LIST, reason, "")
    asked = [
        {"Type": "TERM_MATCH", "Field": field, "Value": value}
        for field, value in {"regionCode": reader.region, **filters}.items()
    ]
    try:
        products = reader.items(
            "pricing", "GetProducts", "PriceList", ServiceCode=service, Filters=asked
        )
        found = {price.usd: price for text in products for price in _prices_in(text, usage)}
    except AwsProblem as problem:
        return problem.as_unknown()
    except (KeyError, TypeError, AttributeError, ValueError, InvalidOperation) as error:
        reason = _("the response to {call} could not be parsed ({error})").format(
            call=PRICE_LIST, error=repr(error)
        )
        return Unknown(PRICE_LIST, reason, "")
    if len(found) != 1:
        return Unknown(PRICE_LIST, _not_one(usage, reader.region, several=bool(found)), "")
    return Known(next(iter(found.values())), PRICE_LIST, datetime.now(UTC))


def _not_one(usage: str, region: str, *, several: bool) -> str:
    """Return why there is not one price; without ``usage`` it is the instance type's."""
    if not usage:
        words = (
            _("the price list has several prices for it in {region}")
            if several
            else _("the price list has no price for it in {region}")
        )
    elif several:
        words = _("the price list has several prices for {usage} in {region}")
    else:
        words = _("the price list has no price for {usage} in {region}")
    return words.format(usage=usage, region=region)


def _prices_in(text: str, usage: str) -> Iterator[Price]:
    """Yield the On-Demand prices of one product that are not zero (unused reservations are)."""
    product = json.loads(text)
    attributes = product["product"]["attributes"]
    if usage and not re.fullmatch(_REGION_PREFIX + usage, attributes.get("usagetype", "")):
        return
    for term in product["terms"].get("OnDemand", {}).values():
        day = term.get("effectiveDate", "")[:10]
        for dimension in term["priceDimensions"].values():
            usd = Decimal(dimension["pricePerUnit"].get("USD", "0")).normalize()
            if usd > 0 and dimension.get("beginRange", "0") == "0":
                since = date.fromisoformat(day) if day else None
                yield Price(usd, since, attributes.get("note", ""))


def _spot(reader: AccountReader, names: Sequence[str]) -> dict[str, Any]:
    def read() -> dict[str, tuple[SpotPrice, ...]]:
        history = reader.items(
            "ec2",
            "DescribeSpotPriceHistory",
            "SpotPriceHistory",
            InstanceTypes=list(names),
            ProductDescriptions=[SPOT_PRODUCT],
            StartTime=datetime.now(UTC) - SPOT_DAYS,
            PaginationConfig=SPOT_PAGE,
        )
        seen: dict[tuple[str, str], list[tuple[datetime, Decimal]]] = {}
        for it in history:
            key = it["InstanceType"], it["AvailabilityZone"]
            seen.setdefault(key, []).append((it["Timestamp"], Decimal(it["SpotPrice"]).normalize()))
        found: dict[str, list[SpotPrice]] = {name: [] for name in names}
        for (name, zone), points in sorted(seen.items()):
            usd = [price for _moment, price in points]
            found[name].append(SpotPrice(zone, max(points)[1], min(usd), max(usd)))
        return {name: tuple(zones) for name, zones in found.items()}

    reading = reader.reading(SPOT_HISTORY, read)
    if isinstance(reading, Unknown):
        return {"spot": dict.fromkeys(names, reading)}
    return {
        "spot": {
            name: Known(zones, reading.source, reading.read_at)
            for name, zones in reading.value.items()
        }
    }
