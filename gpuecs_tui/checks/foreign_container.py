"""Rule foreign-container: a new container name or port in a service that keeps its revision."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, error
from gpuecs_tui.i18n import _

RULE = "foreign-container"
IGNORED = "service.ignore_changes"
REVISION, TARGETS = "task_definition", "load_balancer"


def foreign_container(context: Context) -> Iterator[Finding]:
    """AWS takes no service whose revision lacks the container or port of its load balancer.

    ECS API reference, UpdateService, ``loadBalancers``: both must be in the task definition.
    """
    applied, task = context.state.container, context.stack.task
    ignored = context.stack.service.ignore_changes
    if applied is None or REVISION not in ignored or TARGETS in ignored:
        return
    wanted = {
        "task.container_name": task.container_name,
        "task.container_port": task.container_port,
    }
    for (key, value), present in zip(wanted.items(), applied, strict=True):
        if value != present:
            yield error(
                RULE,
                key,
                _(
                    "AWS will refuse the update of the service: {key} changes from {present} to "
                    "{value}, but service.ignore_changes has task_definition, so the service keeps "
                    "a revision that has {present}."
                ).format(key=key, present=present, value=value),
                _(
                    "take task_definition out of service.ignore_changes, or add load_balancer to "
                    "it and change both with your own tool"
                ),
            )
