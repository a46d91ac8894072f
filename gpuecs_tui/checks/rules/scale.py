"""Rules eni-limit, free-addresses, rollout-surge and zero-scale-cost: limits of size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, Fix, error, set_to, undecided, warning
from gpuecs_tui.checks.network.endpoints import endpoint_subnets
from gpuecs_tui.checks.placement import FROM_ZERO, Fit, Rollout, one_task_per_instance, rollout
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.stack.model import Stack, deployment_percents, peak_tasks
from gpuecs_tui.stack.network import interface_endpoints
from gpuecs_tui.stack.releases.strategy import shifts_traffic

LB_ADDRESSES = 8
"""Free addresses that a load balancer needs in each of its subnets (ELB user guide)."""
MAXIMUM_PERCENT = 200
"""The default of the service's maximum percent: twice the tasks while they are replaced."""


def eni_limit(context: Context) -> Iterator[Finding]:
    """An awsvpc task needs a network interface of its instance, and an instance has only a few."""
    it, found, stack = context.instance_type, context.fit, context.stack
    if stack.task.network_mode != "awsvpc" or it is None or found is None:
        return
    if it.max_enis is None:
        yield undecided(
            "eni-limit",
            "task.network_mode",
            _("The number of network interfaces that {type} supports is unknown.").format(
                type=it.name
            ),
            _("use bridge mode, or check the limit for this instance type"),
        )
    elif found.limiting == "enis":
        shifts = shifts_traffic(stack.service.deployment_strategy)
        yield warning(
            "eni-limit",
            "task.network_mode",
            ngettext(
                "{type} has network interfaces for {tasks} awsvpc task, fewer than its GPUs.",
                "{type} has network interfaces for {tasks} awsvpc tasks, fewer than its GPUs.",
                found.tasks_per_instance,
            ).format(type=it.name, tasks=found.tasks_per_instance),
            # These strategies need awsvpc (rule release-network).
            _("use an instance type with more network interfaces for each GPU") if shifts else "",
            None if shifts else (("task.network_mode", "bridge"),),
        )


def free_addresses(context: Context) -> Iterator[Finding]:
    """Each subnet needs addresses for its share of instances, tasks, the ALB, and VPC endpoints."""
    stack = context.stack
    network = stack.network
    needed: Counter[str] = Counter()
    for subnet_id in network.load_balancer_subnet_ids:
        needed[subnet_id] += LB_ADDRESSES
    if network.instance_subnet_ids:
        share = -(-_addresses(context) // len(network.instance_subnet_ids))
        for subnet_id in network.instance_subnet_ids:
            needed[subnet_id] += share
    for subnet_id in endpoint_subnets(context):
        needed[subnet_id] += len(interface_endpoints(network.vpc_endpoints))
    for subnet in context.subnets(list(needed)) or ():
        need, balances = needed[subnet.id], subnet.id in network.load_balancer_subnet_ids
        if subnet.free_addresses >= need:
            continue
        field = "network.load_balancer_subnet_ids" if balances else "network.instance_subnet_ids"
        message = ngettext(
            "{subnet} ({zone}) has {free} free address, but the stack may need {need}.",
            "{subnet} ({zone}) has {free} free addresses, but the stack may need {need}.",
            subnet.free_addresses,
        ).format(subnet=subnet.id, zone=subnet.zone, free=subnet.free_addresses, need=need)
        remedy = _("choose another subnet in the zone, or free addresses in this one")
        no_balancer = balances and subnet.free_addresses < LB_ADDRESSES
        make = error if no_balancer or not subnet.free_addresses else warning
        yield make("free-addresses", field, message, remedy)


def rollout_surge(context: Context) -> Iterator[Finding]:
    """The fleet at its maximum must fit all tasks, and a rolling update needs room to start."""
    stack, found = context.stack, context.fit
    wanted = peak_tasks(stack)
    if found is None or not found.placeable or not wanted:
        return
    update = rollout(stack, found, wanted)
    if update.room < wanted:
        # If a fixed host port is the reason, the rule static-port reports it.
        if not one_task_per_instance(stack):
            yield error(
                "rollout-surge",
                "fleet.max_size",
                _no_room(stack).format(wanted=wanted, room=update.room),
                fix=(("fleet.max_size", found.instances_for(wanted) or 1),),
            )
    elif not update.batch:
        yield _stuck(stack, found, update, wanted)


def _no_room(stack: Stack) -> str:
    if stack.autoscaling.enabled:
        return _(
            "Task scaling may run {wanted} tasks. At its maximum size, the fleet has room for "
            "{room}."
        )
    return _("{wanted} tasks don't fit. At its maximum size, the fleet has room for {room}.")


def _stuck(stack: Stack, found: Fit, update: Rollout, wanted: int) -> Finding:
    """Return why a rolling update can't start: because of the percentages, or of the fleet's
    size."""
    service = stack.service
    if shifts_traffic(service.deployment_strategy):
        size = found.instances_for(update.at_most) or 1
        return warning(
            "rollout-surge",
            "fleet.max_size",
            _(
                "Deployments will hang: with {strategy} deployments, {most} old and new tasks run "
                "at the same time. At its maximum size, the fleet has room for {room}."
            ).format(strategy=service.deployment_strategy, most=update.at_most, room=update.room),
            fix=(("fleet.max_size", size),),
        )
    if update.at_most > wanted:
        return warning(
            "rollout-surge",
            "fleet.max_size",
            _(
                "Deployments will hang: no task may stop before its replacement runs, and the "
                "fleet at its maximum size has no room for another task."
            ),
            _(
                "set fleet.max_size to {more}, or set service.minimum_healthy_percent below 100, "
                "which means downtime with one task"
            ).format(more=found.instances_for(update.at_most)),
            (("fleet.max_size", found.instances_for(update.at_most) or 1),),
        )
    fix: Fix = (("service.maximum_percent", MAXIMUM_PERCENT),)
    size = found.instances_for(wanted * MAXIMUM_PERCENT // 100) or 1
    if update.room <= wanted and size > stack.fleet.max_size:
        fix += (("fleet.max_size", size),)
    return warning(
        "rollout-surge",
        "service.maximum_percent",
        _(
            "Deployments will hang: of {wanted} tasks, at least {least} must keep running "
            "({minimum} %, rounded up) and at most {most} may run at once ({maximum} %, rounded "
            "down). No task can be replaced."
        ).format(
            wanted=wanted,
            least=update.at_least,
            minimum=service.minimum_healthy_percent,
            most=update.at_most,
            maximum=service.maximum_percent,
        ),
        _("{changes}, or lower service.minimum_healthy_percent, which means fewer tasks").format(
            changes=set_to(fix)
        ),
        fix,
    )


def zero_scale_cost(context: Context) -> Iterator[Finding]:
    """Scaling from zero launches two instances, even if one is enough."""
    stack, found = context.stack, context.fit
    if found is None or stack.fleet.initial_size or not stack.service.desired_count:
        return
    needed = found.instances_for(stack.service.desired_count)
    if needed is None or needed >= min(FROM_ZERO, stack.fleet.max_size):
        return
    yield warning(
        "zero-scale-cost",
        "fleet.initial_size",
        _(
            "When scaling from zero, managed scaling launches {two} instances although {needed} "
            "would be enough. The GPU cost doubles for a while."
        ).format(two=FROM_ZERO, needed=needed),
        fix=(("fleet.initial_size", needed),),
    )


def _addresses(context: Context) -> int:
    stack, found = context.stack, context.fit
    addresses = stack.fleet.max_size
    if stack.task.network_mode == "awsvpc" and found:
        addresses += min(
            peak_tasks(stack) * deployment_percents(stack)[1] // 100,
            stack.fleet.max_size * max(1, found.placeable),
        )
    return addresses
