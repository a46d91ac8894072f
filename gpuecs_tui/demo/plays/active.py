"""The faults of running services that are on now. Used while the application's lock is held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from gpuecs_tui.demo import timings

_Entry = TypeVar("_Entry")


@dataclass(slots=True)
class Activation:
    """One fault that is on."""

    name: str
    operand: str
    since: float
    """On the account's clock."""
    done: set[str] = field(default_factory=set)
    """What the fault changed already: ids, so that it changes each of them once."""
    undo: list[Callable[[], None]] = field(default_factory=list)
    """What restores these changes; called in reverse order when the fault is cleared."""


_ACTIVE: dict[str, Activation] = {}


def turn_on(word: str, name: str, operand: str) -> None:
    """Start the fault ``word``, unless it is on."""
    _ACTIVE.setdefault(word, Activation(name, operand, timings.now()))


def turn_off(word: str) -> None:
    """End the fault ``word`` and restore what it changed."""
    gone = _ACTIVE.pop(word, None)
    for restore in reversed(gone.undo if gone else []):
        restore()


def activations() -> tuple[Activation, ...]:
    """Return what is on, in the order in which it was turned on."""
    return tuple(_ACTIVE.values())


def is_on(*names: str) -> bool:
    """Whether any fault of these names is on."""
    return any(it.name in names for it in _ACTIVE.values())


def of(table: Mapping[str, _Entry]) -> Iterator[tuple[Activation, _Entry]]:
    """Yield each fault that is on and in ``table``, with its entry."""
    for it in activations():
        if it.name in table:
            yield it, table[it.name]
