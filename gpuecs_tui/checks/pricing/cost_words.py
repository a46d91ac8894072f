"""A stack's cost as text and JSON: for ``check``, the review, and the line below a form."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from gpuecs_tui.checks.pricing.cost import Cost, Sum
from gpuecs_tui.checks.pricing.lines import HOURS_A_MONTH, Amount, CostLine
from gpuecs_tui.columns import cells, pad, pad_left
from gpuecs_tui.i18n import _, ngettext

CENT = Decimal("0.01")
FINE = Decimal("0.0001")
"""Precision of prices below ten dollars. An hour of a volume costs less than one cent."""
BRIEF_FROM = 100
COARSE_FROM = 10
WHOLE_FROM = 1000
"""USD from which cents are not shown."""


def money(usd: Decimal) -> str:
    """Return USD as text: ``$0.526``, ``$24.10``, ``$1,204``."""
    if usd >= WHOLE_FROM:
        return f"${usd.quantize(Decimal(1), ROUND_HALF_EVEN):,}"
    if usd >= COARSE_FROM:
        return f"${usd.quantize(CENT, ROUND_HALF_EVEN)}"
    whole, _point, part = f"{usd.quantize(FINE, ROUND_HALF_EVEN):f}".partition(".")
    return f"${whole}.{part.rstrip('0').ljust(2, '0')}"


def brief(usd: Decimal) -> str:
    """Return USD as short text: to the cent, or to the dollar from 100 on."""
    if usd >= BRIEF_FROM:
        return f"${usd.quantize(Decimal(1), ROUND_HALF_EVEN):,}"
    return f"${usd.quantize(CENT, ROUND_HALF_EVEN)}"


def amount(of: Amount, text_of: Callable[[Decimal], str] = money) -> str:
    """Return an amount as text; as a range if its ends differ."""
    low, high = text_of(of.low), text_of(of.high)
    return low if low == high else f"{low}–{high.removeprefix('$')}"


def in_one_line(of: Cost) -> str:
    """Return the sums of a cost in about 80 cells; empty if the instances have no price."""
    desired = of.sum("desired")
    if desired is None or desired.hour is None:
        return ""
    words = _("{hour}/h ({month}/month)")
    if not desired.complete:
        words = _("at least {hour}/h ({month}/month)")
    text = words.format(hour=amount(desired.hour, brief), month=amount(desired.hour.month, brief))
    scaled = [of.sum("scaled_least"), of.sum("scaled_most")]
    months = [amount(it.hour.month, brief) for it in scaled if it is not None and it.hour]
    if len(months) == len(scaled):
        text += _("; with scaling {least} to {most}/month").format(least=months[0], most=months[1])
    sums = [
        words.format(price=amount(found.hour, brief))
        for state, words in (
            ("minimum", _("min {price}")),
            ("rollout", _("deployment {price}")),
            ("maximum", _("max {price}")),
        )
        for found in of.sums
        if found.state == state and found.hour is not None
    ]
    return f"{text}; {', '.join(sums)}"


def total(of: Sum) -> tuple[str, str]:
    """Return a sum per hour and per month; with "at least" if a price is missing."""
    if of.hour is None:
        return _("unknown"), _("unknown")
    words = "{amount}" if of.complete else _("at least {amount}")
    return words.format(amount=amount(of.hour)), words.format(amount=amount(of.hour.month))


def state_words(of: Sum) -> str:
    """Return a state of the fleet and its instances: "at minimum size, 0 instances"."""
    name = {
        "minimum": _("at minimum size"),
        "desired": _("at desired count"),
        "maximum": _("at maximum size"),
        "rollout": _("during a deployment"),
        "from_zero": _("when scaling from zero"),
        "scaled_least": _("with task scaling at its minimum"),
        "scaled_usual": _("with task scaling, at desired count"),
        "scaled_most": _("with task scaling at its maximum"),
    }[of.state]
    if of.instances is None:
        return name
    count = ngettext("{n} instance", "{n} instances", of.instances).format(n=of.instances)
    return f"{name}, {count}"


def item_words(line: CostLine) -> str:
    """Return the name of the billed item."""
    return {
        "instances": _("each instance"),
        "on_demand_instances": _("each On-Demand instance"),
        "spot_instances": _("each Spot instance"),
        "root_volumes": _("root volume of each instance ({n} GiB)").format(n=line.count),
        "instance_addresses": _("public IPv4 address of each instance"),
        "load_balancer": _("load balancer"),
        "load_balancer_addresses": _("{n} public IPv4 addresses of the load balancer").format(
            n=line.count
        ),
        "vpc_endpoints": _("{n} VPC endpoint network interfaces (one per service and zone)").format(
            n=line.count
        ),
        "load_balancer_use": _("load balancer usage"),
        "nat_gateway": _("NAT gateway of the network"),
        "nat_data": _("data processed by the NAT gateway"),
        "vpc_endpoint_data": _("data processed by VPC endpoints"),
        "container_insights": _(
            "each Container Insights metric (every service and task family has several)"
        ),
        "alarms": ngettext("{n} metric in alarms", "{n} metrics in alarms", line.count).format(
            n=line.count
        ),
        "dashboard": _("dashboard"),
        "gpu_metrics": _("{n} GPU metrics of the fleet, while an instance runs").format(
            n=line.count
        ),
    }[line.item]


def price_words(line: CostLine) -> str:
    """Return a line's price with its unit, or why it is unknown."""
    if line.each is None:
        return _("unknown: {reason}").format(reason=line.unknown)
    price = amount(line.each.times(line.count))
    if line.unit == "hour":
        return _("{price} per hour").format(price=price)
    return _("{price} per {unit}").format(price=price, unit=line.unit)


def price_origin(line: CostLine) -> str:
    """Return the source of a line's price and its date; empty if the price is unknown."""
    if line.each is None:
        return ""
    day = line.since.isoformat() if line.since else _("no date")
    return f"{line.source}, {day}"


def text_lines(of: Cost) -> list[str]:
    """Return the whole cost as lines of plain text."""
    if of.unknown:
        return [_("Cost is unknown: {reason}.").format(reason=of.unknown)]
    market = {
        "on-demand": _("On-Demand"),
        "spot": _("Spot, range of the last seven days"),
        "both": _("On-Demand and Spot, Spot as the range of the last seven days"),
    }[of.market]
    lines = [_("Estimated cost ({market}; 1 month = {hours} hours)").format(
        market=market, hours=HOURS_A_MONTH
    )]  # fmt: skip
    rows = [(state_words(it), *total(it)) for it in of.sums]
    widths = [max((cells(row[column]) for row in rows), default=0) for column in range(2)]
    for name, hour, month in rows:
        lines.append(
            _("  {name}  {hour} per hour  {month} per month").format(
                name=pad(name, widths[0]), hour=pad_left(hour, widths[1]), month=month
            )
        )
    lines += [_line_text(line) for line in of.lines]
    if of.by_use:
        lines.append(_("Not included, billed by usage or with the network:"))
        lines += [_line_text(line) for line in of.by_use]
    notes = {line.note for line in (*of.lines, *of.by_use) if line.note}
    return lines + [_("  Note: {note}.").format(note=note) for note in sorted(notes)]


def as_json(of: Cost) -> dict[str, Any]:
    """Return the cost as ``check --json`` prints it; money as strings to keep every digit."""
    return {
        "currency": "USD",
        "market": of.market,
        "hours_a_month": HOURS_A_MONTH,
        "sums": {
            it.state: {
                "instances": it.instances,
                "hour": _range(it.hour),
                "month": _range(it.hour.month if it.hour else None),
                "complete": it.complete,
            }
            for it in of.sums
        },
        "lines": [_line_tree(line) for line in of.lines],
        "by_use": [_line_tree(line) for line in of.by_use],
    }


def _line_text(line: CostLine) -> str:
    words = f"  {item_words(line)}: {price_words(line)}"
    return f"{words} ({where})" if (where := price_origin(line)) else words


def _line_tree(line: CostLine) -> dict[str, Any]:
    return {
        "item": line.item,
        "count": line.count,
        "per_instance": line.per_instance,
        "unit": line.unit,
        "each": _range(line.each),
        "source": line.source,
        "since": line.since.isoformat() if line.since else None,
        "read_at": line.read_at.isoformat(timespec="seconds") if line.read_at else None,
        "unknown": line.unknown,
        "note": line.note,
    }


def _range(of: Amount | None) -> dict[str, str] | None:
    if of is None:
        return None
    # Rounded to four digits below a cent: the hourly price of a volume is a periodic decimal.
    low, high = (f"{usd.quantize(Decimal('0.000001')):f}" for usd in (of.low, of.high))
    return {"low": low, "high": high}
