"""Rules cidr-bits and rule-limit: the CIDR blocks that the load balancer's group allows."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, collapse_addresses

from gpuecs_tui.aws.facts import RULES_PER_GROUP, RULES_QUOTA
from gpuecs_tui.aws.reading import Known, Unknown, not_read
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, Fix, error, warning
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.cidrs import covered, network_problem
from gpuecs_tui.stack.releases.strategy import shifts_traffic

CIDRS = "network.ingress_cidrs"
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
    """The created load balancer security group needs a rule for each CIDR block and port."""
    cidrs, quota = _cidrs(context), context.account.lookups.quotas.get(RULES_QUOTA, not_read())
    each = ports(context)
    needed = len(cidrs) * each
    allowed = quota.value if isinstance(quota, Known) else RULES_PER_GROUP
    if needed <= allowed:
        return
    message = _(
        "{ranges} CIDR blocks on {ports} listener ports need {needed} rules. A security group "
        "allows {allowed} (quota {code})."
    ).format(ranges=len(cidrs), ports=each, needed=needed, allowed=allowed, code=RULES_QUOTA)
    fewer = tuple(map(str, collapse_addresses(map(IPv4Network, cidrs))))
    fix: Fix | None = ((CIDRS, fewer),) if len(fewer) * each <= allowed else None
    remedy = _(
        "combine CIDR blocks, choose a security group that uses a prefix list, or request an "
        "increase of quota {code}"
    )
    if isinstance(quota, Unknown):
        doubt = _("{message} Could not read the account's quota: {reason}.").format(
            message=message, reason=quota.reason
        )
        yield warning(RULE_LIMIT, CIDRS, doubt, "" if fix else remedy.format(code=RULES_QUOTA), fix)
    else:
        yield error(RULE_LIMIT, CIDRS, message, "" if fix else remedy.format(code=RULES_QUOTA), fix)


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
