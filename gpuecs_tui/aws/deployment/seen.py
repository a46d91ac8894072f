"""Facts that were read before and can't have changed, so that they are not requested again."""

from __future__ import annotations

from dataclasses import dataclass, field

from gpuecs_tui.aws.deployment.facts import DeployedTask, HealthCheck, ServiceDeployment


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """The target group, whose ARN never changes."""

    arn: str
    health_check: HealthCheck


@dataclass(slots=True)
class Seen:
    """The memory of one watch. Each part writes only its own fields, and is read by one thread."""

    live_tasks: tuple[str, ...] = ()
    """ARNs of the tasks that had not stopped when they were last described."""
    stopped_tasks: dict[str, DeployedTask] = field(default_factory=dict)
    """ARN → task; a stopped task doesn't change any more."""
    stopped_listed_at: float | None = None
    """When the stopped tasks were last listed, in seconds of the watch's clock."""
    container_instances: tuple[str, ...] = ()
    container_instances_listed_at: float | None = None
    registered: frozenset[str] = frozenset()
    """EC2 ids of the container instances that were last described."""
    fleet: frozenset[str] | None = None
    """EC2 ids of the instances of the Auto Scaling group; None before it was read."""
    in_service: frozenset[str] = frozenset()
    """The ids in ``fleet`` of instances that are in service and so should be registered."""
    target_group: TargetGroup | None = None
    alternate_target_group: str = ""
    """ARN of the target group that deployments swap with the other one; empty without one."""
    deployments: dict[str, ServiceDeployment] = field(default_factory=dict)
    """ARN → deployment that has ended."""
    revisions: dict[str, str] = field(default_factory=dict)
    """Task definition by service revision ARN; a service revision is immutable."""
    rolled_back_to: tuple[str, ...] = ()
    """Service revision ARNs that a rollback returned to and that were not described yet."""

    def expire(self) -> None:
        """Forget when the lists were read, so that they are read again."""
        self.stopped_listed_at = self.container_instances_listed_at = None
