"""The billed items of a stack: amounts of money, and one line for each item."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from gpuecs_tui.aws.prices_facts import Price
from gpuecs_tui.aws.reading import Reading, Unknown

HOURS_A_MONTH = 730
"""8,760 hours of a year divided by 12, as in the AWS pricing calculators."""

Item = Literal[
    "instances",
    "on_demand_instances",
    "spot_instances",
    "root_volumes",
    "instance_addresses",
    "load_balancer",
    "load_balancer_addresses",
    "vpc_endpoints",
    "load_balancer_use",
    "nat_gateway",
    "nat_data",
    "vpc_endpoint_data",
    "container_insights",
    "gpu_metrics",
    "alarms",
    "dashboard",
]


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in USD, as a range. Both ends are equal for a single price."""

    low: Decimal
    high: Decimal

    def __add__(self, other: Amount) -> Amount:
        """Return the range of the sum."""
        return Amount(self.low + other.low, self.high + other.high)

    def times(self, factor: Decimal | int) -> Amount:
        """Return the range multiplied by ``factor``."""
        return Amount(self.low * factor, self.high * factor)

    @property
    def month(self) -> Amount:
        """The factor from an hour's amount to a month's."""
        return self.times(HOURS_A_MONTH)


NOTHING = Amount(Decimal(0), Decimal(0))


@dataclass(frozen=True, slots=True)
class CostLine:
    """One billed item, by hour or by usage."""

    item: Item
    each: Amount | None
    """USD per hour for one unit (for usage: per unit of usage); None if unknown."""
    count: int
    """The number of units per instance (``per_instance``) or per stack."""
    per_instance: bool
    unit: str
    """``hour``, or the unit of usage: ``LCU-hour``, ``GB``, ``metric-month``, ``month``."""
    source: str
    """The API call that returned the price."""
    since: date | None
    """The day since which the price is valid."""
    read_at: datetime | None
    unknown: str = ""
    """Why the price is unknown, as the end of the sentence "unknown: …"."""
    note: str = ""
    share: Callable[[int], int] = field(default=lambda instances: instances, compare=False)
    """How many of the running instances are billed by this line, if it is ``per_instance``."""

    def at(self, instances: int) -> Amount | None:
        """Return USD per hour with ``instances`` running instances."""
        if self.each is None:
            return None
        return self.each.times(self.count * (self.share(instances) if self.per_instance else 1))


def line_of(
    item: Item,
    reading: Reading[Price],
    count: int,
    *,
    per_instance: bool = False,
    unit: str = "hour",
    hourly: Callable[[Decimal], Decimal] = lambda usd: usd,
) -> CostLine:
    """Return the line of an item whose price is ``reading``; ``hourly`` turns it into an hour's."""
    if isinstance(reading, Unknown):
        source = reading.call
        return CostLine(item, None, count, per_instance, unit, source, None, None, reading.reason)
    price, usd = reading.value, hourly(reading.value.usd)
    return CostLine(
        item,
        Amount(usd, usd),
        count,
        per_instance,
        unit,
        reading.source,
        price.since,
        reading.read_at,
        note=price.note,
    )
