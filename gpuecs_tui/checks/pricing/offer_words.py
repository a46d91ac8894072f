"""Texts about an offered instance type: for ``gpus`` and the list of the fleet screen."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from gpuecs_tui.aws.catalogue import figures_words, registered_words, support_words
from gpuecs_tui.aws.prices_facts import SpotPrice
from gpuecs_tui.aws.reading import Known, Unknown
from gpuecs_tui.checks.pricing.cost_words import money
from gpuecs_tui.checks.sizing.offers import MARKETS, Offer
from gpuecs_tui.i18n import _

MIB_PER_GIB = 1024
UNKNOWN = "?"
NONE = "–"


def gib_number(mib: int) -> str:
    """Return MiB in GiB, with a decimal only if needed: ``16``, ``22.4``."""
    return f"{mib / MIB_PER_GIB:.1f}".removesuffix(".0")


def properties(offer: Offer) -> Iterator[tuple[str, str]]:
    """Yield the properties of a type as name and value, for comparing two types."""
    it = offer.instance_type
    yield _("GPUs"), f"{it.gpus} × {it.gpu_model}"
    yield _("memory per GPU"), f"{gib_number(it.gpu_memory_mib)} GiB"
    yield _("vCPUs"), str(it.vcpus)
    yield _("RAM"), f"{gib_number(it.memory_mib)} GiB"
    yield _("memory available to ECS"), registered_words(it)
    yield _("maximum safe task memory"), f"{it.safe_memory_mib} MiB"
    yield (
        _("Availability Zones"),
        UNKNOWN if offer.zones is None else ", ".join(offer.zones) or NONE,
    )
    yield _("On-Demand, per hour"), usd_words(offer.price)
    if offer.price is not None and it.gpus:
        yield _("On-Demand, per GPU and hour"), money(offer.price / it.gpus)
    for zone in offer.spot.value if isinstance(offer.spot, Known) else ():
        yield _("Spot in {zone}, now (last 7 days)").format(zone=zone.zone), zone_words(zone)
    yield _("quota left, On-Demand and Spot"), left_words(offer)
    yield _("capacity reservations"), reserved_words(offer) or NONE
    yield _("ECS support"), support_words(it)
    if words := figures_words(it):
        yield _("figures"), words


def usd_words(usd: Decimal | None) -> str:
    """Return a price, or the sign for an unknown one."""
    return UNKNOWN if usd is None else money(usd)


def zone_words(zone: SpotPrice) -> str:
    """Return a zone's Spot price with its range of seven days."""
    return f"{money(zone.usd)} ({money(zone.low)}–{money(zone.high)[1:]})"


def spot_words(offer: Offer) -> str:
    """Return the Spot price as a range over zones and seven days."""
    if (found := offer.spot_range) is not None:
        low, high = (money(usd) for usd in found)
        return low if low == high else f"{low}–{high.removeprefix('$')}"
    return UNKNOWN if isinstance(offer.spot, Unknown) else NONE


def left_words(offer: Offer) -> str:
    """Return how many more instances the quotas allow, On-Demand and Spot."""
    left = [offer.quota_left.get(market) for market in MARKETS]
    return " ".join(UNKNOWN if number is None else str(number) for number in left)


def reserved_words(offer: Offer) -> str:
    """Return the capacity reservations of this account for a type; empty if there are none."""
    if isinstance(offer.reservations, Unknown):
        return str(offer.reservations)
    return ", ".join(
        _("{n} in {zone}, {unused} unused{name}").format(
            n=it.total, zone=it.zone, unused=it.unused, name=f" ({it.name})" if it.name else ""
        )
        for it in offer.reservations.value
    )
