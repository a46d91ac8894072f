"""Faults of the network: routes, public subnets, free addresses, security groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from moto.ec2.exceptions import RulesPerSecurityGroupLimitExceededError
from moto.ec2.models.security_groups import SecurityGroupBackend

from gpuecs_tui.demo.model import quotas
from gpuecs_tui.demo.model.overrides import emptied, without_keys
from gpuecs_tui.demo.seed.seeding import moto_backend

RULES = "L-0EA8095F"
"""Quota code of the rules of a security group (Service Quotas, Amazon VPC)."""
FEW = 3
"""Free addresses of ``few-addresses``: not enough for a load balancer, which needs eight."""


@contextmanager
def no_public_subnets(_operand: str) -> Iterator[None]:
    """No route to an internet gateway, not even that of a NAT gateway."""
    with _without_routes(lambda route: route.gateway is not None):
        yield


@contextmanager
def no_egress(_operand: str) -> Iterator[None]:
    """No route to a NAT gateway."""
    with _without_routes(lambda route: route.nat_gateway is not None):
        yield


@contextmanager
def few_addresses(_operand: str) -> Iterator[None]:
    """At most FEW free addresses in each subnet."""
    with ExitStack() as held:
        for zone in moto_backend("ec2").subnets.values():
            for subnet in zone.values():
                taken = max(0, subnet.available_ip_address_count - FEW)
                fewer = subnet._available_ip_addresses - taken
                held.enter_context(patch.object(subnet, "_available_ip_addresses", fewer))
        yield


@contextmanager
def security_closed(_operand: str) -> Iterator[None]:
    """Security groups without inbound rules."""
    with ExitStack() as held:
        for of_vpc in moto_backend("ec2").groups.values():
            for group in of_vpc.values():
                held.enter_context(emptied(group.ingress_rules))
        yield


@contextmanager
def few_rules(operand: str) -> Iterator[None]:
    """The quota of rules per security group, which EC2 enforces."""
    limit = int(operand)
    name, _value = quotas.VPC_QUOTAS[RULES]

    def verify(
        _self: SecurityGroupBackend,
        _group: Any,
        current_rule_nb: int,
        ip_ranges: list[Any],
        source_groups: list[Any] | None = None,
        egress: bool = False,
    ) -> None:
        # Outbound rules are counted separately, and each group starts with one.
        added = len(ip_ranges or ()) + len(source_groups or ())
        if not egress and current_rule_nb + added > limit:
            raise RulesPerSecurityGroupLimitExceededError

    with ExitStack() as held:
        held.enter_context(patch.dict(quotas.VPC_QUOTAS, {RULES: (name, float(limit))}))
        held.enter_context(
            patch.object(
                SecurityGroupBackend, "_verify_group_will_respect_rule_count_limit", verify
            )
        )
        yield


@contextmanager
def _without_routes(go: Callable[[Any], bool]) -> Iterator[None]:
    with ExitStack() as held:
        for table in moto_backend("ec2").route_tables.values():
            routes = table._routes
            held.enter_context(without_keys(routes, [key for key, it in routes.items() if go(it)]))
        yield


HOLDS = {
    "no-public-subnets": no_public_subnets,
    "no-egress": no_egress,
    "few-addresses": few_addresses,
    "security-closed": security_closed,
    "few-rules": few_rules,
}
