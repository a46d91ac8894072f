"""Lists in parts that one call accepts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def batches(items: Sequence[T], size: int) -> Iterator[list[T]]:
    """Yield ``items`` in order, in lists of at most ``size``."""
    for start in range(0, len(items), size):
        yield [*items[start : start + size]]
