"""A lock on a state and what is known of its holder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path


class Holder(StrEnum):
    """What is known of a lock's holder."""

    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"
    """It is on another machine, or can't be asked."""


@dataclass(frozen=True, slots=True)
class HeldLock:
    """A lock on the state."""

    place: str
    """The file, ``s3://bucket/key`` of the lock object, or the name of the table."""
    id: str
    """What unlocking asks for."""
    operation: str
    """Such as OperationTypeApply."""
    who: str
    """user@host."""
    created: datetime | None
    holder: Holder
    run: str = ""
    """Id of the run of ours that has this lock's id on record; empty where none has."""
    directory: Path | None = None
    """The directory of that run, which may be another one with the same state; None without one."""
    stops: bool = True
    """Whether it keeps others out: a local note that nobody holds doesn't."""

    @property
    def age(self) -> timedelta | None:
        """Return how long it has been held."""
        return None if self.created is None else max(timedelta(), datetime.now(UTC) - self.created)

    @property
    def may_be_unlocked(self) -> bool:
        """Tell whether unlocking can be offered: its holder has ended."""
        return self.holder is Holder.DEAD

    @property
    def word(self) -> str:
        """Return what is typed to release it although its holder may work."""
        return self.who or self.id
