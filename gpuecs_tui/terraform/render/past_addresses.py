"""How the past of a directory affects the Terraform of its stack.

Terraform renames resources in the state with ``moved`` blocks (Terraform language, "Refactoring").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gpuecs_tui.terraform.render.former_texts import FormerText

HTTP, HTTPS = "http", "https"
LISTENER = "aws_lb_listener"
RULE = "aws_vpc_security_group_ingress_rule"
FORMER = ((LISTENER, "this", "redirect"), (RULE, "listener", "redirect"))
"""Type, and its earlier names: of the listener for clients, and of the redirect to HTTPS."""


@dataclass(frozen=True, slots=True)
class Past:
    """Renamed addresses, a port that moves to another listener, and former wordings."""

    moves: tuple[tuple[str, str], ...] = ()
    """From and to address of each ``moved`` block."""
    handover: bool = False
    """HTTPS uses a port that HTTP had: AWS accepts the new listener only after the old one is
    deleted."""
    suffixed: bool = False
    """The instance role trusts ``ec2.`` and the DNS suffix of the partition, as earlier versions
    wrote it: the same in most partitions, but rejected in the European Sovereign Cloud."""
    sticky: bool = False
    """The target group has a block about stickiness. Without the block, the provider leaves
    stickiness as it is."""
    shifted: bool = False
    """The service has, or had, a deployment strategy other than rolling. Without the block about
    it, the provider leaves the strategy as it is (provider 6.62, ``resourceServiceUpdate``)."""
    log_bucket: str = ""
    """The bucket in the load balancer's block about access logs. Without the block, the provider
    leaves access logs as they are."""
    alarmed: bool = False
    """The service has a block about alarms. Without the block, the provider 5.100 sends an update
    that AWS's SDK refuses, because the list of names is missing."""
    former_texts: frozenset[FormerText] = frozenset()
    """Comments and descriptions that the files have in the wording of an earlier version."""


NO_PAST = Past()
"""The past of a new stack."""


def possible_moves() -> Iterator[tuple[str, str]]:
    """Yield from and to address of every move that a stack of the earlier version may need."""
    for kind, serving, redirecting in FORMER:
        for target in (HTTP, HTTPS):
            yield f"{kind}.{serving}", f"{kind}.{target}"
        yield f"{kind}.{redirecting}", f"{kind}.{HTTP}"


def moves_for(former: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return the moves for addresses of the earlier version; ``former`` has their protocols.

    A rule has no protocol: it follows its listener.
    """
    serving = former.get(f"{LISTENER}.this")
    if serving is None:
        return set()
    https = serving == "HTTPS"
    found: set[tuple[str, str]] = set()
    for kind, name, redirecting in FORMER:
        if f"{kind}.{name}" in former:
            found.add((f"{kind}.{name}", f"{kind}.{HTTPS if https else HTTP}"))
        if https and f"{kind}.{redirecting}" in former:
            found.add((f"{kind}.{redirecting}", f"{kind}.{HTTP}"))
    return found
