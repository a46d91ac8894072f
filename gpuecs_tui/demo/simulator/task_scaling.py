"""Application Auto Scaling of services: limits, scheduled actions, and target tracking.

It behaves as the user guides say ("How target tracking scaling for Application Auto Scaling works",
"Use a target metric to scale Amazon ECS services"), in less time: a minute of metrics and
cool-downs is METRIC_MINUTE seconds. Schedules run by the time of day, on the account's own clock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gpuecs_tui.demo import timings
from gpuecs_tui.demo.model import metrics
from gpuecs_tui.demo.moto_patches.task_scaling import (
    DIMENSION,
    NAMESPACE,
    note_scaling,
    registrations,
)
from gpuecs_tui.stack.scaling.schedule import parse_schedule

OUT_POINTS, IN_POINTS = 3, 15
"""Minutes above the target until tasks are added, and below it until tasks are removed."""
IN_BELOW = 0.9
"""Tasks are removed only below this part of the target."""
_COOLDOWN = 300
"""Seconds of a cool-down that a policy doesn't set."""
_PREDEFINED = {
    "ALBRequestCountPerTarget": metrics.REQUESTS,
    "ECSServiceAverageCPUUtilization": metrics.CPU,
    "ECSServiceAverageMemoryUtilization": metrics.MEMORY,
}


@dataclass(slots=True)
class _Tracking:
    """What is remembered of one policy."""

    above: int = 0
    """Minutes in a row above its target."""
    below: int = 0


@dataclass(slots=True)
class _Scaled:
    """What is remembered of one scalable target."""

    limits: tuple[int, int, int] | None = None
    """Minimum and maximum, and the number of times that they were registered."""
    minute: float = 0.0
    """The account's clock at the latest data point."""
    added: float = -math.inf
    removed: float = -math.inf
    """The account's clock when tasks were last added or removed."""
    cause: str = ""
    """The scheduled action that has set the limits, until the count follows."""
    schedules_from: datetime | None = None
    """Until when the scheduled actions have run, in UTC."""
    policies: dict[str, _Tracking] = field(default_factory=dict)


class TaskScaling:
    """One Region's Application Auto Scaling."""

    def __init__(self, backend: Any, ecs: Any) -> None:
        self._backend, self._ecs = backend, ecs
        self._known: dict[str, _Scaled] = {}
        self._began, self._date = timings.now(), datetime.now(UTC)

    def play(self) -> None:
        """Play the time since the last update."""
        targets = [*self._backend.targets.get(DIMENSION, {}).values()]
        there = {target.arn for target in targets}
        self._known = {arn: it for arn, it in self._known.items() if arn in there}
        for target in targets:
            service = self._service(target.resource_id)
            if service is not None:
                known = self._known.setdefault(target.arn, _Scaled(minute=timings.now()))
                self._schedule(target, known)
                self._keep_limits(target, service, known)
                self._track(target, service, known)

    def _service(self, resource: str) -> Any:
        _kind, cluster, name = resource.split("/")
        services = self._ecs.services.values()
        found = (it for it in services if (it.cluster_name, it.name) == (cluster, name))
        return next((it for it in found if it.status == "ACTIVE"), None)

    def _schedule(self, target: Any, known: _Scaled) -> None:
        """Run the scheduled actions whose time has come."""
        now = self._date + timedelta(seconds=timings.now() - self._began)
        since, known.schedules_from = known.schedules_from or now, now
        if _suspended(target, "ScheduledScalingSuspended"):
            return
        due = [
            (moment, action)
            for action in self._backend.describe_scheduled_actions(
                None, NAMESPACE, target.resource_id, target.scalable_dimension
            )
            for moment in _times(action, since, now)
        ]
        for _moment, action in sorted(due, key=lambda it: it[0]):
            wanted = action.scalable_target_action
            target.update(wanted.get("MinCapacity"), wanted.get("MaxCapacity"), None)
            known.cause = f"scheduled action name {action.scheduled_action_name} was triggered"

    def _keep_limits(self, target: Any, service: Any, known: _Scaled) -> None:
        """Bring the count within limits that have changed or were registered again, at once."""
        limits = (target.min_capacity, target.max_capacity, registrations(target))
        if limits == known.limits:
            return
        known.limits = limits
        least, most, _times = limits
        count = min(max(service.desired_count, least), most)
        if count != service.desired_count:
            below = service.desired_count < least
            bound = f"minimum capacity was set to {least}"
            self._set(
                service,
                count,
                known.cause or (bound if below else f"maximum capacity was set to {most}"),
            )
        known.cause = ""

    def _track(self, target: Any, service: Any, known: _Scaled) -> None:
        while timings.now() - known.minute >= timings.METRIC_MINUTE:
            known.minute += timings.METRIC_MINUTE
            policies = [
                it
                for it in self._backend.policies.values()
                if it.resource_id == target.resource_id
                and it.target_tracking_scaling_policy_configuration
            ]
            self._minute(target, service, known, policies)

    def _minute(self, target: Any, service: Any, known: _Scaled, policies: list[Any]) -> None:
        """Play one data point of every policy."""
        outs, ins = [], []
        for policy in policies:
            settings = policy.target_tracking_scaling_policy_configuration
            tracking = known.policies.setdefault(policy.policy_arn, _Tracking())
            value, aim = self._value(settings, service), float(settings["TargetValue"])
            # Without data, the policy neither adds nor removes tasks.
            tracking.above = tracking.above + 1 if value is not None and value > aim else 0
            low = value is not None and value < aim * IN_BELOW
            tracking.below = tracking.below + 1 if low else 0
            ready = 1 if not service.desired_count else OUT_POINTS
            if value is not None and tracking.above >= ready:
                # From zero, tasks are added by the smallest number.
                wanted = math.ceil(service.desired_count * value / aim)
                outs.append((policy, settings, max(1, wanted)))
            if value is not None and tracking.below >= IN_POINTS:
                ins.append((policy, settings, math.ceil(service.desired_count * value / aim)))
        if outs:
            self._out(target, service, known, outs)
        elif ins and len(ins) == len(policies):
            self._in(target, service, known, ins)

    def _value(self, settings: Any, service: Any) -> float | None:
        """Return the present value of a policy's metric; None without data."""
        predefined = settings.get("PredefinedMetricSpecification")
        if not predefined:
            name = settings.get("CustomizedMetricSpecification", {}).get("MetricName", "")
            none_runs = name.startswith(metrics.OF_GPUS) and not service.running_count
            return None if none_runs else metrics.values.get(name)
        name = _PREDEFINED.get(predefined["PredefinedMetricType"], "")
        value = metrics.values.get(name)
        running = service.running_count
        if value is None or not running:
            return None
        return value / running if name == metrics.REQUESTS else value

    def _out(self, target: Any, service: Any, known: _Scaled, ready: list[Any]) -> None:
        if _suspended(target, "DynamicScalingOutSuspended"):
            return
        policy, settings, wanted = max(ready, key=lambda it: it[2])
        count = min(max(wanted, target.min_capacity), target.max_capacity)
        wait = _minutes(settings, "ScaleOutCooldown")
        if count > service.desired_count and timings.now() - known.added >= wait:
            known.added = timings.now()
            self._set(service, count, self._alarm(policy, "High"))

    def _in(self, target: Any, service: Any, known: _Scaled, ready: list[Any]) -> None:
        # While a deployment is in progress, tasks are not removed.
        if _suspended(target, "DynamicScalingInSuspended") or len(service.deployments) > 1:
            return
        policy, settings, wanted = max(ready, key=lambda it: it[2])
        count = max(wanted, target.min_capacity)
        wait = _minutes(settings, "ScaleInCooldown")
        latest = max(known.removed, known.added)
        if count < service.desired_count and timings.now() - latest >= wait:
            known.removed = timings.now()
            self._set(service, count, self._alarm(policy, "Low"))

    def _alarm(self, policy: Any, way: str) -> str:
        return (
            f"monitor alarm TargetTracking-{policy.resource_id}-Alarm{way} in state ALARM "
            f"triggered policy {policy.policy_name}"
        )

    def _set(self, service: Any, count: int, cause: str) -> None:
        service.desired_count = count
        note_scaling(self._backend, service.cluster_name, service.name, count, cause)


def _times(action: Any, since: datetime, now: datetime) -> list[datetime]:
    """Return the times of a scheduled action after ``since`` and up to ``now``, both in UTC."""
    # PutScheduledAction refuses what these two can't read.
    zone = ZoneInfo(action.timezone or "UTC")
    schedule = parse_schedule(action.schedule)
    if schedule.every is not None:
        # A rate counts from the creation of the action.
        every = schedule.every.total_seconds()
        created = float(action.creation_time)
        turns = math.floor((now.timestamp() - created) / every)
        due = created + turns * every
        return [now] if turns > 0 and since.timestamp() < due else []
    step = timedelta(microseconds=1)
    local = [it.astimezone(zone).replace(tzinfo=None) + step for it in (since, now)]
    return list(schedule.times(*local))


def _minutes(settings: Any, name: str) -> float:
    """Return a cool-down in seconds of the account."""
    seconds = settings.get(name)
    return (_COOLDOWN if seconds is None else float(seconds)) / 60 * timings.METRIC_MINUTE


def _suspended(target: Any, name: str) -> bool:
    return bool((target.suspended_state or {}).get(name))
