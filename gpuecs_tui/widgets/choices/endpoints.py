"""The list of AWS services for which VPC endpoints can be created."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gpuecs_tui.checks.context import Context, context_of
from gpuecs_tui.checks.network.egress_paths import egress_paths
from gpuecs_tui.checks.network.endpoints import in_the_way
from gpuecs_tui.i18n import N_, _
from gpuecs_tui.stack.network import GATEWAY_ENDPOINT, VPC_ENDPOINTS
from gpuecs_tui.widgets.picker.rows import Choices, Row
from gpuecs_tui.wizard.session import WizardSession

SERVES: Mapping[str, str] = {
    "ecs": N_("ECS agent: register the instance"),
    "ecs-agent": N_("ECS agent: receive the tasks to run"),
    "ecs-telemetry": N_("ECS agent: send metrics and health"),
    "ecr.api": N_("ECR: credentials to pull images"),
    "ecr.dkr": N_("ECR: pull images"),
    "s3": N_("ECR: image layers"),
    "logs": N_("task logs in CloudWatch Logs"),
    "secretsmanager": N_("task secrets in Secrets Manager"),
    "ssm": N_("task secrets in Parameter Store; Session Manager"),
    "ssmmessages": N_("ECS Exec and Session Manager"),
    "monitoring": N_("CloudWatch agent: GPU metrics"),
    "ec2": N_("CloudWatch agent: name of the Auto Scaling group"),
}
"""Service → what instances and tasks use it for, untranslated."""


def vpc_endpoints(wizard: WizardSession) -> Choices:
    """Return the services; first those that an instance subnet can't reach."""
    stack = wizard.decisions.resolved.stack
    context = context_of(stack, wizard.account.facts, wizard.owned)
    lacking, taken = _lacking(context), in_the_way(context)
    rows = []
    for name in sorted(VPC_ENDPOINTS, key=lambda name: name not in lacking):
        why = _("the VPC already has one: {ids}").format(ids=", ".join(taken.get(name, ())))
        price = _("free") if name == GATEWAY_ENDPOINT else _("per hour, zone and GB")
        rows.append(
            Row(
                name,
                (name, _(SERVES[name]), price),
                group=_("Not reachable from the instance subnets")
                if name in lacking
                else _("Others"),
                # A selected service must remain in the list, so that it can be deselected.
                why_not=why if name in taken and name not in stack.network.vpc_endpoints else "",
            )
        )
    columns = (_("Service"), _("Used for"), _("Price"))
    return Choices(_("VPC endpoints to create"), columns, tuple(rows), multiple=True)


def _lacking(context: Context) -> frozenset[str]:
    """Return the services that instances could not reach if the stack created no endpoint."""
    stack = context.stack
    bare = replace(stack, network=replace(stack.network, vpc_endpoints=()))
    paths = egress_paths(replace(context, stack=bare))
    return frozenset(service for path in paths for service in path.missing)
