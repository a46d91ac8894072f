"""A load balancer can't change its VPC, but the AWS provider plans that change in place.

AWS rejects subnets and security groups of another VPC for it (terraform-provider-aws#18317): the
apply would fail after it has destroyed the service and the fleet. A load balancer that is replaced
for another reason, such as a new name, is created in the new VPC.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.plan.details import Action, PlanTree, ResourceChange
from gpuecs_tui.terraform.read.configuration import Configuration
from gpuecs_tui.terraform.read.rules import BALANCER, TARGETS

_VPC = "vpc_id"
_REPLACING = ("name", "internal")
"""Attributes of a load balancer whose change replaces it."""


def refuse_another_vpc(
    stored: Mapping[str, Mapping[str, Any]], configuration: Configuration
) -> None:
    """Raise RunProblem if the load balancer in the state would have to change its VPC.

    ``stored`` has the attributes of the state by address.
    """
    balancer = stored.get(BALANCER, {})
    present = balancer.get(_VPC)
    if not isinstance(present, str):
        return
    wanted = configuration.value(TARGETS, _VPC)
    stays = all(configuration.value(BALANCER, it) == balancer.get(it) for it in _REPLACING)
    if isinstance(wanted, str) and wanted != present and stays:
        raise RunProblem(
            _(
                "Nothing was planned: the load balancer of this stack is in {present}, and "
                "network.vpc_id is {wanted}. A load balancer can't move to another VPC."
            ).format(present=present, wanted=wanted),
            _remedy(present),
        )


def moved(change: ResourceChange, tree: PlanTree) -> Iterator[str]:
    """Yield why AWS rejects a plan that sets subnets of another VPC on a load balancer."""
    if change.type != "aws_lb" or change.action is not Action.UPDATE:
        return
    for other in tree.changes:
        changed = {it.path: it for it in other.attributes}
        if other.type != "aws_lb_target_group" or _VPC not in changed:
            continue
        present = (changed[_VPC].before or "").strip('"')
        if "subnets" in {it.path.partition("[")[0] for it in change.attributes}:
            yield " ".join(
                (_("AWS rejects this change: a load balancer can't move to another VPC."),
                 _remedy(present))
            )  # fmt: skip


def _remedy(present: str) -> str:
    return _(
        "Set network.vpc_id to {present}, or change names.load_balancer: a new load balancer "
        "with another DNS name then replaces it."
    ).format(present=present)
