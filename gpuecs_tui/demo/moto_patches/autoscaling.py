"""Gaps of moto's Auto Scaling and Application Auto Scaling."""

from __future__ import annotations

import json
import uuid
from typing import Any

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.autoscaling.exceptions import AutoscalingClientError
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from gpuecs_tui.demo.moto_patches.launches import activities_of
from gpuecs_tui.demo.moto_patches.patching import wrap


def protected_instances() -> None:
    """DeleteAutoScalingGroup leaves instances with scale-in protection running, even if forced."""

    def delete(_original: Any, self: AutoScalingResponse) -> Any:
        backend: AutoScalingBackend = self.autoscaling_backend
        name = self._get_param("AutoScalingGroupName")
        group = backend.autoscaling_groups.get(name)
        if group and group.instance_states and not self._get_bool_param("ForceDelete", False):
            raise AutoscalingClientError(
                "ResourceInUse",
                "You cannot delete an AutoScalingGroup while there are instances or pending "
                "Spot instance request(s) still in the group.",
            )
        for state in group.instance_states if group else ():
            state.protected_from_scale_in = False
        backend.delete_auto_scaling_group(name)
        return ActionResult({})

    wrap(AutoScalingResponse, "delete_auto_scaling_group", delete)


def group_again() -> None:
    """CreateAutoScalingGroup replaces a group of the same name and forgets its instances."""

    def create(original: Any, self: AutoScalingBackend, name: str, *args: Any, **rest: Any) -> Any:
        if name in self.autoscaling_groups:
            raise AutoscalingClientError(
                "AlreadyExists",
                "AutoScalingGroup by this name already exists - A group with the name "
                f"{name} already exists",
            )
        return original(self, name, *args, **rest)

    wrap(AutoScalingBackend, "create_auto_scaling_group", create)


def grace_period() -> None:
    """A group's default health check grace period is 300, on AWS 0: every plan changes it."""

    def create(original: Any, self: AutoScalingBackend, *args: Any, **keywords: Any) -> Any:
        group: FakeAutoScalingGroup = original(self, *args, **keywords)
        group.health_check_grace_period = keywords.get("health_check_period") or 0
        return group

    wrap(AutoScalingBackend, "create_auto_scaling_group", create)


def settings_later() -> None:
    """UpdateAutoScalingGroup ignores some settings: every plan changes them again."""

    def update(original: Any, self: AutoScalingResponse) -> ActionResult:
        answer: ActionResult = original(self)
        group = self.autoscaling_backend.autoscaling_groups[self._get_param("AutoScalingGroupName")]
        rebalance = self._get_bool_param("CapacityRebalance", None)
        if rebalance is not None:
            group.capacity_rebalance = rebalance
        cooldown = self._get_int_param("DefaultCooldown")
        if cooldown is not None:
            group.default_cooldown = cooldown
        policies = self._get_param("TerminationPolicies", [])
        if policies:
            group.termination_policies = policies
        return answer

    wrap(AutoScalingResponse, "update_auto_scaling_group", update)


def activities() -> None:
    """DescribeScalingActivities returns none. This stores those that the simulation writes."""

    def describe(_original: Any, self: AutoScalingResponse) -> ActionResult:
        name = self._get_param("AutoScalingGroupName")
        groups = self.autoscaling_backend.autoscaling_groups
        chosen = [groups[name]] if name in groups else [] if name else list(groups.values())
        return ActionResult(
            {"Activities": [entry for group in chosen for entry in activities_of(group)]}
        )

    wrap(AutoScalingResponse, "describe_scaling_activities", describe)


def instance_refresh() -> None:
    """StartInstanceRefresh is missing: a changed launch template can't be applied."""

    def start(_original: Any, self: AutoScalingResponse) -> ActionResult:
        group = self.autoscaling_backend.autoscaling_groups[self._get_param("AutoScalingGroupName")]
        preferences = self._get_param("Preferences", {}) or {}
        _check_preferences(preferences, self._get_param("DesiredConfiguration"))
        refresh = {
            "InstanceRefreshId": str(uuid.uuid4()),
            "AutoScalingGroupName": group.name,
            "Status": "Pending",
            "StartTime": utcnow(),
            "PercentageComplete": 0,
            "InstancesToUpdate": len(group.instance_states),
            "Preferences": preferences,
        }
        refreshes_of(group).insert(0, refresh)
        return ActionResult({"InstanceRefreshId": refresh["InstanceRefreshId"]})

    def describe(_original: Any, self: AutoScalingResponse) -> ActionResult:
        groups = self.autoscaling_backend.autoscaling_groups
        group = groups.get(self._get_param("AutoScalingGroupName"))
        return ActionResult({"InstanceRefreshes": refreshes_of(group) if group else []})

    wrap(AutoScalingResponse, "start_instance_refresh", start)
    wrap(AutoScalingResponse, "describe_instance_refreshes", describe)


def _check_preferences(preferences: dict[str, Any], wanted: Any) -> None:
    if preferences.get("AutoRollback") and not wanted:
        raise AutoscalingClientError(
            "ValidationError",
            "The AutoRollback parameter cannot be set to true when the DesiredConfiguration "
            "parameter is empty.",
        )
    percents = [int(it) for it in preferences.get("CheckpointPercentages") or ()]
    if percents != sorted(set(percents)) or not all(0 < it <= 100 for it in percents):
        raise AutoscalingClientError(
            "ValidationError",
            "The CheckpointPercentages must be unique, in ascending order, and from 1 to 100.",
        )


def refreshes_of(group: FakeAutoScalingGroup) -> list[dict[str, Any]]:
    """Return the group's instance refreshes, newest first; the simulation carries them out."""
    entries: list[dict[str, Any]] = group.__dict__.setdefault("demo_refreshes", [])
    return entries


def target_tags() -> None:
    """ListTagsForResource of a scalable target returns 500: apply and destroy fail."""
    kept: dict[str, dict[str, str]] = {}

    def tags_of(self: ApplicationAutoScalingResponse) -> dict[str, str]:
        return kept.setdefault(self._get_param("ResourceARN"), {})

    def list_tags(_original: Any, self: ApplicationAutoScalingResponse) -> str:
        return json.dumps({"Tags": tags_of(self)})

    def tag(_original: Any, self: ApplicationAutoScalingResponse) -> str:
        tags_of(self).update(self._get_param("Tags") or {})
        return "{}"

    def untag(_original: Any, self: ApplicationAutoScalingResponse) -> str:
        for key in self._get_param("TagKeys") or ():
            tags_of(self).pop(key, None)
        return "{}"

    def register(original: Any, self: ApplicationAutoScalingResponse) -> str:
        answer: str = original(self)
        arn = json.loads(answer).get("ScalableTargetARN")
        if arn and self._get_param("Tags"):
            kept.setdefault(arn, {}).update(self._get_param("Tags"))
        return answer

    wrap(ApplicationAutoScalingResponse, "list_tags_for_resource", list_tags)
    wrap(ApplicationAutoScalingResponse, "tag_resource", tag)
    wrap(ApplicationAutoScalingResponse, "untag_resource", untag)
    wrap(ApplicationAutoScalingResponse, "register_scalable_target", register)


def group_metrics() -> None:
    """DisableMetricsCollection is missing."""

    def disable(_original: Any, self: AutoScalingResponse) -> ActionResult:
        backend: AutoScalingBackend = self.autoscaling_backend
        (group,) = backend.describe_auto_scaling_groups([self._get_param("AutoScalingGroupName")])
        ended = self._get_param("Metrics") or group.metrics
        group.metrics = [it for it in group.metrics if it not in ended]
        return EmptyResult()

    wrap(AutoScalingResponse, "disable_metrics_collection", disable)


GAPS = (
    protected_instances,
    group_again,
    grace_period,
    settings_later,
    activities,
    instance_refresh,
    target_tags,
    group_metrics,
)
