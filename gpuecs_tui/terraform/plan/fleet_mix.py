"""What a change of an Auto Scaling group does to running instances: types, shares, refresh."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.plan.details import Action, PlanTree, ResourceChange

GROUP = "aws_autoscaling_group"
_POLICY, _TEMPLATE, _REFRESH = "mixed_instances_policy", "launch_template", "instance_refresh"
_VERSIONS = (
    f"{_TEMPLATE}[0].version",
    f"{_POLICY}[0].launch_template[0].launch_template_specification[0].version",
)
"""Where a group has the version of its launch template: without a policy, and with one."""
_SHARES = f"{_POLICY}[0].instances_distribution[0]"
_OF_SHARES = ("on_demand_base_capacity", "on_demand_percentage_above_base_capacity")


def refreshes(change: ResourceChange) -> bool:
    """Tell whether the apply of ``change`` starts an instance refresh.

    The provider does if the group has ``instance_refresh`` after the change, and its launch
    template or anything in its mixed instances policy changes (internal/service/autoscaling).
    """
    return (
        change.type == GROUP
        and change.action is Action.UPDATE
        and bool(change.after.get(_REFRESH))
        and any(it.path.startswith((f"{_TEMPLATE}[", f"{_POLICY}[")) for it in change.attributes)
    )


def begins(change: ResourceChange) -> bool:
    """Tell whether ``change`` gives a group its mixed instances policy."""
    mixes = change.type == GROUP and change.action is Action.UPDATE
    return mixes and not change.before.get(_POLICY) and bool(change.after.get(_POLICY))


def refreshed(change: ResourceChange, _tree: PlanTree) -> Iterator[str]:
    """Yield that an instance refresh replaces running instances, and why if only the version
    changes."""
    if not refreshes(change):
        return
    paths = {it.path for it in change.attributes}
    if paths & {*_VERSIONS} and not any(it.startswith(_REFRESH) for it in paths):
        others = [it for it in paths - {*_VERSIONS} if it.startswith((_TEMPLATE, _POLICY))]
        if not others:
            yield _("The new launch template version starts an instance refresh of the fleet.")
            return
    if _skips(change):
        yield _(
            "An instance refresh replaces the running instances that don't match the new "
            "configuration, one after the other."
        )
    else:
        yield _("An instance refresh replaces all running instances, one after the other.")


def _skips(change: ResourceChange) -> bool:
    (refresh, *_rest) = change.after[_REFRESH]
    preferences = refresh.get("preferences") if isinstance(refresh, dict) else None
    return bool(preferences and preferences[0].get("skip_matching"))


def switched(change: ResourceChange, _tree: PlanTree) -> Iterator[str]:
    """Yield what happens to the instances of a group whose policy changes or begins, if no refresh
    replaces them.

    If the policy ends, the change of the launch template says what happens.
    """
    if change.type != GROUP or change.action is not Action.UPDATE or refreshes(change):
        return
    changed = {it.path for it in change.attributes if it.path.startswith(f"{_POLICY}[")}
    if not changed or not change.after.get(_POLICY):
        return
    began = begins(change)
    told = []
    # Without types in the policy, the provider decides the empty list: its path has no index.
    if any(".override[" in path for path in changed):
        told.append(
            _(
                "Only new instances use the new list of types. Running instances keep their type "
                "until they are terminated."
            )
        )
    if began or changed & {f"{_SHARES}.{name}" for name in _OF_SHARES}:
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
