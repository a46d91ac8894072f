"""Rules cidr-bits and rule-limit: the sources that the load balancer's security group allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, collapse_addresses

from gpuecs_tui.aws.facts import RULES_PER_GROUP, RULES_QUOTA
from gpuecs_tui.aws.reading import Known, Unknown, not_read
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, Fix, error, undecided, warning
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.stack.cidrs import covered, network_problem
from gpuecs_tui.stack.releases.strategy import shifts_traffic

CIDRS = "network.ingress_cidrs"
LISTS = "network.ingress_prefix_list_ids"
IPV6 = "IPv6"
CIDR_BITS = "cidr-bits"
RULE_LIMIT = "rule-limit"


def cidr_bits(context: Context) -> Iterator[Finding]:
    """Report CIDR blocks that others contain. The form refuses a block with host bits set."""
    cidrs = _cidrs(context)
    inside = covered(cidrs)
    if not inside:
        return
    kept = tuple(it for it in cidrs if it not in {narrow for narrow, _wide in inside})
    named = ", ".join(
        _("{narrow} in {wide}").format(narrow=narrow, wide=wide) for narrow, wide in inside
    )
    yield warning(
        CIDR_BITS,
        CIDRS,
        _(
            "Some CIDR blocks contain others: {named}. Each block uses one security group rule."
        ).format(named=named),
        fix=((CIDRS, kept),),
    )


def rule_limit(context: Context) -> Iterator[Finding]:
    """The created load balancer security group needs a rule for each source and port.

    A prefix list counts as its maximum of entries (VPC user guide, "Amazon VPC quotas").
    """
    network, quota = context.stack.network, context.account.lookups.quotas
    if network.load_balancer_security_group_ids:
        return
    cidrs, groups, each = _cidrs(context), network.ingress_security_group_ids, ports(context)
    lists = {it: _rules_of(context, it) for it in network.ingress_prefix_list_ids}
    others = len(groups) + sum(it or 0 for it in lists.values())
    needed, reading = (len(cidrs) + others) * each, quota.get(RULES_QUOTA, not_read())
    allowed = reading.value if isinstance(reading, Known) else RULES_PER_GROUP
    field = CIDRS if cidrs or not lists else LISTS
    if needed <= allowed:
        if uncounted := [it for it, rules in lists.items() if rules is None]:
            message = _("Could not count the security group rules of the prefix lists: {lists}.")
            remedy = _("check that they fit in the quota {code} of {allowed} rules")
            yield undecided(
                RULE_LIMIT,
                LISTS,
                message.format(lists=", ".join(uncounted)),
                remedy.format(code=RULES_QUOTA, allowed=allowed),
            )
        return
    message = _(
        "{sources} on {ports} need {needed} rules. A security group allows {allowed} "
        "(quota {code})."
    ).format(
        sources=", ".join(_in_words(cidrs, groups, lists)),
        ports=ngettext("{n} listener port", "{n} listener ports", each).format(n=each),
        needed=needed,
        allowed=allowed,
        code=RULES_QUOTA,
    )
    fewer = tuple(map(str, collapse_addresses(map(IPv4Network, cidrs))))
    fits = (len(fewer) + others) * each <= allowed
    fix: Fix | None = ((CIDRS, fewer),) if cidrs and fits else None
    remedy = "" if fix else _remedy(each, bool(lists)).format(code=RULES_QUOTA)
    if isinstance(reading, Unknown):
        doubt = _("{message} Could not read the account's quota: {reason}.").format(
            message=message, reason=reading.reason
        )
        yield warning(RULE_LIMIT, field, doubt, remedy, fix)
    else:
        yield error(RULE_LIMIT, field, message, remedy, fix)


def _remedy(each: int, listed: bool) -> str:
    if listed:
        return _("use fewer sources, or request an increase of quota {code}")
    return _("combine CIDR blocks, use a prefix list, or request an increase of quota {code}")


def _rules_of(context: Context, id_: str) -> int | None:
    """Return as how many IPv4 rules a prefix list counts; None if that is unknown."""
    reading = context.account.lookups.prefix_lists.get(id_, not_read())
    if isinstance(reading, Unknown):
        return None
    if reading.value is None or reading.value.family == IPV6:
        # Rule ingress-sources reports it; IPv6 rules are counted apart.
        return 0
    return reading.value.rules


def _in_words(
    cidrs: tuple[str, ...], groups: tuple[str, ...], lists: Mapping[str, int | None]
) -> Iterator[str]:
    if cidrs:
        yield ngettext("{n} CIDR block", "{n} CIDR blocks", len(cidrs)).format(n=len(cidrs))
    if groups:
        words = ngettext("{n} security group", "{n} security groups", len(groups))
        yield words.format(n=len(groups))
    for id_, rules in lists.items():
        if rules:
            yield ngettext(
                "prefix list {id} ({n} rule)", "prefix list {id} ({n} rules)", rules
            ).format(id=id_, n=rules)
        else:
            yield _("prefix list {id}").format(id=id_)


def ports(context: Context) -> int:
    """Return the number of listener ports: one more with HTTPS, because port 80 redirects, and one
    more with a test listener."""
    service = context.stack.service
    tested = shifts_traffic(service.deployment_strategy) and service.test_port > 0
    return 1 + (context.stack.load_balancer.protocol == "HTTPS") + tested


def _cidrs(context: Context) -> tuple[str, ...]:
    """Return the CIDR blocks that get rules: none if an existing security group is chosen."""
    network = context.stack.network
    if network.load_balancer_security_group_ids:
        return ()
    return tuple(it for it in network.ingress_cidrs if not network_problem(it))
