"""Rule tls-policy: the security policy of an HTTPS listener."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, warning
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.balancer.tls_policies import OLD_VERSIONS, is_documented, successor

RULE, KEY = "tls-policy", "load_balancer.tls_policy"


def tls_policy(context: Context) -> Iterator[Finding]:
    """A policy that allows TLS 1.0 or 1.1, or that AWS does not document.

    Both versions are deprecated (RFC 8996). AWS refuses a policy that does not exist during the
    apply.
    """
    balancer = context.stack.load_balancer
    policy = balancer.tls_policy
    better = successor(policy, context.stack.stack.region)
    if balancer.protocol != "HTTPS":
        return
    if policy in OLD_VERSIONS:
        message = _("Policy {policy} allows TLS 1.0 or 1.1, which are deprecated.")
        yield warning(RULE, KEY, message.format(policy=policy), fix=((KEY, better),))
    elif not is_documented(policy):
        message = _(
            "gpuecs-tui does not know the policy {policy}. If it does not exist, AWS refuses the "
            "listener."
        )
        # No fix: the policy may be newer than the ones that are known here.
        remedy = _("check the name, or choose a policy such as {better}").format(better=better)
        yield warning(RULE, KEY, message.format(policy=policy), remedy)
