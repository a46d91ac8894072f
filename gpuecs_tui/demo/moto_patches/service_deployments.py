"""Calls about service deployments, and a forced new deployment, which moto lacks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.exceptions import ECSException
from moto.ecs.models import EC2ContainerServiceBackend, Service
from moto.ecs.responses import EC2ContainerServiceResponse

from gpuecs_tui.demo.model.primary import primary
from gpuecs_tui.demo.model.service_history import (
    NO_CANDIDATE,
    STOPPABLE,
    ServiceDeployment,
    history_of,
    running_revision,
    settings_of,
    threshold_of,
)
from gpuecs_tui.demo.moto_patches.patching import wrap

MOST_ARNS = 20
"""ARNs in one call (API reference of DescribeServiceDeployments and DescribeServiceRevisions)."""
PAGE = 20
"""Service deployments in one answer, unless the request wants another number (API reference)."""


def service_deployments() -> None:
    """The calls that list and describe service deployments and service revisions are missing."""

    def list_them(_original: Any, self: EC2ContainerServiceResponse) -> ActionResult:
        name = self._get_param("service").rpartition("/")[2]
        service = self.ecs_backend._get_service(self._get_param("cluster", "default"), name)
        wanted = self._get_param("status")
        created = self._get_param("createdAt") or {}
        found = [
            it
            for it in history_of(service)
            if (not wanted or it.status in wanted) and _between(it.created_at, created)
        ]
        first = int(self._get_param("nextToken") or 0)
        size = int(self._get_param("maxResults") or PAGE)
        answer: dict[str, Any] = {
            "serviceDeployments": [
                {**_common(service, it), "targetServiceRevisionArn": it.target.arn}
                for it in found[first : first + size]
            ]
        }
        if len(found) > first + size:
            answer["nextToken"] = str(first + size)
        return ActionResult(answer)

    def describe(_original: Any, self: EC2ContainerServiceResponse) -> ActionResult:
        known = {it.arn: (service, it) for service, it in _all(self.ecs_backend)}
        arns = _few(self._get_param("serviceDeploymentArns"))
        return ActionResult(
            {
                "serviceDeployments": [_described(*known[arn]) for arn in arns if arn in known],
                "failures": _missing(arns, known),
            }
        )

    def revisions(_original: Any, self: EC2ContainerServiceResponse) -> ActionResult:
        known = {it.target.arn: (service, it.target) for service, it in _all(self.ecs_backend)}
        arns = _few(self._get_param("serviceRevisionArns"))
        found = [
            {
                "serviceRevisionArn": revision.arn,
                "serviceArn": service.arn,
                "clusterArn": service.cluster_arn,
                "taskDefinition": revision.task_definition,
                "createdAt": revision.created_at,
                **revision.settings,
            }
            for service, revision in (known[arn] for arn in arns if arn in known)
        ]
        return ActionResult({"serviceRevisions": found, "failures": _missing(arns, known)})

    wrap(EC2ContainerServiceResponse, "list_service_deployments", list_them)
    wrap(EC2ContainerServiceResponse, "describe_service_deployments", describe)
    wrap(EC2ContainerServiceResponse, "describe_service_revisions", revisions)


def stop_service_deployment() -> None:
    """StopServiceDeployment is missing: a deployment can't be rolled back while it is under way."""

    def stop(_original: Any, self: EC2ContainerServiceResponse) -> ActionResult:
        arn = self._get_param("serviceDeploymentArn")
        found = next((entry for entry in _all(self.ecs_backend) if entry[1].arn == arn), None)
        if found is None:
            raise ECSException(
                "ServiceDeploymentNotFoundException", "Service deployment not found."
            )
        service, deployment = found
        if (self._get_param("stopType") or "ROLLBACK") != "ROLLBACK":
            raise ECSException(
                "UnsupportedFeatureException",
                "The demo account supports only the stop type ROLLBACK.",
            )
        if deployment.status not in STOPPABLE:
            raise ECSException(
                "ConflictException",
                f"The service deployment is in the state {deployment.status} and can't be stopped.",
            )
        if running_revision(history_of(service)) is None:
            raise ECSException("ClientException", NO_CANDIDATE)
        deployment.become("ROLLBACK_REQUESTED")
        return ActionResult({"serviceDeploymentArn": arn})

    wrap(EC2ContainerServiceResponse, "stop_service_deployment", stop)


def forced_deployment() -> None:
    """A forced new deployment has a new id, also in the answer of UpdateService."""

    def update(
        original: Any, self: EC2ContainerServiceBackend, properties: dict[str, Any]
    ) -> Service:
        forced = properties.pop("force_new_deployment", False)
        service: Service = original(self, properties)
        if forced:
            primary(self, service, forced=True)
        return service

    wrap(EC2ContainerServiceBackend, "update_service", update)


def _all(backend: EC2ContainerServiceBackend) -> Iterable[tuple[Any, ServiceDeployment]]:
    for service in backend.services.values():
        for deployment in history_of(service):
            yield service, deployment


def _few(arns: list[str]) -> list[str]:
    if len(arns) > MOST_ARNS:
        raise ECSException("InvalidParameterException", f"You can specify up to {MOST_ARNS} ARNs.")
    return arns


def _missing(arns: list[str], known: Any) -> list[dict[str, str]]:
    return [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in known]


def _between(moment: datetime, limits: dict[str, Any]) -> bool:
    seconds = moment.replace(tzinfo=UTC).timestamp()
    after, before = _seconds(limits.get("after")), _seconds(limits.get("before"))
    return (after is None or seconds >= after) and (before is None or seconds <= before)


def _seconds(given: Any) -> float | None:
    if isinstance(given, datetime):
        return (given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp()
    return None if given is None else float(given)


def _common(service: Any, it: ServiceDeployment) -> dict[str, Any]:
    found = {
        "serviceDeploymentArn": it.arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "createdAt": it.created_at,
        "startedAt": it.started_at,
        "finishedAt": it.finished_at,
        "status": it.status,
        "statusReason": it.status_reason,
    }
    return {name: value for name, value in found.items() if value}


def _described(service: Any, it: ServiceDeployment) -> dict[str, Any]:
    settings = settings_of(service)
    breaker = settings.get("deploymentCircuitBreaker") or {"enable": False, "rollback": False}
    status = "MONITORING" if it.finished_at is None else "MONITORING_COMPLETE"
    if it.tripped:
        status = "TRIGGERED"
    alarms = settings.get("alarms") or {}
    watched = "MONITORING_COMPLETE" if it.finished_at else "MONITORING"
    found = {
        **_common(service, it),
        "stoppedAt": it.stopped_at,
        "updatedAt": it.updated_at,
        "targetServiceRevision": _counted(service, it.target, it.deployment),
        "sourceServiceRevisions": [_counted(service, it.source, "")] if it.source else [],
        "deploymentConfiguration": {**settings, "deploymentCircuitBreaker": breaker},
        "rollback": it.rollback,
        "deploymentCircuitBreaker": {
            "status": status if breaker["enable"] else "DISABLED",
            "failureCount": it.failures,
            "threshold": threshold_of(service),
        },
        "alarms": {
            "status": "TRIGGERED" if it.alarms else watched,
            "alarmNames": list(alarms.get("alarmNames") or ()),
            "triggeredAlarmNames": sorted(it.alarms),
        }
        if alarms.get("enable")
        else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _counted(service: Any, revision: Any, deployment: str) -> dict[str, Any]:
    """Return a revision with its tasks: those of ``deployment``, or else of its task definition."""
    own = [
        it
        for it in service.deployments
        if it["id"] == deployment
        or (not deployment and it["taskDefinition"] == revision.task_definition)
    ]
    return {
        "arn": revision.arn,
        "requestedTaskCount": sum(it["desiredCount"] for it in own),
        "runningTaskCount": sum(it["runningCount"] for it in own),
        "pendingTaskCount": sum(it["pendingCount"] for it in own),
    }


GAPS = (service_deployments, stop_service_deployment, forced_deployment)
