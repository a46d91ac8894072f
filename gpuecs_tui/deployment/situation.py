"""The facts of one reading with what follows from them: what waits, what stopped, what failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from statistics import median
from typing import Literal, TypeVar

from gpuecs_tui.aws.deployment.facts import (
    ContainerInstance,
    DeployedFleet,
    DeployedService,
    DeployedTask,
    Deployment,
    DeploymentFacts,
    FleetInstance,
    HealthCheck,
    Instance,
    RegisteredTarget,
    ScalingActivity,
    ServiceDeployment,
    ServiceEvent,
)
from gpuecs_tui.aws.reading import Known, value_or
from gpuecs_tui.aws.service.under_way import ROLLING_BACK, STOPPABLE
from gpuecs_tui.deployment import launch_reasons, service_events, stop_reasons
from gpuecs_tui.deployment.applied import Applied
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.releases.strategy import shifts_traffic

T = TypeVar("T")

EVENT_AGE = timedelta(hours=6)
"""ECS repeats an event whose cause lasts after six hours (developer guide, "Service event
messages"), so that an older one is past."""
FAILED_STATES = frozenset({"STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"})
"""Final states of a deployment in the history that is not successful."""
_LEAVING = ("Terminat", "Detach", "Quarantined")
"""Beginnings of the lifecycle states of an instance that leaves its group."""


@dataclass(frozen=True)
class Situation:
    """Facts, what was applied, and the moment at which they are judged, aware and in UTC."""

    facts: DeploymentFacts
    applied: Applied
    now: datetime

    @property
    def stack(self) -> Stack | None:
        """The decisions in the directory, if they are known."""
        return self.applied.stack

    @property
    def service(self) -> DeployedService | None:
        """The service; None if there is none or it could not be read."""
        return value_or(self.facts.service, None)

    @property
    def desired(self) -> int:
        """The number of tasks that the service wants; 0 without a service."""
        return self.service.desired if self.service else 0

    @cached_property
    def primary(self) -> Deployment | None:
        """The newest deployment of the service."""
        deployments = self.service.deployments if self.service else ()
        return next((it for it in deployments if it.status == "PRIMARY"), None)

    @property
    def history(self) -> tuple[ServiceDeployment, ...]:
        """The service's deployments, newest first; none if they could not be read."""
        return value_or(self.facts.history, ())

    @cached_property
    def newest(self) -> ServiceDeployment | None:
        """The newest deployment in the history.

        None if the history was read before that deployment began, or before it ended.
        """
        newest = self.history[0] if self.history else None
        begun = self.primary.created_at if self.primary else None
        if newest is not None and newest.finished_at and begun and begun > newest.finished_at:
            return None
        return None if newest is not None and self._ended_later(newest) else newest

    def _ended_later(self, newest: ServiceDeployment) -> bool:
        """Whether the service was read after the history, and shows no deployment under way."""
        history, service = self.facts.history, self.facts.service
        if not isinstance(history, Known) or not isinstance(service, Known):
            return False
        has_ended = self.primary is not None and self.primary.rollout_state == "COMPLETED"
        return newest.status in STOPPABLE and has_ended and history.read_at < service.read_at

    @cached_property
    def wanted(self) -> str:
        """The revision that should run; empty if it is unknown.

        Where Terraform ignores it, it is the one that was deployed last, even if it was rolled
        back.
        """
        if self.applied.task_definition and not self.applied.ignores_task_definition:
            return self.applied.task_definition
        if self.newest and self.newest.task_definition:
            return self.newest.task_definition
        return self.primary.task_definition if self.primary else ""

    @property
    def release_stage(self) -> str:
        """Lifecycle stage of the deployment in progress that shifts requests; else empty."""
        service, newest = self.service, self.newest
        if service is None or newest is None or not shifts_traffic(service.strategy):
            return ""
        return newest.stage if newest.status in STOPPABLE else ""

    @property
    def running_revision(self) -> str:
        """The revision of the PRIMARY deployment; empty without one."""
        return self.primary.task_definition if self.primary else ""

    @cached_property
    def settled(self) -> bool:
        """Whether all desired tasks run in the wanted revision, so that nothing is stuck."""
        service, primary = self.service, self.primary
        if service is None or primary is None or self.has_failed:
            return False
        return (
            service.running == service.desired
            and not service.pending
            and not self.waiting
            and primary.rollout_state == "COMPLETED"
            and primary.task_definition == self.wanted
        )

    # Tasks

    @property
    def tasks(self) -> tuple[DeployedTask, ...]:
        """All tasks; none if they could not be read."""
        return value_or(self.facts.tasks, ())

    @cached_property
    def live(self) -> tuple[DeployedTask, ...]:
        """Tasks that run or are to run."""
        return tuple(
            it for it in self.tasks if "STOPPED" not in (it.last_status, it.desired_status)
        )

    @cached_property
    def waiting(self) -> tuple[DeployedTask, ...]:
        """Tasks without an instance."""
        return tuple(it for it in self.live if not it.container_instance)

    @property
    def lacking(self) -> int:
        """Tasks without an instance, and desired tasks that don't exist."""
        missing = self.desired - len(self.live)
        return len(self.waiting) + (max(missing, 0) if isinstance(self.facts.tasks, Known) else 0)

    @cached_property
    def stopped(self) -> tuple[DeployedTask, ...]:
        """Tasks of the wanted revision that stopped, newest first; none once all is settled.

        Only those of the newest deployment: the same revision may have been deployed before.
        """
        if self.settled:
            return ()
        begun = self.newest.created_at if self.newest else None
        found = [
            it
            for it in self.tasks
            if it.last_status == "STOPPED"
            and self.wanted in ("", it.task_definition)
            and not (begun and it.created_at and it.created_at < begun)
        ]
        # Those without a time come last, in the order of the reading.
        return tuple(sorted(found, key=lambda it: -_seconds(it.stopped_at)))

    @cached_property
    def stops(self) -> Mapping[str, tuple[DeployedTask, ...]]:
        """The stopped tasks by the id of their cause."""
        return _grouped(self.stopped, stop_reasons.cause_of)

    # Instances

    @property
    def fleet(self) -> DeployedFleet | None:
        """The Auto Scaling group."""
        return value_or(self.facts.fleet, None)

    @cached_property
    def members(self) -> tuple[FleetInstance, ...]:
        """Instances of the group that are not leaving it."""
        found = self.fleet.instances if self.fleet else ()
        return tuple(it for it in found if not it.lifecycle.startswith(_LEAVING))

    @cached_property
    def leaving(self) -> tuple[FleetInstance, ...]:
        """Instances of the group that are being terminated."""
        found = self.fleet.instances if self.fleet else ()
        return tuple(it for it in found if it.lifecycle.startswith(_LEAVING))

    @property
    def registered(self) -> tuple[ContainerInstance, ...]:
        """Instances in the cluster."""
        return value_or(self.facts.container_instances, ())

    @cached_property
    def ready(self) -> tuple[ContainerInstance, ...]:
        """Instances on which ECS places tasks."""
        return tuple(it for it in self.registered if it.status == "ACTIVE" and it.agent_connected)

    @cached_property
    def unregistered(self) -> tuple[FleetInstance, ...]:
        """Instances of the group that are in service and not in the cluster."""
        if not isinstance(self.facts.container_instances, Known):
            return ()
        known = {it.ec2_instance_id for it in self.registered}
        return tuple(
            it
            for it in self.members
            if it.lifecycle == "InService" and it.ec2_instance_id not in known
        )

    @cached_property
    def instances(self) -> Mapping[str, Instance]:
        """EC2's view of the group's instances, by id."""
        return {it.id: it for it in value_or(self.facts.instances, ())}

    def launched_at(self, instance: str) -> datetime | None:
        """Return when an instance was launched; None if it is unknown."""
        found = self.instances.get(instance)
        if found and found.launched_at:
            return found.launched_at
        named = (it for it in self.activities if instance in it.description)
        return min((it.started_at for it in named if it.started_at), default=None)

    @property
    def activities(self) -> tuple[ScalingActivity, ...]:
        """The group's scaling activities, newest first."""
        return value_or(self.facts.activities, ())

    @cached_property
    def failed_launches(self) -> tuple[ScalingActivity, ...]:
        """The launches that failed since the last one that succeeded, while instances are missing.

        Newest first. None while the group has as many instances as it wants.
        """
        if self.fleet is None or len(self.members) >= self.fleet.desired:
            return ()
        found: list[ScalingActivity] = []
        for it in self.activities:
            if it.status in ("Failed", "Cancelled") and it.status_message:
                found.append(it)
            elif it.status == "Successful" and it.description.startswith("Launching"):
                break
        return tuple(found)

    @cached_property
    def launch_failures(self) -> Mapping[str, tuple[ScalingActivity, ...]]:
        """The failed launches by the id of their cause."""
        return _grouped(self.failed_launches, lambda it: launch_reasons.cause_of(text_of(it)))

    # Events

    @cached_property
    def events(self) -> tuple[ServiceEvent, ...]:
        """Events since the service was steady the last time, newest first; none once settled.

        After a rollback: those of the deployment that failed.
        """
        if self.settled or self.service is None:
            return ()
        all_events = self.service.events
        start = next(
            (n for n, it in enumerate(all_events) if service_events.is_failure(it.message)), 0
        )
        steady = [n for n, it in enumerate(all_events) if service_events.is_steady(it.message)]
        first = start if self.has_failed else 0
        last = next((n for n in steady if n >= first), len(all_events))
        return tuple(
            it for it in all_events[first:last] if it.at is None or self.now - it.at <= EVENT_AGE
        )

    @cached_property
    def placements(self) -> Mapping[str, tuple[ServiceEvent, ...]]:
        """The events about tasks that could not be placed, by the id of their cause."""
        return _grouped(self.events, lambda it: service_events.placement_of(it.message))

    @cached_property
    def failure_event(self) -> ServiceEvent | None:
        """The newest event that says that a deployment failed or is rolled back."""
        for it in self.service.events if self.service else ():
            if service_events.is_failure(it.message):
                return it
        return None

    @cached_property
    def has_failed(self) -> bool:
        """Whether the newest deployment failed, by the history or by deployments and events."""
        if self.newest is not None:
            return self.newest.status in FAILED_STATES | ROLLING_BACK
        if self._failed_deployment is not None:
            return True
        event, begun = self.failure_event, self.primary.created_at if self.primary else None
        if event is None:
            return False
        if event.at and begun:
            # A rollback returns to an earlier deployment, so that the failure is newer than it. A
            # later deployment is none, whichever revision it has.
            return event.at > begun
        return bool(self.wanted) and self.running_revision not in ("", self.wanted)

    @cached_property
    def _failed_deployment(self) -> Deployment | None:
        """The deployment that failed, if it is the newest one."""
        begun = self.primary.created_at if self.primary else None
        for it in self.service.deployments if self.service else ():
            if it.rollout_state != "FAILED":
                continue
            later = bool(it.created_at and begun and it.created_at > begun)
            if it is self.primary or later or it.task_definition == self.wanted:
                return it
        return None

    @property
    def ended_by(self) -> Literal["", "breaker", "alarm", "request"]:
        """What ended the newest deployment before it was complete; empty if it is unknown.

        ECS ends a deployment because of its circuit breaker, of an alarm, or of a call of
        StopServiceDeployment (developer guide, "Stopping service deployments").
        """
        newest = self.newest
        if newest is None or newest.status not in FAILED_STATES | ROLLING_BACK:
            return ""
        if newest.alarms:
            return "alarm"
        if newest.breaker == "TRIGGERED":
            return "breaker"
        # Without the details of the deployment, the status of its breaker is missing.
        return "request" if newest.breaker or newest.status == "STOPPED" else ""

    @property
    def failed_revision(self) -> str:
        """The revision whose deployment failed; empty if it is unknown."""
        if self.newest is not None and self.newest.task_definition:
            return self.newest.task_definition
        if self._failed_deployment is not None:
            return self._failed_deployment.task_definition
        return "" if self.applied.ignores_task_definition else self.applied.task_definition

    @property
    def rolled_back_to(self) -> str:
        """The revision that runs instead of the failed one; empty if there was no rollback."""
        if self.newest is not None and self.newest.rolled_back_to:
            return self.newest.rolled_back_to
        return self.running_revision if self.running_revision != self.failed_revision else ""

    @property
    def is_rolling_back(self) -> bool:
        """Whether the rollback of the failed deployment is in progress."""
        if self.newest is not None:
            return self.newest.status in ROLLING_BACK
        in_progress = self.primary is not None and self.primary.rollout_state == "IN_PROGRESS"
        return in_progress and self.has_failed and bool(self.rolled_back_to)

    # Targets

    @property
    def targets(self) -> tuple[RegisteredTarget, ...]:
        """The targets of the load balancer that are not being removed."""
        found = value_or(self.facts.targets, None) or ()
        return tuple(it for it in found if it.health != "draining")

    @property
    def health_check(self) -> HealthCheck | None:
        """The health check of the target group."""
        return value_or(self.facts.health_check, None)


def _grouped(items: Iterable[T], key: Callable[[T], str]) -> Mapping[str, tuple[T, ...]]:
    found: dict[str, list[T]] = {}
    for it in items:
        if id := key(it):
            found.setdefault(id, []).append(it)
    return {id: tuple(them) for id, them in found.items()}


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0


def text_of(activity: ScalingActivity) -> str:
    """Return all of AWS's words about a scaling activity."""
    return activity.status_message or activity.description


def most_common(texts: Sequence[str]) -> str:
    """Return the most frequent of ``texts``, the first of equal ones; empty if there are none."""
    return Counter(texts).most_common(1)[0][0] if texts else ""


def median_time(times: Iterable[timedelta]) -> timedelta | None:
    """Return the median of ``times``; None if there are none."""
    seconds = [each.total_seconds() for each in times]
    return timedelta(seconds=median(seconds)) if seconds else None
