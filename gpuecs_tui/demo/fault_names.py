"""The faults that the emulated account can be given: names, what they mean, which rule finds them.

Imports nothing of moto: the command line lists and refuses names before any account is started.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from gpuecs_tui.i18n import N_, _

_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9*]+")
"""A call as IAM names it; ``*`` stands for any letters."""
_NUMBER = re.compile(r"[1-9][0-9]{0,4}")
_WORD = re.compile(r"[A-Za-z0-9._/-]+")


class UnknownFault(ValueError):
    """No fault of that name, or one with an operand that it doesn't take; one sentence."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that can be wrong with an account."""

    name: str
    sentence: str
    """What is wrong then, untranslated."""
    rule: str = ""
    """The rule of failure-modes.md that tells it of a stack that depends on it; empty where the
    rules can't be sure any more (``unknown``)."""
    operand: str = ""
    """What follows the name after a colon: its placeholder in the list; empty: nothing may."""
    default: str = ""
    """The operand where none is given; empty: one must be."""
    pattern: re.Pattern[str] = _WORD


_ALL: Final = (
    Fault("region-disabled", N_("The account hasn't opted into the region."), "region"),
    Fault(
        "no-gpu-types",
        N_("The region offers no instance type with GPUs."),
        "zone-offering",
    ),
    Fault(
        "zone-without-type",
        N_("Of the three zones only the first offers the instance type TYPE."),
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
    Fault("no-egress", N_("No route leads to a NAT gateway."), "egress"),
    Fault(
        "few-addresses",
        N_("Three free addresses are left in every subnet."),
        "free-addresses",
    ),
    Fault(
        "security-closed",
        N_("No security group lets anybody in."),
        "security-path",
    ),
    Fault(
        "few-rules",
        N_("A security group takes NUMBER rules. HTTPS needs 2 for each address range."),
        "rule-limit",
        "NUMBER",
        "1",
        _NUMBER,
    ),
    Fault("ami-missing", N_("The account's own AMIs are gone."), "ami-type"),
    Fault("ami-without-gpu", N_("The account's own AMIs have no NVIDIA driver."), "ami-type"),
    Fault("image-missing", N_("The ECR repositories are empty."), "image-exists"),
    Fault(
        "image-other-architecture",
        N_("The images in ECR are for arm64 only."),
        "image-exists",
    ),
    Fault("repository-missing", N_("There is no ECR repository."), "image-exists"),
    Fault("secret-missing", N_("There is no secret and no parameter of one."), "secret-exists"),
    Fault("certificate-expired", N_("Every certificate has expired."), "certificate"),
    Fault("certificate-pending", N_("No certificate is issued yet."), "certificate"),
    Fault(
        "name-taken",
        N_("What a stack NAME creates under fixed names exists: cluster, roles, profile, logs."),
        "name-taken",
        "NAME",
        "demo-llm",
    ),
    Fault("role-missing", N_("There is no IAM role that a task could have."), "role-missing"),
    Fault(
        "role-untrusted",
        N_("No IAM role trusts ECS tasks or EC2 instances."),
        "role-missing",
    ),
    Fault("role-powerless", N_("No IAM role has a policy."), "role-permissions"),
    Fault(
        "service-linked-role-missing",
        N_("ECS, Auto Scaling, load balancing and spot have no service-linked role."),
        "service-linked-role",
    ),
    Fault(
        "ebs-customer-key",
        N_("EBS encrypts under a customer key that Auto Scaling may not use."),
        "ebs-key",
    ),
    Fault(
        "profile-without-role",
        N_("The instance profiles have no role."),
        "role-missing",
    ),
    Fault("key-pair-missing", N_("There is no key pair."), "role-missing"),
    Fault(
        "service-scaled",
        N_("Application Auto Scaling keeps each ECS service between 1 and 4 tasks."),
        "count-reset",
    ),
    Fault(
        "denied",
        N_("The call CALL is refused, such as ec2:DescribeKeyPairs or iam:*."),
        operand="CALL",
        pattern=_ACTION,
    ),
    Fault(
        "throttled",
        N_("The call CALL is refused for being made too often."),
        operand="CALL",
        pattern=_ACTION,
    ),
    Fault(
        "hanging",
        N_("The call CALL is not answered."),
        operand="CALL",
        pattern=_ACTION,
    ),
    Fault(
        "slow",
        N_("Every call takes MILLISECONDS longer."),
        operand="MILLISECONDS",
        default="150",
        pattern=_NUMBER,
    ),
)

FAULTS: Mapping[str, Fault] = {fault.name: fault for fault in _ALL}
"""Name → fault, in the order in which they are listed."""

LIST = "list"
"""Given instead of a name, the faults are printed."""


def take_apart(word: str) -> tuple[Fault, str]:
    """Return the fault that ``NAME`` or ``NAME:OPERAND`` means, and its operand.

    Raises UnknownFault.
    """
    name, colon, operand = word.partition(":")
    fault = FAULTS.get(name)
    if fault is None:
        raise UnknownFault(
            _("there is no demo fault {name}; see --demo-fault list").format(name=name)
        )
    operand = operand if colon else fault.default
    if bool(operand) != bool(fault.operand) or (operand and not fault.pattern.fullmatch(operand)):
        raise UnknownFault(
            _("the demo fault {name} is written {shape}").format(name=name, shape=shape(fault))
        )
    return fault, operand


def shape(fault: Fault) -> str:
    """Return how a fault is written: ``quota-zero``, ``slow[:MILLISECONDS]``, ``denied:CALL``."""
    if not fault.operand:
        return fault.name
    return f"{fault.name}[:{fault.operand}]" if fault.default else f"{fault.name}:{fault.operand}"


def overview() -> str:
    """Return all faults, one a line with its sentence, as ``--demo-fault list`` prints them."""
    width = max(len(shape(fault)) for fault in _ALL)
    return "\n".join(f"{shape(fault):<{width}}  {_(fault.sentence)}" for fault in _ALL)


def told(words: Iterable[str]) -> tuple[str, ...]:
    """Return ``words`` without repetitions, in order; raises UnknownFault."""
    kept = tuple(dict.fromkeys(words))
    for word in kept:
        take_apart(word)
    return kept
