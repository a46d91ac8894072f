"""What every part of a deployment is read with, and the calls that several parts share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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

LONG_AGO = datetime.min.replace(tzinfo=UTC)
"""Sorts what has no time behind everything else in a list that has the newest first."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One reading of one part."""

    reader: AccountReader
    names: DeployedNames
    seen: Seen
    now: float
    """Seconds of the clock by which ``seen`` dates its lists."""

    def both(self, first: Callable[[], A], second: Callable[[], B]) -> tuple[A, B]:
        """Return the results of two functions that call AWS at the same time."""
        other = self.reader.submit(second)
        mine = first()
        # A future that no thread has begun is cancelled: this thread never waits for a free one.
        return mine, second() if other.cancel() else other.result()


def batches(arns: Sequence[str]) -> Iterator[list[str]]:
    """Yield ``arns`` in lists that one describe call takes."""
    for start in range(0, len(arns), DESCRIBE_BATCH):
        yield [*arns[start : start + DESCRIBE_BATCH]]


def none_if_gone(read: Callable[[], list[A]]) -> list[A]:
    """Return the list that ``read`` requests; an empty one without the cluster or the service."""
    try:
        return read()
    except AwsProblem as problem:
        if problem.kind == "not_found":
            return []
        raise


def last(arn: str) -> str:
    """Return what follows the last slash: ``demo:3`` of a task definition's ARN."""
    return arn.rpartition("/")[2]


def newest_first(items: Iterable[A], at: Callable[[A], datetime | None]) -> tuple[A, ...]:
    """Sort by a time; what has none comes last."""
    return tuple(sorted(items, key=lambda it: at(it) or LONG_AGO, reverse=True))


def maps(answer: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    """Return the list under ``key``; an absent one is empty."""
    found: Sequence[Mapping[str, Any]] = answer.get(key) or ()
    return found
