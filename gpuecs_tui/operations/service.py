"""Changes the ECS service: a forced deployment, a stopped task."""

from __future__ import annotations

from typing import Any

from gpuecs_tui.aws.deployment.facts import DeployedNames
from gpuecs_tui.aws.session import AccountReader


def force_new_deployment(reader: AccountReader, names: DeployedNames) -> str:
    """Replace every task with a task of the same revision; return the id of the deployment.

    Nothing that Terraform manages changes. Raises AwsProblem.
    """
    answer = reader.call(
        "ecs",
        "UpdateService",
        cluster=names.cluster,
        service=names.service,
        forceNewDeployment=True,
    )
    deployments: list[dict[str, Any]] = answer["service"].get("deployments") or []
    return next((str(it.get("id", "")) for it in deployments if it.get("status") == "PRIMARY"), "")
