"""What the rules of several security groups allow together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, collapse_addresses, ip_network

from gpuecs_tui.aws.network_facts import SecurityGroupRule


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end of a connection: interfaces in some subnets, all with the same groups."""

    group_ids: frozenset[str]
    """Empty if its group does not exist yet: then no rule can refer to it."""
    networks: tuple[IPv4Network, ...]
    """The CIDR blocks of its subnets; empty if unknown."""


def lets_through(
    rules: Collection[SecurityGroupRule], first: int, last: int, peer: Peer
) -> bool | None:
    """Return whether all of ``peer`` can use TCP on every port from ``first`` to ``last``.

    The rules of all groups apply together (VPC user guide, "Security group rules"). None if it is
    unknown: the entries of prefix lists aren't read, and addresses can't be compared while the
    peer's subnets are unknown.
    """
    # Rules only start or end at these ports, so testing them covers the whole range.
    edges = {first, *(it.from_port for it in rules), *(it.to_port + 1 for it in rules)}
    verdicts = {_on(port, rules, peer) for port in edges if first <= port <= last}
    return False if False in verdicts else None if None in verdicts else True


def allowed_sources(rules: Iterable[SecurityGroupRule], port: int) -> tuple[IPv4Network, ...]:
    """Return the IPv4 addresses that rules allow on a TCP port, in as few blocks as possible."""
    return tuple(collapse_addresses(_networks(it for it in rules if it.covers(port, port))))


def _on(port: int, rules: Iterable[SecurityGroupRule], peer: Peer) -> bool | None:
    here = [it for it in rules if it.covers(port, port)]
    if any(peer.group_ids & {*it.group_ids} for it in here):
        return True
    allowed = allowed_sources(here, port)
    if any(not it.prefixlen for it in allowed):
        return True
    if peer.networks and all(any(it.subnet_of(wide) for wide in allowed) for it in peer.networks):
        return True
    if any(it.prefix_list_ids for it in here) or (allowed and not peer.networks):
        return None
    return False


def _networks(rules: Iterable[SecurityGroupRule]) -> Iterator[IPv4Network]:
    for rule in rules:
        for cidr in rule.cidrs:
            # The generated load balancer uses IPv4 only.
            if isinstance(network := ip_network(cidr, strict=False), IPv4Network):
                yield network
