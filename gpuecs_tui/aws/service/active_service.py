"""Reads the service with a given name, active or being deleted."""

from __future__ import annotations

from typing import Any

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import AccountReader

DRAINING = "DRAINING"
"""The status of a service that is being deleted."""


def active_service(reader: AccountReader, cluster: str, service: str) -> dict[str, Any] | None:
    """Return what DescribeServices returns for an active service; None if there is none.

    Raises AwsProblem if the call fails.
    """
    found = present_service(reader, cluster, service)
    return found if found is not None and found.get("status") == "ACTIVE" else None


def present_service(reader: AccountReader, cluster: str, service: str) -> dict[str, Any] | None:
    """Like ``active_service``, also for a service whose tasks stop because it is being deleted.

    Such a service is DRAINING; then it stays INACTIVE for a while (ECS API reference, Service).
    """
    try:
        answer = reader.call("ecs", "DescribeServices", cluster=cluster, services=[service])
    except AwsProblem as problem:
        if problem.kind == "not_found":
            return None
        raise
    found: dict[str, Any] | None = next(
        (it for it in answer.get("services", ()) if it.get("status") in ("ACTIVE", DRAINING)), None
    )
    return found
