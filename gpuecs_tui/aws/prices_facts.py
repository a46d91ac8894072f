"""Prices of a Region, as frozen records. Imports no boto3.

All prices are in USD, the currency of AWS's price list outside China. They are Decimals, so that
sums are rounded only when they are shown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from gpuecs_tui.aws.reading import Known, Reading, not_read

PRICE_LIST = "pricing:GetProducts"


@dataclass(frozen=True, slots=True)
class Price:
    """A price in the AWS price list."""

    usd: Decimal
    """USD for one unit."""
    since: date | None
    """The day from which it is valid; None if the list doesn't contain it."""
    note: str = ""
    """A note from the server; AWS sends none, the demo account does."""


@dataclass(frozen=True, slots=True)
class SpotPrice:
    """The Spot price of one instance type in one zone."""

    zone: str
    usd: Decimal
    """The current price of an hour."""
    low: Decimal
    high: Decimal
    """The range of the last seven days, including ``usd``."""


@dataclass(frozen=True, slots=True)
class Prices:
    """All prices that were read of one Region."""

    on_demand: Mapping[str, Reading[Price]] = field(default_factory=dict)
    """Instance type → price of one hour with Linux and shared tenancy."""
    spot: Mapping[str, Reading[tuple[SpotPrice, ...]]] = field(default_factory=dict)
    """Instance type → its Spot prices, by zone; an empty tuple: no Spot price in seven days."""
    load_balancer: Reading[Price] = field(default_factory=not_read)
    """Price of one hour of an Application Load Balancer."""
    load_balancer_use: Reading[Price] = field(default_factory=not_read)
    """Price of one hour of a load balancer capacity unit (LCU)."""
    volume: Reading[Price] = field(default_factory=not_read)
    """Price of one GiB of gp3 for a month."""
    nat_gateway: Reading[Price] = field(default_factory=not_read)
    """Price of one hour of a NAT gateway."""
    nat_data: Reading[Price] = field(default_factory=not_read)
    """Price of one GB through a NAT gateway."""
    public_address: Reading[Price] = field(default_factory=not_read)
    """Price of one hour of a public IPv4 address in use."""
    vpc_endpoint: Reading[Price] = field(default_factory=not_read)
    """Price of one hour of an interface VPC endpoint in one zone."""
    vpc_endpoint_data: Reading[Price] = field(default_factory=not_read)
    """Price of one GB through interface VPC endpoints, at the first tier."""
    metric: Reading[Price] = field(default_factory=not_read)
    """Price of one custom CloudWatch metric for a month, at the first tier."""
    alarm: Reading[Price] = field(default_factory=not_read)
    """Price of one metric in a CloudWatch alarm for a month."""

    def of(self, instance_type: str) -> Reading[Price]:
        """Return the on-demand price of a type."""
        return self.on_demand.get(instance_type) or not_read()

    def spot_of(
        self, instance_type: str, zones: Collection[str] = ()
    ) -> Reading[tuple[SpotPrice, ...]]:
        """Return the Spot prices of a type in ``zones``; in all zones if ``zones`` is empty."""
        reading = self.spot.get(instance_type) or not_read()
        if isinstance(reading, Known) and zones:
            kept = tuple(it for it in reading.value if it.zone in zones)
            return Known(kept, reading.source, reading.read_at)
        return reading
