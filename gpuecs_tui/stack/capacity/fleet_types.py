"""The instance types of a fleet: one, or several that can replace each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.fleet import SPOT_STRATEGIES
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.resolve import TYPE, TYPES


def type_names(answers: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the names of the types in ``answers``, the preferred one first."""
    several = cast(tuple[str, ...], answers.get(TYPES, ()))
    one = cast(str, answers.get(TYPE, ""))
    return several or ((one,) if one else ())


def on_type(answers: Mapping[str, Value], name: str) -> dict[str, Value]:
    """Return ``answers`` with one instance type instead of those that are set."""
    return {**{key: value for key, value in answers.items() if key != TYPES}, TYPE: name}


def types_of(stack: Stack) -> tuple[str, ...]:
    """Return the names of the stack's types, the preferred one first; empty if none is set."""
    several = stack.fleet.instance_types
    if several:
        return several
    one = stack.fleet.instance_type
    return (one,) if one else ()


def key_of_types(stack: Stack) -> str:
    """Return the key that sets the types of ``stack``."""
    return TYPES if stack.fleet.instance_types else TYPE


def is_mixed(stack: Stack) -> bool:
    """Return whether the Auto Scaling group needs a mixed instances policy.

    A launch template alone has one type, and is either On-Demand or Spot.
    """
    fleet = stack.fleet
    return bool(fleet.instance_types) or (
        fleet.market == "spot"
        and (
            fleet.on_demand_base > 0
            or fleet.spot_percent < 100
            or fleet.spot_allocation_strategy != SPOT_STRATEGIES[0]
        )
    )


def on_demand_instances(stack: Stack, size: int) -> int:
    """Return how many of ``size`` instances are On-Demand.

    A fraction of an instance counts as On-Demand, so that no cost is understated.
    """
    fleet = stack.fleet
    if fleet.market != "spot":
        return size
    base = min(size, fleet.on_demand_base)
    return base + -(-(size - base) * (100 - fleet.spot_percent) // 100)


def sizes_by_market(stack: Stack) -> dict[str, int]:
    """Return purchase option → most instances of it at the fleet's maximum size, without zeros."""
    size = stack.fleet.max_size
    on_demand = on_demand_instances(stack, size)
    sizes = {"on-demand": on_demand, "spot": size - on_demand}
    return {market: count for market, count in sizes.items() if count}
