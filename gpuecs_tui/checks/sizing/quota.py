"""Rule quota: the vCPU quotas of each family of types and of each purchase option."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gpuecs_tui.aws.facts import Quota
from gpuecs_tui.aws.reading import Known, Unknown
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, unknown, warning
from gpuecs_tui.checks.placement import Fit
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.capacity.fleet_types import sizes_by_market
from gpuecs_tui.stack.instance_type import InstanceType, quota_family
from gpuecs_tui.stack.model import peak_tasks
from gpuecs_tui.stack.releases.strategy import BOTH_PERCENT, shifts_traffic

_RULE, _FIELD = "quota", "fleet.max_size"


@dataclass(frozen=True, slots=True)
class _Room:
    """What the quota of one family and purchase option leaves to a fleet."""

    quota: Quota
    used: int
    """vCPUs of it that instances of other fleets use."""
    size: int
    """Most instances of the fleet with this purchase option."""
    types: tuple[InstanceType, ...]
    """The fleet's types of the family, the smallest first."""

    @property
    def most(self) -> int:
        """Return how many of ``size`` instances can run, if all are of the smallest type."""
        left = max(0, self.quota.vcpus - self.used)
        return min(self.size, left // self.types[0].vcpus)

    @property
    def exceeding(self) -> tuple[InstanceType, ...]:
        """Return the types of which fewer than ``size`` instances can run."""
        left = self.quota.vcpus - self.used
        return tuple(it for it in self.types if self.size * it.vcpus > left)


def quota(context: Context) -> Iterator[Finding]:
    """The vCPUs of the fleet at its maximum and of other instances must be within the quotas.

    Each family of its types and each purchase option has its own quota, and the fleet uses all of
    them. An error if they are too low for the instances that the tasks need.
    """
    types = [it for it in context.types.values() if it is not None]
    found = context.fit
    if not types or context.instance_type is None or found is None:
        return
    reading = context.account.quotas
    if isinstance(reading, Unknown):
        what = _("Could not check whether the vCPU quota allows the fleet")
        yield unknown(_RULE, _FIELD, reading, what)
        return
    sizes = sizes_by_market(context.stack)
    families = dict.fromkeys(it.quota_family for it in types)
    rooms = {
        market: [
            _Room(
                allowed,
                _used(context, allowed),
                size,
                tuple(
                    sorted(
                        (it for it in types if it.quota_family == allowed.family),
                        key=lambda it: it.vcpus,
                    )
                ),
            )
            for allowed in reading.value
            if allowed.market == market and allowed.family in families
        ]
        for market, size in sizes.items()
    }
    # A quota that AWS does not list may allow everything.
    most = {
        market: size
        if len(rooms[market]) < len(families)
        else min(size, sum(it.most for it in rooms[market]))
        for market, size in sizes.items()
    }
    exceeded = [it for its in rooms.values() for it in its if it.exceeding]
    for room in exceeded:
        yield _exceeded(context, found, room, most, is_only=len(families) * len(sizes) == 1)
    running = context.account.gpu_instances
    if isinstance(running, Unknown) and any(
        it not in exceeded for its in rooms.values() for it in its
    ):
        what = _("Could not check how much of the vCPU quota other instances use")
        yield unknown(_RULE, _FIELD, running, what)


def _exceeded(
    context: Context, found: Fit, room: _Room, most: dict[str, int], *, is_only: bool
) -> Finding:
    """Return what to say of a quota that is too low, with ``most`` instances by purchase option."""
    stack, of = context.stack, room.quota
    size = stack.fleet.max_size
    tasks = peak_tasks(stack)
    needed = min(size, found.instances_for(tasks) or 1)
    shifts = shifts_traffic(stack.service.deployment_strategy)
    both = min(size, found.instances_for(tasks * BOTH_PERCENT // 100 if shifts else tasks) or 1)
    possible = sum(most.values())
    # The On-Demand base is launched first.
    base = min(stack.fleet.on_demand_base, needed) if stack.fleet.market == "spot" else 0
    no_base = of.market == "on-demand" and most[of.market] < base
    small, large = room.types[0], room.types[-1]
    fits = small not in room.exceeding
    counted = large if fits else small
    raised = {"code": of.code, "vcpus": room.used + room.size * counted.vcpus}
    message = _message(room, counted, fits)
    increase = _("request an increase of quota {code} to {vcpus}").format(**raised)
    if fits:
        return warning(_RULE, _FIELD, message, increase)
    if no_base or possible < needed:
        return error(_RULE, _FIELD, message, increase)
    if possible < both:
        return warning(
            _RULE,
            _FIELD,
            _("{message} Deployments need {size} instances for the old and the new tasks.").format(
                message=message, size=both
            ),
            _(
                "request an increase of quota {code} to {vcpus}, or set "
                "service.deployment_strategy to rolling"
            ).format(**raised),
        )
    if not is_only:
        # The other family or purchase option may still have room.
        return warning(_RULE, _FIELD, message, increase)
    return warning(
        _RULE,
        _FIELD,
        message,
        _("request an increase of quota {code} to {vcpus}, or set fleet.max_size to {most}").format(
            **raised, most=room.most
        ),
    )


def _message(room: _Room, counted: InstanceType, fits: bool) -> str:
    of = room.quota
    exceeded = (
        _(
            "At the fleet's maximum size, instances of {types} may not start: {size} × {type} need "
            "{vcpus} vCPUs."
        )
        if fits
        else _("Quota exceeded: {size} × {type} need {vcpus} vCPUs.")
    ).format(
        types=_names(room.exceeding),
        size=room.size,
        type=counted.name,
        vcpus=room.size * counted.vcpus,
    )
    return _(
        "{exceeded} Quota {code} for {family} instances ({market}) allows {allowed}, of which "
        "{used} are in use."
    ).format(
        exceeded=exceeded,
        code=of.code,
        family=of.family,
        market=of.market,
        allowed=of.vcpus,
        used=room.used,
    )


def _names(types: Sequence[InstanceType]) -> str:
    return ", ".join(it.name for it in types)


def _used(context: Context, of: Quota) -> int:
    """Return the vCPUs that instances of other fleets use of a quota, as far as that is known."""
    reading, own = context.account.gpu_instances, context.stack.names.autoscaling_group
    return sum(
        it.vcpus
        for it in (reading.value if isinstance(reading, Known) else ())
        if quota_family(it.instance_type) == of.family
        and it.market == of.market
        and (not own or it.autoscaling_group != own)
    )
