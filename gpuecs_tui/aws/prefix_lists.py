"""Managed prefix lists, and as how many rules of a security group each counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gpuecs_tui.aws.network_facts import PrefixList
from gpuecs_tui.aws.reading import Reading
from gpuecs_tui.aws.session import AccountReader

_WEIGHTS = {"cloudfront.origin-facing": 55, "s3": 1, "dynamodb": 1}
"""End of the name of a list of AWS → its weight (VPC user guide, "AWS-managed prefix list weight").
The API returns no maximum of entries for these lists."""
_OF_AWS = "com.amazonaws."


def prefix_list(item: Mapping[str, Any]) -> PrefixList:
    """Return a prefix list of an answer of ``ec2:DescribeManagedPrefixLists``.

    A list of an account counts as its maximum of entries (VPC user guide, "Prefix lists").
    """
    name = str(item.get("PrefixListName", ""))
    rules = item.get("MaxEntries")
    if not rules and name.startswith(_OF_AWS):
        # The names continue with a Region or with "global".
        rules = _WEIGHTS.get(name.removeprefix(_OF_AWS).partition(".")[2])
    return PrefixList(item["PrefixListId"], name, str(item.get("AddressFamily", "")), rules or None)


def read_prefix_list(reader: AccountReader, id_: str) -> Reading[PrefixList | None]:
    """Return one prefix list; None if it does not exist."""

    def read() -> PrefixList | None:
        # The filter finds nothing where the parameter for ids would fail.
        filters = [{"Name": "prefix-list-id", "Values": [id_]}]
        found = reader.call("ec2", "DescribeManagedPrefixLists", Filters=filters)
        items = found.get("PrefixLists") or ()
        return prefix_list(items[0]) if items else None

    return reader.reading("ec2:DescribeManagedPrefixLists", read)
