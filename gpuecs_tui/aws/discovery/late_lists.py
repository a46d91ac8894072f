"""Lists of the account that are read when the user opens them, because few stacks need them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gpuecs_tui.aws.discovery.hosted_zones import hosted_zone
from gpuecs_tui.aws.discovery.identity import IAM_PAGE
from gpuecs_tui.aws.facts import HostedZone, Named, Policy
from gpuecs_tui.aws.network_facts import PrefixList
from gpuecs_tui.aws.prefix_lists import prefix_list
from gpuecs_tui.aws.reading import Reading
from gpuecs_tui.aws.session import AccountReader

FIFO = ".fifo"
"""The end of the names of FIFO topics."""
KMS_PAGE = {"PageSize": 100}
"""The largest page of kms:ListAliases."""
WAF_PAGE = 100
"""The most items of a page (AWS WAF API reference, ListWebACLs)."""


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


def read_web_acls(reader: AccountReader) -> tuple[Named, ...]:
    """Return the web ACLs of the Region that a load balancer can use, by name."""
    found: list[Named] = []
    more: dict[str, Any] = {}
    while True:
        answer = reader.call("wafv2", "ListWebACLs", Scope="REGIONAL", Limit=WAF_PAGE, **more)
        page = answer.get("WebACLs") or ()
        found += [Named(it["Name"], it["ARN"]) for it in page]
        # The last page, too, may have a marker.
        if not page or not answer.get("NextMarker"):
            return tuple(sorted(found, key=lambda it: (it.name, it.arn)))
        more = {"NextMarker": answer["NextMarker"]}


def read_prefix_lists(reader: AccountReader) -> tuple[PrefixList, ...]:
    """Return the managed prefix lists of the Region, by name."""
    items = reader.items("ec2", "DescribeManagedPrefixLists", "PrefixLists")
    return tuple(sorted(map(prefix_list, items), key=lambda it: (it.name, it.id)))


def read_hosted_zones(reader: AccountReader) -> tuple[HostedZone, ...]:
    """Return the hosted zones of the account, by name."""
    found = map(hosted_zone, reader.items("route53", "ListHostedZones", "HostedZones"))
    return tuple(sorted(found, key=lambda it: (it.name, it.id)))


def read_topics(reader: AccountReader) -> tuple[Named, ...]:
    """Return the Region's standard topics by name; an alarm can't send to a FIFO topic."""
    arns = (str(it["TopicArn"]) for it in reader.items("sns", "ListTopics", "Topics"))
    found = (Named(arn.rpartition(":")[2], arn) for arn in arns if not arn.endswith(FIFO))
    return tuple(sorted(found, key=lambda it: it.name))


_LISTS: Mapping[str, tuple[str, Callable[[AccountReader], Any]]] = {
    "kms_keys": ("kms:ListAliases", read_kms_keys),
    "topics": ("sns:ListTopics", read_topics),
    "policies": ("iam:ListPolicies", read_policies),
    "hosted_zones": ("route53:ListHostedZones", read_hosted_zones),
    "prefix_lists": ("ec2:DescribeManagedPrefixLists", read_prefix_lists),
    "web_acls": ("wafv2:ListWebACLs", read_web_acls),
}
"""Field of ``LateLists`` → the call that the list depends on, as IAM names it, and its reader."""


def read_late(reader: AccountReader, name: str) -> Reading[Any]:
    """Return the list of the field ``name`` of ``LateLists``; blocks.

    Raises Closed once the reader is closed.
    """
    call, read = _LISTS[name]
    return reader.reading(call, lambda: read(reader))
