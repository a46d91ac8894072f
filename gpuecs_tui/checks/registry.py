"""All rules, and the one call that screens and commands make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.checks.context import Context, context_of
from gpuecs_tui.checks.finding import NOT_VALID, Finding, Fix, error
from gpuecs_tui.checks.network.egress import egress
from gpuecs_tui.checks.network.ingress import CIDR_BITS, cidr_bits, rule_limit
from gpuecs_tui.checks.network.ports import port_range, static_port
from gpuecs_tui.checks.network.security_path import security_path
from gpuecs_tui.checks.network.zones import lb_zones, zone_offering
from gpuecs_tui.checks.rules.account_roles import ebs_key, service_linked_role
from gpuecs_tui.checks.rules.ami import ami_type
from gpuecs_tui.checks.rules.count_reset import count_reset
from gpuecs_tui.checks.rules.earlier_version import earlier_version
from gpuecs_tui.checks.rules.fit import cpu_fit, gpu_fit, memory_fit
from gpuecs_tui.checks.rules.foreign_container import foreign_container
from gpuecs_tui.checks.rules.gpu_type import gpu_type
from gpuecs_tui.checks.rules.initial_size import initial_size
from gpuecs_tui.checks.rules.names import NAMES, name_limit, name_taken
from gpuecs_tui.checks.rules.own_state import STATE_RULES
from gpuecs_tui.checks.rules.permissions import role_missing
from gpuecs_tui.checks.rules.privileges import capability, imds_reach
from gpuecs_tui.checks.rules.provider import provider_version
from gpuecs_tui.checks.rules.references import certificate, image_exists, secret_exists
from gpuecs_tui.checks.rules.region import region
from gpuecs_tui.checks.rules.registries import registry_login
from gpuecs_tui.checks.rules.role_permissions import role_permissions
from gpuecs_tui.checks.rules.scale import (
    eni_limit,
    free_addresses,
    quota,
    rollout_surge,
    zero_scale_cost,
)
from gpuecs_tui.checks.rules.sizes import group_limit, policy_size, task_size
from gpuecs_tui.checks.rules.timing import delete_timeout, drain_timing, health_timing
from gpuecs_tui.checks.user_data.rule import user_data
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.model import KEYS, Stack
from gpuecs_tui.stack.partial import NotKnown
from gpuecs_tui.stack.problems import Problem
from gpuecs_tui.stack.resolve import Answers
from gpuecs_tui.stack.state_facts import StateFacts

Rule = Callable[[Context], Iterator[Finding]]

RULES: dict[str, Rule] = {
    "region": region,
    "provider-version": provider_version,
    "gpu-type": gpu_type,
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
    "task-size": task_size,
    "policy-size": policy_size,
    "group-limit": group_limit,
    "capability": capability,
    "imds-reach": imds_reach,
    "user-data": user_data,
    "registry-login": registry_login,
    "health-timing": health_timing,
    "drain-timing": drain_timing,
    "delete-timeout": delete_timeout,
    "rollout-surge": rollout_surge,
    "zero-scale-cost": zero_scale_cost,
    "quota": quota,
    "certificate": certificate,
    "role-missing": role_missing,
    "role-permissions": role_permissions,
    "service-linked-role": service_linked_role,
    "ebs-key": ebs_key,
    "count-reset": count_reset,
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
    bootstrap: str = "",
    state: StateFacts | None = None,
    now: datetime | None = None,
) -> list[Finding]:
    """Return what every rule finds: errors first, then warnings, then what is unknown.

    Without ``account`` all that depends on it is unknown. ``owned`` are the names, ids and ARNs of
    what the stack's own Terraform state holds (None: it couldn't be read), so that a stack is no
    clash with itself. ``provider`` is the version of the AWS provider that its directory asks for;
    empty where the choice is open. ``bootstrap`` is the text of its user data file; empty: as it is
    written. ``state`` says how the stack's state is kept and why it is not read. A stack that isn't
    complete yet may be given: rules pass over what is empty. Of a ``partial`` stack a rule says
    what it can before it needs an unknown answer.
    """
    context = context_of(stack, account, owned, now, provider, bootstrap, state)
    found: list[Finding] = []
    for rule in RULES.values():
        try:
            for finding in rule(context):
                found.append(finding)
        except NotKnown:
            # Why the rest is open is a finding of its own (not_read).
            continue
    return sorted(found, key=lambda it: it.rank)


def findings_from_problems(
    problems: Iterable[Problem], answers: Answers | None = None
) -> list[Finding]:
    """Return the problems of answers that are no stack (``stack.problems``) as errors.

    With the ``answers``, one that has a single correction gets it as its fix.
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
