"""What a directory's Terraform holds and couldn't be read, and which answers that leaves open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Blinds = Literal["", "account", "state"]
"""What else can't be relied on: the account that was read is another than Terraform's, or the
stack's state can't be read."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Something in a file that no decision covers."""

    file: str
    """Empty for what no file of the directory has."""
    line: int | None
    """Counted from 1; None for a whole file."""
    what: str
    """An address, with the attribute behind it, or a file's name."""
    reason: str
    """The end of a sentence, to stand behind ``what``."""
    keys: tuple[str, ...] = ()
    """Dotted keys of the answers that are unknown because of it."""
    blinds: Blinds = ""
    account: str = ""
    """Id of the account that Terraform reaches because of it, where the Terraform says it."""
    is_followed: bool = False
    """It was read, and counts; only a write doesn't change it."""
    is_deleted: bool = False
    """It is a file that we wrote and that is gone, not something that could not be read."""

    @property
    def place(self) -> str:
        """Return file and line as compilers write them, such as ``fleet.tf:12``."""
        return f"{self.file}:{self.line}" if self.file and self.line else self.file

    @property
    def sentence(self) -> str:
        """Return the whole of it in one sentence."""
        place = f"{self.place}: " if self.file else ""
        return f"{place}{self.what} {self.reason}."


def by_key(unread: Iterable[Unread]) -> Mapping[str, Unread]:
    """Return for each unknown answer, by its dotted key, what it is unknown for."""
    found: dict[str, Unread] = {}
    for each in unread:
        for key in each.keys:
            found.setdefault(key, each)
    return found


def within(unread: Iterable[Unread], account: str) -> tuple[Unread, ...]:
    """Return ``unread`` without what leads Terraform into ``account``, the one that is read.

    ``account`` is an account id, empty where it isn't known.
    """
    return tuple(it for it in unread if not (account and it.account == account))
