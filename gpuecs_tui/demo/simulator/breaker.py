"""The emulated deployment circuit breaker, and the return to an earlier deployment.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html:
the threshold is half of the desired count, at least 3 and at most 200. The failed tasks are
consecutive: a healthy task resets the count (API_Deployment, ``failedTasks``). A rollback uses the
latest completed deployment, which is IN_PROGRESS again; without one the deployment is stalled.
"""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow

from gpuecs_tui.demo.model.service_history import (
    LEAST,
    NO_CANDIDATE,
    alarms_of,
    history_of,
    settings_of,
    threshold_of,
)
from gpuecs_tui.demo.model.tasks import PlayedTask
from gpuecs_tui.demo.simulator.events import add_service_event

FAILED = "tasks failed to start."
"""Of a deployment in the rolloutState FAILED and of its event
(https://github.com/aws/containers-roadmap/issues/1488)."""
TRIPPED = "Service deployment rolled back because the circuit breaker threshold was exceeded."
"""statusReason (https://github.com/hashicorp/terraform-provider-aws, acceptance test
TestAccECSService_BlueGreenDeployment_circuitBreakerRollback)."""
WITHOUT_ROLLBACK = "Service deployment stopped because the circuit breaker threshold was exceeded."
BY_REQUEST = "Service deployment rolled back because StopServiceDeployment was called."
ALARMED = "alarm detected."
BY_ALARM = "Service deployment ended because a CloudWatch alarm was detected."
# AWS doesn't publish the texts for these cases.


def watch(service: Any, tasks: list[PlayedTask], healthy: list[PlayedTask]) -> None:
    """Count failed tasks of the primary deployment; end or roll back the deployment if needed."""
    current, entry = service.deployments[0], history_of(service)[0]
    if entry.status == "PENDING":
        entry.started_at = utcnow()
        entry.become("IN_PROGRESS")
    if entry.status == "ROLLBACK_REQUESTED":
        _go_back(service, BY_REQUEST)
        return
    if any(task.started_by == current["id"] for task in healthy):
        current["failedTasks"] = 0
    for task in tasks:
        if task.failed and not task.counted:
            task.counted = True
            if task.started_by == current["id"] and current["rolloutState"] == "IN_PROGRESS":
                fail(service)
    breaker = settings_of(service).get("deploymentCircuitBreaker") or {}
    under_way = current["rolloutState"] == "IN_PROGRESS" and entry.status == "IN_PROGRESS"
    if breaker.get("enable") and under_way and current["failedTasks"] >= threshold_of(service):
        entry.tripped = True
        _trip(service, FAILED, TRIPPED, rolls_back=bool(breaker.get("rollback")))
    elif under_way and (entry_alarms := alarms_of(service) - entry.rang_before):
        entry.alarms = entry_alarms
        rolls_back = bool((settings_of(service).get("alarms") or {}).get("rollback"))
        _trip(service, ALARMED, BY_ALARM, rolls_back=rolls_back)


def fail(service: Any) -> None:
    """Count one task of the primary deployment that failed or could not be placed."""
    current, entry = service.deployments[0], history_of(service)[0]
    current["failedTasks"] = int(current["failedTasks"]) + 1
    entry.failures = current["failedTasks"]
    if current["failedTasks"] == LEAST:
        add_service_event(
            service,
            "is unable to consistently start tasks successfully. For more information, see the "
            "Troubleshooting section of the Amazon ECS Developer Guide.",
        )


def _trip(service: Any, why: str, reason: str, *, rolls_back: bool) -> None:
    """End the deployment: ``why`` is for its event, ``reason`` for the service deployment."""
    current, entry = service.deployments[0], history_of(service)[0]
    completed = service.__dict__.get("demo_completed")
    add_service_event(service, f"(deployment {current['id']}) deployment failed: {why}")
    if rolls_back and completed:
        _go_back(service, reason)
        return
    _mark_failed(current)
    if entry.alarms:
        current["rolloutStateReason"] = f"ECS deployment failed: {why}"
    if rolls_back:
        entry.roll_back("ROLLBACK_FAILED", NO_CANDIDATE)
    else:
        entry.become("STOPPED", reason if entry.alarms else WITHOUT_ROLLBACK)


def _mark_failed(deployment: dict[str, Any]) -> None:
    deployment["rolloutState"] = "FAILED"
    deployment["rolloutStateReason"] = f"ECS deployment circuit breaker: {FAILED}"
    deployment["updatedAt"] = utcnow()


def _go_back(service: Any, reason: str) -> None:
    """Make the latest completed deployment the primary one again."""
    failed, entry = service.deployments[0], history_of(service)[0]
    completed = service.__dict__["demo_completed"]
    _mark_failed(failed)
    failed["status"] = "ACTIVE"
    if not entry.tripped:
        failed["rolloutStateReason"] = reason
    earlier = next((it for it in service.deployments if it["id"] == completed["id"]), completed)
    others = [it for it in service.deployments if it is not earlier]
    earlier.update(
        status="PRIMARY",
        rolloutState="IN_PROGRESS",
        rolloutStateReason="ECS deployment circuit breaker: rolling back to deploymentId "
        f"{earlier['id']}.",
        failedTasks=0,
        updatedAt=utcnow(),
    )
    if not entry.tripped:
        earlier["rolloutStateReason"] = f"ECS deployment {earlier['id']} in progress."
    service.deployments[:] = [earlier, *others]
    service.task_definition = earlier["taskDefinition"]
    service.demo_steady = False
    entry.roll_back("ROLLBACK_IN_PROGRESS", reason)
    add_service_event(service, f"rolling back to deployment {earlier['id']}.")


def complete(service: Any) -> None:
    """Record that the primary deployment has completed."""
    current, entry = service.deployments[0], history_of(service)[0]
    service.demo_completed = {**current}
    if entry.status == "ROLLBACK_IN_PROGRESS":
        entry.become("ROLLBACK_SUCCESSFUL")
    elif entry.status == "IN_PROGRESS":
        entry.become("SUCCESSFUL")
