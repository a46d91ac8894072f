"""Rules cidr-bits and rule-limit: the address ranges that the load balancer's group lets in."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, collapse_addresses

from gpuecs_tui.aws.facts import RULES_PER_GROUP, RULES_QUOTA
from gpuecs_tui.aws.reading import Known, Unknown, not_read
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, Fix, error, warning
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.cidrs import covered, network_problem

CIDRS = "network.ingress_cidrs"
CIDR_BITS = "cidr-bits"
RULE_LIMIT = "rule-limit"


def cidr_bits(context: Context) -> Iterator[Finding]:
    """Ranges that another range contains; a range with host bits is refused as it is typed."""
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
        _("Address ranges contain each other: {named}. Each takes a rule of its own.").format(
            named=named
        ),
        fix=((CIDRS, kept),),
    )


def rule_limit(context: Context) -> Iterator[Finding]:
    """The created group of the load balancer needs a rule for each range and port."""
    cidrs, quota = _cidrs(context), context.account.lookups.quotas.get(RULES_QUOTA, not_read())
    each = ports(context)
    needed = len(cidrs) * each
    allowed = quota.value if isinstance(quota, Known) else RULES_PER_GROUP
    if needed <= allowed:
        return
    message = _(
        "{ranges} address ranges on {ports} listener ports need {needed} rules; a security group "
        "takes {allowed} (quota {code})."
    ).format(ranges=len(cidrs), ports=each, needed=needed, allowed=allowed, code=RULES_QUOTA)
    fewer = tuple(map(str, collapse_addresses(map(IPv4Network, cidrs))))
    fix: Fix | None = ((CIDRS, fewer),) if len(fewer) * each <= allowed else None
    remedy = _("combine the ranges, choose a group with a prefix list, or have {code} raised")
    if isinstance(quota, Unknown):
        doubt = _("{message} The account's own quota could not be read ({reason}).").format(
            message=message, reason=quota.reason
        )
        yield warning(RULE_LIMIT, CIDRS, doubt, "" if fix else remedy.format(code=RULES_QUOTA), fix)
    else:
        yield error(RULE_LIMIT, CIDRS, message, "" if fix else remedy.format(code=RULES_QUOTA), fix)


def ports(context: Context) -> int:
    """Return how many ports of the load balancer each range gets a rule for: HTTPS redirects."""
    return 2 if context.stack.load_balancer.protocol == "HTTPS" else 1


def _cidrs(context: Context) -> tuple[str, ...]:
    """Return the ranges that rules are made of: none where the load balancer's group is chosen."""
    network = context.stack.network
    if network.load_balancer_security_group_ids:
        return ()
    return tuple(it for it in network.ingress_cidrs if not network_problem(it))
