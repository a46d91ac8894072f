"""The present state of a deployed stack, as frozen records. Imports no boto3.

Texts (events, reasons) are AWS's own words, so that users can search for what AWS wrote. All times
are aware and in UTC; None if AWS reports none. An empty text means that AWS reports none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gpuecs_tui.aws.reading import Known, Reading, not_read
from gpuecs_tui.stack.releases.strategy import ROLLING


@dataclass(frozen=True, slots=True)
class DeployedNames:
    """The names by which the running parts of a stack are found."""

    cluster: str
    service: str
    target_group: str
    autoscaling_group: str
    log_group: str = ""
    """The CloudWatch log group of the tasks; empty if the stack has none."""
    alternate_target_group: str = ""
    """The target group that deployments swap with ``target_group``; empty without one."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment of a service (ECS ``deployments``)."""

    status: str
    """``PRIMARY`` (the newest), ``ACTIVE`` (being replaced) or ``INACTIVE``."""
    rollout_state: str
    """``IN_PROGRESS``, ``COMPLETED`` or ``FAILED``; empty if ECS doesn't report it."""
    rollout_reason: str
    task_definition: str
    """Family and revision, such as ``demo:3``."""
    desired: int
    running: int
    pending: int
    failed: int
    """Tasks that could not be kept running."""
    id: str = ""
    """Such as ``ecs-svc/1234567890123456789``; a task names it in ``DeployedTask.deployment``."""
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServiceEvent:
    """One line of a service's event log."""

    at: datetime | None
    message: str


@dataclass(frozen=True, slots=True)
class DeployedService:
    """An ECS service at the moment of reading."""

    name: str
    status: str
    """``ACTIVE``, ``DRAINING`` or ``INACTIVE``."""
    desired: int
    running: int
    pending: int
    deployments: tuple[Deployment, ...]
    events: tuple[ServiceEvent, ...]
    """The newest first, as ECS keeps them (at most 100)."""
    task_definition: str = ""
    """Family and revision that the service was last set to, such as ``demo:3``."""
    created_at: datetime | None = None
    grace_seconds: int | None = None
    """Health check grace period; None if the service has none."""
    minimum_percent: int | None = None
    maximum_percent: int | None = None
    """Minimum and maximum healthy percent of a deployment."""
    breaker: bool = False
    """Whether the deployment circuit breaker is on."""
    breaker_rolls_back: bool = False
    capacity_provider: str = ""
    """The first one of the service's strategy; empty if it has no strategy."""
    execute_command: bool = False
    """Whether ECS Exec is on for new tasks."""
    strategy: str = ROLLING
    """Deployment strategy (``stack.releases.strategy``)."""
    bake_minutes: int | None = None
    """Minutes for which old tasks run after the requests have shifted; None if rolling."""
    shift_minutes: int = 0
    """Minutes that ECS waits while the requests shift in steps."""
    has_test_listener: bool = False
    """Whether a listener rule sends test requests to the new tasks before clients reach them."""

    @property
    def both_minutes(self) -> int | None:
        """Minutes for which old and new tasks run once the new ones are healthy.

        None if the deployments are rolling.
        """
        return None if self.bake_minutes is None else self.shift_minutes + self.bake_minutes


@dataclass(frozen=True, slots=True)
class ServiceDeployment:
    """One deployment in the history of a service (ECS ``ServiceDeployment``, kept for 90 days)."""

    id: str
    status: str
    """``PENDING``, ``IN_PROGRESS``, ``SUCCESSFUL``, ``STOP_REQUESTED``, ``STOPPED``,
    ``ROLLBACK_REQUESTED``, ``ROLLBACK_IN_PROGRESS``, ``ROLLBACK_SUCCESSFUL`` or
    ``ROLLBACK_FAILED``."""
    status_reason: str = ""
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    task_definition: str = ""
    """Family and revision that was deployed; empty if ECS doesn't report the service revision."""
    rolled_back_to: str = ""
    """Family and revision that a rollback returned to; empty if there was no rollback, or if ECS
    doesn't report the service revision."""
    rollback_reason: str = ""
    breaker: str = ""
    """``TRIGGERED``, ``MONITORING``, ``MONITORING_COMPLETE`` or ``DISABLED``."""
    failed_tasks: int | None = None
    """Failures that the circuit breaker counted."""
    alarms: tuple[str, ...] = ()
    """The CloudWatch alarms that ended it."""
    stage: str = ""
    """Lifecycle stage of a deployment that shifts requests: ``SCALE_UP``, ``BAKE_TIME``, …"""


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a task."""

    name: str
    last_status: str = ""
    exit_code: int | None = None
    """None while the container runs, and if it never started."""
    reason: str = ""
    """Why it could not start or was stopped, such as ``CannotPullContainerError: …``."""
    image: str = ""
    image_digest: str = ""
    health: str = ""
    runtime_id: str = ""
    """Docker's id of the container."""
    exec_agent: str = ""
    """Status of the agent of ECS Exec: ``PENDING``, ``RUNNING``, ``STOPPED``; empty without one."""
    exec_agent_reason: str = ""
    """Why the agent is in that status."""


@dataclass(frozen=True, slots=True)
class DeployedTask:
    """A task of the service: starting, running, or stopped within the last hour."""

    id: str
    last_status: str
    """``PROVISIONING``, ``PENDING``, ``ACTIVATING``, ``RUNNING``, …, ``STOPPED``."""
    health: str
    """``HEALTHY``, ``UNHEALTHY`` or ``UNKNOWN`` (without a container health check)."""
    container_instance: str
    """Id of the container instance; empty until the task is placed."""
    task_definition: str
    created_at: datetime | None
    started_at: datetime | None
    stopped_reason: str
    desired_status: str = ""
    stop_code: str = ""
    """``TaskFailedToStart``, ``EssentialContainerExited``, ``ServiceSchedulerInitiated``,
    ``SpotInterruption``, ``TerminationNotice`` or ``UserInitiated``."""
    containers: tuple[Container, ...] = ()
    pull_started_at: datetime | None = None
    pull_stopped_at: datetime | None = None
    stopping_at: datetime | None = None
    stopped_at: datetime | None = None
    deployment: str = ""
    """``Deployment.id`` of the deployment that started it."""
    zone: str = ""
    address: str = ""
    """Private IPv4 address of its network interface (``awsvpc`` only)."""
    host_ports: tuple[int, ...] = ()
    """Ports of the instance that are bound to its containers (``bridge`` and ``host`` only)."""
    connectivity: str = ""
    """``CONNECTED`` or ``DISCONNECTED``."""
    execute_command: bool = False
    """Whether ECS Exec was on when the task started."""


@dataclass(frozen=True, slots=True)
class ContainerInstance:
    """An instance that has joined the cluster."""

    id: str
    ec2_instance_id: str
    zone: str
    status: str
    """``ACTIVE``, ``DRAINING``, ``REGISTERING``, …"""
    agent_connected: bool
    running: int
    pending: int
    memory: int
    """MiB registered."""
    memory_left: int
    gpus: int
    """GPUs registered; 0 if the agent reported none."""
    gpus_left: int
    agent_version: str = ""
    status_reason: str = ""
    registered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FleetInstance:
    """An instance of the Auto Scaling group, whether or not it has joined the cluster."""

    ec2_instance_id: str
    zone: str
    instance_type: str
    lifecycle: str
    """``Pending``, ``InService``, ``Terminating``, …"""
    health: str
    protected: bool = False
    """Whether it is protected from scale-in."""


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance of the Auto Scaling group as EC2 reports it."""

    id: str
    state: str
    """``pending``, ``running``, ``shutting-down``, ``terminated``, ``stopping``, ``stopped``."""
    state_reason_code: str = ""
    """Such as ``Client.InternalError`` or ``Server.SpotInstanceTermination``."""
    state_reason: str = ""
    launched_at: datetime | None = None
    instance_status: str = ""
    """``ok``, ``impaired``, ``initializing``, ``insufficient-data`` or ``not-applicable``; empty if
    EC2 reports none, as before an instance runs."""
    system_status: str = ""
    spot: bool = False


@dataclass(frozen=True, slots=True)
class DeployedFleet:
    """The Auto Scaling group at the moment of reading."""

    minimum: int
    desired: int
    maximum: int
    instances: tuple[FleetInstance, ...]


@dataclass(frozen=True, slots=True)
class ScalingActivity:
    """One scaling activity of the Auto Scaling group."""

    status: str
    """``Successful``, ``InProgress``, ``Failed``, …"""
    description: str
    status_message: str
    """Why it failed, in AWS's words; empty if it did not."""
    started_at: datetime | None
    id: str = ""
    cause: str = ""
    """The cause of the activity, in AWS's words."""
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TaskScaling:
    """One scaling activity of the service's scalable target (Application Auto Scaling)."""

    at: datetime | None
    description: str
    """Such as ``Setting desired count to 3.``"""
    cause: str
    """The alarm, the schedule or the limit that caused it, in AWS's words."""
    status: str
    """``Successful``, ``InProgress``, ``Failed``, …"""


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """The health check of the target group."""

    path: str
    """Empty for a check without HTTP."""
    matcher: str
    """Status codes that count as healthy, such as ``200`` or ``200-399``."""
    interval: int
    """Seconds between two checks of a target."""
    timeout: int
    """Seconds until an unanswered check fails."""
    healthy_threshold: int
    """Successful checks in a row until a target is healthy."""
    unhealthy_threshold: int


@dataclass(frozen=True, slots=True)
class RegisteredTarget:
    """A registered target with its health as the load balancer reports it."""

    id: str
    """Instance id or IP address."""
    port: int
    health: str
    """``initial``, ``healthy``, ``unhealthy``, ``unused``, ``draining``, ``unavailable``."""
    reason: str
    """AWS's code, such as ``RegisteredTarget.ResponseCodeMismatch``; empty if it is healthy."""
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentFacts:
    """Everything that is read about a running stack; each part that failed is ``Unknown``.

    ``Known(None)`` means that AWS reports none.
    """

    service: Reading[DeployedService | None] = field(default_factory=not_read)
    tasks: Reading[tuple[DeployedTask, ...]] = field(default_factory=not_read)
    """Running and pending tasks first, then stopped ones; each group is sorted by time, the newest
    first."""
    container_instances: Reading[tuple[ContainerInstance, ...]] = field(default_factory=not_read)
    fleet: Reading[DeployedFleet | None] = field(default_factory=not_read)
    activities: Reading[tuple[ScalingActivity, ...]] = field(default_factory=not_read)
    """The newest first."""
    targets: Reading[tuple[RegisteredTarget, ...] | None] = field(default_factory=not_read)
    health_check: Reading[HealthCheck | None] = field(default_factory=not_read)
    history: Reading[tuple[ServiceDeployment, ...]] = field(default_factory=not_read)
    """The newest first, at most 20."""
    instances: Reading[tuple[Instance, ...]] = field(default_factory=not_read)
    """EC2's view of the instances of ``fleet``."""
    task_scaling: Reading[tuple[TaskScaling, ...]] = field(default_factory=not_read)
    """The newest first; none without a scalable target."""
    read_at: Mapping[str, datetime] = field(default_factory=dict)
    """Part (name of a field above) → time of its last response, also if the part is Unknown."""
    former: Mapping[str, Known[Any]] = field(default_factory=dict)
    """Part that is Unknown now → its last known value with the time at which it was read."""
