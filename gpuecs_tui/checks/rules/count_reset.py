"""Rule count-reset: the desired count that a plan sets differs from the current one."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.aws.service.live_count import service_id
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, unknown, warning
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.stack.scaling.autoscaling import COUNT

RULE = "count-reset"
TASKS = "service.desired_count"
IGNORED = "service.ignore_changes"


def count_reset(context: Context) -> Iterator[Finding]:
    """An apply resets a count that something else changed, or ignores the configured one.

    With task scaling, the count is meant to change.
    """
    stack = context.stack
    if stack.autoscaling.enabled:
        return
    found = context.account.lookups.live_counts.get(
        service_id(stack.names.cluster, stack.names.service)
    )
    if found is None:
        return
    if isinstance(found, Unknown):
        what = _("Could not check how many tasks the service runs")
        yield unknown(RULE, TASKS, found, what)
        return
    live = found.value
    if live is None or not context.may_own(live.arn, stack.names.service):
        return
    planned, ignored = stack.service.desired_count, COUNT in stack.service.ignore_changes
    if ignored and live.desired != planned and live.scaled is None:
        yield warning(
            RULE,
            TASKS,
            ngettext(
                "The service keeps {live} task, not {planned}. Terraform ignores desired_count "
                "once the service exists, and nothing else scales the service.",
                "The service keeps {live} tasks, not {planned}. Terraform ignores desired_count "
                "once the service exists, and nothing else scales the service.",
                live.desired,
            ).format(live=live.desired, planned=planned),
            fix=((IGNORED, tuple(it for it in stack.service.ignore_changes if it != COUNT)),),
        )
    elif not ignored and live.scaled is not None:
        least, most = live.scaled
        yield warning(
            RULE,
            TASKS,
            ngettext(
                "Application Auto Scaling keeps the service between {least} and {most} task (now "
                "{live}). Every apply sets the desired count to {planned}.",
                "Application Auto Scaling keeps the service between {least} and {most} tasks (now "
                "{live}). Every apply sets the desired count to {planned}.",
                most,
            ).format(least=least, most=most, live=live.desired, planned=planned),
            fix=((IGNORED, (*stack.service.ignore_changes, COUNT)),),
        )
    elif not ignored and live.desired != planned:
        yield warning(
            RULE,
            TASKS,
            _(
                "The desired count of the service is now {live} ({running} running). The apply "
                "sets it to {planned}."
            ).format(live=live.desired, running=live.running, planned=planned),
            _("set service.desired_count to {live} if something else changed it").format(
                live=live.desired
            ),
        )
