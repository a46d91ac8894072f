"""IPv4 CIDR blocks as typed: whether they are networks, and corrections for those that are not."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network

from gpuecs_tui.i18n import _


def network_problem(text: str) -> str:
    """Return why ``text`` is not an IPv4 network, or an empty text.

    EC2 rejects a CIDR block whose host bits are set, and the AWS provider does so in the plan
    (VPC user guide, "Security group rules").
    """
    network = _network(text)
    if network is None:
        return _("must be an IPv4 CIDR block, such as 10.0.0.0/16")
    if isinstance(network, IPv6Network):
        return _("is IPv6, but the load balancer accepts only IPv4")
    address, slash, _bits = text.partition("/")
    if not slash:
        return _("has no prefix length; for this single address, use {network}").format(
            network=network
        )
    if str(network) == text:
        return ""
    if address == str(network.network_address):
        return _("must be written as {network}").format(network=network)
    if network.prefixlen == 0:
        return _("has host bits set; {network} means every address").format(network=network)
    return _("has host bits set; the network is {network}").format(network=network)


def as_networks(texts: Iterable[str]) -> tuple[str, ...]:
    """Return IPv4 CIDR blocks without host bits and repetitions, in order; others unchanged.

    A block with prefix length 0 stays unchanged: it more likely means one address than all.
    """
    found = []
    for text in texts:
        network = _network(text)
        meant = isinstance(network, IPv4Network) and network.prefixlen > 0
        found.append(str(network) if meant else text)
    return tuple(dict.fromkeys(found))


def covered(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return each CIDR block that others contain, with the widest of those, in order."""
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
