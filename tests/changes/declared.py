"""Declares the change of each key: the old and new value, and the other decisions.

The base is ``BASE`` with all defaults. ``Change.given`` are decisions that must be set before, and
``Change.along`` are decisions that must change together with the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gpuecs_tui.stack.balancer.tls_policies import EARLIER, RECOMMENDED
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.relevance import is_relevant

Place = str
"""Names after ``@`` of the resources of the demo account, see ``account.places``."""

BASE: Mapping[str, Any] = {
    "stack.name": "changes",
    "stack.region": "us-east-1",
    "stack.tags": {"project": "changes"},
    "network.vpc_id": "@vpc",
    "network.instance_subnet_ids": ("@private-a", "@private-b"),
    "fleet.instance_type": "g4dn.xlarge",
    "fleet.tag_network_interfaces": False,
    "task.image": "@repository:2.4.1",
    "service.health_check_grace_seconds": 300,
    "load_balancer.tls_policy": EARLIER,
}
"""The stack before every change. Keys that were added later are as in a stack that lacks them: the
rows of the other changes then stay true.
The TLS policy has an effect only with HTTPS."""

HTTPS: Mapping[str, Any] = {
    "load_balancer.protocol": "HTTPS",
    "load_balancer.certificate_arn": "@certificate",
}
BESIDE: Mapping[str, Any] = {
    "sidecars.images": {"metrics": "public.ecr.aws/team/metrics:1"},
    "sidecars.memory_mib": {"metrics": "256"},
}
SEVERAL: Mapping[str, Any] = {"fleet.instance_types": ("g4dn.xlarge", "g5.xlarge")}
REFRESHED: Mapping[str, Any] = {"fleet.instance_refresh": True}
CHECKED: Mapping[str, Any] = {"container_health.command": ("CMD", "true")}
SCALED: Mapping[str, Any] = {
    "autoscaling.enabled": True,
    "autoscaling.requests_per_target": 60,
}
WATCHED: Mapping[str, Any] = {"alarms.enabled": True}
BY_METRIC: Mapping[str, Any] = {**SCALED, "autoscaling.metric_name": "GpuUse"}
BY_SCHEDULE: Mapping[str, Any] = {
    **SCALED,
    "autoscaling.schedules": {"morning": "cron(0 7 * * ? *) min 1 max 2"},
}
AWSVPC: Mapping[str, Any] = {"task.network_mode": "awsvpc"}
BLUE_GREEN: Mapping[str, Any] = {
    **AWSVPC,
    "service.deployment_strategy": "blue_green",
    "stack.provider_minimum": "6.4.0",
}
LINEAR: Mapping[str, Any] = {
    **AWSVPC,
    "service.deployment_strategy": "linear",
    "stack.provider_minimum": "6.21.0",
}
CANARY: Mapping[str, Any] = {**LINEAR, "service.deployment_strategy": "canary"}


@dataclass(frozen=True)
class Change:
    """A change of one key."""

    key: str
    to: Any
    """The new value; texts that start with ``@`` are resources of the account."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """Decisions that are set before and after the change."""
    along: Mapping[str, Any] = field(default_factory=dict)
    """Decisions that change together with it."""

    @property
    def name(self) -> str:
        """Its unique name: ``task.network_mode → awsvpc``."""
        shown = "…" if isinstance(self.to, dict) or "\n" in str(self.to) else in_words(self.to)
        beside = f" with {' and '.join(map(in_words, self.given.values()))}" if self.given else ""
        return f"{self.key} → {shown}{beside}"


def in_words(value: Any) -> str:
    """Return a value as the table shows it."""
    if isinstance(value, tuple | list | dict):
        return ", ".join(map(in_words, value)) or "none"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).removeprefix("@") or "none"


CHANGES: tuple[Change, ...] = (
    Change("stack.name", "renamed"),
    Change("stack.region", "eu-west-1"),
    Change("stack.tags", {"project": "changes", "team": "ml"}),
    Change("stack.role_path", "/teams/ml/"),
    Change("stack.permissions_boundary", "@boundary"),
    Change("stack.provider_minimum", "6.4.0"),
    Change("names.cluster", "other-cluster"),
    Change("names.service", "other-service"),
    Change("names.task_family", "other-family"),
    Change("names.capacity_provider", "other-provider"),
    Change("names.autoscaling_group", "other-instances"),
    Change("names.launch_template", "other-template"),
    Change("names.load_balancer", "other-balancer"),
    Change("names.target_group", "other-targets"),
    Change("names.log_group", "/other/log-group"),
    Change(
        "network.vpc_id",
        "@default-vpc",
        along={
            "network.instance_subnet_ids": ("@default-a", "@default-b"),
            "network.load_balancer_subnet_ids": ("@default-a", "@default-b"),
        },
    ),
    Change("network.instance_subnet_ids", ("@private-a", "@private-b", "@private-c")),
    Change("network.vpc_endpoints", ("ecr.api", "ecr.dkr")),
    Change("network.load_balancer_subnet_ids", ("@private-a", "@private-c")),
    Change("network.instance_security_group_ids", ("@tasks-group",)),
    Change("network.load_balancer_security_group_ids", ("@balancer-group",)),
    Change("network.ingress_cidrs", ("10.0.0.0/8",)),
    Change("network.ingress_prefix_list_ids", ("@prefix-list",)),
    Change("network.ingress_security_group_ids", ("@tasks-group",)),
    Change("fleet.instance_type", "g5.xlarge"),
    Change("fleet.instance_types", SEVERAL["fleet.instance_types"]),
    Change("fleet.instance_types", ("g4dn.xlarge", "g6.xlarge"), SEVERAL),
    Change("fleet.instance_types", SEVERAL["fleet.instance_types"], REFRESHED),
    Change("fleet.instance_types", ("g4dn.xlarge", "g6.xlarge"), {**SEVERAL, **REFRESHED}),
    Change("fleet.on_demand_base", 1, {"fleet.market": "spot"}),
    Change("fleet.spot_percent", 50, {**SEVERAL, "fleet.market": "spot"}),
    Change("fleet.spot_percent", 50, {**SEVERAL, **REFRESHED, "fleet.market": "spot"}),
    Change("fleet.spot_allocation_strategy", "capacity-optimized", {"fleet.market": "spot"}),
    Change("fleet.ami", "@image"),
    Change("fleet.ami", "bottlerocket"),
    Change("fleet.ami_release", "1.48.0", {"fleet.ami": "bottlerocket"}),
    Change("fleet.min_size", 1),
    Change("fleet.max_size", 4),
    Change("fleet.initial_size", 2),
    Change("fleet.key_name", "@key-pair"),
    Change("fleet.tag_network_interfaces", True),
    Change("fleet.instance_profile_arn", "@instance-profile"),
    Change("fleet.root_volume_gib", 200),
    Change("fleet.imds_hop_limit", 2),
    Change("fleet.root_volume_throughput_mib", 500),
    Change("fleet.large_images", False),
    Change("fleet.target_capacity", 80),
    Change("fleet.min_scaling_step", 2),
    Change("fleet.max_scaling_step", 2),
    Change("fleet.instance_warmup_seconds", 120),
    Change("fleet.termination_protection", False),
    Change("fleet.managed_draining", False),
    Change("fleet.health_check_grace_seconds", 120),
    Change("fleet.market", "spot"),
    Change("fleet.market", "spot", SEVERAL),
    Change("fleet.capacity_rebalance", False, {"fleet.market": "spot"}),
    Change("fleet.instance_refresh", True),
    Change("fleet.refresh_auto_rollback", True, REFRESHED),
    Change("fleet.refresh_skip_matching", True, REFRESHED),
    Change("fleet.refresh_checkpoints", ("50", "100"), REFRESHED),
    Change("fleet.refresh_checkpoint_seconds", 60, {
        **REFRESHED, "fleet.refresh_checkpoints": ("50", "100"),
    }),
    Change("fleet.container_insights", "on"),
    Change("fleet.container_insights", "account", {"fleet.container_insights": "on"}),
    Change("fleet.gpu_metrics", True),
    Change("fleet.extra_user_data", "echo changed\n"),
    Change("task.image", "@repository:2.4.0"),
    Change("task.container_name", "server"),
    Change("task.container_port", 8080),
    Change("task.host_port", 8000),
    Change("task.network_mode", "awsvpc"),
    Change("task.network_mode", "host"),
    Change("task.cpu", 1024),
    Change("task.memory", 4096),
    Change("task.container_cpu", 1024),
    Change("task.container_memory", 4096),
    Change("task.gpus", 4, given={"fleet.instance_type": "g4dn.12xlarge"}),
    Change("task.environment", {"NVIDIA_DRIVER_CAPABILITIES": "all", "LOG_LEVEL": "debug"}),
    Change("task.secrets", {"API_KEY": "@secret"}),
    Change("task.capabilities", ("SYS_NICE",)),
    Change("task.shared_memory_mib", 1024),
    Change("task.init_process", False),
    Change("task.stop_timeout_seconds", 120),
    Change("task.ipc_mode", "task"),
    Change("container.registry_secret_arn", "@secret"),
    Change("container.entry_point", ("python", "-m")),
    Change("container.working_directory", "/srv"),
    Change("container.user", "1000:1000"),
    Change("container.ulimits", {"memlock": "-1:-1"}),
    Change("container.labels", {"com.example.team": "ml"}),
    Change("container.read_only_root", True),
    Change("container.restart", True),
    Change("container.restart_period_seconds", 60, {"container.restart": True}),
    Change("container.restart_ignored_exit_codes", ("0",), {"container.restart": True}),
    Change("container_health.command", ("CMD-SHELL", "true")),
    Change("container_health.interval_seconds", 10, CHECKED),
    Change("container_health.timeout_seconds", 10, CHECKED),
    Change("container_health.retries", 5, CHECKED),
    Change("container_health.start_period_seconds", 60, CHECKED),
    Change("task.command", ("serve", "--port", "8000")),
    Change("sidecars.images", BESIDE["sidecars.images"], along={
        "sidecars.memory_mib": {"metrics": "256"}
    }),
    Change("sidecars.memory_mib", {"metrics": "512"}, BESIDE),
    Change("sidecars.cpu_units", {"metrics": "256"}, BESIDE),
    Change("sidecars.essential", ("metrics",), BESIDE),
    Change("sidecars.depends_on", {"app": "metrics:START"}, BESIDE),
    Change("sidecars.environment", {"metrics.LOG_LEVEL": "debug"}, BESIDE),
    Change("sidecars.ports", {"metrics": "9400"}, BESIDE),
    Change("task.log_group", "@log-group"),
    Change("task.log_retention_days", 90),
    Change("task.log_kms_key_arn", "@log-key"),
    Change("task.log_stream_prefix", "other"),
    Change("task.log_buffer_mib", 0),
    Change("task.execution_role_arn", "@execution-role"),
    Change("task.task_role_arn", "@task-role"),
    Change("service.desired_count", 2),
    Change("service.deployment_strategy", "blue_green", along=BLUE_GREEN),
    Change("service.deployment_strategy", "linear", along=LINEAR),
    Change("service.deployment_strategy", "canary", along=CANARY),
    Change("service.bake_minutes", 30, along=BLUE_GREEN),
    Change("service.linear_step_percent", 25, along=LINEAR),
    Change("service.linear_step_minutes", 10, along=LINEAR),
    Change("service.canary_percent", 10, along=CANARY),
    Change("service.canary_minutes", 20, along=CANARY),
    Change("service.test_port", 9000, along=BLUE_GREEN),
    Change("service.minimum_healthy_percent", 50),
    Change("service.maximum_percent", 150),
    Change("service.circuit_breaker", False),
    Change("service.rollback", False),
    Change("service.health_check_grace_seconds", 600),
    Change("service.distinct_instances", False),
    Change("service.placement", "default", {"service.distinct_instances": False}),
    Change("service.execute_command", True),
    Change("service.ignore_changes", ("task_definition",)),
    Change("autoscaling.enabled", True, along={"autoscaling.requests_per_target": 60}),
    Change("autoscaling.min_tasks", 2, given=SCALED),
    Change("autoscaling.min_tasks", 2, given=BY_SCHEDULE),
    Change("autoscaling.max_tasks", 3, given=SCALED),
    Change("autoscaling.requests_per_target", 120, given=SCALED),
    Change("autoscaling.cpu_percent", 70, given=SCALED),
    Change("autoscaling.memory_percent", 70, given=SCALED),
    Change("autoscaling.gpu_percent", 70, given={**SCALED, "fleet.gpu_metrics": True}),
    Change("autoscaling.metric_name", "Depth", given=SCALED),
    Change("autoscaling.metric_namespace", "Jobs", given=BY_METRIC),
    Change("autoscaling.metric_dimensions", {"Queue": "jobs"}, given=BY_METRIC),
    Change("autoscaling.metric_statistic", "Maximum", given=BY_METRIC),
    Change("autoscaling.metric_target", "20", given=BY_METRIC),
    Change("autoscaling.scale_out_cooldown_seconds", 600, given=SCALED),
    Change("autoscaling.scale_in_cooldown_seconds", 600, given=SCALED),
    Change("autoscaling.schedules", {"night": "cron(0 20 * * ? *) min 0 max 0"}, given=SCALED),
    Change("autoscaling.timezone", "Europe/Berlin", given=BY_SCHEDULE),
    Change("load_balancer.internal", False, along={
        "network.load_balancer_subnet_ids": ("@public-a", "@public-b"),
        "network.ingress_cidrs": ("0.0.0.0/0",),
    }),
    Change("load_balancer.port", 8080),
    Change("load_balancer.port", 8443, given=HTTPS),
    Change("load_balancer.protocol", "HTTPS", along={
        "load_balancer.certificate_arn": "@certificate"
    }),
    Change("load_balancer.certificate_arn", "@other-certificate", given=HTTPS),
    Change("load_balancer.tls_policy", RECOMMENDED, given=HTTPS),
    Change("load_balancer.deletion_protection", True),
    Change("load_balancer.idle_timeout_seconds", 120),
    Change("load_balancer.access_log_bucket", "@log-bucket"),
    Change("load_balancer.access_log_prefix", "llm", given={
        "load_balancer.access_log_bucket": "@log-bucket"
    }),
    Change("load_balancer.host_name", "llm.example.com"),
    Change("load_balancer.hosted_zone_id", "@hosted-zone", given={
        "load_balancer.host_name": "llm.example.com"
    }),
    Change("load_balancer.web_acl_arn", "@web-acl"),
    Change("load_balancer.target_port", 8000),
    Change("load_balancer.target_protocol_version", "HTTP2", given=HTTPS),
    Change("load_balancer.algorithm", "least_outstanding_requests"),
    Change("load_balancer.slow_start_seconds", 60),
    Change("load_balancer.stickiness_seconds", 3600),
    Change("load_balancer.deregistration_delay_seconds", 120),
    Change("health_check.path", "/ready"),
    Change("health_check.matcher", "200-299"),
    Change("health_check.interval_seconds", 10),
    Change("health_check.timeout_seconds", 3),
    Change("health_check.healthy_threshold", 3),
    Change("health_check.unhealthy_threshold", 3),
    Change("health_check.port", "9000"),
    Change("health_check.protocol", "HTTPS"),
    Change("alarms.enabled", True),
    Change("alarms.topic_arn", "@topic", given=WATCHED),
    Change("alarms.server_error_percent", 0, given=WATCHED),
    Change("alarms.latency_seconds", 3, given=WATCHED),
    Change("alarms.gpu_memory_percent", 95, given={**WATCHED, "fleet.gpu_metrics": True}),
    Change("alarms.rollback", True, given=WATCHED),
    Change("alarms.dashboard", True),
    Change("state.backend", "s3", along={
        "state.bucket": "@bucket", "state.key": "changes/terraform.tfstate",
        "state.region": "us-east-1",
    }),
    Change("state.bucket", "@other-bucket", given={
        "state.backend": "s3", "state.bucket": "@bucket", "state.key": "changes/a.tfstate",
        "state.region": "us-east-1",
    }),
    Change("state.key", "changes/b.tfstate", given={
        "state.backend": "s3", "state.bucket": "@bucket", "state.key": "changes/a.tfstate",
        "state.region": "us-east-1",
    }),
    Change("state.region", "eu-west-1", given={
        "state.backend": "s3", "state.bucket": "@bucket", "state.key": "changes/a.tfstate",
        "state.region": "us-east-1",
    }),
)  # fmt: skip
"""Every key of the stack at least once, in the order of the wizard."""

OTHER_PROVIDER = "Add a later provider to that mirror"
"""The solution for a stack that requires a provider that ``make changes`` doesn't have. Such a
change is exempt from the trial with Terraform: only its refusal is tried."""

EXEMPT = (
    "stack.provider_minimum",
    "service.deployment_strategy",
    "service.bake_minutes",
    "service.linear_step_percent",
    "service.linear_step_minutes",
    "service.canary_percent",
    "service.canary_minutes",
    "service.test_port",
)

REFUSED: Mapping[str, str] = {
    **dict.fromkeys(EXEMPT, OTHER_PROVIDER),
    "stack.region": "Set stack.region to",
    "stack.role_path": "Set stack.role_path to",
    "network.vpc_id": "Set network.vpc_id to",
    "state.backend": "gpuecs-tui migrate",
    "state.bucket": "gpuecs-tui migrate",
    "state.key": "gpuecs-tui migrate",
    "state.region": "gpuecs-tui migrate",
}
"""Keys whose change on an applied stack the program must refuse before any plan, and the solution
that the refusal must name."""


def resolved(value: Any, places: Mapping[str, str]) -> Any:
    """Return ``value`` with the ids of the account's resources instead of their names."""
    if isinstance(value, str) and value.startswith("@"):
        name, colon, rest = value[1:].partition(":")
        return places[name] + colon + rest
    if isinstance(value, tuple):
        return tuple(resolved(item, places) for item in value)
    if isinstance(value, dict):
        return {name: resolved(item, places) for name, item in value.items()}
    return value


def answers(*layers: Mapping[str, Any], places: Mapping[str, str]) -> dict[str, Value]:
    """Return BASE with ``layers`` over it, and ids of the account's resources instead of their
    names.

    A key that the answers leave out would keep its value in the directory. Such values are written
    out, so that a value that was only tried does not remain.
    """
    kept = (key for key, it in KEYS.items() if it.kept or it.unset is not None)
    merged: dict[str, Any] = {key: KEYS[key].default for key in kept} | dict(BASE)
    for layer in layers:
        merged.update(layer)
    return {
        key: resolved(value, places)
        for key, value in merged.items()
        if key not in BASE or is_relevant(key, merged)
    }
