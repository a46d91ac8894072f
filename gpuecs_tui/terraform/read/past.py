"""The past of a directory: the addresses that its state may contain, and the ports in use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.partitions import SOVEREIGN, partition_of
from gpuecs_tui.stack.releases.strategy import shifts_traffic
from gpuecs_tui.terraform.base.addresses import PORT_HANDOVER, without_key
from gpuecs_tui.terraform.base.own_files import MOVED_FILE
from gpuecs_tui.terraform.base.stored_attributes import stored_attributes
from gpuecs_tui.terraform.base.tflock import STATE_NAME
from gpuecs_tui.terraform.hcl.tree import Reference
from gpuecs_tui.terraform.read.balancer import LOG_BUCKET, STICKINESS
from gpuecs_tui.terraform.read.configuration import Configuration
from gpuecs_tui.terraform.read.releases import stored_strategy
from gpuecs_tui.terraform.read.rules import RELEASE, SERVICE, TARGETS
from gpuecs_tui.terraform.render.former_texts import former_in
from gpuecs_tui.terraform.render.past_addresses import (
    FORMER,
    HTTP,
    LISTENER,
    RULE,
    Past,
    moves_for,
    possible_moves,
)
from gpuecs_tui.terraform.state.backend import LOCAL
from gpuecs_tui.terraform.state.stored_state import StoredState

Listeners = Mapping[str, tuple[str, int]]
"""Address of a listener or an ingress rule, without a key → its protocol and port."""
_KINDS = (f"{LISTENER}.", f"{RULE}.")
_HTTP_PORT = 80
_SUFFIXED = '"ec2.${data.aws_partition.this.dns_suffix}"'


def is_earlier(configuration: Configuration) -> bool:
    """Tell whether a configuration names its listener as the earlier version did."""
    return f"{LISTENER}.this" in configuration.blocks


def past_in(configuration: Configuration) -> Past:
    """Return the past that a configuration already describes."""
    body = configuration.bodies.get(MOVED_FILE)
    stated: list[tuple[str, str]] = []
    for block in body.named("moved") if body else ():
        pair = [block.body.attributes.get(side) for side in ("from", "to")]
        paths = [it.value.path for it in pair if it and isinstance(it.value, Reference)]
        if len(paths) == len(pair):
            stated.append((paths[0], paths[1]))
    known = [move for move in possible_moves() if move in stated]
    region = configuration.value("provider.aws", "region")
    bucket = configuration.value(*LOG_BUCKET)
    return Past(
        tuple(known),
        PORT_HANDOVER in configuration.blocks,
        _is_suffixed(configuration, region if isinstance(region, str) else ""),
        configuration.body(TARGETS, STICKINESS) is not None,
        configuration.body(SERVICE, RELEASE) is not None,
        bucket if isinstance(bucket, str) else "",
        configuration.body(SERVICE, "alarms") is not None,
        former_in(configuration.texts),
    )


def _is_suffixed(configuration: Configuration, region: str) -> bool:
    if partition_of(region) == SOVEREIGN:
        # "Invalid principal in policy" (pulumi/pulumi-eks#2341).
        return False
    return any(_SUFFIXED in text for text in configuration.texts.values())


def past_for(directory: Path, configuration: Configuration, stack: Stack, known: Listeners) -> Past:
    """Return the past with which ``stack`` must be written over ``configuration``.

    ``configuration`` is that of ``directory``. The state takes precedence over it, because the
    files may be new or rewritten without an apply. A local state is read here; for another backend,
    ``known`` has the listeners of the state (``listeners_in``). Reads one file.
    """
    stated = past_in(configuration)
    stored = tuple(stored_attributes(directory / STATE_NAME))
    held = _held(stored) or known
    by_state = moves_for({address: protocol for address, (protocol, _) in held.items()})
    moves = by_state or set(stated.moves) or moves_for(_declared(configuration))
    balancer = stack.load_balancer
    https = balancer.protocol == "HTTPS"
    return Past(
        tuple(move for move in possible_moves() if move in moves),
        https and (stated.handover or balancer.port in _http_ports(configuration, held)),
        _is_suffixed(configuration, stack.stack.region),
        stated.sticky,
        _shifted(stack, stored, stated=stated.shifted),
        stated.log_bucket,
        stated.alarmed,
        stated.former_texts,
    )


def _shifted(
    stack: Stack, stored: Iterable[tuple[str, Mapping[str, Any]]], *, stated: bool
) -> bool:
    """Return whether the applied service has a strategy that only a block sets back to rolling.

    ``stated``: the files have the block. It has no effect for a service that was not applied, or
    that provider 5 deployed, which stores no strategy. A state in S3 is not read here.
    """
    service = next((attributes for address, attributes in stored if address == SERVICE), None)
    if service is None:
        return stated and stack.state.backend != LOCAL
    return shifts_traffic(stored_strategy(service)) or (stated and bool(service.get(RELEASE)))


def _declared(configuration: Configuration) -> dict[str, str]:
    """Return address → protocol of the listeners and rules that are declared; "" without a
    protocol."""
    addresses = [f"{kind}.{name}" for kind, *names in FORMER for name in names]
    return {
        address: str(configuration.value(address, "protocol"))
        for address in addresses
        if address in configuration.blocks
    }


def listeners_in(state: StoredState) -> Listeners:
    """Return the listeners and their ingress rules in ``state``."""
    return {
        without_key(it.address): _protocol_and_port(it.attributes)
        for it in state.resources
        if it.address.startswith(_KINDS)
    }


def _protocol_and_port(attributes: Mapping[str, Any]) -> tuple[str, int]:
    port = attributes.get("port")
    return str(attributes.get("protocol", "")), port if isinstance(port, int) else 0


def _held(stored: Iterable[tuple[str, Mapping[str, Any]]]) -> Listeners:
    """Return the listeners and their ingress rules of ``stored_attributes``."""
    return {
        address: _protocol_and_port(attributes)
        for address, attributes in stored
        if address.startswith(_KINDS)
    }


def _http_ports(configuration: Configuration, held: Listeners) -> frozenset[int]:
    """Return the ports other than 80 with an HTTP listener, in the files or in the state."""
    ports = {port for protocol, port in held.values() if protocol == "HTTP"}
    for name in ("this", HTTP):
        address = f"{LISTENER}.{name}"
        if configuration.value(address, "protocol") == "HTTP":
            port = configuration.value(address, "port")
            ports |= {port} if isinstance(port, int) else set()
    return frozenset(ports - {_HTTP_PORT})
