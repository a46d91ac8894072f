"""Rules about the deployment strategies that shift requests: blue/green, linear, and canary."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, Fix, error, undecided, warning
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.provider import before_six, lacking_words
from gpuecs_tui.stack.releases.strategy import (
    PROVIDERS,
    ROLLING,
    STRATEGY,
    needed_provider,
    provider_number,
    shifts_traffic,
)

PROVIDER, NETWORK = "release-provider", "release-network"
SCALING, TARGETS = "release-scaling", "release-targets"
STICKINESS = "release-stickiness"
MINIMUM, IGNORED = "stack.provider_minimum", "service.ignore_changes"
_BALANCER = "load_balancer"


def release_provider(context: Context) -> Iterator[Finding]:
    """A strategy needs a release of the AWS provider that knows it, and that can be installed."""
    strategy = context.stack.service.deployment_strategy
    minimum, needed = context.stack.stack.provider_minimum, needed_provider(strategy)
    required = max(minimum, needed, key=provider_number)
    installed = bool(context.provider) and not _precedes(context.provider, required)
    if context.mirrored.lacks(required) and not installed:
        yield _lacking(context, required)
    if context.mirrored.only and context.mirrored.lacks(required) and not installed:
        return
    if _precedes(minimum, needed):
        yield error(PROVIDER, STRATEGY, _too_old(context, needed), fix=((MINIMUM, needed),))


def _precedes(version: str, other: str) -> bool:
    return provider_number(version) < provider_number(other)


def _lacking(context: Context, required: str) -> Finding:
    """Return that the mirror has no such provider; an error if nothing else can have it."""
    stack = context.stack
    strategy, minimum = stack.service.deployment_strategy, stack.stack.provider_minimum
    field = STRATEGY if shifts_traffic(strategy) else MINIMUM
    # Provider 5 can't use the state of a service that provider 6 deployed, and the change
    # back to rolling deletes a target group of it.
    reversible = (
        before_six(context.provider)
        and not context.state.unread
        and context.state.strategy in ("", ROLLING)
    )
    message, remedy = lacking_words(context.mirrored, required, reversible=reversible)
    if not context.mirrored.only:
        words = _("{message} A run takes the provider from the registry.")
        return warning(
            PROVIDER,
            field,
            words.format(message=message),
            _("add a later provider to that mirror to plan without the network"),
        )
    back: Fix = tuple(
        (key, value)
        for key, value, present in (
            (STRATEGY, ROLLING, strategy),
            (MINIMUM, PROVIDERS[0], minimum),
        )
        if value != present
    )
    remedy = remedy[:1].lower() + remedy[1:].rstrip(".")
    return error(PROVIDER, field, message, remedy, back if reversible else None)


def _too_old(context: Context, needed: str) -> str:
    """Return that the constraint allows a provider without the strategy, and what a later one
    changes."""
    locked = context.provider
    words = (
        _("{strategy} deployments need AWS provider {needed}, and the stack allows {minimum}.")
        if not locked or provider_number(locked) >= provider_number(needed)
        else _(
            "{strategy} deployments need AWS provider {needed}, and the directory is pinned to "
            "{locked}."
        )
    )
    change = _(
        "A later one changes versions.tf and the dependency lock file, and a state that provider 6 "
        "has written can't be used with provider 5 again."
    )
    stack = context.stack
    first = words.format(
        strategy=stack.service.deployment_strategy,
        needed=needed,
        minimum=stack.stack.provider_minimum,
        locked=locked,
    )
    return f"{first} {change}"


def release_network(context: Context) -> Iterator[Finding]:
    """ECS documents target groups of the type ip for these strategies, so tasks need awsvpc.

    ECS developer guide, "Application Load Balancer resources for blue/green deployments". Whether
    other network modes work is not documented.
    """
    stack = context.stack
    if shifts_traffic(stack.service.deployment_strategy) and stack.task.network_mode != "awsvpc":
        yield error(
            NETWORK,
            "task.network_mode",
            _(
                "{strategy} deployments need target groups with IP addresses, which tasks have "
                "only in the network mode awsvpc."
            ).format(strategy=stack.service.deployment_strategy),
            fix=(("task.network_mode", "awsvpc"),),
        )


def release_stickiness(context: Context) -> Iterator[Finding]:
    """A rule with two target groups needs stickiness of the groups before that of targets.

    ELB rejects it otherwise (kubernetes-sigs/aws-load-balancer-controller#2734), and stickiness of
    the groups keeps clients at the old tasks, whatever the weights are.
    """
    stack = context.stack
    if shifts_traffic(stack.service.deployment_strategy) and stack.load_balancer.stickiness_seconds:
        yield error(
            STICKINESS,
            "load_balancer.stickiness_seconds",
            _(
                "AWS rejects stickiness with {strategy} deployments: the listener rule forwards to "
                "two target groups."
            ).format(strategy=stack.service.deployment_strategy),
            fix=(("load_balancer.stickiness_seconds", 0),),
        )


def release_scaling(context: Context) -> Iterator[Finding]:
    """The metric of requests counts one target group, and deployments swap the two groups.

    ECS developer guide, "Use a target metric to scale Amazon ECS services": the metric is not
    supported with blue/green deployments.
    """
    stack = context.stack
    if not shifts_traffic(stack.service.deployment_strategy):
        return
    if stack.autoscaling.enabled and stack.autoscaling.requests_per_target:
        yield error(
            SCALING,
            "autoscaling.requests_per_target",
            _(
                "ECS doesn't support scaling by requests with {strategy} deployments: the metric "
                "counts the requests of one target group, and each deployment swaps the two."
            ).format(strategy=stack.service.deployment_strategy),
            fix=(("autoscaling.requests_per_target", 0),),
        )


def release_targets(context: Context) -> Iterator[Finding]:
    """Terraform must send the load balancer of the service at a switch, and never after it.

    A deployment swaps the two target groups. Terraform sets them back at the next apply unless it
    ignores them (https://github.com/hashicorp/terraform-provider-aws/issues/45678). While it
    ignores them, no other change of the load balancer reaches the service.
    """
    service, applied = context.stack.service, context.state.strategy
    ignores = _BALANCER in service.ignore_changes
    shifts = shifts_traffic(service.deployment_strategy)
    if context.state.unread:
        if shifts or ignores:
            yield undecided(
                TARGETS,
                IGNORED,
                _("Could not check which deployment strategy the service has."),
                context.state.remedy[:1].lower() + context.state.remedy[1:].rstrip("."),
            )
    elif applied and shifts_traffic(applied) != shifts:
        yield from _at_switch(context, ignores=ignores)
    elif shifts and applied and (pending := [*_unsent(context, ignores=ignores)]):
        yield from pending
    elif shifts and not ignores:
        yield warning(
            TARGETS,
            IGNORED,
            _(
                "Each deployment swaps the two target groups of the service, and every apply sets "
                "them back: deployments that Terraform starts then don't alternate "
                "(hashicorp/terraform-provider-aws#45678)."
            ),
            fix=((IGNORED, (*service.ignore_changes, _BALANCER)),),
        )


def _at_switch(context: Context, *, ignores: bool) -> Iterator[Finding]:
    """Yield what prevents the switch between rolling deployments and the others, or what it
    risks."""
    service = context.stack.service
    if ignores:
        yield error(
            TARGETS,
            IGNORED,
            _(
                "The service has {applied} deployments. Terraform ignores its load balancer, so "
                "the change to {strategy} would not reach it completely."
            ).format(applied=context.state.strategy, strategy=service.deployment_strategy),
            fix=(_without_balancer(context),),
        )
    elif not shifts_traffic(service.deployment_strategy):
        yield warning(
            TARGETS,
            STRATEGY,
            _(
                "Requests can fail for a while: the apply deletes the alternate target group and "
                "the listener rule. If the tasks are registered in the alternate group, clients "
                "wait until new tasks are healthy."
            ),
            _("if the alternate target group serves clients, deploy once more before this apply"),
        )


def _unsent(context: Context, *, ignores: bool) -> Iterator[Finding]:
    """Yield the changes that don't reach the service or its listener rule, and without
    ``ignores`` that the one change must be applied before Terraform ignores the load balancer."""
    yield from _replaced(context)
    for key, was, value in _changed(context):
        if ignores:
            yield error(
                TARGETS,
                key,
                _(
                    "The load balancer of the service has {was}. Terraform ignores it, so the "
                    "change to {value} would not reach it completely."
                ).format(was=was, value=value),
                fix=(_without_balancer(context),),
            )
        else:
            yield warning(
                TARGETS,
                IGNORED,
                _("Each deployment swaps the two target groups, and this apply sets them back."),
                _("after the apply that changes {key}, add load_balancer to {ignored}").format(
                    key=key, ignored=IGNORED
                ),
            )


def _changed(context: Context) -> Iterator[tuple[str, object, object]]:
    """Yield key, applied value, and new value of each change that the service needs."""
    stack, state = context.stack, context.state
    name, port = state.container or (stack.task.container_name, stack.task.container_port)
    present: dict[str, object] = {"task.container_name": name, "task.container_port": port}
    if state.listeners:
        https = "aws_lb_listener.https" in state.listeners
        present["load_balancer.protocol"] = "HTTPS" if https else "HTTP"
        test = state.listeners.get("aws_lb_listener.test")
        wanted = stack.service.test_port
        # Another port changes the listener in place: the rule of the service stays.
        present["service.test_port"] = wanted if wanted and test else test[1] if test else 0
    for key, was in present.items():
        if stack[key] != was:
            yield key, was, stack[key]


def _replaced(context: Context) -> Iterator[Finding]:
    """Yield what replaces the target groups or the load balancer of the listener rule."""
    stack, state = context.stack, context.state
    replaced = {
        "names.target_group": context.owned is not None
        and stack.names.target_group not in context.owned,
        "names.load_balancer": state.balancer not in ("", stack.names.load_balancer),
    }
    for key in (key for key, changes in replaced.items() if changes):
        yield error(
            TARGETS,
            key,
            _(
                "The change replaces the target groups or the load balancer, which the listener "
                "rule and the service still use: Terraform does not change the rule's target "
                "groups."
            ),
            _(
                "first set service.deployment_strategy to rolling and remove load_balancer from "
                "service.ignore_changes, and apply"
            ),
        )


def _without_balancer(context: Context) -> tuple[str, tuple[str, ...]]:
    kept = tuple(it for it in context.stack.service.ignore_changes if it != _BALANCER)
    return IGNORED, kept
