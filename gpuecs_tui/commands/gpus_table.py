"""How ``gpus`` shows instance types: a table, two side by side, JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from gpuecs_tui.aws.catalogue import why_not
from gpuecs_tui.aws.reading import Known, Unknown
from gpuecs_tui.checks.cost_words import money
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.instance_type import InstanceType

if TYPE_CHECKING:
    from gpuecs_tui.aws.facts import AccountFacts
    from gpuecs_tui.checks.offers import Offer

MIB_PER_GIB = 1024
UNKNOWN = "?"
Rows = list[list[str]]


def table(found: Sequence[Offer]) -> list[str]:
    """Return a heading and a line for each type; with tasks where a stack was asked about."""
    fits = any(it.tasks is not None for it in found)
    heading = [
        _("type"), _("GPUs"), _("GiB each"), _("vCPU"), _("RAM GiB"), _("registers MiB"), "",
        *((_("tasks"), _("$ per task-h")) if fits else ()),
        _("$/h"), _("spot $/h, 7 days"), _("left"), _("zones"), _("model"), _("ECS"),
    ]  # fmt: skip
    numbers = {1, 2, 3, 4, 5, *((7, 8, 9, 10, 11) if fits else (7, 8, 9))}
    return _laid_out([heading, *(_row(it, fits) for it in found)], numbers)


def side_by_side(found: Sequence[Offer]) -> list[str]:
    """Return one line for each property, one column for each type."""
    rows = [["", *(it.name for it in found)]]
    columns = [dict(_properties(it)) for it in found]
    for name in dict.fromkeys(key for column in columns for key in column):
        rows.append([name, *(column.get(name, "–") for column in columns)])
    return _laid_out(rows, set())


def remarks(account: AccountFacts, found: Iterable[Offer]) -> Iterator[str]:
    """Say where prices are from and how old they are, what is unknown, and what "left" means."""
    shown = list(found)
    priced = [it.on_demand for it in shown if isinstance(it.on_demand, Known)]
    if priced:
        days = sorted({str(it.value.since) for it in priced if it.value.since})
        notes = sorted({it.value.note for it in priced if it.value.note})
        read = min(it.read_at for it in priced)
        words = _("Prices: {source}, in force since {since}, read at {time} UTC.").format(
            source=priced[0].source,
            since=_(" to ").join(dict.fromkeys((days[0], days[-1]))) if days else UNKNOWN,
            time=read.strftime("%Y-%m-%d %H:%M"),
        )
        yield " ".join([words, *(f"{note}." for note in notes)])
    usable = [it for it in shown if it.instance_type.supported]
    yield from _unknown(usable)
    if isinstance(account.quotas, Known) and isinstance(account.gpu_instances, Known):
        yield _('"left" is how many more the vCPU quota allows: on demand, on spot.')


def _unknown(found: Sequence[Offer]) -> Iterator[str]:
    """Say once for all types of the same reason what isn't known of them, and why."""
    for words, read in (
        (_("Price of {names} unknown: {reason}. {remedy}"), attrgetter("on_demand")),
        (_("Spot price of {names} unknown: {reason}. {remedy}"), attrgetter("spot")),
    ):
        by_reason: dict[Unknown, list[str]] = {}
        for offer in found:
            if isinstance(reading := read(offer), Unknown):
                by_reason.setdefault(reading, []).append(offer.name)
        for reason, names in by_reason.items():
            all_of_them = len(names) == len(found)
            listed = _("every type") if all_of_them else ", ".join(names)
            yield words.format(names=listed, reason=reason.reason, remedy=reason.remedy).strip()


def tree(offer: Offer, source: str) -> dict[str, Any]:
    """Return a type as ``gpus --json`` prints it; money as strings, which keep every digit."""
    it = offer.instance_type
    return {
        "instance_type": it.name,
        "gpus": it.gpus,
        "gpu_model": it.gpu_model,
        "gpu_memory_mib": it.gpu_memory_mib,
        "vcpus": it.vcpus,
        "memory_mib": it.memory_mib,
        "safe_memory_mib": it.safe_memory_mib,
        "registered_mib": it.registered_mib,
        "registered_source": it.registered_source,
        "architecture": it.architecture,
        "quota_family": it.quota_family,
        "zones": None if offer.zones is None else list(offer.zones),
        "ecs_support": it.ecs_support,
        "supported": it.supported,
        "why_not": why_not(it),
        "source": source,
        "on_demand": _price_tree(offer),
        "spot": _spot_tree(offer),
        "quota_left": dict(offer.quota_left),
        "tasks": offer.tasks,
        "task_price": None if offer.task_price is None else f"{offer.task_price:.6f}",
    }


def _price_tree(offer: Offer) -> dict[str, Any]:
    reading = offer.on_demand
    if isinstance(reading, Unknown):
        return {"usd": None, "unknown": reading.reason}
    price = reading.value
    return {
        "usd": f"{price.usd:f}",
        "since": price.since.isoformat() if price.since else None,
        "note": price.note,
        **_read_at(reading),
    }


def _spot_tree(offer: Offer) -> dict[str, Any]:
    reading = offer.spot
    if isinstance(reading, Unknown):
        return {"zones": None, "unknown": reading.reason}
    zones = {
        it.zone: {"usd": f"{it.usd:f}", "low": f"{it.low:f}", "high": f"{it.high:f}"}
        for it in reading.value
    }
    return {"zones": zones, **_read_at(reading)}


def _read_at(reading: Known[object]) -> dict[str, str]:
    return {
        "source": reading.source,
        "read_at": reading.read_at.isoformat(timespec="seconds"),
    }


def _laid_out(rows: Rows, numbers: set[int]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _row(offer: Offer, fits: bool) -> list[str]:
    it = offer.instance_type
    tasks = (
        (UNKNOWN if offer.tasks is None else str(offer.tasks), _money(offer.task_price))
        if fits
        else ()
    )
    registered, origin = registers(it)
    return [
        it.name,
        str(it.gpus),
        f"{it.gpu_memory_mib / MIB_PER_GIB:.0f}",
        str(it.vcpus),
        f"{it.memory_mib / MIB_PER_GIB:.0f}",
        str(registered),
        origin,
        *tasks,
        _money(offer.price),
        _spot(offer),
        _left(offer),
        UNKNOWN if offer.zones is None else " ".join(zone[-1] for zone in offer.zones),
        it.gpu_model,
        _support(it),
    ]


def registers(it: InstanceType) -> tuple[int, str]:
    """Return the MiB that the ECS agent registers, and how that is known.

    Where nobody measured it, it is the safe bound, which every current AMI leaves.
    """
    words = {"measured": _("measured"), "estimated": _("estimated"), "assumed": _("assumed")}
    mib = it.safe_memory_mib if it.registered_mib is None else it.registered_mib
    return mib, words[it.registered_source]


def _properties(offer: Offer) -> Iterator[tuple[str, str]]:
    it = offer.instance_type
    registered, origin = registers(it)
    yield _("GPUs"), f"{it.gpus} × {it.gpu_model}"
    yield _("memory of each GPU"), f"{it.gpu_memory_mib / MIB_PER_GIB:.1f} GiB"
    yield _("vCPU"), str(it.vcpus)
    yield _("RAM"), f"{it.memory_mib / MIB_PER_GIB:.0f} GiB"
    yield _("ECS agent registers"), f"{registered} MiB, {origin}"
    yield _("a task may safely take"), f"{it.safe_memory_mib} MiB"
    yield _("zones"), UNKNOWN if offer.zones is None else ", ".join(offer.zones)
    yield _("on demand, per hour"), _money(offer.price)
    if offer.price is not None and it.gpus:
        yield _("on demand, per GPU and hour"), money(offer.price / it.gpus)
    if isinstance(offer.spot, Known):
        for zone in offer.spot.value:
            name = _("spot in {zone}, now (7 days)").format(zone=zone.zone)
            yield name, f"{money(zone.usd)} ({money(zone.low)}–{money(zone.high)[1:]})"
    yield _("quota left, on demand and spot"), _left(offer)
    yield _("ECS"), _support(it)


def _support(it: InstanceType) -> str:
    return it.ecs_support if it.supported else _("no: {reason}").format(reason=why_not(it))


def _left(offer: Offer) -> str:
    left = [offer.quota_left.get(market) for market in ("on-demand", "spot")]
    return " ".join(UNKNOWN if number is None else str(number) for number in left)


def _money(usd: Decimal | None) -> str:
    return UNKNOWN if usd is None else money(usd)


def _spot(offer: Offer) -> str:
    if (found := offer.spot_range) is not None:
        low, high = (money(usd) for usd in found)
        return low if low == high else f"{low}–{high.removeprefix('$')}"
    return UNKNOWN if isinstance(offer.spot, Unknown) else "–"
