"""The cost of a stack by hour and month, in each state of its fleet.

Pure: prices come with the account's facts. An unknown price is never 0: a sum without it is shown
as a lower bound, and without the price of the instances there is no sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from gpuecs_tui.aws.prices_facts import SpotPrice
from gpuecs_tui.aws.reading import Known, Unknown
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.placement import FROM_ZERO, Fit, rollout
from gpuecs_tui.checks.pricing.by_use import by_use, interfaces_of
from gpuecs_tui.checks.pricing.limits_by_schedule import Limits, shares
from gpuecs_tui.checks.pricing.lines import HOURS_A_MONTH, NOTHING, Amount, CostLine, line_of
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.capacity.fleet_types import is_mixed, on_demand_instances, types_of
from gpuecs_tui.stack.fleet import FLEET_MAX
from gpuecs_tui.stack.monitoring.alarm_list import metrics_in_alarms

AMI_ROOT_GIB = 30
"""Size of the root volume of ECS-optimized images if the stack does not set it (docs/aws.md,
"AMIs")."""

_INSTANCES = ("instances", "on_demand_instances", "spot_instances")
"""Items without whose price no sum is known."""

State = Literal[
    "minimum",
    "desired",
    "maximum",
    "rollout",
    "from_zero",
    "scaled_least",
    "scaled_usual",
    "scaled_most",
]


@dataclass(frozen=True, slots=True)
class Sum:
    """The cost of one state of the fleet."""

    state: State
    instances: int | None
    """None if no task fits on an instance, or if the number changes with the schedule."""
    hour: Amount | None
    """None if the number or the price of the instances is unknown, or if no price is known."""
    complete: bool
    """Whether it includes the price of every line. Otherwise, it is a lower bound."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The whole cost of a stack."""

    market: str
    """``on-demand``, ``spot`` or ``both``; Spot prices are ranges over seven days and the chosen
    zones."""
    lines: tuple[CostLine, ...]
    by_use: tuple[CostLine, ...]
    """Items that depend on traffic or belong to the network. No sum includes them."""
    sums: tuple[Sum, ...]

    def sum(self, state: State) -> Sum | None:
        """Return the sum of a state; None if the fleet is never in that state."""
        return next((it for it in self.sums if it.state == state), None)

    @property
    def unknown(self) -> str:
        """Why no price is known, as the end of "unknown: …"; empty if at least one is known."""
        if any(line.each is not None for line in (*self.lines, *self.by_use)):
            return ""
        return self.lines[0].unknown


def cost(context: Context) -> Cost:
    """Work out what ``context``'s stack costs at the prices of its account."""
    lines = tuple(_lines(context))
    sums = (
        *(_sum(state, count, lines) for state, count in _instances(context)),
        *_scaled(context, lines),
    )
    both = any(line.item == "on_demand_instances" for line in lines)
    return Cost("both" if both else context.stack.fleet.market, lines, tuple(by_use(context)), sums)


def desired_instances(context: Context, found: Fit) -> int | None:
    """Return how many instances the capacity provider keeps for the desired count."""
    return _kept_instances(context, found, context.stack.service.desired_count)


def _kept_instances(context: Context, found: Fit, tasks: int) -> int | None:
    fleet = context.stack.fleet
    needed = found.instances_for(tasks)
    if needed is None:
        return None
    kept = -(-needed * 100 // fleet.target_capacity)
    return max(fleet.min_size, min(fleet.max_size, kept))


def _instances(context: Context) -> Iterator[tuple[State, int | None]]:
    fleet, found = context.stack.fleet, context.fit
    desired = desired_instances(context, found) if found else None
    yield "minimum", fleet.min_size
    yield "desired", desired
    yield "maximum", fleet.max_size
    if found is None or desired is None:
        return
    wanted = context.stack.service.desired_count
    update = rollout(context.stack, found)
    at_once = max(wanted, min(update.at_most, update.room))
    surge = min(fleet.max_size, found.instances_for(at_once) or 0)
    yield "rollout", max(desired, surge)
    if not fleet.min_size and wanted:
        yield "from_zero", min(fleet.max_size, max(desired, FROM_ZERO))


def _scaled(context: Context, lines: tuple[CostLine, ...]) -> Iterator[Sum]:
    """Yield the average cost by the schedule of task scaling: at its least, usual, and most tasks.

    The usual number is the desired count, within the limits of the hour.
    """
    stack, found = context.stack, context.fit
    if not stack.autoscaling.enabled or found is None:
        return
    usual = stack.service.desired_count
    limits = shares(stack, context.now.replace(tzinfo=None))
    tasks: dict[State, Callable[[Limits], int]] = {
        "scaled_least": lambda it: it.least,
        "scaled_usual": lambda it: min(max(usual, it.least), it.most),
        "scaled_most": lambda it: it.most,
    }
    for state, number in tasks.items():
        parts = [
            (_sum(state, _kept_instances(context, found, number(it)), lines), share)
            for it, share in limits.items()
        ]
        yield _average(state, parts)


def _average(state: State, parts: list[tuple[Sum, Decimal]]) -> Sum:
    counts = {part.instances for part, _share in parts}
    instances = counts.pop() if len(counts) == 1 else None
    total = NOTHING
    for part, share in parts:
        if part.hour is None:
            return Sum(state, instances, None, False)
        total += part.hour.times(share)
    return Sum(state, instances, total, all(part.complete for part, _share in parts))


def _sum(state: State, instances: int | None, lines: tuple[CostLine, ...]) -> Sum:
    if instances is None:
        return Sum(state, None, None, False)
    total, complete = NOTHING, True
    for line in lines:
        amount = line.at(instances)
        if amount is not None:
            total += amount
        elif not (line.per_instance and line.share(instances) == 0):
            complete = False
            if line.item in _INSTANCES:
                return Sum(state, instances, None, False)
    if not complete and total == NOTHING:
        return Sum(state, instances, None, False)
    return Sum(state, instances, total, complete)


def _lines(context: Context) -> Iterator[CostLine]:
    prices, stack = context.account.prices, context.stack
    yield from _instance_lines(context)
    gib = stack.fleet.root_volume_gib or AMI_ROOT_GIB
    yield line_of(
        "root_volumes",
        prices.volume,
        gib,
        per_instance=True,
        hourly=lambda usd: usd / HOURS_A_MONTH,
    )
    subnets = context.subnets(stack.network.instance_subnet_ids) or ()
    # The interface of a task in awsvpc mode gets no public address, so it costs nothing here.
    if any(it.assigns_public_address for it in subnets):
        yield line_of("instance_addresses", prices.public_address, 1, per_instance=True)
    yield line_of("load_balancer", prices.load_balancer, 1)
    if not stack.load_balancer.internal:
        zones = len(stack.network.load_balancer_subnet_ids)
        yield line_of("load_balancer_addresses", prices.public_address, zones)
    if watched := metrics_in_alarms(stack):
        yield line_of("alarms", prices.alarm, watched, hourly=lambda usd: usd / HOURS_A_MONTH)
    if interfaces := interfaces_of(context):
        yield line_of("vpc_endpoints", prices.vpc_endpoint, interfaces)


def _instance_lines(context: Context) -> Iterator[CostLine]:
    """Yield the instances, or those of each purchase option if the fleet has both.

    The price of several types is a range, because each of them may start.
    """
    stack = context.stack
    if stack.fleet.market != "spot":
        yield _on_demand_line(context)
    elif not is_mixed(stack) or not on_demand_instances(stack, FLEET_MAX):
        yield _spot_line(context)
    else:
        yield replace(
            _on_demand_line(context),
            item="on_demand_instances",
            share=lambda instances: on_demand_instances(stack, instances),
        )
        yield replace(
            _spot_line(context),
            item="spot_instances",
            share=lambda instances: instances - on_demand_instances(stack, instances),
        )


def _on_demand_line(context: Context) -> CostLine:
    prices = context.account.prices
    found = [
        line_of("instances", prices.of(name), 1, per_instance=True)
        for name in types_of(context.stack)
    ]
    unknown = next((it for it in found if it.each is None), None)
    if unknown is not None or not found:
        return unknown or line_of("instances", prices.of(""), 1, per_instance=True)
    ends = [it.each for it in found if it.each is not None]
    each = Amount(min(it.low for it in ends), max(it.high for it in ends))
    return replace(found[0], each=each)


def _spot_line(context: Context) -> CostLine:
    """Return the line of the instances at Spot prices: the range of seven days over their zones.

    The date is that of the reading: Spot prices are valid until they change.
    """

    stack = context.stack
    zones = {it.zone for it in context.subnets(stack.network.instance_subnet_ids) or ()}
    found: list[Known[tuple[SpotPrice, ...]]] = []
    for name in types_of(stack) or ("",):
        reading = context.account.prices.spot_of(name, zones)
        if isinstance(reading, Unknown):
            return CostLine(
                "instances", None, 1, True, "hour", reading.call, None, None, reading.reason
            )
        found.append(reading)
    # A type without a price in these zones is not offered there.
    seen = [price for reading in found for price in reading.value]
    source, read_at = found[0].source, found[0].read_at
    if not seen:
        reason = _("no Availability Zone of the subnets had a Spot price in the last seven days")
        return CostLine("instances", None, 1, True, "hour", source, None, None, reason)
    each = Amount(min(it.low for it in seen), max(it.high for it in seen))
    return CostLine("instances", each, 1, True, "hour", source, read_at.date(), read_at)
