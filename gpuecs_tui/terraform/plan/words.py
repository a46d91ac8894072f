"""What a plan destroys, and the consequence (rule service-replaced)."""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.terraform.base.addresses import FLEET_TIES, PORT_HANDOVER
from gpuecs_tui.terraform.plan.details import DESTRUCTIVE, Action, PlanTree, ResourceChange
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation

SERVICE_REPLACED = "service-replaced"
"""Id of the rule in docs/failure-modes.md; its source: docs/aws.md, "Service and deployments"."""

_CONSEQUENCES = {
    "aws_ecs_service": N_(
        "All its tasks stop. Requests fail until new tasks are started and healthy."
    ),
    "aws_lb": N_(
        "Its DNS name changes: update every client and DNS record that uses it. For some "
        "minutes there is no load balancer, and its name can't be resolved."
    ),
    "aws_lb_listener": N_(
        "The load balancer refuses connections on its port until the new listener exists."
    ),
    "aws_lb_target_group": N_(
        "Requests fail from the moment the listener moves to the new group until new tasks "
        "are healthy in it."
    ),
    "aws_ecs_capacity_provider": N_(
        "No instance can be launched for tasks until the new one exists."
    ),
    "aws_ecs_cluster_capacity_providers": N_("The service has no capacity until they exist again."),
    "aws_ecs_cluster": N_("The service and all its tasks are lost with it."),
    "aws_autoscaling_group": N_("All its instances are terminated, and the tasks on them stop."),
    "aws_launch_template": N_("New instances start from the new template."),
    "aws_security_group": N_("Resources that still use the group lose its network rules."),
    "aws_iam_instance_profile": N_(
        "Instances that still use the profile lose their credentials, and ECS loses them."
    ),
    "aws_cloudwatch_log_group": N_("All logs in it are lost."),
    "aws_iam_role": N_(
        "Running tasks and instances that use the role lose its permissions. A rollback to "
        "an earlier revision has no role."
    ),
    "aws_vpc_security_group_ingress_rule": N_("Connections that only this rule allows fail."),
    "aws_vpc_security_group_egress_rule": N_("Connections that only this rule allows fail."),
    "aws_route53_record": N_("Clients can't resolve the name until the new record exists."),
    "aws_wafv2_web_acl_association": N_("The web ACL filters no requests until it exists again."),
    "aws_vpc_endpoint": N_("The VPC reaches the AWS service by another route, or not at all."),
}
_GONE = {
    "aws_ecs_service": N_("All its tasks stop, and requests fail from then on."),
    "aws_ecs_capacity_provider": N_("Instances can no longer be launched for tasks."),
    "aws_ecs_cluster_capacity_providers": N_("The cluster has no capacity for the service."),
    "aws_lb_listener": N_("Its port closes permanently. Clients that use it fail."),
    "aws_lb": N_("Its DNS name is lost permanently."),
    "aws_launch_template": N_("No new instance can start from it."),
    "aws_lb_target_group": N_("Its targets receive no more requests."),
    "aws_wafv2_web_acl_association": N_("The web ACL filters no more requests."),
    "aws_route53_record": N_("Clients can no longer resolve the name."),
}
"""The consequence of a destroy without a replacement, if it differs."""
_NAMES = {
    "aws_ecs_service": N_("the service"),
    "aws_lb": N_("the load balancer"),
    "aws_lb_listener": N_("the listener"),
    "aws_lb_target_group": N_("the target group"),
    "aws_ecs_capacity_provider": N_("the capacity provider"),
    "aws_ecs_cluster_capacity_providers": N_("the cluster's capacity providers"),
    "aws_ecs_cluster": N_("the cluster"),
    "aws_autoscaling_group": N_("the Auto Scaling group"),
    "aws_launch_template": N_("the launch template"),
    "aws_cloudwatch_log_group": N_("the log group"),
    "aws_route53_record": N_("the DNS record"),
    "aws_wafv2_web_acl_association": N_("the association with the web ACL"),
}
"""Types of which a stack has one; other resources are named by their address."""
_HARMLESS = frozenset({"aws_ecs_task_definition", "aws_iam_role_policy_attachment"})
"""Types that are normally changed by a replacement, such as a new task definition revision."""
_OWN_DATA = frozenset({FLEET_TIES, PORT_HANDOVER})
"""Resources of the stack that exist only in its state. Another ``terraform_data`` may run a
provisioner when it is destroyed."""
_RULES = frozenset({"aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"})


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """One destroy or replacement, with its consequence."""

    rule: str
    """Stable id, as in findings."""
    address: str
    message: str
    because: tuple[str, ...]
    """Attributes that force the replacement."""


def full_words(warning: PlanWarning) -> str:
    """Return a warning with the attributes that force it."""
    if not warning.because:
        return warning.message
    return _("{message} Forces replacement: {attributes}.").format(
        message=warning.message, attributes=", ".join(warning.because)
    )


def changes_only_outputs() -> str:
    """Return the summary of a plan that changes no resource."""
    return _(
        "Plan: 0 to add, 0 to change, 0 to destroy. Only outputs or addresses in the state change."
    )


def warnings(tree: PlanTree) -> tuple[PlanWarning, ...]:
    """Return a warning for each resource that the plan destroys or replaces, most severe first."""
    weight = list(_CONSEQUENCES)
    changes = [c for c in tree.changes if c.action in DESTRUCTIVE and not is_ordinary(c)]
    changes.sort(key=lambda c: weight.index(c.type) if c.type in weight else len(weight))
    return tuple(_warning(change) for change in changes)


def needs_name(run: Run, tree: PlanTree | None) -> bool:
    """Tell whether the stack's name must be typed before the plan of ``run`` is applied.

    True for a destroy, and for a plan that destroys or replaces a resource whose loss users notice.
    While the plan's details are unknown (None), every deletion counts.
    """
    if run.operation is Operation.DESTROY:
        return True
    if tree is None:
        return bool(run.changes and run.changes.destroy)
    return bool(warnings(tree))


def is_ordinary(change: ResourceChange) -> bool:
    """Tell whether a change is the usual one of its type, such as a task's new revision."""
    if change.address in _OWN_DATA:
        return True
    return change.type in _HARMLESS and change.action is Action.REPLACE


def _warning(change: ResourceChange) -> PlanWarning:
    name = resource_name(change)
    if change.action is Action.DELETE:
        message = _("This destroys {name}.")
    elif change.create_first:
        message = _("This replaces {name}: the new one is created, then the old one is destroyed.")
    else:
        message = _("This replaces {name}: the old one is destroyed, then a new one is created.")
    message = message.format(name=name)
    consequence = _CONSEQUENCES.get(change.type)
    if change.action is Action.DELETE:
        consequence = _GONE.get(change.type, consequence)
    if consequence:
        message = f"{message} {_(consequence)}"
    because = tuple(a.path for a in change.attributes if a.forces_replacement)
    return PlanWarning(SERVICE_REPLACED, change.address, message, because)


def resource_name(change: ResourceChange) -> str:
    """Return the name of a resource for messages; the name of a listener or rule includes its
    ports."""
    before = {it.path: it.before for it in change.attributes if it.before is not None}
    if change.type == "aws_lb_listener" and "port" in before:
        protocol = before.get("protocol", "").strip('"')
        return (
            _("the {protocol} listener on port {port}")
            .format(protocol=protocol, port=before["port"])
            .replace("  ", " ")
        )
    if change.type in _RULES and "from_port" in before:
        first, last = before["from_port"], before.get("to_port", before["from_port"])
        ports = first if first == last else f"{first}-{last}"
        return _("{address} (port {ports})").format(address=change.address, ports=ports)
    return _(_NAMES[change.type]) if change.type in _NAMES else change.address
