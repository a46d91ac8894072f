"""Changes in place after which requests are answered differently, or not at all.

docs/changes.md uses these texts too, so that it matches the plan.
"""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.terraform.plan.details import Action, ChangedAttribute, PlanTree, ResourceChange

SERVICE, LISTENER, TARGETS = "aws_ecs_service", "aws_lb_listener", "aws_lb_target_group"
_COUNT = "desired_count"
NO_TASKS = "0"
"""A desired count without tasks, as JSON."""
_HEALTH_CHECK = {
    "health_check[0].protocol": N_("protocol"),
    "health_check[0].port": N_("port"),
    "health_check[0].path": N_("path"),
    "health_check[0].matcher": N_("success codes"),
}
"""Health check attributes of a target group → their names."""
_MADE = frozenset({Action.CREATE, Action.REPLACE})


def no_tasks(change: ResourceChange, _tree: PlanTree) -> Iterator[str]:
    """Yield that requests fail if the desired count of a service becomes 0."""
    count = _changed(change, SERVICE, _MADE | {Action.UPDATE}).get(_COUNT)
    if count is None or count.after != NO_TASKS:
        return
    if change.action is Action.UPDATE:
        yield _(
            "All tasks stop: the desired count changes from {old} to 0. Requests fail until "
            "it is raised and new tasks are healthy."
        ).format(old=count.before or "?")
    else:
        yield _("No task starts, so requests fail: the desired count is 0.")


def redirected(change: ResourceChange, _tree: PlanTree) -> Iterator[str]:
    """Yield that a listener starts or stops redirecting to HTTPS."""
    kind = _changed(change, LISTENER).get("default_action[0].type")
    if kind and kind.after == '"redirect"':
        yield _("HTTP requests will be redirected to HTTPS.")
    elif kind and kind.before == '"redirect"':
        yield _("HTTP requests will be answered instead of being redirected to HTTPS.")


def health_check(change: ResourceChange, tree: PlanTree) -> Iterator[str]:
    """Yield the effect of a changed health check on running tasks.

    ECS stops a task whose target is unhealthy and starts another one (developer guide, "Use load
    balancing to distribute Amazon ECS service traffic").
    """
    changed = _changed(change, TARGETS)
    parts = [
        _("{name} from {old} to {new}").format(
            name=_(name), old=_bare(changed[path].before), new=_bare(changed[path].after)
        )
        for path, name in _HEALTH_CHECK.items()
        if path in changed
    ]
    counts = tree.desired_counts.values()
    if parts and (not counts or any(counts)):
        yield _(
            "The health check of the running tasks changes: {parts}. If they fail the new check, "
            "every target becomes unhealthy, and ECS stops and replaces the tasks."
        ).format(parts=", ".join(parts))


def _changed(
    change: ResourceChange, kind: str, actions: frozenset[Action] = frozenset({Action.UPDATE})
) -> dict[str, ChangedAttribute]:
    if change.type != kind or change.action not in actions:
        return {}
    return {it.path: it for it in change.attributes}


def _bare(text: str | None) -> str:
    return (text or "").strip('"') or "?"
