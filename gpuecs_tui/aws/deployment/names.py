"""The names by which the running parts of a deployed stack are found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpuecs_tui.aws.deployment.facts import DeployedNames
from gpuecs_tui.stack.model import Stack


def names_of(stack: Stack, outputs: Mapping[str, Any]) -> DeployedNames | None:
    """Return the names by which the running parts of a stack are found; None if it has no name.

    ``outputs`` of the last apply (name → {"value": …}) take precedence, because ``stack`` may have
    changed since.
    """
    names = stack.names
    applied = {name: str(it.get("value") or "") for name, it in outputs.items()}
    # arn:…:targetgroup/NAME/ID
    target_group, alternate = (
        applied.get(f"{name}target_group_arn", "").rpartition(":")[2].split("/")[1:2]
        for name in ("", "alternate_")
    )
    found = DeployedNames(
        applied.get("cluster_name") or names.cluster,
        applied.get("service_name") or names.service,
        target_group[0] if target_group else names.target_group,
        applied.get("autoscaling_group_name") or names.autoscaling_group,
        applied.get("log_group_name") or names.log_group,
        alternate[0] if alternate else "",
    )
    return found if found.cluster and found.service else None
