"""What users notice of a plan, derived only from the plan, by rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network

from gpuecs_tui.terraform.plan.details import DESTRUCTIVE, Action, PlanTree, ResourceChange
from gpuecs_tui.terraform.plan.fleet_mix import refreshes, switched
from gpuecs_tui.terraform.plan.request_notices import health_check, no_tasks, redirected

NOTHING = "nothing"
"""The text for a plan to which no rule applies."""

OUTAGES = ("Requests", "All ", "Traffic", "Running instances lose", "The running tasks lose")
"""Beginnings of the sentences that the product must show before the approval."""

_GONE = {
    "aws_ecs_cluster": "All tasks stop, and requests fail until the new cluster runs them.",
    "aws_ecs_service": (
        "All tasks stop, and requests fail from the deletion of the service until its new tasks "
        "are healthy."
    ),
    "aws_ecs_capacity_provider": "No instance starts for a task until the new provider exists.",
    "aws_lb": (
        "Requests fail from the deletion of the load balancer until the new one is active; its "
        "DNS name changes."
    ),
    "aws_cloudwatch_log_group": "The log group is deleted with all logs in it.",
    "aws_iam_role": "The running tasks lose the deleted role's permissions.",
    "aws_iam_instance_profile": "Running instances lose the deleted profile's permissions.",
    "aws_security_group": "Traffic that only the deleted security group allowed is cut off.",
    "aws_vpc_endpoint": "Calls to the AWS service use the other routes of the VPC again.",
}
"""Type → the effect of the deletion or replacement of such a resource."""


def noticed(plan: PlanTree) -> tuple[str, ...]:
    """Return one sentence for each effect that users notice; empty if there is none."""
    changes = {change.address: change for change in plan.changes}
    lines = [line for rule in _RULES for line in rule(changes)]
    lines += [line for look in _OF_THE_PLAN for it in plan.changes for line in look(it, plan)]
    return tuple(dict.fromkeys(lines))


_OF_THE_PLAN = (no_tasks, redirected, health_check, switched)
"""Notices that the plan shows before the approval, in the same words."""


Changes = dict[str, ResourceChange]


def _gone(changes: Changes) -> Iterator[str]:
    for change in changes.values():
        if change.action in DESTRUCTIVE and change.type in _GONE:
            if change.type == "aws_iam_role" and change.action is Action.REPLACE:
                yield "The running tasks keep the old role's permissions until they are replaced."
            else:
                yield _GONE[change.type]


def _listener(changes: Changes) -> Iterator[str]:
    for change in _of(changes, "aws_lb_listener"):
        moved = _value(change, "port")
        if change.action is Action.DELETE:
            yield f"Requests to port {_before(change, 'port')} are refused from now on."
        elif change.action is Action.REPLACE and not _of(changes, "aws_lb", DESTRUCTIVE):
            yield "Requests fail from the deletion of the listener until the new one exists."
        elif change.action is Action.UPDATE and moved:
            yield f"Requests to port {moved[0]} are refused from now on; port {moved[1]} answers."


def _targets(changes: Changes) -> Iterator[str]:
    for change in _of(changes, "aws_lb_target_group"):
        if change.action is Action.REPLACE and not _of(changes, "aws_ecs_service", DESTRUCTIVE):
            yield (
                "Requests fail from the listener's move to the new, empty target group until the "
                "service's new tasks are healthy in it."
            )


def _rules(changes: Changes) -> Iterator[str]:
    for kind in ("aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"):
        for change in _of(changes, kind):
            to_tasks = "task" in change.address
            if change.action is Action.UPDATE and to_tasks and _ports(change):
                yield (
                    "Requests fail from the change of the rules to the tasks' new port until new "
                    "tasks listen on it."
                )
            elif change.action in DESTRUCTIVE and to_tasks and not _whole(changes):
                yield "Requests may fail while the rules between load balancer and tasks change."


def _clients(changes: Changes) -> Iterator[str]:
    if any(_of(changes, it, DESTRUCTIVE) for it in ("aws_lb", "aws_lb_listener", _GROUP)):
        return
    rules = [it for it in _of(changes, _INGRESS) if _range(it)]
    added = [_range(it) for it in rules if it.action is Action.CREATE]
    for change in rules:
        if change.action is not Action.DELETE:
            continue
        gone = _range(change)
        if any(_contains(it, gone) for it in added):
            yield f"Clients in {gone} may fail to connect until the new rule exists."
        else:
            yield f"Clients in {gone} can no longer connect, unless another rule allows them."


_GROUP, _INGRESS = "aws_security_group", "aws_vpc_security_group_ingress_rule"


def _range(change: ResourceChange) -> str:
    """Return the CIDR block of a rule of the load balancer, its key; empty if there is none."""
    return change.address.partition('["')[2].removesuffix('"]') if "/" in change.address else ""


def _contains(outer: str, inner: str) -> bool:
    one, other = ip_network(outer), ip_network(inner)
    if isinstance(one, IPv4Network) and isinstance(other, IPv4Network):
        return other.subnet_of(one)
    return isinstance(one, IPv6Network) and isinstance(other, IPv6Network) and other.subnet_of(one)


def _ports(change: ResourceChange) -> bool:
    return any(attribute.path in ("from_port", "to_port") for attribute in change.attributes)


def _whole(changes: Changes) -> bool:
    return bool(_of(changes, "aws_ecs_service", DESTRUCTIVE))


def _roll_out(changes: Changes) -> Iterator[str]:
    for service in _of(changes, "aws_ecs_service", {Action.UPDATE}):
        paths = {attribute.path.partition("[")[0] for attribute in service.attributes}
        if "task_definition" in paths or "load_balancer" in paths or paths & _REDEPLOYS:
            yield (
                "Tasks are replaced in a rolling deployment; each new task needs GPUs in addition "
                "to those of the old tasks, so the fleet grows during the deployment."
            )
        if "desired_count" in paths:
            before, after = _value(service, "desired_count") or ("?", "?")
            yield f"The number of tasks changes from {before} to {after}."
    revised = any(True for _ in _of(changes, "aws_ecs_task_definition"))
    if revised and not _of(changes, "aws_ecs_service"):
        yield "Running tasks keep their revision; the new one is used by the next deployment."


_REDEPLOYS = {"capacity_provider_strategy", "network_configuration", "enable_execute_command"}
"""Attributes of a service whose change starts a deployment."""


def _instances(changes: Changes) -> Iterator[str]:
    group = next(iter(_of(changes, "aws_autoscaling_group")), None)
    if group and group.action is Action.REPLACE:
        if group.create_first:
            yield "New instances start beside the old ones, so the fleet is doubled for a while."
        else:
            yield "All instances are terminated, and new ones start."
    elif group and refreshes(group):
        yield "Instances are replaced one after another; their tasks move."
    elif _of(changes, "aws_launch_template", {Action.REPLACE}):
        yield "Running instances stay as they are; instances that start later use the new template."
    elif _of(changes, "aws_launch_template", {Action.UPDATE}) and not (
        group and any(switched(group, PlanTree((), ())))
    ):
        yield "Running instances stay as they are; instances that start later differ."


_RULES: tuple[Callable[[Changes], Iterator[str]], ...] = (
    _gone,
    _listener,
    _targets,
    _rules,
    _clients,
    _instances,
    _roll_out,
)


def _of(
    changes: Changes, kind: str, actions: frozenset[Action] | set[Action] | None = None
) -> list[ResourceChange]:
    return [
        change
        for change in changes.values()
        if change.type == kind and (actions is None or change.action in actions)
    ]


def _value(change: ResourceChange, path: str) -> tuple[str, str] | None:
    for attribute in change.attributes:
        if attribute.path == path:
            return str(attribute.before), str(attribute.after)
    return None


def _before(change: ResourceChange, path: str) -> str:
    return (_value(change, path) or ("?", ""))[0]
