"""Rule ingress-sources: prefix lists and security groups that may reach the listener."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.reading import Unknown, not_read
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, undecided, unknown, warning
from gpuecs_tui.checks.network.ingress import IPV6, LISTS
from gpuecs_tui.i18n import _

RULE, GROUPS = "ingress-sources", "network.ingress_security_group_ids"


def ingress_sources(context: Context) -> Iterator[Finding]:
    """The sources must exist, and clients must have their addresses.

    AWS refuses a rule whose source does not exist. A security group stands for the private
    addresses of its members (VPC user guide, "Security group rules").
    """
    if context.stack.network.load_balancer_security_group_ids:
        return
    yield from _lists(context)
    yield from _groups(context)


def _lists(context: Context) -> Iterator[Finding]:
    for id_ in context.stack.network.ingress_prefix_list_ids:
        reading = context.account.lookups.prefix_lists.get(id_, not_read())
        if isinstance(reading, Unknown):
            message = _("Could not check prefix list {id}").format(id=id_)
            yield unknown(RULE, LISTS, reading, message)
        elif reading.value is None:
            message = _("Prefix list {id} does not exist in this Region.").format(id=id_)
            yield error(RULE, LISTS, message, _("choose a prefix list from the list of the field"))
        elif reading.value.family == IPV6:
            message = _(
                "Prefix list {id} has IPv6 addresses, but the load balancer has only IPv4 "
                "addresses. It allows no client."
            ).format(id=id_)
            yield error(RULE, LISTS, message, _("choose a prefix list of IPv4 addresses"))


def _groups(context: Context) -> Iterator[Finding]:
    network, reading = context.stack.network, context.account.security_groups
    chosen = network.ingress_security_group_ids
    if not chosen:
        return
    if isinstance(reading, Unknown):
        message = _("Could not check the security groups of the clients")
        yield unknown(RULE, GROUPS, reading, message)
        return
    vpcs = {it.id: it.vpc_id for it in reading.value}
    absent = [it for it in chosen if it not in vpcs]
    if absent:
        yield undecided(
            RULE,
            GROUPS,
            _("This account has no security group {groups} in this Region.").format(
                groups=", ".join(absent)
            ),
            _("check that it belongs to a peered VPC of another account, or choose another group"),
        )
    away = [it for it in chosen if it in vpcs and network.vpc_id not in ("", vpcs[it])]
    if away:
        yield undecided(
            RULE,
            GROUPS,
            _("Security group {groups} belongs to a VPC other than {vpc}.").format(
                groups=", ".join(away), vpc=network.vpc_id
            ),
            _("check that the VPCs are peered, or choose security groups in {vpc}").format(
                vpc=network.vpc_id
            ),
        )
    if not context.stack.load_balancer.internal:
        yield warning(
            RULE,
            GROUPS,
            _(
                "A security group allows the private addresses of its members, but clients reach "
                "an internet-facing load balancer from public addresses."
            ),
            _("allow their public addresses, or make the load balancer internal"),
        )
