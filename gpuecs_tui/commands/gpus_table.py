"""Show instance types as ``gpus`` prints them: a table, two types side by side, JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from gpuecs_tui.aws.catalogue import (
    figures_words,
    memory_source,
    support_source,
    support_words,
    why_not,
)
from gpuecs_tui.aws.reading import Known, Unknown
from gpuecs_tui.checks.pricing.offer_words import (
    UNKNOWN,
    gib_number,
    left_words,
    properties,
    spot_words,
    usd_words,
)
from gpuecs_tui.columns import cells, pad, pad_left
from gpuecs_tui.i18n import _

if TYPE_CHECKING:
    from gpuecs_tui.aws.facts import AccountFacts
    from gpuecs_tui.checks.sizing.offers import Offer

Rows = list[list[str]]


def table(found: Sequence[Offer]) -> list[str]:
    """Return a heading and a line for each type; with task columns if a stack was given."""
    fits = any(it.tasks is not None for it in found)
    heading = [
        _("type"), _("GPUs"), _("GiB/GPU"), _("vCPU"), _("RAM GiB"), _("registered MiB"), "",
        *((_("tasks"), _("$/task-h")) if fits else ()),
        _("$/h"), _("Spot $/h (7 days, all zones)"), _(
            "quota left"
        ), _("zones"), _("model"), _("ECS"),
    ]  # fmt: skip
    numbers = {1, 2, 3, 4, 5, *((7, 8, 9, 10, 11) if fits else (7, 8, 9))}
    return _laid_out([heading, *(_row(it, fits) for it in found)], numbers)


def side_by_side(found: Sequence[Offer]) -> list[str]:
    """Return one line for each property, one column for each type."""
    rows = [["", *(it.name for it in found)]]
    columns = [dict(properties(it)) for it in found]
    for name in dict.fromkeys(key for column in columns for key in column):
        rows.append([name, *(column.get(name, "–") for column in columns)])
    return _laid_out(rows, set())


def remarks(account: AccountFacts, found: Iterable[Offer]) -> Iterator[str]:
    """Yield the source and age of prices, what is unknown, and what "quota left" means."""
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
    if isinstance(account.instance_types, Known) and isinstance(account.reservations, Unknown):
        unread = account.reservations
        words = _("Capacity reservations are unknown: {reason}. {remedy}")
        yield words.format(reason=unread.reason, remedy=unread.remedy).strip()
    by_words: dict[str, dict[str, None]] = {}
    for it in shown:
        if words := figures_words(it.instance_type):
            by_words.setdefault(words, {})[it.name.partition(".")[0]] = None
    for words, families in by_words.items():
        yield _("{families}: {words}.").format(families=", ".join(families), words=words)
    if isinstance(account.quotas, Known) and isinstance(account.gpu_instances, Known):
        yield _('"quota left" is how many more instances the vCPU quotas allow: On-Demand, Spot.')


def _unknown(found: Sequence[Offer]) -> Iterator[str]:
    """Yield which prices are unknown and why, one line for all types with the same reason."""
    for words, read in (
        (_("The price of {names} is unknown: {reason}. {remedy}"), attrgetter("on_demand")),
        (_("The Spot price of {names} is unknown: {reason}. {remedy}"), attrgetter("spot")),
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
    """Return a type as ``gpus --json`` prints it; prices as strings, which keep every digit."""
    it = offer.instance_type
    return {
        "instance_type": it.name,
        "gpus": it.gpus,
        "gpu_model": it.gpu_model,
        "gpu_memory_mib": it.gpu_memory_mib,
        "vcpus": it.vcpus,
        "memory_mib": it.memory_mib,
        "safe_memory_mib": it.safe_memory_mib,
        "registered_mib": it.registers.mib,
        "registered_source": it.registers.source,
        "architecture": it.architecture,
        "quota_family": it.quota_family,
        "zones": None if offer.zones is None else list(offer.zones),
        "ecs_support": it.ecs_support,
        "ecs_support_source": support_source(it),
        "supported": it.supported,
        "why_not": why_not(it),
        "source": source,
        "figures_note": figures_words(it),
        "on_demand": _price_tree(offer),
        "spot": _spot_tree(offer),
        "quota_left": dict(offer.quota_left),
        "reservations": _reservation_tree(offer),
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


def _reservation_tree(offer: Offer) -> dict[str, Any]:
    reading = offer.reservations
    if isinstance(reading, Unknown):
        return {"found": None, "unknown": reading.reason}
    return {"found": [asdict(it) for it in reading.value], **_read_at(reading)}


def _read_at(reading: Known[object]) -> dict[str, str]:
    return {
        "source": reading.source,
        "read_at": reading.read_at.isoformat(timespec="seconds"),
    }


def _laid_out(rows: Rows, numbers: set[int]) -> list[str]:
    widths = [max(cells(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            pad_left(cell, width) if column in numbers else pad(cell, width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _row(offer: Offer, fits: bool) -> list[str]:
    it = offer.instance_type
    tasks = (
        (UNKNOWN if offer.tasks is None else str(offer.tasks), usd_words(offer.task_price))
        if fits
        else ()
    )
    return [
        it.name,
        str(it.gpus),
        gib_number(it.gpu_memory_mib),
        str(it.vcpus),
        gib_number(it.memory_mib),
        str(it.registers.mib),
        memory_source(it),
        *tasks,
        usd_words(offer.price),
        spot_words(offer),
        left_words(offer),
        UNKNOWN if offer.zones is None else " ".join(zone[-1] for zone in offer.zones),
        it.gpu_model,
        support_words(it),
    ]
