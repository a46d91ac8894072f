"""Gaps of moto's Auto Scaling groups with a mixed instances policy."""

from __future__ import annotations

from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup

from gpuecs_tui.demo.moto_patches.patching import wrap, wrap_property


def type_of_the_policy() -> None:
    """The type of an instance is that of the launch template, and not the first of the policy."""

    def chosen(of_template: Any, self: FakeAutoScalingGroup) -> str:
        types = types_of(self)
        return types[0] if types else str(of_template(self))

    wrap_property(FakeAutoScalingGroup, "instance_type", chosen)


def template_beside_the_policy() -> None:
    """DescribeAutoScalingGroups returns a launch template next to the policy: every plan
    removes it."""

    def shown(of_group: Any, self: FakeAutoScalingGroup) -> Any:
        return None if self.mixed_instances_policy else of_group(self)

    wrap_property(FakeAutoScalingGroup, "launch_template", shown)


def whole_instances() -> None:
    """A share of an instance is dropped, so a group with a policy launches too few instances."""

    def set_capacity(original: Any, self: FakeAutoScalingGroup, wanted: int | None) -> None:
        policy, self.mixed_instances_policy = self.mixed_instances_policy, None
        self.__dict__["demo_policy"] = policy
        try:
            original(self, wanted)
        finally:
            self.mixed_instances_policy = policy
            del self.__dict__["demo_policy"]

    wrap(FakeAutoScalingGroup, "set_desired_capacity", set_capacity)


def policy_kept() -> None:
    """UpdateAutoScalingGroup without a policy removes it, for example when only a size changes."""

    def update(original: Any, self: FakeAutoScalingGroup, *args: Any, **given: Any) -> None:
        replaced = given.get("launch_template") or given.get("launch_config_name")
        if not given.get("mixed_instances_policy") and not replaced:
            given["mixed_instances_policy"] = _by_id(self.mixed_instances_policy)
        original(self, *args, **given)

    wrap(FakeAutoScalingGroup, "update", update)


def spot_template_in_a_policy() -> None:
    """A policy may use a launch template that requests Spot Instances itself."""

    def create(original: Any, self: AutoScalingBackend, *args: Any, **given: Any) -> Any:
        _refuse_spot_template(self, given.get("mixed_instances_policy"))
        return original(self, *args, **given)

    wrap(AutoScalingBackend, "create_auto_scaling_group", create)
    wrap(AutoScalingBackend, "update_auto_scaling_group", create)


def _refuse_spot_template(backend: AutoScalingBackend, policy: dict[str, Any] | None) -> None:
    if not policy:
        return
    named = policy["LaunchTemplate"]["LaunchTemplateSpecification"]
    ec2 = backend.ec2_backend
    template = (
        ec2.get_launch_template(named["LaunchTemplateId"])
        if named.get("LaunchTemplateId")
        else ec2.get_launch_template_by_name(named["LaunchTemplateName"])
    )
    version = template.get_version(named.get("Version") or "$Default")
    if version.data.get("InstanceMarketOptions"):
        raise AutoscalingClientError(
            "InvalidQueryParameter",
            "Incompatible launch template: You cannot use a launch template that is set to request "
            "Spot Instances (InstanceMarketOptions) when you configure an Auto Scaling group with "
            "a mixed instances policy. Add a different launch template to the group and try again.",
        )


def _by_id(policy: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the policy as a request may name its template: by its id, without its name."""
    if policy is None:
        return None
    template = policy["LaunchTemplate"]
    named = {**template["LaunchTemplateSpecification"]}
    named.pop("LaunchTemplateName", None)
    return {**policy, "LaunchTemplate": {**template, "LaunchTemplateSpecification": named}}


def types_of(group: FakeAutoScalingGroup) -> list[str]:
    """Return the types of the group's policy, the preferred one first; empty without a policy."""
    overrides = _policy(group).get("LaunchTemplate", {}).get("Overrides") or []
    return [str(it["InstanceType"]) for it in overrides if it.get("InstanceType")]


def next_is_spot(group: FakeAutoScalingGroup) -> bool:
    """Return whether the policy of the group makes its next instance a Spot Instance."""
    shares = _policy(group).get("InstancesDistribution", {})
    base = int(shares.get("OnDemandBaseCapacity") or 0)
    percent = int(shares.get("OnDemandPercentageAboveBaseCapacity", 100))
    number = len(group.instance_states) + 1
    on_demand = sum(state.instance.lifecycle != "spot" for state in group.instance_states)
    above = max(0, number - base)
    return on_demand >= min(number, base) + -(-above * percent // 100)


def _policy(group: FakeAutoScalingGroup) -> dict[str, Any]:
    """Return the policy, also while the group launches instances; empty if it has none."""
    return group.mixed_instances_policy or group.__dict__.get("demo_policy") or {}


GAPS = (
    type_of_the_policy,
    template_beside_the_policy,
    whole_instances,
    policy_kept,
    spot_template_in_a_policy,
)
