"""What a plan destroys, said in words that name the consequence (rule service-replaced)."""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.terraform.plan import DESTRUCTIVE, Action, Change, PlanTree

SERVICE_REPLACED = "service-replaced"
"""Id of the rule in the list of failure modes (tpa#11351, tpa#22823)."""

_CONSEQUENCES = {
    "aws_ecs_service": N_(
        "all its tasks stop; nothing answers until new ones are started and healthy"
    ),
    "aws_lb": N_("its DNS name changes; every client and record that uses it must follow"),
    "aws_lb_listener": N_("the load balancer refuses connections meanwhile"),
    "aws_lb_target_group": N_("targets are registered anew and answer only once healthy"),
    "aws_ecs_capacity_provider": N_("no instance can be launched for tasks meanwhile"),
    "aws_ecs_cluster_capacity_providers": N_("the service has no capacity meanwhile"),
    "aws_ecs_cluster": N_("the service and all its tasks go with it"),
    "aws_autoscaling_group": N_("all its instances are terminated, with the tasks on them"),
    "aws_cloudwatch_log_group": N_("all logs in it are lost"),
    "aws_iam_role": N_("whoever uses the role loses its rights meanwhile"),
}
_NAMES = {
    "aws_ecs_service": N_("the service"),
    "aws_lb": N_("the load balancer"),
    "aws_lb_listener": N_("the listener"),
    "aws_lb_target_group": N_("the target group"),
    "aws_ecs_capacity_provider": N_("the capacity provider"),
    "aws_ecs_cluster_capacity_providers": N_("the cluster's capacity providers"),
    "aws_ecs_cluster": N_("the cluster"),
    "aws_autoscaling_group": N_("the Auto Scaling group"),
    "aws_cloudwatch_log_group": N_("the log group"),
    "aws_iam_role": N_("the role"),
}
_HARMLESS = frozenset({"aws_ecs_task_definition", "aws_iam_role_policy_attachment"})
"""Types whose replacement is the ordinary way of changing them: a new revision, say."""


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """One destroy or replace, with what it means."""

    rule: str
    """Stable id, as in findings."""
    address: str
    message: str
    because: tuple[str, ...]
    """Attributes that force the replacement."""


def in_full(warning: PlanWarning) -> str:
    """Return a warning with the attributes that force it."""
    if not warning.because:
        return warning.message
    why = _(" (because of {attributes})").format(attributes=", ".join(warning.because))
    return warning.message + why


def only_outputs() -> str:
    """Say what Terraform calls changes although no resource has any."""
    return _(
        "Plan: nothing to add, change or destroy; only outputs or addresses in the state change."
    )


def warnings(tree: PlanTree) -> tuple[PlanWarning, ...]:
    """Return a warning for each thing that the plan destroys or replaces, weightiest first."""
    weight = list(_CONSEQUENCES)
    changes = [c for c in tree.changes if c.action in DESTRUCTIVE and not _is_ordinary(c)]
    changes.sort(key=lambda c: weight.index(c.type) if c.type in weight else len(weight))
    return tuple(_warning(change) for change in changes)


def _is_ordinary(change: Change) -> bool:
    return change.action is Action.REPLACE and change.type in _HARMLESS


def _warning(change: Change) -> PlanWarning:
    name = _(_NAMES[change.type]) if change.type in _NAMES else change.address
    if change.action is Action.DELETE:
        message = _("This deletes {name}.")
    elif change.create_first:
        message = _("This replaces {name}: a new one is made, then the old one is deleted.")
    else:
        message = _("This deletes {name} and makes a new one.")
    message = message.format(name=name)
    if change.type in _CONSEQUENCES:
        message = _("{what} What follows: {consequence}.").format(
            what=message, consequence=_(_CONSEQUENCES[change.type])
        )
    because = tuple(a.path for a in change.attributes if a.forces_replacement)
    return PlanWarning(SERVICE_REPLACED, change.address, message, because)
