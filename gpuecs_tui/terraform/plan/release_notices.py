"""What a plan says about a change of the deployment strategy."""

from __future__ import annotations

import json
from collections.abc import Iterator

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.releases.strategy import ROLLING, needed_provider, shifts_traffic
from gpuecs_tui.terraform.base.addresses import without_key
from gpuecs_tui.terraform.plan.details import Action, PlanTree, ResourceChange

_RULE = "aws_lb_listener_rule.production"
_SERVICE = "aws_ecs_service"
_STRATEGY = "deployment_configuration[0].strategy"


def switched(change: ResourceChange, tree: PlanTree) -> Iterator[str]:
    """Yield what a new deployment strategy of the service changes, besides the service."""
    if change.type != _SERVICE or change.action in (Action.DELETE, Action.NO_OP):
        return
    found = next((it for it in change.attributes if it.path == _STRATEGY), None)
    if found is None:
        return
    before, after = _strategy(found.before), _strategy(found.after)
    if shifts_traffic(after) and not shifts_traffic(before):
        yield _(
            "The strategy {strategy} needs AWS provider {minimum} or later. Commit versions.tf and "
            "the dependency lock file with this change: a state that provider 6 has written can't "
            "be used with provider 5 again."
        ).format(strategy=after, minimum=needed_provider(after))
    if shifts_traffic(after) and not shifts_traffic(before):
        yield _("From now on, each deployment runs twice the tasks for a while, on twice the GPUs.")
    elif shifts_traffic(before) and not shifts_traffic(after):
        yield _(
            "The alternate target group and the listener rule are deleted. If the tasks are "
            "registered in that group, requests fail until new tasks are healthy."
        )


def replaced_rule(change: ResourceChange, _tree: PlanTree) -> Iterator[str]:
    """Yield what a new listener rule does: it has the first weights again."""
    if without_key(change.address) == _RULE and change.action is Action.REPLACE:
        yield _(
            "The new listener rule sends all requests to the first target group. If the tasks are "
            "registered in the alternate one, requests fail until a deployment has ended."
        )


def _strategy(text: str | None) -> str:
    """Return the strategy in an attribute as JSON, in the words of the answers."""
    try:
        value = json.loads(text) if text else ""
    except ValueError:
        value = ""
    return value.lower() if isinstance(value, str) and value else ROLLING
