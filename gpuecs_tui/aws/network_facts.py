"""VPCs, subnets, routes, endpoints and security groups as frozen records; no boto3 here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Egress = Literal["internet-gateway", "nat", "other", "none"]
EVERYWHERE = ("0.0.0.0/0", "::/0")


@dataclass(frozen=True, slots=True)
class Vpc:
    """A VPC of the region."""

    id: str
    name: str
    """Its Name tag; empty if it has none."""
    cidrs: tuple[str, ...]
    """IPv4 blocks, the primary first."""
    is_default: bool


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet of any VPC of the region."""

    id: str
    name: str
    vpc_id: str
    zone: str
    """Availability Zone by name, such as ``us-east-1a``."""
    cidr: str
    free_addresses: int
    """IPv4 addresses not in use, as EC2 counts them."""
    public: bool | None
    """Whether its route table leads to an internet gateway; None if the tables are unknown."""
    assigns_public_address: bool = False
    """Whether an instance gets a public IPv4 address at launch by default."""


@dataclass(frozen=True, slots=True)
class Route:
    """One line of a route table."""

    destination: str
    """A CIDR, or the id of a prefix list."""
    target: str
    """The id of a gateway (``igw-…``, ``nat-…``, ``vpce-…``, ``tgw-…``, ``local``, …)."""
    active: bool
    """False for a blackhole: its target was deleted."""


@dataclass(frozen=True, slots=True)
class RouteTable:
    """A route table and the subnets to which it applies."""

    id: str
    vpc_id: str
    main: bool
    """Whether it applies to subnets of the VPC that have no route table of their own."""
    subnet_ids: tuple[str, ...]
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class VpcEndpoint:
    """A VPC endpoint: a path to an AWS service that stays inside the VPC."""

    id: str
    vpc_id: str
    service: str
    """The last part of the service's name: ``ecs-agent``, ``ecr.dkr``, ``s3``, …"""
    kind: str
    """``Interface`` or ``Gateway``."""
    route_table_ids: tuple[str, ...]
    private_dns: bool


@dataclass(frozen=True, slots=True)
class PrefixList:
    """A managed prefix list of the Region, of the account or of AWS."""

    id: str
    name: str
    family: str
    """``IPv4`` or ``IPv6``."""
    rules: int | None
    """The rules as which it counts against the quota of a security group; None if unknown."""


@dataclass(frozen=True, slots=True)
class SecurityGroupRule:
    """A rule of a security group: allowed traffic in or out."""

    protocol: str
    """``tcp``, ``udp``, ``icmp``, a number, or ``-1`` for every protocol."""
    from_port: int
    to_port: int
    """The first and last port of the range; 0–65535 if the protocol is ``-1``."""
    cidrs: tuple[str, ...]
    group_ids: tuple[str, ...]
    prefix_list_ids: tuple[str, ...]

    def covers(self, first: int, last: int) -> bool:
        """Whether TCP to every port from ``first`` to ``last`` is in its range."""
        return self.protocol in {"tcp", "6", "-1"} and (
            self.from_port <= first and last <= self.to_port
        )


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """A security group of any VPC of the region."""

    id: str
    name: str
    description: str
    vpc_id: str
    ingress: tuple[SecurityGroupRule, ...]
    egress: tuple[SecurityGroupRule, ...]


def table_of(subnet: Subnet, tables: Iterable[RouteTable]) -> RouteTable | None:
    """Return the route table that applies to ``subnet``: its own, or else its VPC's main one."""
    main = None
    for table in tables:
        if subnet.id in table.subnet_ids:
            return table
        if table.main and table.vpc_id == subnet.vpc_id:
            main = table
    return main


def egress_of(subnet: Subnet, tables: Iterable[RouteTable]) -> Egress:
    """Return the path of traffic from ``subnet`` to the internet.

    ``other`` is a default route to a target that may lead to the internet (a transit gateway, an
    appliance, a peering) and can't be read. Only IPv4 counts: the endpoints of the ECS agent need
    it unless an account is explicitly set up for IPv6.
    """
    table = table_of(subnet, tables)
    for route in table.routes if table else ():
        if route.destination == EVERYWHERE[0] and route.active:
            if route.target.startswith("igw-"):
                return "internet-gateway"
            return "nat" if route.target.startswith("nat-") else "other"
    return "none"


def with_routes(subnets: Iterable[Subnet], tables: tuple[RouteTable, ...]) -> tuple[Subnet, ...]:
    """Return ``subnets`` with ``public`` as ``tables`` say."""
    return tuple(
        replace(subnet, public=egress_of(subnet, tables) == "internet-gateway")
        for subnet in subnets
    )
