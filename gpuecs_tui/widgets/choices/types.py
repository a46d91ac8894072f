"""The list of GPU instance types: properties, prices, and what the quotas allow."""

from __future__ import annotations

from collections.abc import Iterable

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.reading import Known, Unknown
from gpuecs_tui.checks.pricing.cost_words import brief, money
from gpuecs_tui.checks.pricing.offer_words import (
    NONE,
    UNKNOWN,
    gib_number,
    left_words,
    properties,
    reserved_words,
)
from gpuecs_tui.checks.sizing.offers import Offer, measures, offers, ordered
from gpuecs_tui.i18n import N_, _
from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.widgets.choices.account import facts_of
from gpuecs_tui.widgets.choices.network import chosen_zones
from gpuecs_tui.widgets.picker.rows import Choices, Order, Row
from gpuecs_tui.wizard.session import WizardSession

HELP = N_(
    "Only instance types with whole NVIDIA GPUs and an ECS GPU AMI can be selected. Types "
    "that AWS does not document for ECS are in a group of their own; the text below the list "
    "says why they should work.\n\nType to filter by any word, or by:\n  >=24gb   memory of one "
    "GPU, as sold\n  <2$      On-Demand price per hour\n  >=4gpu   number of GPUs; likewise "
    ">=8vcpu\n  zones    offered in a zone of your subnets; >=2zones in two of them\nA type "
    "must match all filters. You can sort by type, price, GPU memory, vCPU or Spot price, "
    "and compare two types side by side.\n\nRegisters: memory that the ECS agent registers for "
    "tasks. Only measured values are certain; an assumed value is what every current AMI "
    "leaves. Zones: how many zones of your subnets offer the type. Spot: lowest to highest "
    "price of seven days in those zones. Left: how many more instances the vCPU quotas "
    "allow, On-Demand and Spot."
)
_ORDERS = (
    ("type", N_("type")),
    ("price", N_("price")),
    ("gpu-memory", N_("GPU memory")),
    ("vcpu", N_("vCPU")),
    ("spot", N_("Spot price")),
)
"""The sort orders with their labels; ``offers.ordered`` implements all but the first."""
_SPOT, _LEFT, _REGISTERS = 8, 9, 5
"""Indexes of the columns that are shown only if there is room."""


def interchangeable_types(wizard: WizardSession) -> Choices:
    """Return the list of ``instance_types`` to choose several from, the preferred one first."""
    return instance_types(wizard)._replace(multiple=True, in_order=True)


def instance_types(wizard: WizardSession) -> Choices:
    """Return the GPU types with their offers in the chosen zones; unusable ones last, with the
    reason."""
    facts = facts_of(wizard)
    chosen = chosen_zones(wizard, "network.instance_subnet_ids") or ()
    known = catalogue.instance_types(facts)
    found = sorted(offers(facts, chosen), key=lambda it: _size(it.instance_type))
    offered: dict[str, tuple[str, ...]] = {}
    if isinstance(facts.offerings, Known):
        offered = {it.instance_type: it.zones for it in facts.offerings.value}
    why_not = {it.name: _why_not(it, offered.get(it.name, ())) for it in found}
    rows = {it.name: _row(it, offered.get(it.name, ()), chosen, why_not[it.name]) for it in found}
    live = isinstance(facts.instance_types, Known)
    note = (
        ""
        if live
        else _("Types from the {source}, not from your account.").format(source=known.source)
    )
    if live and not rows:
        note = _("No GPU instance types in this Region. Choose another Region.")
    elif live:
        note = _("Type to filter, for example: >=24gb <2$ >=2gpu zones. {prices}").format(
            prices=_prices(found)
        )
    unknown = facts.instance_types if isinstance(facts.instance_types, Unknown) else None
    by_name = {it.name: it for it in found}
    orders = tuple(Order(_(label), _grouped(ordered(found, by), why_not)) for by, label in _ORDERS)
    return Choices(
        _("GPU instance types"),
        (
            _("Type"), _("GPUs"), _("GiB each"), "vCPU", _("RAM GiB"), _("Registers MiB"),
            _("Zones"), _("$/h"), _("Spot $/h"), _("Left"),
        ),
        tuple(rows[name] for name in orders[0].ids),
        numeric=(2, 3, 4, 6, 7, 8, 9),
        note=f"{note} ({unknown})" if unknown and unknown.call else note.strip(),
        remedy=unknown.remedy if unknown else "",
        optional=(_SPOT, _LEFT, _REGISTERS),
        yielding=1,
        orders=orders,
        properties=lambda name: tuple(properties(by_name[name])) if name in by_name else (),
        detail_lines=5,
        help=HELP,
        read_at=None if unknown else known.read_at,
    )  # fmt: skip


def gib(mib: int) -> str:
    """Return MiB as GiB, with a decimal only if it is needed."""
    return f"{gib_number(mib)} GiB"


def _grouped(found: Iterable[Offer], why_not: dict[str, str]) -> tuple[str, ...]:
    """Return the names in their order, except that documented types are first and unusable ones
    last."""
    rank = {
        it.name: (bool(why_not[it.name]), it.instance_type.ecs_support != "documented")
        for it in found
    }
    return tuple(sorted(rank, key=lambda name: rank[name] if not rank[name][0] else (True, True)))


def _prices(found: list[Offer]) -> str:
    """Return a sentence on the age of the prices, or why they are unknown."""
    usable = [it.on_demand for it in found if it.instance_type.supported]
    known = [it for it in usable if isinstance(it, Known)]
    if known:
        oldest = min(it.read_at for it in known)
        words = _("On-Demand prices read at {time} UTC.").format(time=oldest.strftime("%H:%M"))
        return " ".join([words, *sorted({f"{it.value.note}." for it in known if it.value.note})])
    reason = next((it.reason for it in usable if isinstance(it, Unknown)), "")
    return _("Prices unknown: {reason}.").format(reason=reason) if reason else ""


def _why_not(offer: Offer, here: tuple[str, ...]) -> str:
    if why_not := catalogue.why_not(offer.instance_type):
        return why_not
    if offer.zones is None or offer.zones:
        return ""
    if here:
        return _("not offered in the zones of the selected subnets")
    return _("not offered in this Region")


def _row(offer: Offer, here: tuple[str, ...], chosen: tuple[str, ...], why_not: str) -> Row:
    it = offer.instance_type
    zones = UNKNOWN
    if offer.zones is not None:
        zones = f"{len(offer.zones)}/{len(chosen)}" if chosen else str(len(offer.zones))
    cells = (
        it.name,
        f"{it.gpus} × {it.gpu_model}" if it.gpus else it.gpu_model,
        gib_number(it.gpu_memory_mib),
        str(it.vcpus),
        gib_number(it.memory_mib),
        f"{it.registers.mib} {catalogue.memory_source(it)}",
        zones,
        UNKNOWN if offer.price is None else money(offer.price).removeprefix("$"),
        _spot(offer),
        left_words(offer).replace(" ", "/"),
    )
    summary = _("{gpus} × {model} {memory} · {vcpus} vCPU · {ram} RAM").format(
        gpus=it.gpus,
        model=it.gpu_model,
        memory=gib(it.gpu_memory_mib),
        vcpus=it.vcpus,
        ram=gib(it.memory_mib),
    )
    group = _("Not usable here") if why_not else ""
    if not why_not and it.ecs_support != "documented":
        group = _("Not documented by AWS for ECS")
    first, *more = _details(offer, here)
    found = tuple(measures(offer).items())
    return Row(it.name, cells, group, why_not, first, tuple(more), summary, found)


def _details(offer: Offer, here: tuple[str, ...]) -> list[str]:
    """Return the facts that don't fit into the columns, one line per subject."""
    it = offer.instance_type
    registers = _("Memory available to ECS: {registered}; reserve at most {safe} MiB.").format(
        registered=catalogue.registered_words(it), safe=it.safe_memory_mib
    )
    left = offer.quota_left
    if left.get("on-demand") is not None:
        words = _("Quota allows {n} more On-Demand, {spot} more Spot instances.")
        registers += " " + words.format(n=left["on-demand"], spot=left.get("spot"))
    found = []
    if it.supported:
        found.append(registers)
        support = _("ECS support is {words}.").format(words=catalogue.support_words(it))
        figures = catalogue.figures_words(it)
        found.append(f"{support} {figures[:1].upper()}{figures[1:]}." if figures else support)
    if isinstance(offer.spot, Known) and offer.spot.value:
        zones = zip(_short([zone.zone for zone in offer.spot.value]), offer.spot.value, strict=True)
        prices = ", ".join(
            f"{name} {brief(zone.usd)} ({brief(zone.low)[1:]}–{brief(zone.high)[1:]})"
            for name, zone in zones
        )
        found.append(_("Spot price now (range of 7 days): {prices}.").format(prices=prices))
    last = []
    if here:
        last.append(_("Offered in {zones}.").format(zones=", ".join(_short(here))))
    if reserved := reserved_words(offer):
        last.append(_("Reserved: {reserved}.").format(reserved=reserved))
    return [*found, " ".join(last)] if last or not found else found


def _short(zones: Iterable[str]) -> list[str]:
    """Return the names of the zones; each after the first is shortened to its letter."""
    first, *others = zones
    return [first, *(zone[-1] for zone in others)]


def _spot(offer: Offer) -> str:
    if (found := offer.spot_range) is None:
        return UNKNOWN if isinstance(offer.spot, Unknown) else NONE
    low, high = (brief(usd)[1:] for usd in found)
    return low if low == high else f"{low}–{high}"


def _size(it: InstanceType) -> tuple[str, int, int]:
    return it.name.partition(".")[0], it.vcpus, it.memory_mib
