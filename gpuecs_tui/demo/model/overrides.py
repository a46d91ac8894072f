"""Taking entries out of moto's memory for a while, and putting them back.

``unittest.mock.patch.dict`` restores the whole mapping, and so loses what requests add meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def absent(mapping: dict[str, Any], keys: Iterable[str]) -> Iterator[None]:
    """Let ``mapping`` lack ``keys`` inside the block; what was put there meanwhile stays."""
    # Through dict's own methods: moto's stores look things up in ways of their own.
    kept = {key: dict.pop(mapping, key) for key in list(keys)}
    try:
        yield
    finally:
        for key, value in kept.items():
            if not dict.__contains__(mapping, key):
                dict.__setitem__(mapping, key, value)


@contextmanager
def emptied(items: list[Any]) -> Iterator[None]:
    """Let a list be empty inside the block; what was put there meanwhile stays, at its end."""
    kept = list(items)
    items.clear()
    try:
        yield
    finally:
        items[:0] = kept
