"""The list of AWS services to which VPC endpoints can be created."""

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
    "ecs": N_("the agent registers its instance"),
    "ecs-agent": N_("the agent hears which tasks to run"),
    "ecs-telemetry": N_("the agent tells metrics and health"),
    "ecr.api": N_("credentials for images in ECR"),
    "ecr.dkr": N_("images in ECR"),
    "s3": N_("the layers of images in ECR"),
    "logs": N_("the tasks' logs in CloudWatch"),
    "secretsmanager": N_("secrets of tasks"),
    "ssm": N_("parameters as secrets of tasks, and Session Manager"),
    "ssmmessages": N_("ECS Exec and Session Manager"),
}
"""Service → what instances and tasks need it for, untranslated."""


def vpc_endpoints(wizard: WizardSession) -> Choices:
    """Services, first those that an instance subnet has neither route nor endpoint to."""
    stack = wizard.decisions.resolved.stack
    context = context_of(stack, wizard.account.facts, wizard.owned)
    lacking, taken = _lacking(context), in_the_way(context)
    rows = []
    for name in sorted(VPC_ENDPOINTS, key=lambda name: name not in lacking):
        why = _("the VPC has one: {ids}").format(ids=", ".join(taken.get(name, ())))
        price = _("free") if name == GATEWAY_ENDPOINT else _("by hour, zone and GB")
        rows.append(
            Row(
                name,
                (name, _(SERVES[name]), price),
                group=_("Out of the instance subnets' reach") if name in lacking else _("Others"),
                # What is chosen can still be taken back.
                why_not=why if name in taken and name not in stack.network.vpc_endpoints else "",
            )
        )
    columns = (_("Service"), _("What for"), _("Paid"))
    return Choices(_("VPC endpoints to create"), columns, tuple(rows), multiple=True)


def _lacking(context: Context) -> frozenset[str]:
    """Return what is missing where the stack creates no endpoint."""
    stack = context.stack
    bare = replace(stack, network=replace(stack.network, vpc_endpoints=()))
    paths = egress_paths(replace(context, stack=bare))
    return frozenset(service for path in paths for service in path.missing)
