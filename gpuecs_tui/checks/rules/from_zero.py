"""Rule scaling-from-zero: task scaling that can't start the first task."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, Severity, error, undecided
from gpuecs_tui.checks.rules.task_scaling import policies_of, upcoming, zone_of
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.scaling.autoscaling import (
    Autoscaling,
    ScheduledAction,
    scheduled_actions,
)

FROM_ZERO = "scaling-from-zero"
_LEAST, _SCHEDULES = "autoscaling.min_tasks", "autoscaling.schedules"
_OF_TASKS = frozenset({"AWS/ECS", "ECS/ContainerInsights", "CWAgent"})
"""Namespaces whose metrics come from tasks or from their instances: without a task, no data."""
_OF_TARGETS = re.compile(
    r"RequestCount(PerTarget)?|TargetResponseTime|TargetConnectionErrorCount|HTTPCode_Target_.*"
)
"""Metrics of ``AWS/ApplicationELB`` that have data only with targets (Elastic Load Balancing user
guide, "CloudWatch metrics for your Application Load Balancer")."""
_BALANCER, _OF_AWS = "AWS/ApplicationELB", "AWS/"


def scaling_from_zero(context: Context) -> Iterator[Finding]:
    """Metrics of tasks have no data without tasks, so they can't start the first one.

    Target tracking does nothing without data (ECS developer guide, "Use a target metric to scale
    Amazon ECS services"). A metric that has data at zero tasks starts the first task.
    """
    scaling = context.stack.autoscaling
    policies = policies_of(context.stack)
    if not scaling.enabled or not policies:
        return
    now = context.now.astimezone(zone_of(scaling.timezone)).replace(tzinfo=None)
    actions = tuple(_to_come(scaling, now))
    emptying = tuple(it for it in actions if not it.least)
    if any(it.least for it in actions) or (scaling.min_tasks and not emptying):
        return
    has_data = _has_data(scaling) if "autoscaling.metric_name" in policies else False
    if has_data:
        return
    field = _SCHEDULES if emptying else _LEAST
    if has_data is None:
        yield undecided(
            FROM_ZERO,
            field,
            _(
                "Once no task runs, a task starts again only if the metric {metric} in the "
                "namespace {namespace} has data without tasks. This could not be checked."
            ).format(metric=scaling.metric_name, namespace=scaling.metric_namespace),
            _("look in CloudWatch whether it has data while no task runs"),
        )
        return
    yield _none_starts(context, field, emptying, policies)


def _none_starts(
    context: Context,
    field: str,
    emptying: tuple[ScheduledAction, ...],
    policies: tuple[str, ...],
) -> Finding:
    """Return the finding; a warning if the user wants no task."""
    message = _(
        "Once no task runs, no task starts again: without tasks, the metrics of the policies "
        "({policies}) have no data, and target tracking does nothing without data."
    ).format(policies=", ".join(policies))
    if emptying:
        found = error(
            FROM_ZERO,
            field,
            message,
            _(
                "raise the minimum of the scheduled action {name} to at least 1, add an action "
                "with a minimum of at least 1, or scale by a metric that has data without tasks"
            ).format(name=emptying[0].name),
        )
    else:
        found = error(
            FROM_ZERO,
            field,
            message,
            _(
                "set autoscaling.min_tasks to 1, add a scheduled action with a minimum of at least "
                "1, or scale by a metric that has data without tasks, such as the length of a queue"
            ),
            ((_LEAST, 1),),
        )
    if context.stack.service.desired_count:
        return found
    return replace(
        found,
        severity=Severity.WARNING,
        remedy=_("to start a task again, run gpuecs-tui scale with 1 task"),
        fix=None,
    )


def _to_come(scaling: Autoscaling, now: datetime) -> Iterator[ScheduledAction]:
    for action in scheduled_actions(scaling.schedules):
        # An action that can't be read may run.
        if upcoming(action, now) is not False:
            yield action


def _has_data(scaling: Autoscaling) -> bool | None:
    """Tell whether the metric of the stack has data without tasks; None if it is unknown."""
    namespace, name = scaling.metric_namespace, scaling.metric_name
    if namespace in _OF_TASKS:
        return False
    if namespace == _BALANCER:
        return not _OF_TARGETS.fullmatch(name)
    return True if namespace.startswith(_OF_AWS) else None
