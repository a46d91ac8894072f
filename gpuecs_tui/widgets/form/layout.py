"""The step, the section and the position of each decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from gpuecs_tui.i18n import N_
from gpuecs_tui.wizard.profile_key import PROFILE


@dataclass(frozen=True, slots=True)
class Section:
    """Fields under one heading."""

    title: str
    """Untranslated."""
    keys: tuple[str, ...]
    folded: bool = False
    """Whether it is closed at first, because its defaults are good and seldom changed."""


def _keys(section: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{section}.{name}" for name in names)


LAYOUT: Mapping[str, tuple[Section, ...]] = {
    "account": (
        Section(N_("Credentials"), (PROFILE, "stack.region")),
        Section(N_("Stack"), ("stack.name", "stack.tags")),
        Section(N_("Terraform state"), _keys("state", "backend", "bucket", "key", "region")),
    ),
    "network": (
        Section(
            N_("Placement"),
            _keys(
                "network",
                "vpc_id",
                "instance_subnet_ids",
                "vpc_endpoints",
                "load_balancer_subnet_ids",
            ),
        ),
        Section(
            N_("Access"),
            _keys(
                "network",
                "load_balancer_security_group_ids",
                "ingress_cidrs",
                "instance_security_group_ids",
            ),
        ),
        Section(
            N_("Further clients"),
            _keys("network", "ingress_prefix_list_ids", "ingress_security_group_ids"),
            folded=True,
        ),
    ),
    "fleet": (
        Section(N_("Instances"), _keys("fleet", "instance_type", "market", "ami")),
        Section(
            N_("Several instance types"),
            _keys(
                "fleet",
                "instance_types",
                "on_demand_base",
                "spot_percent",
                "spot_allocation_strategy",
            ),
            folded=True,
        ),
        Section(N_("Group size"), _keys("fleet", "min_size", "initial_size", "max_size")),
        Section(
            N_("Access and disk"),
            _keys("fleet", "key_name", "instance_profile_arn", "root_volume_gib"),
        ),
        Section(
            N_("Scaling"),
            _keys(
                "fleet",
                "target_capacity",
                "min_scaling_step",
                "max_scaling_step",
                "instance_warmup_seconds",
                "termination_protection",
                "managed_draining",
                "health_check_grace_seconds",
                "instance_refresh",
                "refresh_auto_rollback",
                "refresh_skip_matching",
                "refresh_checkpoints",
                "refresh_checkpoint_seconds",
                "capacity_rebalance",
            ),
            folded=True,
        ),
        Section(
            N_("Start-up and names"),
            (
                *_keys(
                    "fleet",
                    "ami_release",
                    "root_volume_throughput_mib",
                    "imds_hop_limit",
                    "tag_network_interfaces",
                    "large_images",
                    "extra_user_data",
                ),
                *_keys("names", "capacity_provider", "autoscaling_group", "launch_template"),
            ),
            folded=True,
        ),
        Section(N_("Monitoring"), _keys("fleet", "gpu_metrics", "container_insights"), folded=True),
    ),
    "task": (
        Section(
            N_("Container"), _keys("task", "image", "container_port", "environment", "secrets")
        ),
        Section(N_("Task size"), _keys("task", "gpus", "cpu", "memory")),
        Section(
            N_("Service"),
            _keys("service", "desired_count", "distinct_instances", "execute_command"),
        ),
        Section(N_("Network"), _keys("task", "network_mode", "host_port")),
        Section(
            N_("Container details"),
            _keys(
                "task",
                "container_name",
                "container_cpu",
                "container_memory",
                "shared_memory_mib",
                "init_process",
                "stop_timeout_seconds",
                "command",
                "capabilities",
            ),
            folded=True,
        ),
        Section(
            N_("Container options"),
            (
                *_keys(
                    "container",
                    "registry_secret_arn",
                    "entry_point",
                    "working_directory",
                    "user",
                    "ulimits",
                ),
                "task.ipc_mode",
                *_keys(
                    "container",
                    "read_only_root",
                    "labels",
                    "restart",
                    "restart_period_seconds",
                    "restart_ignored_exit_codes",
                ),
            ),
            folded=True,
        ),
        Section(
            N_("Container health check"),
            _keys(
                "container_health",
                "command",
                "interval_seconds",
                "timeout_seconds",
                "retries",
                "start_period_seconds",
            ),
            folded=True,
        ),
        Section(
            N_("Further containers"),
            _keys(
                "sidecars",
                "images",
                "memory_mib",
                "cpu_units",
                "essential",
                "depends_on",
                "environment",
                "ports",
            ),
            folded=True,
        ),
        Section(
            N_("Logs and roles"),
            (
                *_keys(
                    "task",
                    "log_group",
                    "log_retention_days",
                    "log_kms_key_arn",
                    "log_stream_prefix",
                    "log_buffer_mib",
                    "execution_role_arn",
                    "task_role_arn",
                ),
                *_keys("stack", "role_path", "permissions_boundary"),
            ),
            folded=True,
        ),
        Section(
            N_("Deployment"),
            (
                *_keys(
                    "service",
                    "placement",
                    "deployment_strategy",
                    "bake_minutes",
                    "linear_step_percent",
                    "linear_step_minutes",
                    "canary_percent",
                    "canary_minutes",
                    "test_port",
                    "minimum_healthy_percent",
                    "maximum_percent",
                    "circuit_breaker",
                    "rollback",
                    "ignore_changes",
                ),
                "stack.provider_minimum",
            ),
            folded=True,
        ),
        Section(
            N_("Task scaling"),
            _keys(
                "autoscaling",
                "enabled",
                "min_tasks",
                "max_tasks",
                "requests_per_target",
                "cpu_percent",
                "memory_percent",
                "gpu_percent",
                "metric_name",
                "metric_namespace",
                "metric_dimensions",
                "metric_statistic",
                "metric_target",
                "scale_out_cooldown_seconds",
                "scale_in_cooldown_seconds",
                "schedules",
                "timezone",
            ),
            folded=True,
        ),
        Section(
            N_("Names"),
            _keys("names", "cluster", "service", "task_family", "log_group"),
            folded=True,
        ),
    ),
    "load_balancer": (
        Section(
            N_("Listener"),
            _keys("load_balancer", "internal", "protocol", "port", "certificate_arn"),
        ),
        Section(
            N_("Health check"),
            (
                *_keys(
                    "health_check",
                    "path",
                    "matcher",
                    "interval_seconds",
                    "timeout_seconds",
                    "healthy_threshold",
                    "unhealthy_threshold",
                ),
                "service.health_check_grace_seconds",
                "load_balancer.deregistration_delay_seconds",
            ),
        ),
        Section(
            N_("Target group"),
            (
                *_keys(
                    "load_balancer",
                    "target_port",
                    "target_protocol_version",
                    "algorithm",
                    "slow_start_seconds",
                    "stickiness_seconds",
                ),
                *_keys("health_check", "port", "protocol"),
                "names.target_group",
            ),
            folded=True,
        ),
        Section(
            N_("Load balancer"),
            (
                *_keys(
                    "load_balancer",
                    "host_name",
                    "hosted_zone_id",
                    "tls_policy",
                    "web_acl_arn",
                    "idle_timeout_seconds",
                    "deletion_protection",
                    "access_log_bucket",
                    "access_log_prefix",
                ),
                "names.load_balancer",
            ),
            folded=True,
        ),
        Section(
            N_("Alarms and dashboard"),
            _keys(
                "alarms",
                "enabled",
                "topic_arn",
                "server_error_percent",
                "latency_seconds",
                "gpu_memory_percent",
                "rollback",
                "dashboard",
            ),
            folded=True,
        ),
    ),
}
"""Step id → its sections. Every key is in exactly one section."""


@cache
def keys_of(step: str) -> tuple[str, ...]:
    """Return the keys that ``step`` asks for, in order; none for a step without a form."""
    return tuple(key for section in LAYOUT.get(step, ()) for key in section.keys)


@cache
def step_of(key: str) -> str:
    """Return the id of the step that asks for ``key``."""
    return next(step for step in LAYOUT if key in keys_of(step))
