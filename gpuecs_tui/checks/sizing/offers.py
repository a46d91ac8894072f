"""GPU instance types with prices, zones, and quotas, sorted and filtered.

Used for the catalogue of ``gpus`` and the list of the fleet screen. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.facts import AccountFacts, CapacityReservation
from gpuecs_tui.aws.prices_facts import Price, SpotPrice
from gpuecs_tui.aws.reading import Known, Reading, not_read
from gpuecs_tui.checks.placement import fit
from gpuecs_tui.measure_filter import MeasureCondition
from gpuecs_tui.stack.instance_type import InstanceType, quota_family
from gpuecs_tui.stack.model import Stack

BYTES_PER_MIB = 1 << 20
BYTES_PER_GB = 10**9
MARKETS = ("on-demand", "spot")


@dataclass(frozen=True, slots=True)
class Offer:
    """An instance type as this account and Region offer it."""

    instance_type: InstanceType
    zones: tuple[str, ...] | None
    """Requested zones that offer it; None if the offerings are unknown."""
    on_demand: Reading[Price] = field(default_factory=not_read)
    spot: Reading[tuple[SpotPrice, ...]] = field(default_factory=not_read)
    """The prices in ``zones``."""
    quota_left: Mapping[str, int | None] = field(default_factory=dict)
    """Market → whole instances that the vCPU quota still allows; None if unknown."""
    reservations: Reading[tuple[CapacityReservation, ...]] = field(default_factory=not_read)
    """Capacity reservations of this type in the requested zones."""
    tasks: int | None = None
    """Tasks of a stack that fit on one instance; None without a stack."""

    @property
    def name(self) -> str:
        """The type's name."""
        return self.instance_type.name

    @property
    def price(self) -> Decimal | None:
        """USD per hour On-Demand; None if unknown."""
        return self.on_demand.value.usd if isinstance(self.on_demand, Known) else None

    @property
    def spot_range(self) -> tuple[Decimal, Decimal] | None:
        """USD per hour on Spot over seven days and all zones; None if unknown or not offered."""
        if not isinstance(self.spot, Known) or not self.spot.value:
            return None
        return min(it.low for it in self.spot.value), max(it.high for it in self.spot.value)

    @property
    def task_price(self) -> Decimal | None:
        """USD per hour for one On-Demand task on a full instance; None if unknown."""
        return self.price / self.tasks if self.tasks and self.price is not None else None


@dataclass(frozen=True, slots=True)
class TypeConditions:
    """Conditions for instance types. An unknown price meets no price limit."""

    gpu_memory_gb: int = 0
    """Minimum memory of one GPU, in the vendors' GB."""
    price: Decimal | None = None
    """Maximum USD per hour On-Demand."""
    zones: tuple[str, ...] = ()
    """At least one of these zones offers the type."""

    def takes(self, offer: Offer) -> bool:
        """Return whether ``offer`` meets the conditions."""
        found = measures(offer)
        return all(condition.holds(found) for condition in self._conditions())

    def _conditions(self) -> Iterator[MeasureCondition]:
        yield MeasureCondition(">=", Decimal(self.gpu_memory_gb), "gb")
        if self.price is not None:
            yield MeasureCondition("<=", self.price, "$")
        if self.zones:
            yield MeasureCondition(">", Decimal(0), "zones")


def measures(offer: Offer) -> dict[str, Decimal]:
    """Return the values that conditions can test, by unit, without unknown ones.

    ``gb`` of one GPU (``sold_gb``), ``gpu``, ``vcpu``, ``$`` per hour On-Demand, and the number of
    requested ``zones`` that offer the type.
    """
    it = offer.instance_type
    found = {
        "gb": Decimal(sold_gb(it)),
        "gpu": Decimal(it.gpus),
        "vcpu": Decimal(it.vcpus),
    }
    if offer.price is not None:
        found["$"] = offer.price
    if offer.zones is not None:
        found["zones"] = Decimal(len(offer.zones))
    return found


def sold_gb(it: InstanceType) -> int:
    """Return a GPU's memory in GB of 10⁹ bytes, rounded: 24 for the 22888 MiB of an L4.

    GPUs are sold in GB, but EC2 returns MiB (docs/aws.md, "GPU instance types").
    """
    return round(it.gpu_memory_mib * BYTES_PER_MIB / BYTES_PER_GB)


def offers(
    account: AccountFacts,
    zones: Collection[str] = (),
    stack_on: Callable[[InstanceType], Stack] | None = None,
) -> tuple[Offer, ...]:
    """Return every type of the account, or else of the catalogue, by family and size.

    ``zones``: consider only these zones. ``stack_on`` returns the stack for a type; the offers then
    include how many of its tasks fit.
    """
    known = catalogue.instance_types(account)
    offered = (
        {it.instance_type: it.zones for it in account.offerings.value}
        if isinstance(account.offerings, Known)
        else None
    )
    return tuple(_offer(it, account, offered, zones, stack_on) for it in known.value)


def ordered(found: Iterable[Offer], by: str) -> list[Offer]:
    """Sort offers by a key of ``_MEASURES``: stable, and unknown values last."""

    def rank(offer: Offer) -> tuple[bool, Decimal]:
        value = _MEASURES[by](offer)
        return value is None, value if value is not None else Decimal(0)

    return list(found) if by == "type" else sorted(found, key=rank)


def _offer(
    it: InstanceType,
    account: AccountFacts,
    offered: Mapping[str, tuple[str, ...]] | None,
    zones: Collection[str],
    stack_on: Callable[[InstanceType], Stack] | None,
) -> Offer:
    here = None if offered is None else offered.get(it.name, ())
    if here is not None and zones:
        here = tuple(zone for zone in here if zone in zones)
    tasks = fit(stack_on(it), it).placeable if stack_on and it.supported else None
    return Offer(
        it,
        here,
        account.prices.of(it.name),
        account.prices.spot_of(it.name, zones),
        {market: instances_left(account, it, market) for market in MARKETS},
        _reservations(account, it, zones),
        tasks,
    )


def _reservations(
    account: AccountFacts, it: InstanceType, zones: Collection[str]
) -> Reading[tuple[CapacityReservation, ...]]:
    found = account.reservations
    if not isinstance(found, Known):
        return found
    kept = (each for each in found.value if each.instance_type == it.name)
    return replace(found, value=tuple(r for r in kept if not zones or r.zone in zones))


def instances_left(account: AccountFacts, it: InstanceType, market: str) -> int | None:
    """Return how many more of ``it`` the Region's vCPU quota allows; None if unknown."""
    quotas, running = account.quotas, account.gpu_instances
    if not isinstance(quotas, Known) or not isinstance(running, Known):
        return None
    allowed = next(
        (q.vcpus for q in quotas.value if (q.family, q.market) == (it.quota_family, market)), None
    )
    if allowed is None:
        return None
    used = sum(
        other.vcpus
        for other in running.value
        if other.market == market and quota_family(other.instance_type) == it.quota_family
    )
    return max(0, allowed - used) // it.vcpus


def _spot_low(offer: Offer) -> Decimal | None:
    return offer.spot_range[0] if offer.spot_range else None


_MEASURES: Mapping[str, Callable[[Offer], Decimal | None]] = {
    "price": lambda offer: offer.price,
    "spot": _spot_low,
    "gpu-memory": lambda offer: Decimal(offer.instance_type.gpu_memory_mib),
    "memory": lambda offer: Decimal(offer.instance_type.memory_mib),
    "vcpu": lambda offer: Decimal(offer.instance_type.vcpus),
    "task-price": lambda offer: offer.task_price,
}
"""Sort key → the value of an offer."""
