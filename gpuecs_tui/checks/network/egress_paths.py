"""How each instance subnet reaches ECS, the image registry, and CloudWatch Logs."""

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

EgressKind = Literal["nat", "public-address", "no-address", "other", "none"]
"""``no-address``: an internet gateway, which instances can't use without a public address."""


REGISTRY = "registry"
"""An entry among the services that represents a registry other than ECR."""


@dataclass(frozen=True, slots=True)
class EgressPath:
    """How one subnet reaches AWS services."""

    zone: str
    way: EgressKind
    """According to its default route."""
    via: str
    """The target of that route: ``nat-…``, ``igw-…``; empty for ``none``."""
    endpoints: tuple[str, ...]
    """Services that an existing VPC endpoint, or one that the stack creates, serves here."""
    missing: tuple[str, ...]
    """Needed services that neither a route nor an endpoint certainly reaches; REGISTRY for an image
    outside ECR, which has no endpoint. Empty while ``known`` is False."""
    known: bool = True
    """False if something depends on the VPC's endpoints and they could not be read."""
    created: bool = False
    """Whether the stack creates any of ``endpoints``."""


def egress_paths(context: Context) -> tuple[EgressPath, ...]:
    """Return the path of each instance subnet; none while subnets or routes are unknown."""
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
        way: EgressKind = "none" if egress == "none" else "other" if egress == "other" else "nat"
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
