"""The progress of reading the account."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuecs_tui.aws.facts import AccountFacts, CallerIdentity


@dataclass(eq=False, repr=False)
class AccountState:
    """The progress of reading the account, and its results."""

    identity: CallerIdentity | None = None
    facts: AccountFacts | None = None
    problem: str = ""
    """Why the account could not be read, one sentence; empty if there is no problem."""
    remedy: str = ""
    done: int = 0
    """Lists read so far."""
    total: int = 0
    """Lists to read; 0 until the identity is known."""
    busy: bool = False
    began: float = field(default_factory=monotonic)
    """When the read began, by the monotonic clock."""
