"""Gaps of moto's Elastic Load Balancing."""

from __future__ import annotations

from typing import Any

from moto.elbv2.models import FakeHealthStatus, FakeTargetGroup

from gpuecs_tui.demo import timings
from gpuecs_tui.demo.moto_patches.patching import wrap
from gpuecs_tui.demo.plays import active
from gpuecs_tui.demo.plays.targets import TARGETS, FailedTarget

Target = dict[str, Any]


def target_ports() -> None:
    """A target group stores one port for each instance: a second task replaces the first."""

    def register(_original: Any, self: FakeTargetGroup, targets: list[Target]) -> None:
        for target in targets:
            key = _key(self, target)
            if key not in self.targets:
                self.targets[key] = {
                    "Id": target["Id"],
                    "Port": target.get("Port") or self.port,
                    "registered_at": timings.now(),
                }

    def deregister(_original: Any, self: FakeTargetGroup, targets: list[Target]) -> None:
        for target in targets:
            self.targets.pop(_key(self, target), None)

    def deregister_terminated(_original: Any, self: FakeTargetGroup, instances: list[str]) -> None:
        for key, target in list(self.targets.items()):
            if target["Id"] in instances:
                del self.targets[key]

    wrap(FakeTargetGroup, "register", register)
    wrap(FakeTargetGroup, "deregister", deregister)
    wrap(FakeTargetGroup, "deregister_terminated_instances", deregister_terminated)


def target_health() -> None:
    """Every target is healthy at once; on AWS after interval × healthy threshold."""

    def health_for(
        _original: Any, self: FakeTargetGroup, target: Target, _ec2: Any
    ) -> FakeHealthStatus:
        known = self.targets.get(_key(self, target))
        port = str(target.get("Port") or self.port)
        if known is None:
            return FakeHealthStatus(
                target["Id"],
                port,
                self.health_check_port,
                "unused",
                "Target.NotRegistered",
                "Target is not registered to the target group",
            )
        state = FakeHealthStatus(target["Id"], port, self.health_check_port, "healthy")
        if known.get("draining_since") is not None:
            state.status = "draining"
            state.reason = "Target.DeregistrationInProgress"
            state.description = "Target deregistration is in progress"
        elif failure := failure_of(self, target):
            state.status = failure.state
            state.reason = failure.reason
            state.description = failure.description
        elif not is_healthy(self, target):
            state.status = "initial"
            state.reason = "Elb.RegistrationInProgress"
            state.description = "Target registration is in progress"
        return state

    wrap(FakeTargetGroup, "health_for", health_for)


def is_healthy(group: FakeTargetGroup, target: Target) -> bool:
    """Whether a registered target has passed its health checks."""
    known = group.targets.get(_key(group, target))
    waited = known is not None and _waited(known) >= seconds_until_healthy(group)
    return waited and known is not None and _fault_of(known) is None


def failure_of(group: FakeTargetGroup, target: Target) -> FailedTarget | None:
    """Return why a registered target fails its health checks; None if it doesn't, or not yet."""
    known = group.targets.get(_key(group, target))
    found = _fault_of(known) if known else None
    if known is None or found is None:
        return None
    needed = float(group.health_check_interval_seconds) * int(group.unhealthy_threshold_count)
    return found if _waited(known) >= needed else None


def _fault_of(known: Target) -> FailedTarget | None:
    for fault, failure in active.of(TARGETS):
        # Targets from before the fault stay healthy, so that a rollback has a healthy task.
        if float(known["registered_at"]) >= fault.since:
            return failure
    return None


def _waited(known: Target) -> float:
    return timings.now() - float(known["registered_at"])


def seconds_until_healthy(group: FakeTargetGroup) -> float:
    """Seconds from a target's registration until it is healthy, by its health check."""
    return float(group.health_check_interval_seconds) * int(group.healthy_threshold_count)


def _key(group: FakeTargetGroup, target: Target) -> str:
    return f"{target['Id']}:{target.get('Port') or group.port}"


GAPS = (target_ports, target_health)
