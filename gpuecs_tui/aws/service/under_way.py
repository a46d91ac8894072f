"""Reads which deployment of a service can be stopped."""

from __future__ import annotations

from gpuecs_tui.aws.session import AccountReader

STOPPABLE = ("PENDING", "IN_PROGRESS")
"""States in which a deployment can be stopped (API_StopServiceDeployment)."""
ROLLING_BACK = frozenset({"STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"})
"""States of a deployment that is being stopped or rolled back."""


def deployment_under_way(reader: AccountReader, cluster: str, service: str) -> str:
    """Return the ARN of the deployment that can be stopped; empty if there is none.

    Raises AwsProblem.
    """
    answer = reader.call(
        "ecs",
        "ListServiceDeployments",
        cluster=cluster,
        service=service,
        status=[*STOPPABLE],
    )
    found = answer.get("serviceDeployments") or ()
    return next((str(it["serviceDeploymentArn"]) for it in found), "")
