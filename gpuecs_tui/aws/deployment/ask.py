"""The input of every part's reader, and the calls that several parts share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from gpuecs_tui.aws.deployment.facts import DeployedNames
from gpuecs_tui.aws.deployment.seen import Seen
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import AccountReader

A = TypeVar("A")
B = TypeVar("B")

DESCRIBE_BATCH = 100
"""Tasks or container instances that one ECS describe call takes (ECS API reference)."""

LIST_SECONDS = 15.0
"""Seconds between two lists of the stopped tasks, or of the container instances while all of the
fleet is registered. Known ones are followed by their ARNs."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)
"""Sort key for an item without a time in a list with the newest items first: it comes last."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One reading of one part."""

    reader: AccountReader
    names: DeployedNames
    seen: Seen
    now: float
    """The time of this reading in seconds, on the clock of the times in ``seen``."""

    def lists_again(self, listed_at: float | None) -> bool:
        """Tell whether a list that was last read at ``listed_at`` is due; None: never read."""
        return listed_at is None or self.now - listed_at >= LIST_SECONDS

    def both(self, first: Callable[[], A], second: Callable[[], B]) -> tuple[A, B]:
        """Return the results of two functions that call AWS at the same time."""
        other = self.reader.submit(second)
        mine = first()
        # The future of a call that no thread has started is cancelled, so this thread never waits
        # for a free one.
        return mine, second() if other.cancel() else other.result()


def none_if_gone(read: Callable[[], list[A]]) -> list[A]:
    """Return the list that ``read`` requests; an empty one without the cluster or the service."""
    try:
        return read()
    except AwsProblem as problem:
        if problem.kind == "not_found":
            return []
        raise


def last(arn: str) -> str:
    """Return the text after the last slash: ``demo:3`` of a task definition's ARN."""
    return arn.rpartition("/")[2]


def newest_first(items: Iterable[A], at: Callable[[A], datetime | None]) -> tuple[A, ...]:
    """Sort by a time; items without a time come last."""
    return tuple(sorted(items, key=lambda it: at(it) or LONG_AGO, reverse=True))


def moment(it: Mapping[str, Any], key: str) -> datetime | None:
    """Return the time under ``key`` in UTC; botocore returns it in the local time zone."""
    found: datetime | None = it.get(key)
    return found.astimezone(UTC) if found else None


def maps(answer: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    """Return the list under ``key``; an absent one is empty."""
    found: Sequence[Mapping[str, Any]] = answer.get(key) or ()
    return found
