"""Removes entries from moto's data for a while and puts them back.

``unittest.mock.patch.dict`` restores the whole mapping and would lose entries added by requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_keys(mapping: dict[str, Any], keys: Iterable[str]) -> Iterator[None]:
    """Remove ``keys`` from ``mapping`` inside the block; entries that are added there stay."""
    # Use dict's own methods, because moto's stores override the lookup.
    kept = {key: dict.pop(mapping, key) for key in list(keys)}
    try:
        yield
    finally:
        for key, value in kept.items():
            if not dict.__contains__(mapping, key):
                dict.__setitem__(mapping, key, value)


@contextmanager
def emptied(items: list[Any]) -> Iterator[None]:
    """Empty a list inside the block; items that are added there stay, at its end."""
    kept = list(items)
    items.clear()
    try:
        yield
    finally:
        items[:0] = kept
