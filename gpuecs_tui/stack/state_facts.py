"""Facts about a stack's own state other than its resources, for the rules that report them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StateRemark:
    """One remark about where the state is and how it is kept."""

    rule: str
    """Id in docs/failure-modes.md, such as ``partial-backend``."""
    severity: str
    """``error``, ``warning`` or ``unknown``."""
    message: str
    """Whole sentences."""
    remedy: str
    """One action; may be empty."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A creation that a run of the stack began and whose id it did not record."""

    run: str
    """Id of the run."""
    name: str = ""
    """Attribute ``name`` of the planned resource; empty if it is unknown."""
    refused: bool = False
    """Whether AWS refused it because the name was taken. A repeated call may have taken it."""
    directory: str = field(default=".", compare=False)
    """The stack's directory, for a command."""


@dataclass(frozen=True, slots=True)
class DeclaredImport:
    """An ``import`` block: the next apply takes an existing resource into the state."""

    file: str
    """The file that has the block."""
    id: str = ""
    """What identifies the resource; empty if it is unknown before a plan."""


@dataclass(frozen=True, slots=True)
class StateFacts:
    """The state of a directory, as far as it was read."""

    unread: str = ""
    """Why the state is not read, in whole sentences; empty if it was read, or if there is none."""
    remedy: str = ""
    """The action that makes the state readable."""
    open_settings: bool = False
    """Whether the backend's settings are not all known: nothing can be required of them."""
    remarks: tuple[StateRemark, ...] = ()
    begun: Mapping[str, Begun] = field(default_factory=dict)
    """Resource address, without a key → its creation: it may exist, and the state lacks it."""
    creating: Mapping[str, str] = field(default_factory=dict)
    """Resource address, without a key → id of the run in progress that creates it under a name that
    is unknown before the creation."""
    imports: Mapping[str, DeclaredImport] = field(default_factory=dict)
    """Resource address, without a key → the block that imports it."""
    earlier: str = ""
    """The directory, for a command, if the earlier version wrote its Terraform; else empty."""
    unapplied: str = ""
    """The directory, for a command, if its Terraform was upgraded from that of an earlier version
    and the state shows that this is not applied; else empty."""
    listeners: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Resource address, without a key, of each listener and ingress rule in the state → its
    protocol and port; "" and 0 if it has none."""
    container: tuple[str, int] | None = None
    """Name and port of the container to which the applied service sends requests; None if no state
    contains it."""
    balancer: str = ""
    """Name of the applied load balancer; empty if no state contains it."""
    strategy: str = ""
    """Deployment strategy of the applied service (``stack.releases.strategy``); empty if no state
    contains it."""
