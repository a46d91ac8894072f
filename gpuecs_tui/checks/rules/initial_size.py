"""Rule initial-size: the size at which the Auto Scaling group is created, and its bounds."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error
from gpuecs_tui.i18n import _


def initial_size(context: Context) -> Iterator[Finding]:
    """AWS rejects a group whose desired capacity is outside its sizes (CreateAutoScalingGroup).

    The key has no effect once the group exists.
    """
    fleet, group = context.stack.fleet, context.stack.names.autoscaling_group
    if context.owned is None or group in context.owned:
        return
    if not fleet.min_size <= fleet.initial_size <= fleet.max_size:
        nearest = min(max(fleet.initial_size, fleet.min_size), fleet.max_size)
        yield error(
            "initial-size",
            "fleet.initial_size",
            _(
                "The Auto Scaling group can't be created: its initial size ({size}) must be "
                "between fleet.min_size ({low}) and fleet.max_size ({high})."
            ).format(size=fleet.initial_size, low=fleet.min_size, high=fleet.max_size),
            fix=(("fleet.initial_size", nearest),),
        )
