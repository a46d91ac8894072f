"""Rules about the scalable target of a running service: suspended, or with other limits."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.aws.service.live_count import LiveCount, service_id
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, unknown, warning
from gpuecs_tui.i18n import _, ngettext

SUSPENDED = "scaling-suspended"
ENABLED = "autoscaling.enabled"


def scaling_suspended(context: Context) -> Iterator[Finding]:
    """Suspended scaling changes nothing, and a count below the minimum stays where it is.

    The first step of a destroy suspends it, so a destroy that did not complete leaves both.
    """
    live = _live(context)
    if isinstance(live, Unknown):
        yield unknown(
            SUSPENDED, ENABLED, live, _("Could not check whether task scaling is suspended")
        )
        return
    if live is None or live.scaled is None:
        return
    if live.is_suspended:
        yield warning(
            SUSPENDED,
            ENABLED,
            ngettext(
                "Task scaling of the service is suspended, so neither a metric nor a schedule "
                "changes its desired count (now {n} task). A destroy that did not complete leaves "
                "it suspended.",
                "Task scaling of the service is suspended, so neither a metric nor a schedule "
                "changes its desired count (now {n} tasks). A destroy that did not complete leaves "
                "it suspended.",
                live.desired,
            ).format(n=live.desired),
            _(
                "destroy again, or write the stack and apply it: suspended_state in autoscaling.tf "
                "resumes task scaling"
            ),
        )
    elif live.desired < live.scaled[0]:
        yield warning(
            SUSPENDED,
            ENABLED,
            ngettext(
                "The service has a desired count of {desired}, below the minimum of its scalable "
                "target ({n} task).",
                "The service has a desired count of {desired}, below the minimum of its scalable "
                "target ({n} tasks).",
                live.scaled[0],
            ).format(desired=live.desired, n=live.scaled[0]),
            _("run gpuecs-tui scale with the number of tasks that the service should run"),
        )


def _live(context: Context) -> LiveCount | Unknown | None:
    """Return the counts of the stack's own service; None without task scaling or service."""
    stack = context.stack
    if not stack.autoscaling.enabled:
        return None
    found = context.account.lookups.live_counts.get(
        service_id(stack.names.cluster, stack.names.service)
    )
    if found is None or isinstance(found, Unknown):
        return found
    live = found.value
    return live if live and context.may_own(live.arn, stack.names.service) else None
