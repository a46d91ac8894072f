"""A stack with unknown answers: reading one of them raises NotKnown."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar, cast

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS, Stack

T = TypeVar("T")


class NotKnown(Exception):
    """The code read an answer that is unknown, because its Terraform is not understood."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key
        """Its dotted key."""


def partial(stack: Stack, unknown: Collection[str]) -> Stack:
    """Return ``stack`` in a form that raises NotKnown when one of the ``unknown`` keys is read.

    So rules, costs and pictures can't use a default although the Terraform has another value.
    Results that need only known answers are not affected.
    """
    if not unknown:
        return stack
    return cast(Stack, _PartialStack(stack, frozenset(unknown)))


def known(ask: Callable[[], T]) -> T | None:
    """Return the result of ``ask``; None if it needs an unknown answer."""
    try:
        return ask()
    except NotKnown:
        return None


class _PartialStack:
    def __init__(self, stack: Stack, unknown: frozenset[str]) -> None:
        self._stack, self._unknown = stack, unknown

    def __getattr__(self, section: str) -> Any:
        inner = getattr(self._stack, section)
        return inner if callable(inner) else _PartialSection(section, inner, self._unknown)

    def __getitem__(self, key: str) -> Value:
        if key in self._unknown:
            raise NotKnown(key)
        return self._stack[key]

    def flat(self) -> dict[str, Value]:
        return {key: self[key] for key in KEYS}


class _PartialSection:
    def __init__(self, name: str, section: Any, unknown: frozenset[str]) -> None:
        self._name, self._section, self._unknown = name, section, unknown

    def __getattr__(self, name: str) -> Any:
        key = f"{self._name}.{name}"
        if key in self._unknown:
            raise NotKnown(key)
        return getattr(self._section, name)
