"""Rule container-insights: a cluster keeps metrics that are billed."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.aws.service.cluster_insights import BILLED, KEPT, insights_of
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, unknown, warning
from gpuecs_tui.i18n import _

INSIGHTS_KEPT, KEY = "container-insights", "fleet.container_insights"


def container_insights(context: Context) -> Iterator[Finding]:
    """With ``account``, Terraform leaves the Container Insights of an existing cluster as they are.

    They may be on because the stack had another value before, or because of the account's setting.
    """
    stack, present = context.stack, context.account.lookups.cluster_insights
    reading = present.get(stack.names.cluster)
    if stack.fleet.container_insights != KEPT or reading is None:
        return
    if isinstance(reading, Unknown):
        what = _("Could not check whether cluster {cluster} has Container Insights").format(
            cluster=stack.names.cluster
        )
        yield unknown(INSIGHTS_KEPT, KEY, reading, what)
        return
    found = insights_of(stack, present)
    if found in BILLED:
        yield warning(
            INSIGHTS_KEPT,
            KEY,
            _(
                "Cluster {cluster} has Container Insights, which are billed for each metric. With "
                "fleet.container_insights = account, Terraform leaves them on."
            ).format(cluster=stack.names.cluster),
            _("set fleet.container_insights to off to turn them off, or to {found}").format(
                found=found
            ),
        )
