"""The one active service of a name."""

from __future__ import annotations

from typing import Any

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import AccountReader


def active_service(reader: AccountReader, cluster: str, service: str) -> dict[str, Any] | None:
    """Return what DescribeServices says of an active service; None where there is none.

    Raises AwsProblem where it could not be asked. A deleted service stays INACTIVE for a while.
    """
    try:
        answer = reader.call("ecs", "DescribeServices", cluster=cluster, services=[service])
    except AwsProblem as problem:
        if problem.kind == "not_found":
            return None
        raise
    return next((it for it in answer.get("services", ()) if it.get("status") == "ACTIVE"), None)
