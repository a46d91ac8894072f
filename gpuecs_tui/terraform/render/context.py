"""The templates' variables besides the stack's own values: what is created, and from what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gpuecs_tui.stack.agent_config import AGENT_STOP_SECONDS
from gpuecs_tui.stack.capacity.ami import ami_parameter
from gpuecs_tui.stack.capacity.fleet_types import is_mixed
from gpuecs_tui.stack.containers.each import dependencies, each_sidecar
from gpuecs_tui.stack.containers.references import secret_references
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.fleet import INSIGHTS
from gpuecs_tui.stack.model import SECTIONS, Stack, ignored_changes
from gpuecs_tui.stack.monitoring.alarm_list import (
    alarms_of,
    deployment_alarms,
    patience_minutes,
)
from gpuecs_tui.stack.network import ECR_ENDPOINTS, GATEWAY_ENDPOINT, interface_endpoints
from gpuecs_tui.stack.partitions import ecr_endpoints_differ
from gpuecs_tui.stack.releases.strategy import (
    BLUE_GREEN,
    needed_provider,
    provider_number,
    shifts_traffic,
)
from gpuecs_tui.stack.resolve import derived_target_group
from gpuecs_tui.stack.scaling.autoscaling import OFF, POLICIES, scheduled_actions
from gpuecs_tui.stack.task import LOG_GROUP_EXISTS, PORT_MAX
from gpuecs_tui.stack.user_data import bottlerocket_settings
from gpuecs_tui.terraform.base.addresses import PORT_HANDOVER
from gpuecs_tui.terraform.hcl.literals import list_of_expressions, quote
from gpuecs_tui.terraform.render.dashboard import widgets
from gpuecs_tui.terraform.render.past_addresses import NO_PAST, Past

DYNAMIC_PORTS = (32768, PORT_MAX)
"""The range of Docker's free host ports on the ECS GPU AMIs (docs/aws.md, "Network modes")."""
_ACCOUNT_PART = 4
"""Number of parts of an ARN, split at its colons."""
_SECRET_ARN_PARTS = 7
"""Number of colons in an ``aws:secretsmanager`` ARN before its name. The parts after the name
select a JSON key or version and are not part of the ARN in IAM."""
_WAYS_OUT = tuple(
    f"aws_vpc_security_group_egress_rule.instances_to_anywhere{suffix}" for suffix in ("", "_ipv6")
)
"""Rules that let the instances of a created group reach the ECS agent's endpoints."""
USUAL_DELETE_SECONDS = 900
"""Time of draining and stopping for which the AWS provider's 20 minutes are enough
(aws_ecs_service, "Timeouts")."""
DELETE_SLACK_MINUTES = 15
_STANDARD_PORTS = {"HTTP": 80, "HTTPS": 443}


METRIC_TYPES = {
    "requests": "ALBRequestCountPerTarget",
    "cpu": "ECSServiceAverageCPUUtilization",
    "memory": "ECSServiceAverageMemoryUtilization",
}
"""Predefined metrics of Application Auto Scaling, by the name of the policy (API reference,
PredefinedMetricSpecification)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A target tracking policy."""

    name: str
    """The last part of the address and of the name."""
    target: Value
    metric_type: str
    """Empty for GPU use and for the metric of ``autoscaling.metric_name``."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Secrets of one service that the execution role may read."""

    action: str
    """The IAM action that reads them."""
    arns: tuple[str, ...]
    """As in ``valueFrom``; an SSM parameter may be only a name."""
    context: str
    """Name in the KMS encryption context under which the service puts a secret's ARN."""

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that own them; a secret is encrypted with a key of its account."""
        owners = (arn.split(":")[_ACCOUNT_PART] for arn in self.arns if ":" in arn)
        return tuple(dict.fromkeys(owners))

    @property
    def resources(self) -> str:
        """Their ARNs as a list in HCL: IAM identifies parameters only by ARN."""
        return list_of_expressions([_arn_expression(arn) for arn in self.arns])


def context(stack: Stack, past: Past = NO_PAST) -> dict[str, Any]:
    """Return every variable that the templates use; sections of the stack under their own names."""
    fleet, task, network, balancer = stack.fleet, stack.task, stack.network, stack.load_balancer
    awsvpc = task.network_mode == "awsvpc"
    bottlerocket = fleet.ami == "bottlerocket"
    creates_execution_role = not task.execution_role_arn
    creates_task_role = not task.task_role_arn
    creates_instance_role = not fleet.instance_profile_arn
    creates_balancer_group = not network.load_balancer_security_group_ids
    shifts = shifts_traffic(stack.service.deployment_strategy)
    extension = "toml" if bottlerocket else "sh"
    return {
        **{section: getattr(stack, section) for section in SECTIONS},
        "named": namer(stack.stack.name),
        "https": balancer.protocol == "HTTPS",
        "insights": INSIGHTS[fleet.container_insights],
        "spot": fleet.market == "spot",
        "mixed": is_mixed(stack),
        "awsvpc": awsvpc,
        "bottlerocket": bottlerocket,
        "custom_ami": fleet.ami.startswith("ami-"),
        "ami_parameter": ami_parameter(stack),
        "bottlerocket_settings": bottlerocket_settings(
            fleet.market, task.network_mode, fleet.large_images
        ),
        "user_data_file": f"user_data.{extension}",
        "extra_user_data_file": f"extra_user_data.{extension}",
        "service_delete_minutes": _delete_minutes(stack),
        "ignored_changes": ignored_changes(stack),
        "scaling_policies": tuple(_scaling_policies(stack)),
        "scheduled_actions": scheduled_actions(stack.autoscaling.schedules),
        "shifts_traffic": shifts,
        "alarm_list": alarms_of(stack),
        "deployment_alarms": deployment_alarms(stack),
        "alarm_minutes": patience_minutes(stack),
        "widgets": widgets(stack),
        "binpacks": stack.service.placement == "binpack" and not stack.service.distinct_instances,
        "each_sidecar": each_sidecar(stack.sidecars),
        "starts_after": dependencies(stack.sidecars, task.container_name),
        "linux_parameters": bool(
            task.capabilities
            or task.shared_memory_mib
            or task.init_process
            or stack.service.execute_command
        ),
        "target_type": "ip" if awsvpc else "instance",
        "host_port": _host_port(stack),
        "target_ports": tuple(_target_ports(stack)),
        "derived_target_group_name": stack.names.target_group == derived_target_group(stack.flat()),
        "creates_log_group": task.log_retention_days != LOG_GROUP_EXISTS,
        "creates_execution_role": creates_execution_role,
        "creates_roles": (
            creates_instance_role or creates_execution_role or creates_task_role or shifts
        ),
        "creates_task_role": creates_task_role,
        "creates_instance_role": creates_instance_role,
        "creates_load_balancer_group": creates_balancer_group,
        "creates_instance_group": not network.instance_security_group_ids,
        "client_kinds": tuple(_client_kinds(stack)),
        "vpc_cidrs": creates_balancer_group and not network.has_sources,
        "load_balancer_groups": (
            "[aws_security_group.load_balancer.id]"
            if creates_balancer_group
            else "var.load_balancer_security_group_ids"
        ),
        "instance_groups": (
            "var.instance_security_group_ids"
            if network.instance_security_group_ids
            else "[aws_security_group.instances.id]"
        ),
        "interface_endpoints": interface_endpoints(network.vpc_endpoints),
        "gateway_endpoint": GATEWAY_ENDPOINT in network.vpc_endpoints,
        "ecr_prefix_differs": ecr_endpoints_differ(stack.stack.region)
        and any(it in network.vpc_endpoints for it in ECR_ENDPOINTS),
        "needs_partition": creates_instance_role or creates_execution_role or shifts,
        "needs_caller": creates_execution_role or creates_task_role,
        "secret_grants": tuple(_grants(secret_references(stack))),
        "service_needs": tuple(_service_needs(stack)),
        "fleet_needs": tuple(_fleet_needs(stack)),
        "fleet_ties": tuple(_fleet_ties(stack)),
        "past": past,
        "provider_minimum": _provider_minimum(stack, past),
        "port_handover": PORT_HANDOVER,
        "url_port": (
            "" if _STANDARD_PORTS[balancer.protocol] == balancer.port else f":{balancer.port}"
        ),
    }


def _client_kinds(stack: Stack) -> Iterator[tuple[str, str, str]]:
    """Yield the end of a rule's name, the argument for its source, and the set of sources."""
    network = stack.network
    if network.ingress_cidrs or not network.has_sources:
        clients = "var.ingress_cidrs" if network.ingress_cidrs else "local.ingress_cidrs"
        yield "", "cidr_ipv4", clients
    if network.ingress_prefix_list_ids:
        yield "_prefix_lists", "prefix_list_id", "var.ingress_prefix_list_ids"
    if network.ingress_security_group_ids:
        group = "referenced_security_group_id"
        yield "_groups", group, "var.ingress_security_group_ids"


def _provider_minimum(stack: Stack, past: Past) -> str:
    """Return the lowest provider, which knows the block that sets a strategy back to rolling."""
    minimum = stack.stack.provider_minimum
    if not past.shifted or shifts_traffic(stack.service.deployment_strategy):
        return minimum
    return max(minimum, needed_provider(BLUE_GREEN), key=provider_number)


def namer(name: str) -> Callable[..., str]:
    """Return the filter that writes a name with ``var.name`` if it is derived from it."""

    def named(value: str, pattern: str = "{}") -> str:
        if value != pattern.format(name):
            return quote(value)
        return "var.name" if pattern == "{}" else f'"{pattern.format("${var.name}")}"'

    return named


def _delete_minutes(stack: Stack) -> int:
    """Return how long Terraform must wait for the deletion of the service, 0 for its default."""
    delay = stack.load_balancer.deregistration_delay_seconds
    stop = stack.task.stop_timeout_seconds or AGENT_STOP_SECONDS
    if delay + stop <= USUAL_DELETE_SECONDS:
        return 0
    return -(-(delay + stop) // 60) + DELETE_SLACK_MINUTES


def _scaling_policies(stack: Stack) -> Iterator[Policy]:
    for key, name in POLICIES.items():
        value = stack[key]
        if value not in OFF:
            target = stack.autoscaling.metric_target if name == "metric" else value
            yield Policy(name, target, METRIC_TYPES.get(name, ""))


def _host_port(stack: Stack) -> int:
    bridge = stack.task.network_mode == "bridge"
    return stack.task.host_port if bridge else stack.task.container_port


def _target_ports(stack: Stack) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """Yield (name, description, port range) of the targets that the load balancer must reach."""
    host_port = _host_port(stack)
    ports = (host_port, host_port) if host_port else DYNAMIC_PORTS
    yield "tasks", "Requests to the tasks", ports
    check = stack.health_check.port
    if check.isdecimal() and not ports[0] <= int(check) <= ports[1]:
        yield "health_check", "Health checks of the tasks", (int(check), int(check))


def _arn_expression(value: str) -> str:
    if ":" in value:
        return quote(value)
    name = value.removeprefix("/")
    return (
        '"arn:${data.aws_partition.this.partition}:ssm:${var.region}:'
        f'${{data.aws_caller_identity.this.account_id}}:parameter/{name}"'
    )


def _grants(references: Iterable[str]) -> Iterator[Grant]:
    parts: dict[str, list[str]] = {"secretsmanager": [], "ssm": []}
    for arn in references:
        service = arn.split(":")[2] if ":" in arn else "ssm"
        if service == "secretsmanager":
            arn = ":".join(arn.split(":")[:_SECRET_ARN_PARTS])
        if arn not in parts[service]:
            parts[service].append(arn)
    if parts["secretsmanager"]:
        arns = tuple(parts["secretsmanager"])
        yield Grant("secretsmanager:GetSecretValue", arns, "SecretARN")
    if parts["ssm"]:
        yield Grant("ssm:GetParameters", tuple(parts["ssm"]), "PARAMETER_ARN")


def _fleet_needs(stack: Stack) -> Iterator[str]:
    if not stack.fleet.instance_profile_arn:
        yield "aws_iam_role_policy_attachment.instance_ecs"
        yield "aws_iam_role_policy_attachment.instance_ssm"
        if stack.fleet.gpu_metrics:
            yield "aws_iam_role_policy_attachment.instance_cloudwatch"
    if not stack.network.instance_security_group_ids:
        yield from _WAYS_OUT
    chosen = stack.network.vpc_endpoints
    if interface_endpoints(chosen):
        yield "aws_vpc_endpoint.interface"
        yield "aws_vpc_security_group_ingress_rule.endpoints_from_vpc"
    if GATEWAY_ENDPOINT in chosen:
        yield "aws_vpc_endpoint.s3"


def _fleet_ties(stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield name and reference of what the stack creates and an instance keeps for its lifetime.

    Existing groups and profiles are left out: a change affects only new instances.
    """
    yield "cluster", "aws_ecs_cluster.this.id"
    if not stack.network.instance_security_group_ids:
        yield "security_group", "aws_security_group.instances.id"
    if not stack.fleet.instance_profile_arn:
        yield "instance_profile", "aws_iam_instance_profile.this.id"


def _service_needs(stack: Stack) -> Iterator[str]:
    if not stack.task.execution_role_arn:
        yield "aws_iam_role_policy_attachment.execution"
        if secret_references(stack):
            yield "aws_iam_role_policy.secrets"
    if not stack.task.task_role_arn and stack.service.execute_command:
        yield "aws_iam_role_policy.execute_command"
    if shifts_traffic(stack.service.deployment_strategy):
        yield "aws_iam_role_policy_attachment.infrastructure"
    parts = [part for part, _, _ in _target_ports(stack)]
    if not stack.network.load_balancer_security_group_ids:
        for part in parts:
            yield f"aws_vpc_security_group_egress_rule.load_balancer_to_{part}"
    if not stack.network.instance_security_group_ids:
        for part in parts:
            yield f"aws_vpc_security_group_ingress_rule.{part}_from_load_balancer"
        yield from _WAYS_OUT
