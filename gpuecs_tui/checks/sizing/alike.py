"""Instance types that can replace the preferred one of a stack."""

from __future__ import annotations

from gpuecs_tui.aws import catalogue
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.placement import fit
from gpuecs_tui.checks.sizing.offers import Offer, offers, ordered, sold_gb
from gpuecs_tui.stack.capacity.fleet_types import types_of


def alike(context: Context) -> tuple[str, ...]:
    """Return the other types of the preferred type's size that take the task, by price.

    Without those that the stack has already. By the lowest Spot price if the fleet uses Spot.

    That is as many GPUs with at least its memory, as many vCPUs, as much RAM, and the same
    architecture, so that managed scaling sees types of one size. Includes only types that AWS
    documents for ECS and, if that is known, offers in a zone of the instance subnets. Empty if the
    preferred type is unknown.
    """
    names = types_of(context.stack)
    first = catalogue.find(names[0], context.account) if names else None
    if first is None:
        return ()
    least = sold_gb(first)

    def takes(offer: Offer) -> bool:
        it = offer.instance_type
        return (
            it.supported
            and it.name not in names
            and it.ecs_support == "documented"
            and (it.gpus, it.vcpus, it.memory_mib, it.architecture)
            == (first.gpus, first.vcpus, first.memory_mib, first.architecture)
            and sold_gb(it) >= least
            and offer.zones != ()
            and fit(context.stack, it).placeable > 0
        )

    subnets = context.subnets(context.stack.network.instance_subnet_ids) or ()
    found = filter(takes, offers(context.account, {it.zone for it in subnets}))
    by = "spot" if context.stack.fleet.market == "spot" else "price"
    return tuple(it.name for it in ordered(found, by))
