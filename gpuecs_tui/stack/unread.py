"""Parts of a directory's Terraform that could not be read, and the answers that are unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Blinds = Literal["", "account", "state"]
"""What else is unreliable: the account, because Terraform uses another one; or the stack's state,
because it can't be read."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of a file that no decision covers."""

    file: str
    """Empty if it is not in a file of the directory."""
    line: int | None
    """Counted from 1; None for a whole file."""
    what: str
    """An address, with the attribute behind it, or a file's name."""
    reason: str
    """The predicate of a sentence that starts with ``what``."""
    keys: tuple[str, ...] = ()
    """Dotted keys of the answers that are unknown because of it."""
    blinds: Blinds = ""
    account: str = ""
    """Id of the account that Terraform uses because of it, if the Terraform says it."""
    is_followed: bool = False
    """It was read and is used, but a write doesn't change it."""
    is_deleted: bool = False
    """It is a deleted file of gpuecs-tui, not a part that could not be read."""

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
    """Return dotted key → the reason for each unknown answer."""
    found: dict[str, Unread] = {}
    for each in unread:
        for key in each.keys:
            found.setdefault(key, each)
    return found


def within(unread: Iterable[Unread], account: str) -> tuple[Unread, ...]:
    """Return ``unread`` without parts that make Terraform use ``account``, which was read.

    ``account`` is an account id; empty if unknown.
    """
    return tuple(it for it in unread if not (account and it.account == account))
