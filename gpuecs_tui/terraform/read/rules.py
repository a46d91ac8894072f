"""The attribute that each key sets: one line per key, for keys that set a single attribute.

If an attribute is omitted, AWS or the provider uses a default; ``absent`` is that default (AWS
provider 5.100 documentation, ECS and ELB API references).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gpuecs_tui.stack.balancer.tls_policies import API_DEFAULT
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.fleet import INSIGHTS
from gpuecs_tui.stack.monitoring.alarm_list import ADDRESS, LIMITS, NONE_HEALTHY, UNHEALTHY
from gpuecs_tui.stack.releases.strategy import ROLLING, STRATEGIES
from gpuecs_tui.stack.scaling.autoscaling import POLICIES
from gpuecs_tui.terraform.base.addresses import FLEET_TIES, PORT_HANDOVER

CLUSTER = "aws_ecs_cluster.this"
SERVICE = "aws_ecs_service.this"
TASK = "aws_ecs_task_definition.this"
BALANCER = "aws_lb.this"
LISTENER = "aws_lb_listener"
"""Address that stands for the listener that serves clients: the first of LISTENERS that is
declared."""
LISTENERS = ("aws_lb_listener.https", "aws_lb_listener.http", "aws_lb_listener.this")
"""The last one is that of the earlier version."""
RECORD = "aws_route53_record.this"
WEB_ACL = "aws_wafv2_web_acl_association.this"
TARGETS = "aws_lb_target_group.this"
PROVIDER = "aws_ecs_capacity_provider.this"
GROUP = "aws_autoscaling_group.this"
TEMPLATE = "aws_launch_template.this"
LOGS = "aws_cloudwatch_log_group.this"
ROLES = (
    "aws_iam_role.instance",
    "aws_iam_role.execution",
    "aws_iam_role.task",
    "aws_iam_role.infrastructure",
)
TEST_LISTENER = "aws_lb_listener.test"
_PREFERENCES = "instance_refresh.preferences"
_SCALING = "auto_scaling_group_provider"
RELEASE = "deployment_configuration"
SCALABLE_TARGET = "aws_appautoscaling_target.this"
SCHEDULED_ACTIONS = "aws_appautoscaling_scheduled_action.this"
SCALING_POLICIES: Mapping[str, str] = {
    key: f"aws_appautoscaling_policy.{name}" for key, name in POLICIES.items()
}
"""The key that turns on a policy → its address."""
ALARM = f"{ADDRESS}{UNHEALTHY}"
"""The alarm that every stack with alarms has."""
DASHBOARD = "aws_cloudwatch_dashboard.this"
_METRIC_POLICY = SCALING_POLICIES["autoscaling.metric_name"]
TRACKING = "target_tracking_scaling_policy_configuration"
CUSTOM_METRIC = f"{TRACKING}.customized_metric_specification"


@dataclass(frozen=True, slots=True)
class KeyRule:
    """The attribute of one key."""

    address: str
    path: str
    """Dotted, through nested blocks."""
    absent: Value | None = None
    """The answer if the attribute is missing; None: unknown."""
    words: Mapping[object, Value] = field(default_factory=dict)
    """Value of the attribute → the answer, if they differ."""
    created: Value | None = None
    """The answer if the attribute refers to a resource that the configuration creates."""


_SWITCH: Mapping[object, Value] = {"ENABLED": True, "DISABLED": False}

KEY_RULES: Mapping[str, KeyRule] = {
    "stack.region": KeyRule("provider.aws", "region"),
    "stack.tags": KeyRule("provider.aws", "default_tags.tags", {}),
    "names.cluster": KeyRule(CLUSTER, "name"),
    "names.service": KeyRule(SERVICE, "name"),
    "names.task_family": KeyRule(TASK, "family"),
    "names.capacity_provider": KeyRule(PROVIDER, "name"),
    "names.autoscaling_group": KeyRule(GROUP, "name"),
    "names.launch_template": KeyRule(TEMPLATE, "name"),
    "names.load_balancer": KeyRule(BALANCER, "name"),
    "names.target_group": KeyRule(TARGETS, "name"),
    "network.vpc_id": KeyRule(TARGETS, "vpc_id"),
    "network.instance_subnet_ids": KeyRule(GROUP, "vpc_zone_identifier"),
    "network.load_balancer_subnet_ids": KeyRule(BALANCER, "subnets"),
    "network.instance_security_group_ids": KeyRule(TEMPLATE, "vpc_security_group_ids", created=()),
    "network.load_balancer_security_group_ids": KeyRule(BALANCER, "security_groups", created=()),
    "fleet.instance_type": KeyRule(TEMPLATE, "instance_type"),
    "fleet.min_size": KeyRule(GROUP, "min_size"),
    "fleet.max_size": KeyRule(GROUP, "max_size"),
    "fleet.initial_size": KeyRule(GROUP, "desired_capacity"),
    "fleet.key_name": KeyRule(TEMPLATE, "key_name", ""),
    "fleet.instance_profile_arn": KeyRule(TEMPLATE, "iam_instance_profile.arn", created=""),
    "fleet.root_volume_gib": KeyRule(TEMPLATE, "block_device_mappings.ebs.volume_size", 0),
    "fleet.root_volume_throughput_mib": KeyRule(
        TEMPLATE, "block_device_mappings.ebs.throughput", 0
    ),
    "fleet.capacity_rebalance": KeyRule(GROUP, "capacity_rebalance", False),
    "fleet.imds_hop_limit": KeyRule(TEMPLATE, "metadata_options.http_put_response_hop_limit", 0),
    "fleet.target_capacity": KeyRule(PROVIDER, f"{_SCALING}.managed_scaling.target_capacity", 100),
    "fleet.min_scaling_step": KeyRule(
        PROVIDER, f"{_SCALING}.managed_scaling.minimum_scaling_step_size", 1
    ),
    "fleet.max_scaling_step": KeyRule(
        PROVIDER, f"{_SCALING}.managed_scaling.maximum_scaling_step_size", 10000
    ),
    "fleet.instance_warmup_seconds": KeyRule(
        PROVIDER, f"{_SCALING}.managed_scaling.instance_warmup_period", 300
    ),
    "fleet.termination_protection": KeyRule(
        PROVIDER, f"{_SCALING}.managed_termination_protection", False, _SWITCH
    ),
    "fleet.managed_draining": KeyRule(PROVIDER, f"{_SCALING}.managed_draining", True, _SWITCH),
    "fleet.refresh_auto_rollback": KeyRule(GROUP, f"{_PREFERENCES}.auto_rollback", False),
    "fleet.refresh_skip_matching": KeyRule(GROUP, f"{_PREFERENCES}.skip_matching", False),
    "fleet.refresh_checkpoint_seconds": KeyRule(GROUP, f"{_PREFERENCES}.checkpoint_delay", 3600),
    "fleet.health_check_grace_seconds": KeyRule(GROUP, "health_check_grace_period", 300),
    "fleet.market": KeyRule(TEMPLATE, "instance_market_options.market_type", "on-demand"),
    "fleet.container_insights": KeyRule(
        CLUSTER, "setting.value", "account", {words: key for key, words in INSIGHTS.items()}
    ),
    "task.network_mode": KeyRule(TASK, "network_mode", "bridge"),
    "task.ipc_mode": KeyRule(TASK, "ipc_mode", "default"),
    "task.cpu": KeyRule(TASK, "cpu"),
    "task.memory": KeyRule(TASK, "memory"),
    "task.execution_role_arn": KeyRule(TASK, "execution_role_arn", created=""),
    "task.task_role_arn": KeyRule(TASK, "task_role_arn", created=""),
    "task.log_kms_key_arn": KeyRule(LOGS, "kms_key_id", ""),
    "service.desired_count": KeyRule(SERVICE, "desired_count"),
    "service.deployment_strategy": KeyRule(
        SERVICE, f"{RELEASE}.strategy", ROLLING, {it.upper(): it for it in STRATEGIES}
    ),
    "service.bake_minutes": KeyRule(SERVICE, f"{RELEASE}.bake_time_in_minutes"),
    "service.linear_step_percent": KeyRule(
        SERVICE, f"{RELEASE}.linear_configuration.step_percent", 10
    ),
    "service.linear_step_minutes": KeyRule(
        SERVICE, f"{RELEASE}.linear_configuration.step_bake_time_in_minutes", 6
    ),
    "service.canary_percent": KeyRule(SERVICE, f"{RELEASE}.canary_configuration.canary_percent", 5),
    "service.canary_minutes": KeyRule(
        SERVICE, f"{RELEASE}.canary_configuration.canary_bake_time_in_minutes", 10
    ),
    "service.minimum_healthy_percent": KeyRule(SERVICE, "deployment_minimum_healthy_percent", 100),
    "service.maximum_percent": KeyRule(SERVICE, "deployment_maximum_percent", 200),
    "service.circuit_breaker": KeyRule(SERVICE, "deployment_circuit_breaker.enable", False),
    "service.rollback": KeyRule(SERVICE, "deployment_circuit_breaker.rollback", False),
    "service.health_check_grace_seconds": KeyRule(SERVICE, "health_check_grace_period_seconds", 0),
    "service.execute_command": KeyRule(SERVICE, "enable_execute_command", False),
    "service.placement": KeyRule(
        SERVICE, "ordered_placement_strategy.type", "default", {"binpack": "binpack"}
    ),
    "service.distinct_instances": KeyRule(
        SERVICE, "placement_constraints.type", False, {"distinctInstance": True}
    ),
    "alarms.rollback": KeyRule(SERVICE, "alarms.rollback", False),
    "autoscaling.min_tasks": KeyRule(SCALABLE_TARGET, "min_capacity"),
    "autoscaling.max_tasks": KeyRule(SCALABLE_TARGET, "max_capacity"),
    "load_balancer.internal": KeyRule(BALANCER, "internal", False),
    "load_balancer.port": KeyRule(LISTENER, "port"),
    "load_balancer.protocol": KeyRule(LISTENER, "protocol", "HTTP"),
    "load_balancer.certificate_arn": KeyRule(LISTENER, "certificate_arn", ""),
    "load_balancer.tls_policy": KeyRule(LISTENER, "ssl_policy", API_DEFAULT),
    "load_balancer.deletion_protection": KeyRule(BALANCER, "enable_deletion_protection", False),
    "load_balancer.idle_timeout_seconds": KeyRule(BALANCER, "idle_timeout", 60),
    "load_balancer.target_port": KeyRule(TARGETS, "port"),
    "load_balancer.target_protocol_version": KeyRule(TARGETS, "protocol_version", "HTTP1"),
    "load_balancer.algorithm": KeyRule(TARGETS, "load_balancing_algorithm_type", "round_robin"),
    "load_balancer.slow_start_seconds": KeyRule(TARGETS, "slow_start", 0),
    "load_balancer.deregistration_delay_seconds": KeyRule(TARGETS, "deregistration_delay", 300),
    "health_check.path": KeyRule(TARGETS, "health_check.path", "/"),
    "health_check.matcher": KeyRule(TARGETS, "health_check.matcher", "200"),
    "health_check.interval_seconds": KeyRule(TARGETS, "health_check.interval", 30),
    "health_check.timeout_seconds": KeyRule(TARGETS, "health_check.timeout", 5),
    "health_check.healthy_threshold": KeyRule(TARGETS, "health_check.healthy_threshold", 3),
    "health_check.unhealthy_threshold": KeyRule(TARGETS, "health_check.unhealthy_threshold", 3),
    "health_check.port": KeyRule(TARGETS, "health_check.port", "traffic-port"),
    "health_check.protocol": KeyRule(TARGETS, "health_check.protocol", "HTTP"),
}

BACKEND_KEY_RULES: Mapping[str, KeyRule] = {
    "state.bucket": KeyRule("backend", "bucket"),
    "state.key": KeyRule("backend", "key"),
    "state.region": KeyRule("backend", "region"),
}
"""For an S3 backend; of any other backend only the type is read."""

_MIXED = f"{GROUP}.mixed_instances_policy"
_SHARES = f"{_MIXED}.instances_distribution"
_CONTAINER = f"{TASK}.container_definitions"
READ_APART: Mapping[str, str] = {
    "stack.name": "var.name",
    "stack.role_path": "aws_iam_role.instance.path",
    "stack.permissions_boundary": "aws_iam_role.instance.permissions_boundary",
    "names.log_group": f"{LOGS}.name",
    "network.vpc_endpoints": "aws_vpc_endpoint.interface.for_each",
    "network.ingress_cidrs": "aws_vpc_security_group_ingress_rule.http.for_each",
    "network.ingress_prefix_list_ids": (
        "aws_vpc_security_group_ingress_rule.http_prefix_lists.for_each"
    ),
    "network.ingress_security_group_ids": (
        "aws_vpc_security_group_ingress_rule.http_groups.for_each"
    ),
    "fleet.instance_types": f"{_MIXED}.launch_template.override.instance_type",
    "fleet.on_demand_base": f"{_SHARES}.on_demand_base_capacity",
    "fleet.spot_percent": f"{_SHARES}.on_demand_percentage_above_base_capacity",
    "fleet.spot_allocation_strategy": f"{_SHARES}.spot_allocation_strategy",
    "fleet.ami": f"{TEMPLATE}.image_id",
    "fleet.ami_release": "data.aws_ssm_parameter.ami.name",
    "fleet.refresh_checkpoints": f"{GROUP}.{_PREFERENCES}.checkpoint_percentages",
    "fleet.instance_refresh": f"{GROUP}.instance_refresh",
    "fleet.tag_network_interfaces": f"{TEMPLATE}.tag_specifications.resource_type",
    "fleet.gpu_metrics": f"{TEMPLATE}.user_data",
    "fleet.large_images": f"{TEMPLATE}.user_data",
    "fleet.extra_user_data": f"{TEMPLATE}.user_data",
    "task.image": f"{_CONTAINER}.image",
    "task.container_name": f"{_CONTAINER}.name",
    "task.container_port": f"{_CONTAINER}.portMappings.containerPort",
    "task.host_port": f"{_CONTAINER}.portMappings.hostPort",
    "task.container_cpu": f"{_CONTAINER}.cpu",
    "task.container_memory": f"{_CONTAINER}.memory",
    "task.gpus": f"{_CONTAINER}.resourceRequirements.value",
    "task.environment": f"{_CONTAINER}.environment",
    "task.secrets": f"{_CONTAINER}.secrets",
    "task.capabilities": f"{_CONTAINER}.linuxParameters.capabilities.add",
    "task.shared_memory_mib": f"{_CONTAINER}.linuxParameters.sharedMemorySize",
    "task.init_process": f"{_CONTAINER}.linuxParameters.initProcessEnabled",
    "task.stop_timeout_seconds": f"{_CONTAINER}.stopTimeout",
    "container.registry_secret_arn": f"{_CONTAINER}.repositoryCredentials.credentialsParameter",
    "container.entry_point": f"{_CONTAINER}.entryPoint",
    "container.working_directory": f"{_CONTAINER}.workingDirectory",
    "container.user": f"{_CONTAINER}.user",
    "container.ulimits": f"{_CONTAINER}.ulimits",
    "container.labels": f"{_CONTAINER}.dockerLabels",
    "container.read_only_root": f"{_CONTAINER}.readonlyRootFilesystem",
    "container.restart": f"{_CONTAINER}.restartPolicy.enabled",
    "container.restart_period_seconds": f"{_CONTAINER}.restartPolicy.restartAttemptPeriod",
    "container.restart_ignored_exit_codes": f"{_CONTAINER}.restartPolicy.ignoredExitCodes",
    "container_health.command": f"{_CONTAINER}.healthCheck.command",
    "container_health.interval_seconds": f"{_CONTAINER}.healthCheck.interval",
    "container_health.timeout_seconds": f"{_CONTAINER}.healthCheck.timeout",
    "container_health.retries": f"{_CONTAINER}.healthCheck.retries",
    "container_health.start_period_seconds": f"{_CONTAINER}.healthCheck.startPeriod",
    "task.command": f"{_CONTAINER}.command",
    "sidecars.images": f"{_CONTAINER}.image",
    "sidecars.memory_mib": f"{_CONTAINER}.memory",
    "sidecars.cpu_units": f"{_CONTAINER}.cpu",
    "sidecars.essential": f"{_CONTAINER}.essential",
    "sidecars.depends_on": f"{_CONTAINER}.dependsOn",
    "sidecars.environment": f"{_CONTAINER}.environment",
    "sidecars.ports": f"{_CONTAINER}.portMappings",
    "task.log_group": f"{LOGS}.name",
    "task.log_retention_days": f"{LOGS}.retention_in_days",
    "task.log_stream_prefix": f"{_CONTAINER}.logConfiguration.options.awslogs-stream-prefix",
    "task.log_buffer_mib": f"{_CONTAINER}.logConfiguration.options.max-buffer-size",
    "stack.provider_minimum": "terraform.required_providers.aws.version",
    "service.test_port": f"{TEST_LISTENER}.port",
    "service.ignore_changes": f"{SERVICE}.lifecycle.ignore_changes",
    "alarms.enabled": f"{ALARM}.alarm_name",
    "alarms.topic_arn": f"{ALARM}.alarm_actions",
    **{key: f"{ADDRESS}{name}.threshold" for name, key in LIMITS.items()},
    "alarms.dashboard": f"{DASHBOARD}.dashboard_body",
    "autoscaling.enabled": f"{SCALABLE_TARGET}.resource_id",
    **{
        key: f"{address}.{TRACKING}.target_value"
        for key, address in SCALING_POLICIES.items()
        if address != _METRIC_POLICY
    },
    **{
        f"autoscaling.metric_{name}": f"{_METRIC_POLICY}.{CUSTOM_METRIC}.{attribute}"
        for name, attribute in (
            ("name", "metric_name"),
            ("namespace", "namespace"),
            ("dimensions", "dimensions"),
            ("statistic", "statistic"),
        )
    },
    "autoscaling.metric_target": f"{_METRIC_POLICY}.{TRACKING}.target_value",
    **{
        f"autoscaling.scale_{way}_cooldown_seconds": (
            f"{next(iter(SCALING_POLICIES.values()))}.{TRACKING}.scale_{way}_cooldown"
        )
        for way in ("out", "in")
    },
    "autoscaling.schedules": f"{SCHEDULED_ACTIONS}.for_each",
    "autoscaling.timezone": f"{SCHEDULED_ACTIONS}.timezone",
    **{
        f"load_balancer.access_log_{name}": f"{BALANCER}.access_logs.{name}"
        for name in ("bucket", "prefix")
    },
    "load_balancer.host_name": "var.host_name",
    "load_balancer.hosted_zone_id": f"{RECORD}.zone_id",
    "load_balancer.web_acl_arn": f"{WEB_ACL}.web_acl_arn",
    "load_balancer.stickiness_seconds": f"{TARGETS}.stickiness.cookie_duration",
    "state.backend": "terraform.backend",
}
"""The decisions whose reading needs more than one attribute or a conversion: key → address and path
of the place where they are written. Their readers are in answers.py, balancer.py, container.py,
fleet/, network.py, monitoring.py and scaling/."""

KNOWN = (
    frozenset(
        rule.address
        for rule in KEY_RULES.values()
        if rule.address.startswith("aws_") and rule.address != LISTENER
    )
    | {CLUSTER, LOGS, *LISTENERS, *SCALING_POLICIES.values()}
    | {ALARM, DASHBOARD, *(f"{ADDRESS}{it}" for it in LIMITS)}
)
"""Resource addresses; a directory whose Terraform has one of them can be opened."""

HELPERS = frozenset(
    {
        f"{ADDRESS}{NONE_HEALTHY}",
        "aws_ecs_cluster_capacity_providers.this",
        "aws_iam_instance_profile.this",
        "aws_iam_role.execution",
        "aws_iam_role.infrastructure",
        "aws_iam_role.instance",
        "aws_iam_role.task",
        "aws_iam_role_policy.execute_command",
        "aws_iam_role_policy.secrets",
        "aws_iam_role_policy_attachment.execution",
        "aws_iam_role_policy_attachment.infrastructure",
        "aws_iam_role_policy_attachment.instance_cloudwatch",
        "aws_iam_role_policy_attachment.instance_ecs",
        "aws_iam_role_policy_attachment.instance_ssm",
        "aws_lb_listener.redirect",
        TEST_LISTENER,
        "aws_lb_listener_rule.production",
        "aws_lb_listener_rule.test",
        "aws_lb_target_group.alternate",
        "aws_security_group.endpoints",
        "aws_security_group.instances",
        "aws_security_group.load_balancer",
        "aws_vpc_endpoint.interface",
        "aws_vpc_endpoint.s3",
        "aws_vpc_security_group_egress_rule.instances_to_anywhere",
        "aws_vpc_security_group_egress_rule.instances_to_anywhere_ipv6",
        "aws_vpc_security_group_egress_rule.load_balancer_to_health_check",
        "aws_vpc_security_group_egress_rule.load_balancer_to_tasks",
        "aws_vpc_security_group_ingress_rule.endpoints_from_vpc",
        "aws_vpc_security_group_ingress_rule.health_check_from_load_balancer",
        "aws_vpc_security_group_ingress_rule.http",
        "aws_vpc_security_group_ingress_rule.http_groups",
        "aws_vpc_security_group_ingress_rule.http_prefix_lists",
        "aws_vpc_security_group_ingress_rule.https",
        "aws_vpc_security_group_ingress_rule.https_groups",
        "aws_vpc_security_group_ingress_rule.https_prefix_lists",
        "aws_vpc_security_group_ingress_rule.listener",
        "aws_vpc_security_group_ingress_rule.redirect",
        "aws_vpc_security_group_ingress_rule.test",
        "aws_vpc_security_group_ingress_rule.test_groups",
        "aws_vpc_security_group_ingress_rule.test_prefix_lists",
        "aws_vpc_security_group_ingress_rule.tasks_from_load_balancer",
        SCHEDULED_ACTIONS,
        RECORD,
        WEB_ACL,
        FLEET_TIES,
        PORT_HANDOVER,
    }
)
"""The other resources of a stack: they follow from the answers, and no key is read only from
them."""
