"""Rule web-acl: the web ACL of AWS WAF that filters the requests to the load balancer."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.reading import Unknown, not_read
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error, unknown
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.partitions import region_in

RULE, KEY = "web-acl", "load_balancer.web_acl_arn"


def web_acl(context: Context) -> Iterator[Finding]:
    """The web ACL must exist, in the Region of the load balancer.

    AWS refuses any other during the apply (AWS WAF API reference, AssociateWebACL).
    """
    arn, region = context.stack.load_balancer.web_acl_arn, context.stack.stack.region
    if not arn or not region:
        return
    remedy = _("choose a web ACL from the list of the field")
    its_region = region_in(arn)
    if its_region != region:
        message = _("The web ACL is in {its}, but the load balancer is in {region}.")
        yield error(RULE, KEY, message.format(its=its_region, region=region), remedy)
        return
    reading = context.account.lookups.web_acls.get(arn, not_read())
    if isinstance(reading, Unknown):
        yield unknown(RULE, KEY, reading, _("Could not check whether the web ACL exists"))
    elif not reading.value:
        message = _("The web ACL {arn} does not exist. The apply will fail.")
        yield error(RULE, KEY, message.format(arn=arn), remedy)
