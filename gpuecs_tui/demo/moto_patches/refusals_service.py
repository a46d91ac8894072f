"""What CreateService and UpdateService refuse and moto accepts.

docs/demo-account.md lists every refusal with its public source.
"""

from __future__ import annotations

from typing import Any

from moto.ecs.exceptions import ECSException, InvalidParameterException
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elbv2.models import elbv2_backends

from gpuecs_tui.demo.moto_patches.patching import wrap

TARGET_TYPES = {"awsvpc": "ip"}
"""Network mode of a task → target type that its target group must have; else ``instance``."""


def service_again() -> None:
    """CreateService replaces a service of the same name that is ACTIVE or DRAINING."""

    def create(original: Any, self: EC2ContainerServiceResponse) -> Any:
        cluster = self.ecs_backend._get_cluster(self._get_param("cluster", "default"))
        key = f"{cluster.name}:{self._get_param('serviceName')}"
        known = self.ecs_backend.services.get(key)
        if known and known.status == "ACTIVE":
            raise InvalidParameterException("Creation of service was not idempotent.")
        if known and known.status == "DRAINING":
            raise InvalidParameterException("Unable to Start a service that is still Draining.")
        return original(self)

    wrap(EC2ContainerServiceResponse, "create_service", create)


def service_of_an_inactive_cluster() -> None:
    """CreateService succeeds in a cluster that was deleted."""

    def create(original: Any, self: EC2ContainerServiceResponse) -> Any:
        cluster = self.ecs_backend._get_cluster(self._get_param("cluster", "default"))
        if cluster.status != "ACTIVE":
            raise ECSException("ClusterNotFoundException", "The referenced cluster was inactive.")
        return original(self)

    wrap(EC2ContainerServiceResponse, "create_service", create)


def inactive_revision() -> None:
    """A service accepts a task definition revision that was deregistered."""

    def check(original: Any, self: EC2ContainerServiceResponse) -> Any:
        wanted = self._get_param("taskDefinition")
        if wanted and self.ecs_backend.describe_task_definition(wanted).status != "ACTIVE":
            raise ECSException("ClientException", "TaskDefinition is inactive")
        return original(self)

    wrap(EC2ContainerServiceResponse, "create_service", check)
    wrap(EC2ContainerServiceResponse, "update_service", check)


def container_of_a_service() -> None:
    """A service accepts a container or port that its task definition does not have."""

    def check(original: Any, self: EC2ContainerServiceResponse) -> Any:
        service = _Wanted(self)
        for balancer in service.load_balancers:
            name, port = balancer.get("containerName"), balancer.get("containerPort")
            found = [it for it in service.containers if it["name"] == name]
            if not found:
                raise InvalidParameterException(
                    f"The container {name} does not exist in the task definition."
                )
            ports = {it["containerPort"] for it in found[0].get("portMappings") or ()}
            if port not in ports:
                raise InvalidParameterException(
                    f"The container {name} did not have a container port {port} defined."
                )
        return original(self)

    wrap(EC2ContainerServiceResponse, "create_service", check)
    wrap(EC2ContainerServiceResponse, "update_service", check)


def network_of_a_service() -> None:
    """A service accepts a target group or network that its tasks' network mode can't use."""

    def check(original: Any, self: EC2ContainerServiceResponse) -> Any:
        service = _Wanted(self)
        if service.mode == "awsvpc" and not service.network:
            raise InvalidParameterException(
                "Network Configuration must be provided when networkMode 'awsvpc' is specified."
            )
        if service.mode and service.mode != "awsvpc" and self._get_param("networkConfiguration"):
            raise InvalidParameterException(
                "Network Configuration is not valid for the given networkMode of this task "
                "definition."
            )
        backend = self.ecs_backend
        groups = elbv2_backends[backend.account_id][backend.region_name].target_groups
        for balancer in service.load_balancers:
            group = groups.get(balancer.get("targetGroupArn", ""))
            needed = TARGET_TYPES.get(service.mode, "instance")
            if group and service.mode and group.target_type != needed:
                raise InvalidParameterException(
                    f"The provided target group {group.arn} has target type {group.target_type}, "
                    f"which is incompatible with the {service.mode} network mode specified in the "
                    "task definition."
                )
        return original(self)

    wrap(EC2ContainerServiceResponse, "create_service", check)
    wrap(EC2ContainerServiceResponse, "update_service", check)


class _Wanted:
    """What a request sets for a service's tasks; empty for what it does not change."""

    def __init__(self, request: EC2ContainerServiceResponse) -> None:
        backend, known = request.ecs_backend, None
        if not request._get_param("serviceName"):
            cluster = request._get_param("cluster", "default")
            name = request._get_param("service").rpartition("/")[2]
            known = backend._get_service(cluster, name)
        definition = request._get_param("taskDefinition")
        balancers = request._get_param("loadBalancers")
        network = request._get_param("networkConfiguration")
        self.mode, self.network = "", network
        self.containers: list[dict[str, Any]] = []
        self.load_balancers: list[dict[str, Any]] = []
        if known and not definition and balancers is None and network is None:
            return
        used = definition or (known and known.task_definition)
        if not used:
            return
        found = backend.describe_task_definition(used)
        self.mode = found.network_mode or "bridge"
        self.containers = found.container_definitions
        self.network = network or (known and known.network_configuration)
        given = balancers if balancers is not None else (known and known.load_balancers)
        self.load_balancers = list(given or ())


GAPS = (
    # The patch that is installed last is checked first.
    network_of_a_service,
    container_of_a_service,
    inactive_revision,
    service_again,
    service_of_an_inactive_cluster,
)
