"""Hosted zones of Route 53."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.facts import HostedZone
from gpuecs_tui.aws.reading import Reading
from gpuecs_tui.aws.session import AccountReader


def hosted_zone(item: Mapping[str, Any], vpcs: Iterable[Mapping[str, Any]] = ()) -> HostedZone:
    """Return a zone of an answer of Route 53, which writes names with a final dot."""
    return HostedZone(
        str(item["Id"]).rpartition("/")[2],
        str(item["Name"]).rstrip("."),
        bool((item.get("Config") or {}).get("PrivateZone")),
        tuple(str(it.get("VPCId", "")) for it in vpcs),
    )


def read_hosted_zone(reader: AccountReader, id_: str) -> Reading[HostedZone | None]:
    """Return one hosted zone; None if it does not exist."""

    def read() -> HostedZone | None:
        try:
            found = reader.call("route53", "GetHostedZone", Id=id_)
        except AwsProblem as problem:
            if problem.kind == "not_found":
                return None
            raise
        return hosted_zone(found["HostedZone"], found.get("VPCs") or ())

    return reader.reading("route53:GetHostedZone", read)
