"""The present state of a deployed stack, as frozen records. Imports no boto3.

Texts (events, reasons) are AWS's own words. They are shown and never interpreted, so that users can
search for what AWS wrote.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gpuecs_tui.aws.reading import Reading, not_read


@dataclass(frozen=True, slots=True)
class DeployedNames:
    """The names by which the running parts of a stack are found."""

    cluster: str
    service: str
    target_group: str
    autoscaling_group: str


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


@dataclass(frozen=True, slots=True)
class ServiceEvent:
    """One line of a service's event log."""

    at: datetime | None
    message: str


@dataclass(frozen=True, slots=True)
class Service:
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


@dataclass(frozen=True, slots=True)
class Task:
    """A task of the service, running, on its way, or stopped within the last hour."""

    id: str
    last_status: str
    """``PROVISIONING``, ``PENDING``, ``ACTIVATING``, ``RUNNING``, …, ``STOPPED``."""
    health: str
    """``HEALTHY``, ``UNHEALTHY`` or ``UNKNOWN`` (without a container health check)."""
    container_instance: str
    """Id of the container instance; empty until it is placed."""
    task_definition: str
    created_at: datetime | None
    started_at: datetime | None
    stopped_reason: str


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


@dataclass(frozen=True, slots=True)
class FleetInstance:
    """An instance of the Auto Scaling group, whether or not it has joined the cluster."""

    ec2_instance_id: str
    zone: str
    instance_type: str
    lifecycle: str
    """``Pending``, ``InService``, ``Terminating``, …"""
    health: str


@dataclass(frozen=True, slots=True)
class Fleet:
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
    """Why it failed, in AWS's words; empty when it did not."""
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class Target:
    """A registered target and its health as the load balancer reports it."""

    id: str
    """Instance id or IP address."""
    port: int
    health: str
    """``initial``, ``healthy``, ``unhealthy``, ``unused``, ``draining``, ``unavailable``."""
    reason: str
    """AWS's code, such as ``Target.ResponseCodeMismatch``; empty when healthy."""
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentFacts:
    """Everything that is read about a running stack; each part that failed is ``Unknown``.

    ``Known(None)`` means that AWS reports none.
    """

    service: Reading[Service | None] = field(default_factory=not_read)
    tasks: Reading[tuple[Task, ...]] = field(default_factory=not_read)
    """Running and waiting ones first, each part the newest first."""
    container_instances: Reading[tuple[ContainerInstance, ...]] = field(default_factory=not_read)
    fleet: Reading[Fleet | None] = field(default_factory=not_read)
    activities: Reading[tuple[ScalingActivity, ...]] = field(default_factory=not_read)
    """The newest first."""
    targets: Reading[tuple[Target, ...] | None] = field(default_factory=not_read)
