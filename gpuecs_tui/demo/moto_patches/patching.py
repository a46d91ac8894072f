"""Replaces a method or property of moto with a function that can call the original."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def wrap(owner: type, name: str, around: Callable[..., Any]) -> None:
    """Make ``owner.name`` call ``around(original, self, …)``; original is None if it had none."""
    original = getattr(owner, name, None)

    def method(self: Any, *args: Any, **keywords: Any) -> Any:
        return around(original, self, *args, **keywords)

    setattr(owner, name, method)


def wrap_property(owner: type, name: str, around: Callable[..., Any]) -> None:
    """Make the property ``owner.name`` return ``around(original, self)``."""
    original: Any = vars(owner)[name].fget
    setattr(owner, name, property(lambda self: around(original, self)))
