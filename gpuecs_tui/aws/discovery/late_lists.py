"""Lists of the account that are read when the user opens them, because few stacks need them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gpuecs_tui.aws.discovery.identity import IAM_PAGE
from gpuecs_tui.aws.facts import Named, Policy
from gpuecs_tui.aws.reading import Reading
from gpuecs_tui.aws.session import AccountReader

KMS_PAGE = {"PageSize": 100}
"""The largest page of kms:ListAliases."""


def read_policies(reader: AccountReader) -> tuple[Policy, ...]:
    """Return the managed policies that the account has created, by name."""
    items = reader.items(
        "iam", "ListPolicies", "Policies", Scope="Local", PaginationConfig=IAM_PAGE
    )
    found = (Policy(it["PolicyName"], it["Arn"]) for it in items)
    return tuple(sorted(found, key=lambda it: (it.name, it.arn)))


def read_kms_keys(reader: AccountReader) -> tuple[Named, ...]:
    """Return the Region's customer managed keys that have an alias, by alias.

    ``alias/aws/…`` are the keys of AWS services, which can't be used for anything else.
    """
    items = reader.items("kms", "ListAliases", "Aliases", PaginationConfig=KMS_PAGE)
    found = (
        Named(name, f"{it['AliasArn'].rpartition(':')[0]}:key/{it['TargetKeyId']}")
        for it in items
        if not (name := it["AliasName"]).startswith("alias/aws/") and it.get("TargetKeyId")
    )
    return tuple(sorted(found, key=lambda it: it.name))


_LISTS: Mapping[str, tuple[str, Callable[[AccountReader], Any]]] = {
    "kms_keys": ("kms:ListAliases", read_kms_keys),
    "policies": ("iam:ListPolicies", read_policies),
}
"""Field of ``LateLists`` → the call that the list depends on, as IAM names it, and its reader."""


def read_late(reader: AccountReader, name: str) -> Reading[Any]:
    """Return the list of the field ``name`` of ``LateLists``; blocks.

    Raises Closed once the reader is closed.
    """
    call, read = _LISTS[name]
    return reader.reading(call, lambda: read(reader))
