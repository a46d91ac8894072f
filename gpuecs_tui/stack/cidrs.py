"""IPv4 ranges as typed: which are networks, and which network is meant by those that are not."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network

from gpuecs_tui.i18n import _


def network_problem(text: str) -> str:
    """Say why ``text`` is no IPv4 network, or return the empty text.

    EC2 rejects a CIDR block whose host bits are set, and the AWS provider does so in the plan
    (VPC user guide, "Security group rules").
    """
    network = _network(text)
    if network is None:
        return _("must be an IPv4 CIDR block, such as 10.0.0.0/16")
    if isinstance(network, IPv6Network):
        return _("is IPv6, and the load balancer accepts IPv4 only")
    address, slash, _bits = text.partition("/")
    if not slash:
        return _("has no prefix length; for this one address use {network}").format(network=network)
    if str(network) == text:
        return ""
    if address == str(network.network_address):
        return _("must be written {network}").format(network=network)
    if network.prefixlen == 0:
        return _("has host bits set; {network} is everybody's address").format(network=network)
    return _("has host bits set; the network is {network}").format(network=network)


def as_networks(texts: Iterable[str]) -> tuple[str, ...]:
    """Return IPv4 ranges without host bits and without repetitions, in order; others as they are.

    A range whose prefix length is 0 stays as it is: one address is a likelier meaning than all.
    """
    found = []
    for text in texts:
        network = _network(text)
        meant = isinstance(network, IPv4Network) and network.prefixlen > 0
        found.append(str(network) if meant else text)
    return tuple(dict.fromkeys(found))


def covered(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return each range that another one contains, with the widest that does, in order."""
    networks = [it for text in texts if isinstance(it := _network(text), IPv4Network)]
    pairs = []
    for it in networks:
        wider = [other for other in networks if other != it and it.subnet_of(other)]
        if wider:
            pairs.append((str(it), str(min(wider, key=lambda network: network.prefixlen))))
    return tuple(pairs)


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None
