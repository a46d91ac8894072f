"""Holding a part of moto's memory otherwise than it is, and putting it back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def attribute(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Let ``owner.name`` be ``value`` inside the block."""
    kept = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, kept)


@contextmanager
def entry(mapping: dict[str, Any], key: str, value: Any) -> Iterator[None]:
    """Let an entry that is there be ``value`` inside the block."""
    kept = mapping[key]
    mapping[key] = value
    try:
        yield
    finally:
        mapping[key] = kept


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
