"""A lock on a state, and whether its holder is known to run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path


class HolderStatus(StrEnum):
    """Whether the operation that holds a lock is known to run."""

    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"
    """It is on another machine, or this system does not say."""


@dataclass(frozen=True, slots=True)
class HeldLock:
    """A lock on the state."""

    place: str
    """The file, ``s3://bucket/key`` of the lock object, or the name of the table."""
    id: str
    """The lock ID, which ``force-unlock`` requires."""
    operation: str
    """Such as OperationTypeApply."""
    who: str
    """user@host."""
    created: datetime | None
    holder: HolderStatus
    run: str = ""
    """Id of this user's run that has recorded this lock's id; empty if none has."""
    directory: Path | None = None
    """The directory of that run, if it is another directory with the same state; else None."""
    stops: bool = True
    """Whether it blocks other runs: a local lock record without a file lock does not."""

    @property
    def age(self) -> timedelta | None:
        """Return how long it has been held."""
        return None if self.created is None else max(timedelta(), datetime.now(UTC) - self.created)

    @property
    def may_be_unlocked(self) -> bool:
        """Tell whether unlocking is offered: its holder is known to have ended."""
        return self.holder is HolderStatus.DEAD

    @property
    def word(self) -> str:
        """Return the value of ``--confirm`` that releases it although its holder may still run."""
        return self.who or self.id
