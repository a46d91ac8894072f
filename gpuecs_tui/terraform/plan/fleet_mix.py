"""What a change of the types and purchase options of a fleet does to running instances."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.plan.details import Action, PlanTree, ResourceChange

POLICY = "mixed_instances_policy"
VERSION = f"{POLICY}[0].launch_template[0].launch_template_specification[0].version"
_SHARES = f"{POLICY}[0].instances_distribution[0]"
_OF_SHARES = ("on_demand_base_capacity", "on_demand_percentage_above_base_capacity")


def switched(change: ResourceChange, _tree: PlanTree) -> Iterator[str]:
    """Yield what happens to the instances of a group whose policy changes, begins or ends."""
    if change.type != "aws_autoscaling_group" or change.action is not Action.UPDATE:
        return
    changed = {it.path: it for it in change.attributes}
    of_policy = [path for path in changed if path.startswith(POLICY)]
    if not of_policy:
        return
    began = not change.before.get(POLICY)
    shares = {f"{_SHARES}.{name}" for name in _OF_SHARES}
    told = []
    if began or any("override" in path for path in of_policy):
        told.append(
            _(
                "Only new instances use the new list of types. Running instances keep their type "
                "until they are terminated."
            )
        )
    if began or shares & changed.keys():
        # CloudFormation reference, AutoScalingGroup InstancesDistribution: "An update to this
        # setting means a gradual replacement of instances".
        told.append(
            _(
                "If the shares of On-Demand and Spot don't match the new ones, EC2 Auto Scaling "
                "gradually replaces running instances, and launches the new ones first. Instances "
                "that are protected from scale-in may stay."
            )
        )
    if told:
        yield " ".join(told)
