"""The newest deployment of a service of the demo account."""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

from gpuecs_tui.demo.model.service_history import begin, history_of


def primary(ecs: Any, service: Any, *, forced: bool = False) -> dict[str, Any]:
    """Return the service's primary deployment.

    It is a new one if the task definition changed, or if a new deployment is ``forced``.
    """
    definition = ecs.describe_task_definition(service.task_definition).arn
    deployment: dict[str, Any] = service.deployments[0]
    if deployment["taskDefinition"] == definition and not forced:
        return deployment
    history_of(service)  # So that the earlier deployment is in the history.
    deployment["status"] = "ACTIVE"
    now = utcnow()
    fresh = {
        **deployment,
        "id": f"ecs-svc/{mock_random.randint(10**18, 10**19)}",
        "status": "PRIMARY",
        "taskDefinition": definition,
        "createdAt": now,
        "updatedAt": now,
        "rolloutState": "IN_PROGRESS",
        "failedTasks": 0,
        "runningCount": 0,
        "pendingCount": 0,
    }
    fresh["rolloutStateReason"] = f"ECS deployment {fresh['id']} in progress."
    service.deployments.insert(0, fresh)
    begin(service)
    return fresh
