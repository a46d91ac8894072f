"""Changes the ECS service: a forced deployment, its desired count, a stopped task."""

from __future__ import annotations

from typing import Any

from gpuecs_tui.aws.deployment.facts import DeployedNames
from gpuecs_tui.aws.service.live_count import service_id
from gpuecs_tui.aws.session import AccountReader

REASON = "Stopped with gpuecs-tui stop-task"
"""At most 255 characters (ECS API reference, StopTask)."""


def update_service(reader: AccountReader, names: DeployedNames, **changes: Any) -> dict[str, Any]:
    """Change arguments of UpdateService, and return the service. Raises AwsProblem."""
    answer = reader.call(
        "ecs", "UpdateService", cluster=names.cluster, service=names.service, **changes
    )
    service: dict[str, Any] = answer["service"]
    return service


def force_new_deployment(reader: AccountReader, names: DeployedNames) -> str:
    """Replace every task with a task of the same revision; return the id of the deployment.

    Nothing that Terraform manages changes. Raises AwsProblem.
    """
    service = update_service(reader, names, forceNewDeployment=True)
    deployments: list[dict[str, Any]] = service.get("deployments") or []
    return next((str(it.get("id", "")) for it in deployments if it.get("status") == "PRIMARY"), "")


def set_desired_count(reader: AccountReader, names: DeployedNames, count: int) -> None:
    """Let the service run ``count`` tasks. Raises AwsProblem."""
    update_service(reader, names, desiredCount=count)


def set_scaling_limits(
    reader: AccountReader, names: DeployedNames, limits: tuple[int, int]
) -> None:
    """Let Application Auto Scaling keep the service between two numbers of tasks.

    Its policies and role stay as they are. Raises AwsProblem.
    """
    reader.call(
        "application-autoscaling",
        "RegisterScalableTarget",
        ServiceNamespace="ecs",
        ResourceId=service_id(names.cluster, names.service),
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=limits[0],
        MaxCapacity=limits[1],
    )


def stop_task(reader: AccountReader, names: DeployedNames, task: str) -> None:
    """Stop a task of the service, by its id. Raises AwsProblem."""
    # AWS shows the reason as the task's stoppedReason.
    reader.call("ecs", "StopTask", cluster=names.cluster, task=task, reason=REASON)
