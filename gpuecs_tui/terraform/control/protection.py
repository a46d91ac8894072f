"""Report deletion protection of the load balancer before a destroy instead of in the middle of it.

Terraform deletes the service and its listeners before AWS refuses to delete the load balancer
(ELB API reference, DeleteLoadBalancer: OperationNotPermitted).
"""

from __future__ import annotations

from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.base.stored_attributes import stored_attributes
from gpuecs_tui.terraform.base.tflock import STATE_NAME
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.plan.details import PlanTree
from gpuecs_tui.terraform.plan.notices import refusals
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.files import read_texts
from gpuecs_tui.terraform.read.rules import BALANCER

_ATTRIBUTE = "enable_deletion_protection"


def refuse_protected(directory: Path) -> None:
    """Raise RunProblem if the load balancer of ``directory`` can't be destroyed.

    Reads the files and a local state next to them; what can't be read is left to the plan.
    """
    try:
        configuration = load_configuration(read_texts(directory))
    except ReadProblem:
        return
    if configuration.value(BALANCER, _ATTRIBUTE) is True:
        raise RunProblem(
            _(
                "Nothing was destroyed: the load balancer has deletion protection "
                "(load_balancer.deletion_protection is true)."
            ),
            _("Set load_balancer.deletion_protection to false, apply, then destroy."),
        )
    if configuration.value(BALANCER, "lifecycle.prevent_destroy") is True:
        raise RunProblem(
            _("Nothing was destroyed: prevent_destroy protects the load balancer."),
            _("Remove prevent_destroy from aws_lb.this in load_balancer.tf, then destroy."),
        )
    stored = stored_attributes(directory / STATE_NAME)
    if any(address == BALANCER and it.get(_ATTRIBUTE) is True for address, it in stored):
        raise RunProblem(
            _(
                "Nothing was destroyed: the load balancer still has deletion protection. "
                "load_balancer.deletion_protection is false, but that change is not applied "
                "yet."
            ),
            _("Apply first, then destroy."),
        )


def refuse_plan(tree: PlanTree | None) -> None:
    """Raise RunProblem if AWS is certain to reject part of the plan: the apply would fail."""
    if tree is not None and (reasons := refusals(tree)):
        raise RunProblem(_("Nothing was done. {reason}").format(reason=reasons[0]))
