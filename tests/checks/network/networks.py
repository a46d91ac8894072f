"""Networks whose subnets have different routes."""

from __future__ import annotations

from typing import Any

from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.aws.network_facts import Route, RouteTable, VpcEndpoint
from gpuecs_tui.aws.reading import Unknown
from tests.support.small_account import (
    PRIVATE,
    VPC,
    account,
    known,
)

DENIED = Unknown("ec2:X", "not allowed to call ec2:X", "Ask for the permission ec2:X.")
A, B, C = PRIVATE


def routed(target: str, active: bool = True, **more: Any) -> AccountFacts:
    routes = (Route("0.0.0.0/0", target, active),) if target else ()
    tables = (RouteTable("rtb-1", VPC, True, PRIVATE, routes),)
    return account(route_tables=known(tables), **more)


def endpoints(*services: str) -> tuple[VpcEndpoint, ...]:
    return tuple(
        VpcEndpoint(f"vpce-{it}", VPC, it, "Gateway", ("rtb-1",), False)
        if it == "s3"
        else VpcEndpoint(f"vpce-{it}", VPC, it, "Interface", (), True)
        for it in services
    )


IN_ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm:1"
