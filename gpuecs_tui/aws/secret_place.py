"""Where the secret of a container is stored: service, Region and name."""

from __future__ import annotations

from dataclasses import dataclass

_ARN_PARTS = 7
"""Parts of a Secrets Manager ARN before JSON key, version stage and version id."""


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """A secret of Secrets Manager or a parameter of SSM, as ``valueFrom`` names it."""

    service: str
    """``secretsmanager`` or ``ssm``."""
    region: str
    """Empty for a parameter given by its name: it is in the Region of the task (ECS API
    reference, Secret)."""
    account: str
    """Empty for a parameter that is given by its name."""
    id: str
    """The ARN of a secret without what follows its name; the name of a parameter."""


def secret_place(value: str) -> SecretPlace:
    """Parse ``valueFrom``. Accepts any text: a text that is not an ARN is a parameter's name."""
    parts = value.split(":")
    if len(parts) < _ARN_PARTS - 1 or parts[0] != "arn":
        return SecretPlace("ssm", "", "", value)
    service, region, account = parts[2:5]
    if service == "secretsmanager":
        return SecretPlace(service, region, account, ":".join(parts[:_ARN_PARTS]))
    return SecretPlace(service, region, account, value.split(":parameter", 1)[-1])
