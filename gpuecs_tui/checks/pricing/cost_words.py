"""A stack's cost in words and as JSON: for ``check``, the review and the line below a form."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from gpuecs_tui.checks.pricing.cost import HOURS_A_MONTH, Amount, Cost, Line, Sum
from gpuecs_tui.columns import cells, pad, pad_left
from gpuecs_tui.i18n import _, ngettext

CENT = Decimal("0.01")
FINE = Decimal("0.0001")
"""Prices below ten dollars are told to a hundredth of a cent: a volume's hour is less than one."""
BRIEF_FROM = 100
COARSE_FROM = 10
WHOLE_FROM = 1000
"""USD from which cents are noise."""


def money(usd: Decimal) -> str:
    """Return USD as a person reads it: ``$0.526``, ``$24.10``, ``$1,204``."""
    if usd >= WHOLE_FROM:
        return f"${usd.quantize(Decimal(1), ROUND_HALF_EVEN):,}"
    if usd >= COARSE_FROM:
        return f"${usd.quantize(CENT, ROUND_HALF_EVEN)}"
    whole, _point, part = f"{usd.quantize(FINE, ROUND_HALF_EVEN):f}".partition(".")
    return f"${whole}.{part.rstrip('0').ljust(2, '0')}"


def brief(usd: Decimal) -> str:
    """Return USD to the cent, or to the dollar from a hundred on: where there is little room."""
    if usd >= BRIEF_FROM:
        return f"${usd.quantize(Decimal(1), ROUND_HALF_EVEN):,}"
    return f"${usd.quantize(CENT, ROUND_HALF_EVEN)}"


def amount(of: Amount, told: Callable[[Decimal], str] = money) -> str:
    """Return an amount as ``told``; as a range where its ends differ."""
    low, high = told(of.low), told(of.high)
    return low if low == high else f"{low}–{high.removeprefix('$')}"


def in_one_line(of: Cost) -> str:
    """Return the sums of a cost in some eighty cells; empty where the instances have no price."""
    desired = of.sum("desired")
    if desired is None or desired.hour is None:
        return ""
    words = _("{hour}/h ({month}/month)")
    if not desired.complete:
        words = _("at least {hour}/h ({month}/month)")
    text = words.format(hour=amount(desired.hour, brief), month=amount(desired.hour.month, brief))
    told = [
        words.format(price=amount(found.hour, brief))
        for state, words in (
            ("minimum", _("min {price}")),
            ("rollout", _("roll-out {price}")),
            ("maximum", _("max {price}")),
        )
        for found in of.sums
        if found.state == state and found.hour is not None
    ]
    return f"{text}; {', '.join(told)}"


def total(of: Sum) -> tuple[str, str]:
    """Return a sum by the hour and by the month; "at least" where a price is missing."""
    if of.hour is None:
        return _("unknown"), _("unknown")
    words = "{}" if of.complete else _("at least {}")
    return words.format(amount(of.hour)), words.format(amount(of.hour.month))


def state_words(of: Sum) -> str:
    """Name a state of the fleet and its instances: "at minimum, 0 instances"."""
    name = {
        "minimum": _("at minimum"),
        "desired": _("with the desired tasks"),
        "maximum": _("at maximum"),
        "rollout": _("during a roll-out"),
        "from_zero": _("scaling from zero"),
    }[of.state]
    if of.instances is None:
        return name
    count = ngettext("{n} instance", "{n} instances", of.instances).format(n=of.instances)
    return f"{name}, {count}"


def item_words(line: Line) -> str:
    """Say what a line is paid for."""
    return {
        "instances": _("each instance"),
        "root_volumes": _("{n} GiB root volume of each").format(n=line.count),
        "instance_addresses": _("public IPv4 address of each"),
        "load_balancer": _("load balancer"),
        "load_balancer_addresses": _("{n} public IPv4 addresses of the load balancer").format(
            n=line.count
        ),
        "vpc_endpoints": _("{n} VPC endpoint interfaces, one a service and zone").format(
            n=line.count
        ),
        "load_balancer_use": _("load balancer's use"),
        "nat_gateway": _("NAT gateway, the network's own"),
        "nat_data": _("data through NAT"),
        "vpc_endpoint_data": _("data through VPC endpoints"),
    }[line.item]


def price_words(line: Line) -> str:
    """Return a line's price with its unit, or that it isn't known and why."""
    if line.each is None:
        return _("unknown: {reason}").format(reason=line.unknown)
    price = amount(line.each.times(line.count))
    if line.unit == "hour":
        return _("{price} per hour").format(price=price)
    return _("{price} per {unit}").format(price=price, unit=line.unit)


def origin(line: Line) -> str:
    """Say where a line's price is from and since when it holds; empty where it isn't known."""
    if line.each is None:
        return ""
    day = line.since.isoformat() if line.since else _("without a date")
    return f"{line.source}, {day}"


def text_lines(of: Cost) -> list[str]:
    """Return the whole cost as lines of plain text."""
    if of.unknown:
        return [_("Cost: unknown: {reason}.").format(reason=of.unknown)]
    market = _("spot, range of seven days") if of.market == "spot" else _("on demand")
    lines = [_("Cost ({market}; a month is {hours} hours)").format(
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
        lines.append(_("Not in the sums, paid by use or with the network:"))
        lines += [_line_text(line) for line in of.by_use]
    notes = {line.note for line in (*of.lines, *of.by_use) if line.note}
    return lines + [_("  Note: {note}.").format(note=note) for note in sorted(notes)]


def as_json(of: Cost) -> dict[str, Any]:
    """Return the cost as ``check --json`` prints it; money as strings, which keep every digit."""
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


def _line_text(line: Line) -> str:
    words = f"  {item_words(line)}: {price_words(line)}"
    return f"{words} ({where})" if (where := origin(line)) else words


def _line_tree(line: Line) -> dict[str, Any]:
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
    # Four digits below a cent: a volume's hour is a quotient without an end.
    low, high = (f"{usd.quantize(Decimal('0.000001')):f}" for usd in (of.low, of.high))
    return {"low": low, "high": high}
