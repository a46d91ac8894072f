"""Where a secret that a container gets is kept: its service, region and name."""

from __future__ import annotations

from dataclasses import dataclass

_ARN_PARTS = 7
"""Of a Secrets Manager ARN that come before JSON key, version stage and version id."""


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """A secret of Secrets Manager or a parameter of SSM, as ``valueFrom`` names it."""

    service: str
    """``secretsmanager`` or ``ssm``."""
    region: str
    """Empty for a parameter that is given by its name: it is of the task's region (ECS API
    reference, Secret)."""
    account: str
    """Empty for a parameter that is given by its name."""
    id: str
    """The ARN of a secret without what follows its name; the name of a parameter."""


def secret_place(value: str) -> SecretPlace:
    """Take ``valueFrom`` apart. Any text is taken: one that is no ARN is a parameter's name."""
    parts = value.split(":")
    if len(parts) < _ARN_PARTS - 1 or parts[0] != "arn":
        return SecretPlace("ssm", "", "", value)
    service, region, account = parts[2:5]
    if service == "secretsmanager":
        return SecretPlace(service, region, account, ":".join(parts[:_ARN_PARTS]))
    return SecretPlace(service, region, account, value.split(":parameter", 1)[-1])
