"""What ECS refuses and moto accepts about clusters and capacity providers.

Each is a deadlock or a failed apply from failure-modes.md (destroy-order, association-resource): a
stack with such a fault must fail on the demo account as on AWS. docs/demo-account.md lists every
refusal with its public source.
"""

from __future__ import annotations

import json
from typing import Any

from moto.autoscaling.models import autoscaling_backends
from moto.ecs.exceptions import ECSException, InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elbv2.models import elbv2_backends

from gpuecs_tui.demo.moto_patches.patching import wrap

TASK_BYTES = 65_536
NOT_ASSOCIATED = (
    "The specified capacity provider strategy cannot contain a capacity provider that is not "
    "associated with the cluster. Associate the capacity provider with the cluster and try again."
)


def cluster_in_use() -> None:
    """DeleteCluster succeeds while instances are registered or services run."""

    def delete(original: Any, self: EC2ContainerServiceBackend, name: str) -> Any:
        cluster = self._get_cluster(name)
        if _services(self, cluster.name):
            raise ECSException(
                "ClusterContainsServicesException",
                "The Cluster cannot be deleted while Services are active.",
            )
        if self.container_instances.get(cluster.name):
            raise ECSException(
                "ClusterContainsContainerInstancesException",
                "The Cluster cannot be deleted while Container Instances are active or draining.",
            )
        return original(self, name)

    wrap(EC2ContainerServiceBackend, "delete_cluster", delete)


def provider_of_a_service() -> None:
    """PutClusterCapacityProviders removes a provider that a service of the cluster uses."""

    def put(
        original: Any,
        self: EC2ContainerServiceBackend,
        name: str,
        providers: list[str] | None,
        strategy: list[dict[str, Any]] | None,
    ) -> Any:
        cluster = self._get_cluster(name)
        removed = set(cluster.capacity_providers or ()) - set(providers or ())
        for service in _services(self, cluster.name):
            if removed & _providers(service):
                raise ECSException(
                    "ResourceInUseException",
                    "The specified capacity provider is in use and cannot be removed.",
                )
        return original(self, name, providers, strategy)

    wrap(EC2ContainerServiceBackend, "put_cluster_capacity_providers", put)


def provider_of_a_cluster() -> None:
    """DeleteCapacityProvider succeeds while a cluster has the provider."""

    def delete(original: Any, self: EC2ContainerServiceBackend, name: str) -> Any:
        provider = self._get_provider(name)
        if provider is None:
            raise ECSException(
                "InvalidParameterException", "The specified capacity provider does not exist."
            )
        for cluster in self.clusters.values():
            if cluster.status == "ACTIVE" and provider.name in (cluster.capacity_providers or ()):
                raise ECSException(
                    "ResourceInUseException",
                    "The specified capacity provider cannot be deleted because it is associated "
                    f"with cluster: {cluster.name}. Remove the capacity provider from the cluster "
                    "and try again.",
                )
        return original(self, name)

    wrap(EC2ContainerServiceBackend, "delete_capacity_provider", delete)


def provider_of_a_group() -> None:
    """CreateCapacityProvider accepts a used name or group, or a group without protection."""

    def create(
        original: Any,
        self: EC2ContainerServiceBackend,
        name: str,
        details: dict[str, Any],
        tags: list[dict[str, str]] | None,
    ) -> Any:
        arn = details["autoScalingGroupArn"]
        if name in self.capacity_providers:
            raise ECSException(
                "ClientException",
                "The specified capacity provider already exists. To change the configuration of "
                "an existing capacity provider, update the capacity provider.",
            )
        owners = [
            provider.auto_scaling_group_provider["autoScalingGroupArn"]
            for provider in self.capacity_providers.values()
        ]
        if arn in owners:
            raise ECSException(
                "ClientException",
                "The specified Auto Scaling group ARN is already being used by another capacity "
                "provider. Specify a unique Auto Scaling group ARN and try again.",
            )
        if details.get("managedTerminationProtection") == "ENABLED":
            _refuse_unprotected(self, arn)
        return original(self, name, details, tags)

    def update(
        original: Any, self: EC2ContainerServiceBackend, name: str, details: dict[str, Any]
    ) -> Any:
        provider = self._get_provider(name)
        if provider and details.get("managedTerminationProtection") == "ENABLED":
            arn = provider.auto_scaling_group_provider["autoScalingGroupArn"]
            _refuse_unprotected(self, arn)
        return original(self, name, details)

    wrap(EC2ContainerServiceBackend, "create_capacity_provider", create)
    wrap(EC2ContainerServiceBackend, "update_capacity_provider", update)


def service_before_its_parts() -> None:
    """CreateService accepts a provider not in the cluster, or a target group without listener."""

    def create(original: Any, self: EC2ContainerServiceResponse) -> Any:
        backend = self.ecs_backend
        cluster = backend._get_cluster(self._get_param("cluster", "default"))
        strategy = self._get_param("capacityProviderStrategy") or ()
        wanted = {entry["capacityProvider"] for entry in strategy}
        if wanted - set(cluster.capacity_providers or ()):
            raise InvalidParameterException(NOT_ASSOCIATED)
        groups = elbv2_backends[backend.account_id][backend.region_name].target_groups
        for balancer in self._get_param("loadBalancers") or ():
            arn = balancer.get("targetGroupArn")
            if arn and (arn not in groups or not groups[arn].load_balancer_arns):
                raise InvalidParameterException(
                    f"The target group with targetGroupArn {arn} does not have an associated load "
                    "balancer."
                )
        return original(self)

    def update(original: Any, self: EC2ContainerServiceResponse) -> Any:
        cluster = self.ecs_backend._get_cluster(self._get_param("cluster", "default"))
        strategy = self._get_param("capacityProviderStrategy") or ()
        if {entry["capacityProvider"] for entry in strategy} - set(
            cluster.capacity_providers or ()
        ):
            raise InvalidParameterException(NOT_ASSOCIATED)
        return original(self)

    wrap(EC2ContainerServiceResponse, "create_service", create)
    wrap(EC2ContainerServiceResponse, "update_service", update)


def large_task_definition() -> None:
    """RegisterTaskDefinition accepts any size."""

    def register(original: Any, self: EC2ContainerServiceResponse) -> Any:
        text = json.dumps(self._get_params(), ensure_ascii=False, separators=(",", ":"))
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > TASK_BYTES:
            raise ECSException(
                "ClientException",
                f"Actual length: '{size}'. Max allowed length is '{TASK_BYTES}' bytes.",
            )
        return original(self)

    wrap(EC2ContainerServiceResponse, "register_task_definition", register)


def _refuse_unprotected(backend: EC2ContainerServiceBackend, group: str) -> None:
    known = autoscaling_backends[backend.account_id][backend.region_name].autoscaling_groups
    # The API accepts the group's ARN or its name.
    for it in known.values():
        if group in (it.arn, it.name) and not it.new_instances_protected_from_scale_in:
            raise ECSException(
                "ClientException",
                "The managed termination protection setting for the capacity provider is invalid. "
                "To enable managed termination protection for a capacity provider, the Auto "
                "Scaling group must have instance protection from scale in enabled.",
            )


def _services(backend: EC2ContainerServiceBackend, cluster: str) -> list[Any]:
    return [
        service
        for service in backend.services.values()
        if service.cluster_name == cluster and service.status != "INACTIVE"
    ]


def _providers(service: Any) -> set[str]:
    strategy = getattr(service, "capacity_provider_strategy", None) or ()
    return {entry["capacityProvider"] for entry in strategy}


GAPS = (
    cluster_in_use,
    provider_of_a_service,
    provider_of_a_cluster,
    provider_of_a_group,
    service_before_its_parts,
    large_task_definition,
)
