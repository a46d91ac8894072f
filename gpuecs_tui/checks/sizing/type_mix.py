"""Rules type-mix and spot-share: several instance types and purchase options in one fleet."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, warning
from gpuecs_tui.i18n import N_, _
from gpuecs_tui.stack.capacity.fleet_types import on_demand_instances
from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.stack.resolve import TYPES

MIX, SHARE = "type-mix", "spot-share"
_SIZES: tuple[tuple[str, Callable[[InstanceType], int]], ...] = (
    (N_("vCPUs"), lambda it: it.vcpus),
    (N_("MiB of memory"), lambda it: it.memory_mib),
    (N_("GPUs"), lambda it: it.gpus),
)
"""What managed scaling sorts the types by (ECS developer guide, "Amazon ECS managed scaling
behavior"); network interfaces and ports don't limit GPU tasks in practice."""


def type_mix(context: Context) -> Iterator[Finding]:
    """Types of different sizes mislead managed scaling; types of two architectures share no AMI."""
    if not context.stack.fleet.instance_types:
        return
    types = [it for it in context.types.values() if it is not None]
    architectures = {it.architecture for it in types}
    if len(architectures) > 1:
        yield error(
            MIX,
            TYPES,
            _(
                "The types have different architectures ({names}), but the fleet has one AMI."
            ).format(names=", ".join(sorted(architectures))),
            _("keep types of one architecture"),
        )
    unlike = [
        _("{numbers} {unit}").format(numbers=", ".join(str(size(it)) for it in types), unit=_(unit))
        for unit, size in _SIZES
        if len({size(it) for it in types}) > 1
    ]
    if unlike:
        yield warning(
            MIX,
            TYPES,
            _(
                "The types have different sizes: {sizes}. ECS managed scaling plans with the "
                "smallest and the largest, so it may start too many or too few instances, and "
                "tasks leave a part of the larger types unused."
            ).format(sizes="; ".join(unlike)),
            _("choose types with the same vCPUs, memory, and GPUs"),
        )


def spot_share(context: Context) -> Iterator[Finding]:
    """A Spot fleet without a Spot instance at its maximum size is On-Demand."""
    fleet = context.stack.fleet
    if fleet.market == "spot" and on_demand_instances(context.stack, fleet.max_size) == (
        fleet.max_size
    ):
        yield warning(
            SHARE,
            "fleet.on_demand_base",
            _(
                "The fleet never has a Spot instance: of {size} instances at maximum size, {base} "
                "are the On-Demand base, and {percent} % of the others is less than one."
            ).format(
                size=fleet.max_size,
                base=min(fleet.on_demand_base, fleet.max_size),
                percent=fleet.spot_percent,
            ),
            _("lower fleet.on_demand_base, or set fleet.market to on-demand"),
        )
