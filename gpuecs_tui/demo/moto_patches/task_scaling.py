"""Scaling activities of Application Auto Scaling, which moto lacks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.moto_api._internal import mock_random

from gpuecs_tui.demo.moto_patches.patching import wrap

NAMESPACE, DIMENSION = "ecs", "ecs:service:DesiredCount"
PAGE = 10
"""Activities in one answer, unless the request wants more (API_DescribeScalingActivities)."""


def task_scaling_activities() -> None:
    """DescribeScalingActivities of Application Auto Scaling is missing."""

    def describe(_original: Any, self: ApplicationAutoScalingResponse) -> str:
        namespace = self._get_param("ServiceNamespace")
        resource = self._get_param("ResourceId")
        dimension = self._get_param("ScalableDimension")
        found = [
            it
            for it in activities_of(self.applicationautoscaling_backend)
            if it["ServiceNamespace"] == namespace
            and (not resource or it["ResourceId"] == resource)
            and (not dimension or it["ScalableDimension"] == dimension)
        ]
        first = int(self._get_param("NextToken") or 0)
        size = int(self._get_param("MaxResults") or PAGE)
        answer: dict[str, Any] = {"ScalingActivities": found[first : first + size]}
        if len(found) > first + size:
            answer["NextToken"] = str(first + size)
        return json.dumps(answer)

    wrap(ApplicationAutoScalingResponse, "describe_scaling_activities", describe)


def target_gone() -> None:
    """DeregisterScalableTarget keeps the policies and scheduled actions of the target."""

    def deregister(original: Any, self: ApplicationAutoScalingResponse) -> str:
        answer: str = original(self)
        backend, resource = self.applicationautoscaling_backend, self._get_param("ResourceId")
        place = (
            self._get_param("ServiceNamespace"),
            resource,
            self._get_param("ScalableDimension"),
        )
        for policy in list(backend.policies.values()):
            if (policy.service_namespace, policy.resource_id, policy.scalable_dimension) == place:
                backend.delete_scaling_policy(policy.policy_name, *place)
        backend.scheduled_actions = [
            it
            for it in backend.scheduled_actions
            if (it.service_namespace, it.resource_id, it.scalable_dimension) != place
        ]
        return answer

    wrap(ApplicationAutoScalingResponse, "deregister_scalable_target", deregister)


def registrations(target: Any) -> int:
    """Return how often a scalable target was registered without suspended scaling."""
    count: int = target.__dict__.get("demo_registrations", 0)
    return count


def registered_again() -> None:
    """RegisterScalableTarget does not note that it was called for a target that exists.

    AWS then brings the count within the limits, even if they are the same (API reference,
    RegisterScalableTarget).
    """

    def register(
        original: Any, self: ApplicationAutoscalingBackend, *args: Any, **given: Any
    ) -> Any:
        target = original(self, *args, **given)
        if not any((target.suspended_state or {}).values()):
            target.demo_registrations = registrations(target) + 1
        return target

    wrap(ApplicationAutoscalingBackend, "register_scalable_target", register)


def activities_of(backend: Any) -> list[dict[str, Any]]:
    """Return a Region's list of activities, newest first; the caller may add to it."""
    entries: list[dict[str, Any]] = backend.__dict__.setdefault("demo_activities", [])
    return entries


def note_scaling(backend: Any, cluster: str, service: str, count: int, cause: str) -> None:
    """Add an activity that set the service's desired count to ``count``.

    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scaling-activities.html
    has its words.
    """
    now = datetime.now(UTC).timestamp()
    activities_of(backend).insert(
        0,
        {
            "ActivityId": str(mock_random.uuid4()),
            "ServiceNamespace": NAMESPACE,
            "ResourceId": f"service/{cluster}/{service}",
            "ScalableDimension": DIMENSION,
            "Description": f"Setting desired count to {count}.",
            "Cause": cause,
            "StartTime": now,
            "EndTime": now,
            "StatusCode": "Successful",
            "StatusMessage": f"Successfully set desired count to {count}. Change successfully "
            "fulfilled by ecs.",
        },
    )


GAPS = (task_scaling_activities, target_gone, registered_again)
