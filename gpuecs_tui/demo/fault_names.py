"""The faults that the demo account can simulate: name, meaning, and the rule that finds each.

Here are those of the account, which a check finds; service_faults has those of a running service.

Imports no moto: the command line lists and checks names before an account is started.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from gpuecs_tui.demo.fault import ACTION, NUMBER, Fault
from gpuecs_tui.demo.service_faults import SERVICE_FAULTS
from gpuecs_tui.i18n import N_, _

_NEAR = 0.75
"""Similarity from which a name is suggested, as difflib counts it: ``oom`` is 0.67 to ``foo``, and
a typing error in a name of five letters is 0.8."""


class UnknownFault(ValueError):
    """An unknown fault, or a fault with an invalid operand; the text is for the user."""


_ALL: Final = (
    Fault("region-disabled", N_("The Region is not enabled for the account."), "region"),
    Fault(
        "no-gpu-types",
        N_("The Region offers no GPU instance types."),
        "zone-offering",
    ),
    Fault(
        "zone-without-type",
        N_("Only the first of three Availability Zones offers the instance type TYPE."),
        "zone-offering",
        "TYPE",
        "g4dn.xlarge",
    ),
    Fault("quota-zero", N_("Every vCPU quota for GPU instances is 0."), "quota"),
    Fault(
        "no-public-subnets",
        N_("No subnet has a route to an internet gateway."),
        "lb-zones",
    ),
    Fault("no-egress", N_("No route table has a route to a NAT gateway."), "egress"),
    Fault(
        "few-addresses",
        N_("Every subnet has only three free IP addresses."),
        "free-addresses",
    ),
    Fault(
        "security-closed",
        N_("No security group allows inbound traffic."),
        "security-path",
    ),
    Fault(
        "few-rules",
        N_("The quota is NUMBER rules per security group. HTTPS needs 2 for each address range."),
        "rule-limit",
        "NUMBER",
        "1",
        NUMBER,
    ),
    Fault("ami-missing", N_("The account's own AMIs do not exist."), "ami-type"),
    Fault("ami-without-gpu", N_("The account's own AMIs have no NVIDIA driver."), "ami-type"),
    Fault("image-missing", N_("The ECR repositories are empty."), "image-exists"),
    Fault(
        "image-other-architecture",
        N_("The images in ECR are for arm64 only."),
        "image-exists",
    ),
    Fault("repository-missing", N_("The account has no ECR repository."), "image-exists"),
    Fault(
        "secret-missing",
        N_("No secret exists in Secrets Manager or Parameter Store."),
        "secret-exists",
    ),
    Fault("certificate-expired", N_("Every certificate has expired."), "certificate"),
    Fault("certificate-pending", N_("No certificate has been issued yet."), "certificate"),
    Fault(
        "name-taken",
        N_(
            "The fixed names of a stack NAME are taken: cluster, roles, instance profile, log "
            "group."
        ),
        "name-taken",
        "NAME",
        "demo-llm",
    ),
    Fault("role-missing", N_("No IAM role exists that a task can use."), "role-missing"),
    Fault(
        "role-untrusted",
        N_("No IAM role trusts ECS tasks or EC2 instances."),
        "role-missing",
    ),
    Fault("role-powerless", N_("No IAM role has a policy."), "role-permissions"),
    Fault(
        "service-linked-role-missing",
        N_("ECS, Auto Scaling, Elastic Load Balancing and Spot have no service-linked role."),
        "service-linked-role",
    ),
    Fault(
        "ebs-customer-key",
        N_("EBS encrypts with a customer managed key that Auto Scaling may not use."),
        "ebs-key",
    ),
    Fault(
        "log-key-denied",
        N_("No KMS key has a policy that allows CloudWatch Logs to use it."),
        "log-key",
    ),
    Fault(
        "profile-without-role",
        N_("The instance profiles have no role."),
        "role-missing",
    ),
    Fault("key-pair-missing", N_("The account has no key pair."), "role-missing"),
    Fault(
        "service-scaled",
        N_("Application Auto Scaling keeps each ECS service between 1 and 4 tasks."),
        "count-reset",
    ),
    Fault(
        "denied",
        N_("AWS denies the call CALL, for example ec2:DescribeKeyPairs or iam:*."),
        operand="CALL",
        pattern=ACTION,
    ),
    Fault(
        "throttled",
        N_("AWS throttles the call CALL."),
        operand="CALL",
        pattern=ACTION,
    ),
    Fault(
        "hanging",
        N_("AWS does not respond to the call CALL."),
        operand="CALL",
        pattern=ACTION,
    ),
    Fault(
        "slow",
        N_("Every call takes MILLISECONDS longer."),
        operand="MILLISECONDS",
        default="150",
        pattern=NUMBER,
    ),
    *SERVICE_FAULTS,
)

FAULTS: Mapping[str, Fault] = {fault.name: fault for fault in _ALL}
"""Name → fault, in the order in which they are listed."""

LIST = "list"
"""The value of --demo-fault with which all faults are listed."""


def take_apart(word: str) -> tuple[Fault, str]:
    """Return the fault that ``NAME`` or ``NAME:OPERAND`` means, and its operand.

    Raises UnknownFault.
    """
    name, colon, operand = word.partition(":")
    fault = FAULTS.get(name)
    if fault is None:
        raise UnknownFault(_unknown(name))
    operand = operand if colon else fault.default
    if bool(operand) != bool(fault.operand) or (operand and not fault.pattern.fullmatch(operand)):
        raise UnknownFault(
            _("invalid demo fault {name}: use {shape}").format(name=name, shape=shape(fault))
        )
    return fault, operand


def _unknown(name: str) -> str:
    nearest = get_close_matches(name, FAULTS, 1, _NEAR)
    if nearest:
        return _(
            "unknown demo fault {name}: did you mean {nearest}? (list all faults with --demo-fault "
            "list)"
        ).format(name=name, nearest=nearest[0])
    return _("unknown demo fault {name} (list all faults with --demo-fault list)").format(name=name)


def shape(fault: Fault) -> str:
    """Return the syntax of a fault: ``quota-zero``, ``slow[:MILLISECONDS]``, ``denied:CALL``."""
    if not fault.operand:
        return fault.name
    return f"{fault.name}[:{fault.operand}]" if fault.default else f"{fault.name}:{fault.operand}"


def overview() -> str:
    """Return all faults, one per line with its description, as ``--demo-fault list`` prints
    them."""
    width = max(len(shape(fault)) for fault in _ALL)
    return "\n".join(f"{shape(fault):<{width}}  {_(fault.sentence)}" for fault in _ALL)


def told(words: Iterable[str]) -> tuple[str, ...]:
    """Return ``words`` without repetitions, in order; raises UnknownFault."""
    kept = tuple(dict.fromkeys(words))
    for word in kept:
        take_apart(word)
    return kept
