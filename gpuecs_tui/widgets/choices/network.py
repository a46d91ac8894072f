"""Lists of the network: VPCs, subnets by zone, security groups."""

from __future__ import annotations

from collections.abc import Iterable

from gpuecs_tui.aws.network_facts import (
    PrefixList,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpc,
    egress_of,
)
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.choices.account import facts_of, listed
from gpuecs_tui.widgets.picker.rows import Choices, Row
from gpuecs_tui.wizard.session import WizardSession
from gpuecs_tui.wizard.suggestions import FEWEST_ADDRESSES


def vpcs(wizard: WizardSession) -> Choices:
    """Return the VPCs of the Region."""

    def rows(found: tuple[Vpc, ...]) -> Iterable[Row]:
        for it in found:
            default = _("default") if it.is_default else ""
            yield Row(it.id, (it.id, it.name or "–", ", ".join(it.cidrs), default))

    return listed(
        _("VPCs"),
        (_("Id"), _("Name"), _("CIDRs"), ""),
        facts_of(wizard).vpcs,
        rows,
        empty=_("No VPCs in this Region."),
    )


def subnets(wizard: WizardSession) -> Choices:
    """Return the subnets of the chosen VPC by zone; without a chosen VPC, all subnets."""
    vpc = str(wizard.decisions.answers.get("network.vpc_id", ""))
    tables = facts_of(wizard).route_tables
    routes = tables.value if isinstance(tables, Known) else None

    def rows(found: tuple[Subnet, ...]) -> Iterable[Row]:
        here = [it for it in found if not vpc or it.vpc_id == vpc]
        # Private before public: GPU instances should not be reachable from the internet.
        here.sort(key=lambda it: (it.zone, bool(it.public), it.cidr))
        for it in here:
            free = str(it.free_addresses)
            reach = _reach(it, routes)
            few = _("Only {n} IP addresses are free.").format(n=it.free_addresses)
            yield Row(
                it.id,
                (it.id, it.name or "–", it.cidr, reach, free),
                group=it.zone,
                detail=few if it.free_addresses < FEWEST_ADDRESSES else "",
                summary=_("{zone} · {name} · {reach} · {n} free").format(
                    zone=it.zone, name=it.name or it.cidr, reach=reach, n=free
                ),
            )

    empty = _("{vpc} has no subnets. Choose another VPC.").format(vpc=vpc) if vpc else ""
    return listed(
        _("Subnets"),
        (_("Id"), _("Name"), _("CIDR"), _("Routing"), _("Free")),
        facts_of(wizard).subnets,
        rows,
        multiple=True,
        numeric=(4,),
        empty=empty or _("No subnets in this Region."),
    )


def security_groups(wizard: WizardSession) -> Choices:
    """Return the security groups of the chosen VPC; without a chosen VPC, all groups."""
    vpc = str(wizard.decisions.answers.get("network.vpc_id", ""))

    def rows(found: tuple[SecurityGroup, ...]) -> Iterable[Row]:
        for it in found:
            if not vpc or it.vpc_id == vpc:
                yield Row(it.id, (it.id, it.name, it.description))

    return listed(
        _("Security groups"),
        (_("Id"), _("Name"), _("Description")),
        facts_of(wizard).security_groups,
        rows,
        multiple=True,
        empty=_("No security groups in this VPC."),
    )


def prefix_lists(wizard: WizardSession) -> Choices:
    """Return the managed prefix lists of the Region."""

    def rows(found: tuple[PrefixList, ...]) -> Iterable[Row]:
        for it in found:
            rules = "?" if it.rules is None else str(it.rules)
            yield Row(it.id, (it.id, it.name, it.family, rules))

    return listed(
        _("Prefix lists"),
        (_("Id"), _("Name"), _("Addresses"), _("Rules")),
        facts_of(wizard).late.prefix_lists,
        rows,
        multiple=True,
        numeric=(3,),
        empty=_("No prefix lists in this Region."),
    )


def chosen_zones(wizard: WizardSession, key: str) -> tuple[str, ...] | None:
    """Return the zones of the subnets chosen for ``key``, sorted; None if they are unknown."""
    reading = facts_of(wizard).subnets
    ids = wizard.decisions.resolved.stack[key]
    if not isinstance(reading, Known) or not isinstance(ids, tuple):
        return None
    return tuple(sorted({it.zone for it in reading.value if it.id in ids}))


def _reach(subnet: Subnet, routes: tuple[RouteTable, ...] | None) -> str:
    """Return how the route table connects the subnet."""
    if subnet.public is None or routes is None:
        return "?"
    if subnet.public:
        return _("public")
    return {
        "nat": _("private, NAT"),
        "other": _("private, routed"),
    }.get(egress_of(subnet, routes), _("private, no egress"))
