"""All rules, and the one function that screens and commands call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.checks.context import Context, context_of
from gpuecs_tui.checks.finding import NOT_VALID, Finding, Fix, error
from gpuecs_tui.checks.monitoring.alarm_topic import ALARM_TOPIC, alarm_topic
from gpuecs_tui.checks.monitoring.gpu_metrics import (
    GPU_AVERAGE,
    GPU_METRICS,
    gpu_average,
    gpu_metrics,
)
from gpuecs_tui.checks.monitoring.insights import INSIGHTS_KEPT, container_insights
from gpuecs_tui.checks.monitoring.log_key import LOG_KEY, log_key
from gpuecs_tui.checks.network.egress import egress
from gpuecs_tui.checks.network.host_name import host_name
from gpuecs_tui.checks.network.ingress import CIDR_BITS, cidr_bits, rule_limit
from gpuecs_tui.checks.network.ingress_sources import ingress_sources
from gpuecs_tui.checks.network.ports import port_range, static_port
from gpuecs_tui.checks.network.security_path import security_path
from gpuecs_tui.checks.network.web_acl import web_acl
from gpuecs_tui.checks.network.zones import lb_zones, zone_offering
from gpuecs_tui.checks.rules.access_logs import access_logs
from gpuecs_tui.checks.rules.account_roles import ebs_key, service_linked_role
from gpuecs_tui.checks.rules.ami import ami_type
from gpuecs_tui.checks.rules.container import (
    container_health,
    ipc_mode,
    read_only_root,
    restart_policy,
)
from gpuecs_tui.checks.rules.count_reset import count_reset
from gpuecs_tui.checks.rules.earlier_version import earlier_version
from gpuecs_tui.checks.rules.fit import cpu_fit, gpu_fit, memory_fit
from gpuecs_tui.checks.rules.foreign_container import foreign_container
from gpuecs_tui.checks.rules.from_zero import FROM_ZERO, scaling_from_zero
from gpuecs_tui.checks.rules.gpu_type import gpu_type
from gpuecs_tui.checks.rules.initial_size import initial_size
from gpuecs_tui.checks.rules.live_scaling import SUSPENDED, scaling_suspended
from gpuecs_tui.checks.rules.names import NAMES, name_limit, name_taken
from gpuecs_tui.checks.rules.own_state import STATE_RULES
from gpuecs_tui.checks.rules.permissions import role_missing
from gpuecs_tui.checks.rules.privileges import capability, imds_reach
from gpuecs_tui.checks.rules.provider import provider_version
from gpuecs_tui.checks.rules.references import certificate, image_exists, secret_exists
from gpuecs_tui.checks.rules.region import region
from gpuecs_tui.checks.rules.registries import registry_login
from gpuecs_tui.checks.rules.releases import (
    NETWORK,
    PROVIDER,
    SCALING,
    STICKINESS,
    TARGETS,
    release_network,
    release_provider,
    release_scaling,
    release_stickiness,
    release_targets,
)
from gpuecs_tui.checks.rules.role_permissions import role_permissions
from gpuecs_tui.checks.rules.scale import (
    eni_limit,
    free_addresses,
    rollout_surge,
    zero_scale_cost,
)
from gpuecs_tui.checks.rules.sizes import group_limit, policy_size, task_size
from gpuecs_tui.checks.rules.task_scaling import (
    COOLDOWN,
    GROUP,
    IDLE,
    SCHEDULE,
    group_scaling,
    scaling_cooldown,
    scaling_idle,
    scaling_schedule,
)
from gpuecs_tui.checks.rules.timing import delete_timeout, drain_timing, health_timing
from gpuecs_tui.checks.rules.tls_policy import tls_policy
from gpuecs_tui.checks.sizing.quota import quota
from gpuecs_tui.checks.sizing.type_mix import MIX, SHARE, spot_share, type_mix
from gpuecs_tui.checks.user_data.rule import user_data
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.model import KEYS, Stack
from gpuecs_tui.stack.partial import NotKnown
from gpuecs_tui.stack.problems import Problem
from gpuecs_tui.stack.provider import NO_MIRROR, Mirrored
from gpuecs_tui.stack.resolve import Answers
from gpuecs_tui.stack.state_facts import StateFacts

Rule = Callable[[Context], Iterator[Finding]]

RULES: dict[str, Rule] = {
    "region": region,
    "provider-version": provider_version,
    PROVIDER: release_provider,
    NETWORK: release_network,
    SCALING: release_scaling,
    STICKINESS: release_stickiness,
    TARGETS: release_targets,
    "gpu-type": gpu_type,
    MIX: type_mix,
    SHARE: spot_share,
    "ami-type": ami_type,
    "memory-fit": memory_fit,
    "cpu-fit": cpu_fit,
    "gpu-fit": gpu_fit,
    "static-port": static_port,
    "port-range": port_range,
    "eni-limit": eni_limit,
    "initial-size": initial_size,
    "zone-offering": zone_offering,
    "lb-zones": lb_zones,
    "free-addresses": free_addresses,
    "egress": egress,
    "security-path": security_path,
    "cidr-bits": cidr_bits,
    "rule-limit": rule_limit,
    "ingress-sources": ingress_sources,
    "host-name": host_name,
    "task-size": task_size,
    "policy-size": policy_size,
    "group-limit": group_limit,
    "capability": capability,
    "imds-reach": imds_reach,
    "user-data": user_data,
    "registry-login": registry_login,
    "health-timing": health_timing,
    "container-health": container_health,
    "restart-policy": restart_policy,
    "ipc-mode": ipc_mode,
    "read-only-root": read_only_root,
    "drain-timing": drain_timing,
    "delete-timeout": delete_timeout,
    "rollout-surge": rollout_surge,
    "zero-scale-cost": zero_scale_cost,
    IDLE: scaling_idle,
    FROM_ZERO: scaling_from_zero,
    COOLDOWN: scaling_cooldown,
    SCHEDULE: scaling_schedule,
    GPU_AVERAGE: gpu_average,
    GPU_METRICS: gpu_metrics,
    INSIGHTS_KEPT: container_insights,
    GROUP: group_scaling,
    "quota": quota,
    "certificate": certificate,
    "tls-policy": tls_policy,
    "web-acl": web_acl,
    "access-logs": access_logs,
    "role-missing": role_missing,
    "role-permissions": role_permissions,
    "service-linked-role": service_linked_role,
    "ebs-key": ebs_key,
    LOG_KEY: log_key,
    ALARM_TOPIC: alarm_topic,
    "count-reset": count_reset,
    SUSPENDED: scaling_suspended,
    "image-exists": image_exists,
    "secret-exists": secret_exists,
    "name-limit": name_limit,
    "name-taken": name_taken,
    "earlier-version": earlier_version,
    "foreign-container": foreign_container,
    **STATE_RULES,
}
"""Rule id (failure-modes.md) → rule."""


def check(
    stack: Stack,
    account: AccountFacts | None,
    *,
    owned: frozenset[str] | None = frozenset(),
    provider: str = "",
    rollbacks: Mapping[str, bool] | None = None,
    bootstrap: str = "",
    state: StateFacts | None = None,
    now: datetime | None = None,
    other_scalers: tuple[str, ...] = (),
    mirrored: Mirrored = NO_MIRROR,
) -> list[Finding]:
    """Return the findings of every rule: errors first, then warnings, then unknowns.

    Without ``account``, everything that depends on it is unknown. ``owned`` are the names, ids and
    ARNs of the resources in the stack's own Terraform state (None: it could not be read), so that a
    stack doesn't clash with itself. ``provider`` is the version of the AWS provider that the
    directory requires; empty if none is fixed. ``rollbacks`` are its services that roll back when
    Terraform is interrupted (``Context.rollbacks``). ``bootstrap`` is the text of the user data
    file; empty: the file that gpuecs-tui writes. ``state`` says how the stack's state is kept and
    why it is not read. ``other_scalers`` are addresses in its directory that scale the Auto Scaling
    group. ``mirrored`` is the folder from which a run takes the AWS provider. The stack may be
    incomplete: rules skip empty values. For a ``partial``
    stack, a rule reports what it can before it needs an unknown answer.
    """
    context = context_of(
        stack, account, owned, now, provider, bootstrap, state, rollbacks, other_scalers, mirrored
    )
    found: list[Finding] = []
    for rule in RULES.values():
        try:
            for finding in rule(context):
                found.append(finding)
        except NotKnown:
            # The rule not-read reports why the answer is unknown.
            continue
    return sorted(found, key=lambda it: it.rank)


def findings_from_problems(
    problems: Iterable[Problem], answers: Answers | None = None
) -> list[Finding]:
    """Return the problems of answers that make no valid stack (``stack.problems``) as errors.

    With ``answers``, a problem with a single correction gets that correction as its fix.
    """
    return [_of_problem(it, answers or {}) for it in problems]


def _of_problem(it: Problem, answers: Answers) -> Finding:
    key = KEYS[it.key]
    value = answers.get(it.key)
    fix: Fix | None = None
    if value and not key.type_problem(value) and (text := key.corrected(key.unparse(value))):
        fix = ((it.key, key.parse(text)),)
    return error(
        CIDR_BITS if fix else _rule_of(it.key),
        it.key,
        _("{key} {message}.").format(key=it.key, message=it.message),
        "" if fix else _("correct {key}").format(key=it.key),
        fix,
    )


def _rule_of(key: str) -> str:
    return "name-limit" if key in NAMES else NOT_VALID
