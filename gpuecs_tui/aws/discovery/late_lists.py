"""Lists of the account that are read when the user opens them, because few stacks need them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gpuecs_tui.aws.discovery.identity import IAM_PAGE
from gpuecs_tui.aws.facts import Policy
from gpuecs_tui.aws.reading import Reading
from gpuecs_tui.aws.session import AccountReader


def read_policies(reader: AccountReader) -> tuple[Policy, ...]:
    """Return the managed policies that the account has created, by name."""
    items = reader.items(
        "iam", "ListPolicies", "Policies", Scope="Local", PaginationConfig=IAM_PAGE
    )
    found = (Policy(it["PolicyName"], it["Arn"]) for it in items)
    return tuple(sorted(found, key=lambda it: (it.name, it.arn)))


_LISTS: Mapping[str, tuple[str, Callable[[AccountReader], Any]]] = {
    "policies": ("iam:ListPolicies", read_policies),
}
"""Field of ``LateLists`` → the call that the list depends on, as IAM names it, and its reader."""


def read_late(reader: AccountReader, name: str) -> Reading[Any]:
    """Return the list of the field ``name`` of ``LateLists``; blocks.

    Raises Closed once the reader is closed.
    """
    call, read = _LISTS[name]
    return reader.reading(call, lambda: read(reader))
