"""Reads the active service with a given name."""

from __future__ import annotations

from typing import Any

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import AccountReader


def active_service(reader: AccountReader, cluster: str, service: str) -> dict[str, Any] | None:
    """Return what DescribeServices returns for an active service; None if there is none.

    Raises AwsProblem if the call fails. A deleted service stays INACTIVE for a while.
    """
    try:
        answer = reader.call("ecs", "DescribeServices", cluster=cluster, services=[service])
    except AwsProblem as problem:
        if problem.kind == "not_found":
            return None
        raise
    return next((it for it in answer.get("services", ()) if it.get("status") == "ACTIVE"), None)
