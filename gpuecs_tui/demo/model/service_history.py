"""The service deployments and service revisions of an ECS service, newest first.

Shapes and states: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html
and API_ServiceRevision.html. One service deployment ends in its target revision, or in the source
revision after a rollback: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

from gpuecs_tui.demo.model.alarms import in_alarm

UNDER_WAY = ("PENDING", "IN_PROGRESS", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS")
"""States from which a service deployment still changes."""

STOPPABLE = ("PENDING", "IN_PROGRESS")
"""States in which StopServiceDeployment is accepted
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopServiceDeployment.html)."""

SHARE, LEAST, MOST = 0.5, 3, 200
"""Share of the desired count, smallest and largest threshold of the circuit breaker
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeploymentCircuitBreaker.html).
"""

DEFAULT_SETTINGS = {"minimumHealthyPercent": 100, "maximumPercent": 200}
"""What a service without a deployment configuration has (API_DeploymentConfiguration)."""

NO_CANDIDATE = "No rollback candidate was found to run the rollback."
"""statusReason of ROLLBACK_FAILED (acceptance tests of aws_ecs_service in
https://github.com/hashicorp/terraform-provider-aws)."""

_SUPERSEDED = "The service deployment was stopped because a newer service deployment started."
_DELETED = "The service deployment was stopped because the service was deleted."
# AWS doesn't publish the texts for these two cases.


@dataclass(frozen=True, slots=True)
class Revision:
    """One service revision."""

    arn: str
    task_definition: str
    """ARN."""
    created_at: datetime
    settings: dict[str, Any]
    """Other members of DescribeServiceRevisions, as the service had them."""


@dataclass(slots=True)
class ServiceDeployment:
    """One service deployment."""

    arn: str
    deployment: str
    """The id ``ecs-svc/…`` of the deployment that it started."""
    target: Revision
    source: Revision | None
    """The revision that ran before; None for the first service deployment."""
    created_at: datetime = field(default_factory=utcnow)
    updated_at: datetime = field(default_factory=utcnow)
    status: str = "PENDING"
    status_reason: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    stopped_at: datetime | None = None
    rollback: dict[str, Any] | None = None
    failures: int = 0
    """Failed tasks that the circuit breaker counted."""
    tripped: bool = False
    """Whether the circuit breaker ended it."""
    alarms: frozenset[str] = frozenset()
    """The alarms that ended it."""
    rang_before: frozenset[str] = frozenset()
    """Alarms in the state ALARM when it started, which ECS does not consider."""

    def become(self, status: str, reason: str = "") -> None:
        """Change the status; the times follow from it."""
        now = utcnow()
        self.status, self.updated_at = status, now
        self.status_reason = reason or self.status_reason
        if status not in UNDER_WAY:
            self.finished_at = now
        if status == "STOPPED":
            self.stopped_at = now

    def roll_back(self, status: str, reason: str) -> None:
        """Record that the service goes back to the source revision."""
        self.become(status, reason)
        self.rollback = {"reason": reason, "startedAt": utcnow()}
        if self.source:
            self.rollback["serviceRevisionArn"] = self.source.arn


def settings_of(service: Any) -> dict[str, Any]:
    """Return the service's deployment configuration with its defaults."""
    return {**DEFAULT_SETTINGS, **(getattr(service, "deployment_configuration", None) or {})}


def alarms_of(service: Any) -> frozenset[str]:
    """Return the service's deployment alarms that are in the state ALARM."""
    watched = settings_of(service).get("alarms") or {}
    names = watched.get("alarmNames") or () if watched.get("enable") else ()
    return in_alarm(service.cluster_arn.split(":")[3], names)


def threshold_of(service: Any) -> int:
    """Return the number of failed tasks at which the circuit breaker trips."""
    return min(MOST, max(LEAST, math.ceil(SHARE * int(service.desired_count))))


def history_of(service: Any) -> list[ServiceDeployment]:
    """Return the service's list of service deployments, newest first; the caller may change it."""
    entries: list[ServiceDeployment] = service.__dict__.setdefault("demo_history", [])
    if not entries and service.deployments:
        begin(service)
    return entries


def begin(service: Any) -> ServiceDeployment:
    """Add the service deployment of the service's primary deployment, which just started."""
    entries: list[ServiceDeployment] = service.__dict__.setdefault("demo_history", [])
    source = running_revision(entries)
    if entries and entries[0].status in UNDER_WAY:
        entries[0].become("STOPPED", _SUPERSEDED)
    target = Revision(
        _arn(service, "service-revision", str(mock_random.randint(10**18, 10**19 - 1))),
        service.deployments[0]["taskDefinition"],
        utcnow(),
        _settings(service),
    )
    fresh = ServiceDeployment(
        _arn(service, "service-deployment", mock_random.get_random_hex(21)),
        service.deployments[0]["id"],
        target,
        source,
        rang_before=alarms_of(service),
    )
    entries.insert(0, fresh)
    return fresh


def running_revision(entries: list[ServiceDeployment]) -> Revision | None:
    """Return the revision in which the latest finished service deployment ended; None if none."""
    for entry in entries:
        if entry.status == "SUCCESSFUL":
            return entry.target
        if entry.status == "ROLLBACK_SUCCESSFUL":
            return entry.source
    return None


def end(service: Any) -> None:
    """Stop the service deployment that is under way, because the service is deleted."""
    for entry in history_of(service):  # Also before the history was read for the first time.
        if entry.status in UNDER_WAY:
            entry.become("STOPPED", _DELETED)


def _arn(service: Any, kind: str, identity: str) -> str:
    start = service.cluster_arn.replace(":cluster/", f":{kind}/")
    return f"{start}/{service.name}/{identity}"


def _settings(service: Any) -> dict[str, Any]:
    found = {
        "launchType": service.launch_type,
        "capacityProviderStrategy": getattr(service, "capacity_provider_strategy", None),
        "loadBalancers": service.load_balancers,
        "networkConfiguration": service.network_configuration or None,
    }
    return {name: value for name, value in found.items() if value}
