"""Gaps of moto's ECS."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from moto.ecs.models import CapacityProvider, EC2ContainerServiceBackend, Service
from moto.ecs.responses import EC2ContainerServiceResponse

from gpuecs_tui.demo.model import service_history
from gpuecs_tui.demo.model.tasks import PlayedTask
from gpuecs_tui.demo.moto_patches.patching import wrap

CONFIGURATION = "deployment_configuration"
"""The only setting that has parameters of its own."""
NOTHING: Mapping[str, Any] = MappingProxyType({})
SERVICE_SETTINGS = {
    "capacityProviderStrategy": "capacity_provider_strategy",
    "deploymentConfiguration": CONFIGURATION,
    "placementConstraints": "placement_constraints",
    "placementStrategy": "placement_strategy",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
    "enableExecuteCommand": "enable_execute_command",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
}
"""Parameters of CreateService that moto does not store → attribute that the API returns."""


def service_network() -> None:
    """A service without networkConfiguration is returned with ``{}``: the provider crashes."""

    def created(original: Any, self: Service, *args: Any, **keywords: Any) -> None:
        original(self, *args, **keywords)
        self.network_configuration = self.network_configuration or None  # type: ignore[assignment] # that is the gap

    wrap(Service, "__init__", created)


def service_network_left() -> None:
    """A service keeps its awsvpc network configuration when its new tasks don't use awsvpc."""

    def update_service(
        original: Any, self: EC2ContainerServiceBackend, properties: dict[str, Any]
    ) -> Service:
        service: Service = original(self, properties)
        definition = self.describe_task_definition(service.task_definition or "")
        if definition.network_mode != "awsvpc":
            service.network_configuration = None  # type: ignore[assignment] # as created without one
        return service

    wrap(EC2ContainerServiceBackend, "update_service", update_service)


def service_settings() -> None:
    """CreateService does not store SERVICE_SETTINGS: every plan replaces the service."""

    def create_service(original: Any, self: EC2ContainerServiceResponse) -> Any:
        answer = original(self)
        _keep(self, self._get_param("serviceName"))
        return answer

    def update_service(original: Any, self: EC2ContainerServiceResponse) -> Any:
        # The provider sends only what changed of the configuration; ECS keeps the rest.
        name = self._get_param("service")
        before = dict(getattr(_service(self, name), CONFIGURATION, None) or {})
        answer = original(self)
        _keep(self, name, before)
        return answer

    wrap(EC2ContainerServiceResponse, "create_service", create_service)
    wrap(EC2ContainerServiceResponse, "update_service", update_service)


def _service(response: EC2ContainerServiceResponse, name: str) -> Any:
    cluster = response._get_param("cluster", "default")
    return response.ecs_backend._get_service(cluster, name.rpartition("/")[2])


def _keep(
    response: EC2ContainerServiceResponse, name: str, before: Mapping[str, Any] = NOTHING
) -> None:
    service = _service(response, name)
    for parameter, attribute in SERVICE_SETTINGS.items():
        value = response._get_param(parameter)
        if value is not None:
            setattr(service, attribute, {**before, **value} if isinstance(value, dict) else value)
    if not hasattr(service, "availability_zone_rebalancing"):
        # The default of the API.
        service.availability_zone_rebalancing = "ENABLED"
    if getattr(service, "capacity_provider_strategy", None):
        service.launch_type = None


def service_counts() -> None:
    """UpdateService sets the running count to the desired count at once."""

    def update_service(
        original: Any, self: EC2ContainerServiceBackend, properties: dict[str, Any]
    ) -> Service:
        name = properties["service"].rpartition("/")[2]
        before = self._get_service(properties.get("cluster", "default"), name)
        running, pending = before.running_count, before.pending_count
        service: Service = original(self, properties)
        service.running_count, service.pending_count = running, pending
        return service

    wrap(EC2ContainerServiceBackend, "update_service", update_service)


def service_draining() -> None:
    """DeleteService removes a service while its tasks run; on AWS it is DRAINING first.

    The desired count of its deployments is then 0, and it has none once it is INACTIVE
    (github.com/aws/aws-cli/issues/1334 shows such an answer).
    """

    def delete_service(
        original: Any, self: EC2ContainerServiceBackend, cluster: str, name: str, force: bool
    ) -> Service:
        service: Service = original(self, cluster, name.rpartition("/")[2], force)
        service_history.end(service)
        tasks: Any = self.tasks.get(service.cluster_name, {}).values()
        group = f"service:{service.name}"
        if any(task.group == group and task.last_status != "STOPPED" for task in tasks):
            service.status = "DRAINING"
        service.desired_count = 0
        none = {"desiredCount": 0}
        if service.status != "DRAINING":
            service.running_count = service.pending_count = 0
            none |= {"runningCount": 0, "pendingCount": 0}
        for deployment in service.deployments:
            deployment.update(none)
        return service

    wrap(EC2ContainerServiceBackend, "delete_service", delete_service)


def tasks_of_a_service() -> None:
    """ListTasks ignores serviceName, and matches clusters whose name contains the name."""

    def list_tasks(
        _original: Any,
        self: EC2ContainerServiceBackend,
        cluster: str | None = None,
        container_instance: str | None = None,
        family: str | None = None,
        started_by: str | None = None,
        service_name: str | None = None,
        desired_status: str | None = None,
    ) -> list[Any]:
        name = self._get_cluster(cluster or "default").name
        instance = container_instance and container_instance.rpartition("/")[2]
        group = service_name and f"service:{service_name.rpartition('/')[2]}"
        arns = family and self.list_task_definitions(family)
        return [
            task
            for task in self.tasks.get(name, {}).values()
            if (not instance or (task.container_instance_arn or "").endswith(instance))
            and (not group or task.group == group)
            and (not family or task.task_definition_arn in (arns or ()))
            and (not started_by or task.started_by == started_by)
            and task.desired_status == (desired_status or "RUNNING")
        ]

    wrap(EC2ContainerServiceBackend, "list_tasks", list_tasks)


def no_container_instances() -> None:
    """DescribeContainerInstances returns 500 for a cluster that never had an instance."""

    def describe(
        original: Any, self: EC2ContainerServiceBackend, cluster: str, ids: list[str]
    ) -> Any:
        self.container_instances.setdefault(self._get_cluster(cluster).name, {})
        return original(self, cluster, ids)

    wrap(EC2ContainerServiceBackend, "describe_container_instances", describe)


def managed_draining() -> None:
    """UpdateCapacityProvider ignores managedDraining: every plan changes it again."""

    def update(original: Any, self: CapacityProvider, details: dict[str, Any]) -> None:
        original(self, details)
        if "managedDraining" in details:
            self.auto_scaling_group_provider["managedDraining"] = details["managedDraining"]

    wrap(CapacityProvider, "update", update)


def stop_task() -> None:
    """StopTask returns 500 for a task that moto did not start."""

    def stop(
        original: Any, self: EC2ContainerServiceBackend, cluster: str, task: str, reason: str
    ) -> Any:
        identity = task.rpartition("/")[2]
        known: Any = self.tasks.get(self._get_cluster(cluster).name, {})
        for arn, candidate in known.items():
            if arn.endswith(identity) and isinstance(candidate, PlayedTask):
                candidate.stop("UserInitiated", reason or "Task stopped by user")
                return candidate
        return original(self, cluster, task, reason)

    wrap(EC2ContainerServiceBackend, "stop_task", stop)


def all_capacity_providers() -> None:
    """DescribeCapacityProviders without names returns 500; on AWS it lists all of them."""

    def describe(original: Any, self: EC2ContainerServiceBackend, names: list[str] | None) -> Any:
        return original(self, list(self.capacity_providers) if names is None else names)

    wrap(EC2ContainerServiceBackend, "describe_capacity_providers", describe)


GAPS = (
    service_network,
    service_network_left,
    service_settings,
    service_counts,
    service_draining,
    tasks_of_a_service,
    no_container_instances,
    managed_draining,
    stop_task,
    all_capacity_providers,
)
