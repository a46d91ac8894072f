"""The list of GPU instance types: what each has and costs, and how many more are allowed."""

from __future__ import annotations

from decimal import Decimal

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.reading import Known, Unknown
from gpuecs_tui.checks.cost_words import brief, money
from gpuecs_tui.checks.offers import Offer, offers, sold_gb
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.widgets.choice_rows import Choices, Row
from gpuecs_tui.widgets.choices_account import facts_of
from gpuecs_tui.widgets.choices_network import zones_of
from gpuecs_tui.wizard.memory import Wizard

MIB_PER_GIB = 1024


def instance_types(wizard: Wizard) -> Choices:
    """GPU types with their offer in the chosen zones; unusable ones below, with the reason."""
    facts = facts_of(wizard)
    chosen = zones_of(wizard, "network.instance_subnet_ids") or ()
    known = catalogue.instance_types(facts)
    offered: dict[str, tuple[str, ...]] = {}
    if isinstance(facts.offerings, Known):
        offered = {it.instance_type: it.zones for it in facts.offerings.value}
    found = sorted(offers(facts, chosen), key=lambda it: _size(it.instance_type))
    rows = [_row(it, offered.get(it.name, ()), chosen) for it in found]
    rows.sort(key=lambda row: bool(row.group))
    live = isinstance(facts.instance_types, Known)
    note = "" if live else _("From the {source}, not from the account.").format(source=known.source)
    if live and not rows:
        note = _("This region offers no GPU instance types; choose another region.")
    elif live:
        note = _("Sift by typing: >=24gb <2$ >=2gpu. {prices}").format(prices=_prices(found))
    unknown = facts.instance_types if isinstance(facts.instance_types, Unknown) else None
    return Choices(
        _("GPU instance types"),
        (_("Type"), _("GPUs"), _("Each"), "vCPU", "RAM", _("Zones"), _("$/h")),
        tuple(rows),
        numeric=(2, 3, 4, 5, 6),
        note=f"{note} ({unknown})" if unknown and unknown.call else note.strip(),
        remedy=unknown.remedy if unknown else "",
        read_at=None if unknown else known.read_at,
    )


def gib(mib: int) -> str:
    """Return MiB as GiB, with a decimal only where one is needed."""
    value = mib / MIB_PER_GIB
    return f"{value:.0f} GiB" if value == int(value) else f"{value:.1f} GiB"


def _prices(found: list[Offer]) -> str:
    """Say how old the prices are, or why there are none."""
    usable = [it.on_demand for it in found if it.instance_type.supported]
    known = [it for it in usable if isinstance(it, Known)]
    if known:
        oldest = min(it.read_at for it in known)
        words = _("Prices on demand, read at {time} UTC.").format(time=oldest.strftime("%H:%M"))
        return " ".join([words, *sorted({f"{it.value.note}." for it in known if it.value.note})])
    reason = next((it.reason for it in usable if isinstance(it, Unknown)), "")
    return _("Prices unknown: {reason}.").format(reason=reason) if reason else ""


def _row(offer: Offer, here: tuple[str, ...], chosen: tuple[str, ...]) -> Row:
    it = offer.instance_type
    why_not = catalogue.why_not(it)
    zones = "?"
    if offer.zones is not None:
        zones = f"{len(offer.zones)}/{len(chosen)}" if chosen else str(len(here))
        if not here:
            why_not = why_not or _("the region doesn't offer it")
        elif not offer.zones:
            why_not = why_not or _("none of the chosen subnets' zones offers it")
    gpus = f"{it.gpus} × {it.gpu_model}" if it.gpus else it.gpu_model
    cells = (
        it.name,
        gpus,
        gib(it.gpu_memory_mib),
        str(it.vcpus),
        gib(it.memory_mib),
        zones,
        "?" if offer.price is None else money(offer.price).removeprefix("$"),
    )
    summary = _("{gpus} × {model} {memory} · {vcpus} vCPU · {ram} RAM").format(
        gpus=it.gpus,
        model=it.gpu_model,
        memory=gib(it.gpu_memory_mib),
        vcpus=it.vcpus,
        ram=gib(it.memory_mib),
    )
    measures = [
        ("gb", Decimal(sold_gb(it))),
        ("gpu", Decimal(it.gpus)),
        ("vcpu", Decimal(it.vcpus)),
    ]
    if offer.price is not None:
        measures.append(("$", offer.price))
    group = _("Not usable here") if why_not else ""
    return Row(it.name, cells, group, why_not, _detail(offer, here), summary, tuple(measures))


def _detail(offer: Offer, here: tuple[str, ...]) -> str:
    it = offer.instance_type
    parts = [
        _("{registered}; safe for tasks: {safe}.").format(
            registered=_registered(it), safe=it.safe_memory_mib
        )
    ]
    if (spot := offer.spot_range) is not None:
        low, high = (brief(usd) for usd in spot)
        parts.append(_("Spot {low}–{high}, 7 days.").format(low=low, high=high[1:]))
    left = offer.quota_left
    if left.get("on-demand") is not None:
        parts.append(
            _("Quota left: {n}, spot {spot}.").format(n=left["on-demand"], spot=left.get("spot"))
        )
    if here:
        short = (here[0], *(zone[-1] for zone in here[1:]))
        parts.append(_("Offered in {zones}.").format(zones=", ".join(short)))
    return " ".join(parts)


def _registered(it: InstanceType) -> str:
    if it.registered_mib is None:
        return _("MiB registered: not measured")
    source = {"measured": _("measured"), "estimated": _("estimated"), "assumed": _("assumed")}[
        it.registered_source
    ]
    return _("Registers {mib} MiB ({source})").format(mib=it.registered_mib, source=source)


def _size(it: InstanceType) -> tuple[str, int, int]:
    return it.name.partition(".")[0], it.vcpus, it.memory_mib
