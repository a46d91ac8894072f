"""Which way each instance subnet has to ECS, the image's registry and the logs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gpuecs_tui.aws.network_facts import EVERYWHERE, egress_of, table_of
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.network.endpoints import (
    lasting,
    missing_endpoints,
    needed_endpoints,
    served_by_endpoints,
)

Way = Literal["nat", "public-address", "no-address", "other", "none"]
"""``no-address``: an internet gateway, but instances get no public address to use it with."""


REGISTRY = "registry"
"""Stands among services for a registry other than ECR."""


@dataclass(frozen=True, slots=True)
class EgressPath:
    """The way out of one subnet."""

    zone: str
    way: Way
    """By its default route."""
    via: str
    """Where that leads: ``nat-…``, ``igw-…``; empty for ``none``."""
    endpoints: tuple[str, ...]
    """Services that a VPC endpoint serves here, whatever the route says, or will once created."""
    missing: tuple[str, ...]
    """Services of those needed that neither route nor endpoint leads to for sure; REGISTRY for an
    image from elsewhere than ECR, which has no endpoint. Empty while ``known`` is False."""
    known: bool = True
    """Whether the VPC's endpoints could be read, where anything depends on them."""
    created: bool = False
    """Whether the stack creates any of ``endpoints``."""


def egress_paths(context: Context) -> tuple[EgressPath, ...]:
    """Return the path of each instance subnet; none while subnets or routes are not known."""
    subnets = context.subnets(context.stack.network.instance_subnet_ids) or ()
    tables, endpoints = context.account.route_tables, context.account.vpc_endpoints
    if not isinstance(tables, Known):
        return ()
    there = lasting(context)
    needed = needed_endpoints(context.stack)
    elsewhere = () if served_by_endpoints(context.stack) else (REGISTRY,)
    paths = []
    for it in subnets:
        table = table_of(it, tables.value)
        unserved = missing_endpoints(context.stack, it, table, there)
        served = tuple(name for name in needed if name not in unserved)
        known = isinstance(endpoints, Known) or not unserved
        egress = egress_of(it, tables.value)
        way: Way = "none" if egress == "none" else "other" if egress == "other" else "nat"
        if egress == "internet-gateway":
            way = "public-address" if it.assigns_public_address else "no-address"
        depends = way not in ("nat", "public-address")
        via = next(
            (
                route.target
                for route in (table.routes if table else ())
                if route.destination == EVERYWHERE[0] and route.active
            ),
            "",
        )
        paths.append(
            EgressPath(
                zone=it.zone,
                way=way,
                via=via,
                endpoints=served,
                missing=(*unserved, *elsewhere) if depends and known else (),
                known=known or not depends,
                created=bool({*served} & {*context.stack.network.vpc_endpoints}),
            )
        )
    return tuple(paths)
