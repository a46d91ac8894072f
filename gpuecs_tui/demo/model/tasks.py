"""A task of the emulated ECS that changes over time, with its optional network interface."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from moto.core.utils import utcnow
from moto.moto_api._internal import mock_random

from gpuecs_tui.demo import timings
from gpuecs_tui.demo.model.placement import TaskNeed, need_of

NETWORK_INTERFACE = "ElasticNetworkInterface"
NO_SHELL = "The demo account runs no containers, so it can't open a shell in one."
EXEC_AGENT = {"name": "ExecuteCommandAgent", "lastStatus": "STOPPED", "reason": NO_SHELL}
"""The agent of ECS Exec in a container (ECS API reference, ManagedAgent)."""

HEALTHY, UNHEALTHY = "HEALTHY", "UNHEALTHY"
CHECK_INTERVAL, CHECK_RETRIES = 30, 3
"""AWS's defaults of a container health check (ECS API reference, HealthCheck)."""


class PlayedTask:
    """The members of DescribeTasks in snake case, and the times of the simulation."""

    def __init__(self, ecs: Any, service: Any, deployment: str, provider: str | None) -> None:
        definition = ecs.describe_task_definition(service.task_definition)
        cluster = ecs.clusters[service.cluster_name]
        self.id = mock_random.get_random_hex(32)
        self.task_arn = f"{cluster.arn.replace(':cluster/', ':task/')}/{self.id}"
        self.cluster_arn = cluster.arn
        self.cluster_name = cluster.name
        self.task_definition_arn = definition.arn
        self.group = f"service:{service.name}"
        self.started_by = deployment
        self.launch_type = "EC2"
        self.capacity_provider_name = provider
        self.container_instance_arn: str | None = None
        self.desired_status = "RUNNING"
        self.last_status = "PROVISIONING"
        self.health_status = "UNKNOWN"
        self.connectivity = "CONNECTED"
        self.created_at = utcnow()
        self.pull_started_at: datetime | None = None
        self.pull_stopped_at: datetime | None = None
        self.started_at: datetime | None = None
        self.stopping_at: datetime | None = None
        self.execution_stopped_at: datetime | None = None
        self.stopped_at: datetime | None = None
        self.stop_code: str | None = None
        self.stopped_reason: str | None = None
        self.availability_zone: str | None = None
        self.enable_execute_command = bool(getattr(service, "enable_execute_command", False))
        self.version = 1
        self.cpu = definition.cpu
        self.memory = definition.memory
        self.overrides: dict[str, Any] = {"containerOverrides": []}
        self.attachments: list[dict[str, Any]] = []
        self.tags: list[dict[str, str]] = []
        self.containers = [self._container(c) for c in definition.container_definitions]
        self.need: TaskNeed = need_of(definition)
        self.since = timings.now()
        """When the last status started, on the account's clock."""
        self.born = self.since
        """When the task was created, on the account's clock."""
        self.was_healthy = False
        """Whether it ran and its targets were healthy at any time."""
        self.failed = False
        """Whether it ended by itself, or for its health, before it was healthy."""
        self.counted = False
        """Whether its deployment has counted it as failed."""
        self.targets: list[tuple[str, dict[str, Any]]] = []
        """Target group ARNs and the target registered in each."""

    def _container(self, definition: dict[str, Any]) -> dict[str, Any]:
        container = self.task_arn.replace(":task/", ":container/")
        return {
            "containerArn": f"{container}/{definition['name']}",
            "taskArn": self.task_arn,
            "name": definition["name"],
            "image": definition["image"],
            "lastStatus": "PENDING",
            "networkBindings": [],
            "networkInterfaces": [],
            "healthStatus": "UNKNOWN",
            "cpu": str(definition.get("cpu") or 0),
            "gpuIds": [],
            "check": definition.get("healthCheck"),
            "ports": [mapping["containerPort"] for mapping in definition.get("portMappings") or ()],
        }

    @property
    def live(self) -> bool:
        """Whether it runs or is supposed to run."""
        return self.desired_status == "RUNNING"

    @property
    def age(self) -> float:
        """Seconds on the account's clock since its last change of status."""
        return timings.now() - self.since

    def advance(self) -> None:
        """Do nothing: moto changes the status on every read; here the simulation changes it."""

    def become(self, status: str) -> None:
        """Change the last status."""
        self.last_status = status
        self.since = timings.now()
        self.version += 1
        if status == "PENDING":
            self.pull_started_at = utcnow()
        elif status == "RUNNING":
            self.started_at = self.pull_stopped_at = utcnow()
            for container in self.containers:
                container["lastStatus"] = "RUNNING"
                container["runtimeId"] = mock_random.get_random_hex(64)
                if self.enable_execute_command:
                    container["managedAgents"] = [dict(EXEC_AGENT)]
        elif status == "STOPPED":
            self.stopped_at = utcnow()
            self.connectivity = "DISCONNECTED"
            for container in self.containers:
                container["lastStatus"] = "STOPPED"
                if self.started_at:
                    container.setdefault("exitCode", 0)
                    self.execution_stopped_at = self.stopped_at

    @property
    def passes(self) -> bool:
        """Whether every container with a health check has passed it."""
        return all(it["healthStatus"] == HEALTHY for it in self.containers if it["check"])

    def run_checks(self, *, failing: bool) -> None:
        """Report the health of the running containers that have a health check.

        A container is ``HEALTHY`` after its first run, ``UNHEALTHY`` once the start period and the
        retries are over (ECS API reference, HealthCheck). No wait is longer than
        ``timings.GRACE``.
        """
        for container in self.containers:
            check = container["check"]
            if not check:
                continue
            runs = int(check.get("retries") or CHECK_RETRIES) if failing else 1
            wait = runs * int(check.get("interval") or CHECK_INTERVAL)
            wait += int(check.get("startPeriod") or 0) if failing else 0
            if self.age >= min(wait, timings.GRACE):
                container["healthStatus"] = UNHEALTHY if failing else HEALTHY
        said = {it["healthStatus"] for it in self.containers if it["check"]}
        self.health_status = next(
            (it for it in (UNHEALTHY, "UNKNOWN") if it in said), HEALTHY if said else "UNKNOWN"
        )

    def fail(
        self, code: str, reason: str, *, container_reason: str = "", exit_code: int | None = None
    ) -> None:
        """Stop because the task itself failed; its first container has the given end."""
        if not self.live:
            return
        self.failed = not self.was_healthy
        container = self.containers[0]
        if container_reason:
            container["reason"] = container_reason
        if exit_code is not None:
            container["exitCode"] = exit_code
        self.stop(code, reason)

    def stop(self, code: str, reason: str) -> None:
        """Request a stop; it takes time, unless the task has no instance yet."""
        if not self.live:
            return
        self.desired_status = "STOPPED"
        self.stop_code, self.stopped_reason = code, reason
        self.stopping_at = utcnow()
        self.become("DEACTIVATING" if self.container_instance_arn else "STOPPED")


def attach_interface(ec2: Any, task: PlayedTask, network: dict[str, Any]) -> None:
    """Give an awsvpc task its network interface, if possible in a subnet of its zone."""
    settings = network["awsvpcConfiguration"]
    subnets = [ec2.get_subnet(identity) for identity in settings["subnets"]]
    subnet = next((s for s in subnets if s.availability_zone == task.availability_zone), subnets[0])
    interface = ec2.create_network_interface(
        subnet.id,
        None,
        group_ids=settings.get("securityGroups") or None,
        description=task.task_arn.replace(":task/", ":attachment/"),
    )
    task.attachments = [
        {
            "id": str(mock_random.uuid4()),
            "type": NETWORK_INTERFACE,
            "status": "ATTACHED",
            "details": [
                {"name": "subnetId", "value": subnet.id},
                {"name": "networkInterfaceId", "value": interface.id},
                {"name": "privateIPv4Address", "value": interface.private_ip_address},
            ],
        }
    ]


def address_of(task: PlayedTask) -> str:
    """Return the private address of an awsvpc task; empty if it has none."""
    return _detail(task, "privateIPv4Address")


def release_interface(ec2: Any, task: PlayedTask) -> None:
    """Delete the task's network interface, if it has one."""
    interface = _detail(task, "networkInterfaceId")
    if interface in ec2.enis:
        ec2.delete_network_interface(interface)
    for attachment in task.attachments:
        attachment["status"] = "DELETED"


def _detail(task: PlayedTask, name: str) -> str:
    if not task.attachments or task.attachments[0]["status"] == "DELETED":
        return ""
    details = task.attachments[0]["details"]
    return next((str(entry["value"]) for entry in details if entry["name"] == name), "")
