"""Rules zone-offering and lb-zones: the zones of instances and load balancer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gpuecs_tui.aws.network_facts import Subnet
from gpuecs_tui.aws.reading import Known, Unknown
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, Fix, error, unknown, warning
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.stack.capacity.fleet_types import key_of_types, types_of
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.resolve import TYPES

INSTANCES = "network.instance_subnet_ids"
BALANCER = "network.load_balancer_subnet_ids"
ZONES_MIN = 2
"""An Application Load Balancer needs two (Elastic Load Balancing user guide)."""


def zone_offering(context: Context) -> Iterator[Finding]:
    """The instance subnets must exist, and their zones must offer the instance types."""
    network, names = context.stack.network, types_of(context.stack)
    yield from _vpc(context)
    yield from _not_there("zone-offering", INSTANCES, network.instance_subnet_ids, context)
    subnets = context.subnets(network.instance_subnet_ids)
    if not names or not subnets:
        return
    name = ", ".join(names)
    offerings = context.account.offerings
    if isinstance(offerings, Unknown):
        what = _("Could not check which Availability Zones offer {type}").format(type=name)
        yield unknown("zone-offering", INSTANCES, offerings, what)
        return
    offered = {it.instance_type: it.zones for it in offerings.value}
    zones = tuple(sorted({zone for each in names for zone in offered.get(each, ())}))
    if zones and len(names) > 1:
        yield from _by_type(context, offered, {it.zone for it in subnets})
    bad = [it for it in subnets if it.zone not in zones]
    if not bad:
        return
    good = tuple(it.id for it in subnets if it.zone in zones)
    where = ", ".join(sorted({it.zone for it in bad}))
    if not zones:
        yield error(
            "zone-offering",
            key_of_types(context.stack),
            ngettext(
                "{type} is not offered in any Availability Zone of {region}.",
                "{type} are not offered in any Availability Zone of {region}.",
                len(names),
            ).format(type=name, region=context.account.region),
            _("choose another instance type or Region"),
        )
    elif good:
        yield warning(
            "zone-offering",
            INSTANCES,
            ngettext(
                "{type} is not offered in {where}. No instances will start there.",
                "{type} are not offered in {where}. No instances will start there.",
                len(names),
            ).format(type=name, where=where),
            _("remove {subnets}").format(subnets=", ".join(it.id for it in bad)),
            keep_instances_in(context.stack, good),
        )
    else:
        yield error(
            "zone-offering",
            INSTANCES,
            ngettext(
                "{type} is not offered in {where}. All instance subnets are in these zones.",
                "{type} are not offered in {where}. All instance subnets are in these zones.",
                len(names),
            ).format(type=name, where=where),
            _("choose subnets in {zones}, or another instance type").format(zones=", ".join(zones)),
        )


def _by_type(
    context: Context, offered: Mapping[str, tuple[str, ...]], chosen: set[str]
) -> Iterator[Finding]:
    """Yield which of several types is not offered in every chosen zone."""
    lacking = {
        name: sorted(chosen.intersection(offered.get(name, ())))
        for name in types_of(context.stack)
        if not chosen.issubset(offered.get(name, ()))
    }
    if not lacking:
        return
    none = _("none of the chosen zones")
    yield warning(
        "zone-offering",
        TYPES,
        _(
            "Not every type is offered in every zone of the instance subnets: {types}. In the "
            "other zones, only the other types can start."
        ).format(
            types="; ".join(
                _("{type} in {zones}").format(type=name, zones=", ".join(zones) or none)
                for name, zones in lacking.items()
            )
        ),
        _("choose subnets in zones that offer every type, or remove a type"),
    )


def lb_zones(context: Context) -> Iterator[Finding]:
    """An ALB needs one subnet in each of at least two zones, public ones if internet-facing."""
    ids = context.stack.network.load_balancer_subnet_ids
    if not ids:
        return
    yield from _not_there("lb-zones", BALANCER, ids, context)
    subnets = context.subnets(ids)
    if subnets is None:
        if len(ids) < ZONES_MIN:
            yield error("lb-zones", BALANCER, _too_few(len(ids)), _two_zones())
        else:
            reading = context.account.subnets
            assert isinstance(reading, Unknown)
            what = _("Could not check the Availability Zones of the load balancer subnets")
            yield unknown("lb-zones", BALANCER, reading, what)
        return
    zones = {it.zone for it in subnets}
    best = _roomiest(subnets)
    if len(zones) < ZONES_MIN:
        yield error("lb-zones", BALANCER, _too_few(len(zones)), _candidates(context, zones))
    elif len(subnets) > len(zones):
        twice = sorted({it.zone for it in subnets if it.id != best[it.zone]})
        fix: Fix = ((BALANCER, tuple(it.id for it in subnets if best[it.zone] == it.id)),)
        yield error(
            "lb-zones",
            BALANCER,
            _(
                "A load balancer accepts one subnet per Availability Zone. More than one subnet is "
                "in {zones}."
            ).format(zones=", ".join(twice)),
            fix=fix,
        )
    if not context.stack.load_balancer.internal:
        yield from _public(context, subnets)


def _public(context: Context, subnets: tuple[Subnet, ...]) -> Iterator[Finding]:
    tables = context.account.route_tables
    private = [it for it in subnets if it.public is False]
    if private:
        yield error(
            "lb-zones",
            BALANCER,
            _(
                "An internet-facing load balancer needs public subnets. These subnets have no "
                "route to an internet gateway: {subnets}."
            ).format(subnets=", ".join(it.id for it in private)),
            _candidates(context, set()),
        )
    elif isinstance(tables, Unknown) and any(it.public is None for it in subnets):
        what = _("Could not check whether the load balancer subnets are public")
        yield unknown("lb-zones", BALANCER, tables, what)


def _roomiest(subnets: tuple[Subnet, ...]) -> dict[str, str]:
    """Return zone → id of the subnet with the most free addresses; the first of equal ones."""
    best: dict[str, Subnet] = {}
    for it in subnets:
        if it.zone not in best or it.free_addresses > best[it.zone].free_addresses:
            best[it.zone] = it
    return {zone: it.id for zone, it in best.items()}


def _candidates(context: Context, zones: set[str]) -> str:
    """Return a remedy that names a suitable subnet in each zone outside ``zones``."""
    stack, reading = context.stack, context.account.subnets
    found: dict[str, Subnet] = {}
    for it in reading.value if isinstance(reading, Known) else ():
        public_enough = stack.load_balancer.internal or it.public
        if it.vpc_id == stack.network.vpc_id and it.zone not in zones and public_enough:
            found.setdefault(it.zone, it)
    if len(zones) + len(found) < ZONES_MIN:
        return _two_zones()
    return _("choose {subnets}").format(
        subnets=", ".join(f"{it.id} ({zone})" for zone, it in sorted(found.items()))
    )


def keep_instances_in(stack: Stack, good: tuple[str, ...]) -> Fix:
    """Return the fix that keeps instances in the subnets ``good`` and leaves the ALB unchanged."""
    fix: Fix = ((INSTANCES, good),)
    network = stack.network
    if network.load_balancer_subnet_ids == network.instance_subnet_ids:
        # Its default follows the instance subnets, but it may need the removed zones.
        fix += ((BALANCER, network.load_balancer_subnet_ids),)
    return fix


def _vpc(context: Context) -> Iterator[Finding]:
    vpcs, wanted = context.account.vpcs, context.stack.network.vpc_id
    if not wanted or not isinstance(vpcs, Known) or wanted in {it.id for it in vpcs.value}:
        return
    yield error(
        "zone-offering",
        "network.vpc_id",
        _("VPC {vpc} does not exist in {region}.").format(
            vpc=wanted, region=context.account.region
        ),
        _("choose an existing VPC"),
    )


def _not_there(rule: str, field: str, ids: tuple[str, ...], context: Context) -> Iterator[Finding]:
    subnets = context.subnets(ids)
    if subnets is None:
        if rule == "zone-offering" and isinstance(context.account.subnets, Unknown) and ids:
            what = _("Could not check the Availability Zones of the instance subnets")
            yield unknown(rule, field, context.account.subnets, what)
        return
    absent = [it for it in ids if it not in {subnet.id for subnet in subnets}]
    if absent:
        yield error(
            rule,
            field,
            ngettext(
                "Subnet {subnets} does not exist in {region}.",
                "Subnets {subnets} do not exist in {region}.",
                len(absent),
            ).format(subnets=", ".join(absent), region=context.account.region),
            _("choose existing subnets"),
        )
    vpc = context.stack.network.vpc_id
    strange = [it.id for it in subnets if vpc and it.vpc_id != vpc]
    if strange:
        yield error(
            rule,
            field,
            ngettext(
                "Subnet {subnets} belongs to a VPC other than {vpc}.",
                "Subnets {subnets} belong to a VPC other than {vpc}.",
                len(strange),
            ).format(subnets=", ".join(strange), vpc=vpc),
            _("choose subnets in {vpc}").format(vpc=vpc),
        )


def _too_few(count: int) -> str:
    return _(
        "A load balancer needs subnets in {least} Availability Zones. The chosen subnets are in "
        "{count}."
    ).format(least=ZONES_MIN, count=count)


def _two_zones() -> str:
    return _("choose subnets in at least two Availability Zones")
