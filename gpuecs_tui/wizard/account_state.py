"""How far the reading of the account has come."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuecs_tui.aws.facts import AccountFacts, Identity


@dataclass(slots=True)
class AccountState:
    """How far the reading of the account has come."""

    identity: Identity | None = None
    facts: AccountFacts | None = None
    problem: str = ""
    """Why nothing can be read: one sentence; empty while all is well."""
    remedy: str = ""
    done: int = 0
    """Lists read so far."""
    total: int = 0
    """Lists to read; 0 until the identity is known."""
    busy: bool = False
    began: float = field(default_factory=monotonic, compare=False)
    """When the reading began, by the monotonic clock."""
