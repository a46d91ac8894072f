"""What Application Auto Scaling refuses and moto accepts.

docs/demo-account.md lists every refusal with its public source.
"""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import available_timezones

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.core.exceptions import JsonRESTError
from moto.elbv2.models import elbv2_backends

from gpuecs_tui.demo.moto_patches.patching import wrap
from gpuecs_tui.stack.scaling.schedule import NotASchedule, parse_schedule

_REQUESTS = "ALBRequestCountPerTarget"
_LABEL = re.compile(r"(?P<balancer>app/[^/]+/[^/]+)/(?P<group>targetgroup/[^/]+/[^/]+)")
"""https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PredefinedMetricSpecification.html"""
_METRICS = ("PredefinedMetricSpecification", "CustomizedMetricSpecification")


def limits_of_a_target() -> None:
    """RegisterScalableTarget accepts a maximum below the minimum, and a new target without one."""

    def register(
        original: Any,
        self: ApplicationAutoscalingBackend,
        namespace: str,
        resource: str,
        dimension: str,
        **given: Any,
    ) -> Any:
        target = self.targets.get(dimension, {}).get(resource)
        least, most = given.get("min_capacity"), given.get("max_capacity")
        if target is not None:
            least = target.min_capacity if least is None else least
            most = target.max_capacity if most is None else most
        if least is None or most is None:
            raise JsonRESTError(
                "ValidationException", "MinCapacity and MaxCapacity are required for a new target."
            )
        _refuse_crossed(least, most)
        return original(self, namespace, resource, dimension, **given)

    wrap(ApplicationAutoscalingBackend, "register_scalable_target", register)


def actions_of_a_target() -> None:
    """PutScheduledAction accepts any schedule and limits, for a resource without a target."""

    def put(original: Any, self: ApplicationAutoscalingBackend, **given: Any) -> None:
        _refuse_without_target(self, given)
        schedule, zone = given.get("schedule"), given.get("timezone")
        try:
            if schedule is not None:
                parse_schedule(schedule)
        except NotASchedule as problem:
            raise JsonRESTError(
                "ValidationException", f"Invalid schedule expression {schedule}: it {problem}."
            ) from None
        if zone is not None and zone not in available_timezones():
            raise JsonRESTError("ValidationException", f"Invalid time zone: {zone}.")
        limits = given.get("scalable_target_action") or {}
        least, most = limits.get("MinCapacity"), limits.get("MaxCapacity")
        if least is not None and most is not None:
            _refuse_crossed(least, most)
        original(self, **given)

    wrap(ApplicationAutoscalingBackend, "put_scheduled_action", put)


def policies_of_a_target() -> None:
    """PutScalingPolicy accepts any load balancer, a metric twice, and no target."""

    def put(original: Any, self: ApplicationAutoscalingBackend, **given: Any) -> Any:
        _refuse_without_target(self, given)
        body = given.get("policy_body") or {}
        metric = {name: body[name] for name in _METRICS if name in body}
        predefined = metric.get("PredefinedMetricSpecification") or {}
        if predefined.get("PredefinedMetricType") == _REQUESTS:
            _refuse_label(self, predefined.get("ResourceLabel") or "")
        for policy in self.policies.values():
            other = policy.target_tracking_scaling_policy_configuration or {}
            if (
                metric
                and policy.resource_id == given["resource_id"]
                and policy.policy_name != given["policy_name"]
                and metric == {name: other[name] for name in _METRICS if name in other}
            ):
                raise JsonRESTError(
                    "ValidationException",
                    "Only one TargetTrackingScaling policy for a given metric specification is "
                    "allowed.",
                )
        return original(self, **given)

    wrap(ApplicationAutoscalingBackend, "put_scaling_policy", put)


def _refuse_crossed(least: int, most: int) -> None:
    if most < least:
        raise JsonRESTError(
            "ValidationException", "Maximum capacity cannot be less than minimum capacity"
        )


def _refuse_without_target(backend: ApplicationAutoscalingBackend, given: dict[str, Any]) -> None:
    namespace, resource = given["service_namespace"], given["resource_id"]
    dimension = given["scalable_dimension"]
    if resource not in backend.targets.get(dimension, {}):
        raise JsonRESTError(
            "ObjectNotFoundException",
            f"No scalable target registered for service namespace: {namespace}, resource ID: "
            f"{resource}, scalable dimension: {dimension}",
        )


def _refuse_label(backend: ApplicationAutoscalingBackend, label: str) -> None:
    """Refuse a label unless it names a load balancer and a target group that it sends requests
    to."""
    found = _LABEL.fullmatch(label)
    groups = elbv2_backends[backend.account_id][backend.region_name].target_groups.values()
    balancers = (
        arn
        for group in groups
        if found and group.arn.endswith(f":{found['group']}")
        for arn in group.load_balancer_arns
    )
    if found is None or not any(it.endswith(f"/{found['balancer']}") for it in balancers):
        raise JsonRESTError(
            "ValidationException",
            f"The resource label {label} does not name a load balancer and its target group.",
        )


GAPS = (limits_of_a_target, actions_of_a_target, policies_of_a_target)
