"""Sorts the texts with which EC2 Auto Scaling says why an instance could not be launched.

Wording: EC2 Auto Scaling user guide, "Troubleshoot Amazon EC2 Auto Scaling: EC2 instance launch
failures", and EC2 API reference, "Error codes".
"""

from __future__ import annotations

import re

from gpuecs_tui.deployment.signals import Signals

_LAUNCHES = Signals(
    {
        "vcpu-limit": r"VcpuLimitExceeded|more vCPU capacity than your",
        "spot-limit": r"MaxSpotInstanceCountExceeded|Max spot instance count exceeded",
        "spot-none": r"no Spot capacity available|SpotMaxPriceTooLow|capacity-not-available",
        "no-capacity": r"do not have sufficient .*capacity|InsufficientInstanceCapacity"
        r"|InsufficientCapacity|insufficient capacity",
        "slr-missing": r"service.linked role|AWSServiceRoleFor",
        "kms-denied": r"InvalidKMSKey|Client\.InternalError|Client error on launch|\bKMS\b",
        "profile-bad": r"IAM Instance Profile|iamInstanceProfile",
        "no-address": r"InsufficientFreeAddresses|free addresses",
        "bad-template": r"Invalid id|InvalidAMI|launch template|key pair|UnsupportedOperation"
        r"|image id|\bAMI\b|security group .* does not exist|subnet ID .* does not exist"
        r"|is not supported in your requested Availability Zone|InvalidParameter",
    }
)
OTHER = "launch-other"
_TYPE = re.compile(r"sufficient ([a-z0-9-]+\.[a-z0-9-]+) capacity")
_ZONE = re.compile(r"\(([a-z]{2}(?:-[a-z]+)+-\d[a-z])\)|Availability Zone ([a-z-]+-\d[a-z])\b")
_LIMIT = re.compile(r"vCPU limit of (\d+)")


def cause_of(text: str) -> str:
    """Return the id of the cause that the message of a failed launch names."""
    return _LAUNCHES.cause_in(text) or OTHER


def instance_type(text: str) -> str:
    """Return the instance type that a message about capacity names, or an empty text."""
    found = _TYPE.search(text)
    return found[1] if found else ""


def zone(text: str) -> str:
    """Return the Availability Zone that a message names, or an empty text."""
    found = _ZONE.search(text)
    return (found[1] or found[2]) if found else ""


def vcpu_limit(text: str) -> int | None:
    """Return the vCPU limit that a message names; None if it names none."""
    found = _LIMIT.search(text)
    return int(found[1]) if found else None
