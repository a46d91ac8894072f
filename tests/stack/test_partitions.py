"""Partitions and domains, compared with the SDK's own data."""

from __future__ import annotations

import re

import pytest
from botocore.loaders import Loader

from gpuecs_tui.stack.identity import REGION
from gpuecs_tui.stack.partitions import DOMAINS, domain_of, ecr_endpoints_differ, partition_of

PARTITIONS = Loader().load_data("partitions")["partitions"]
REGIONS = [
    (region, it["id"], it["outputs"]["dnsSuffix"])
    for it in PARTITIONS
    for region in it["regions"]
    if not region.endswith("-global")
]


@pytest.mark.parametrize(("region", "partition", "domain"), REGIONS)
def test_each_region_is_in_its_partition(region: str, partition: str, domain: str) -> None:
    assert (partition_of(region), domain_of(region)) == (partition, domain)
    assert domain in DOMAINS
    assert re.fullmatch(REGION, region)


@pytest.mark.parametrize(
    ("region", "differ"),
    [
        ("us-gov-east-1", False), ("ap-south-2", False), ("cn-northwest-1", True),
        ("eusc-de-east-1", True), ("us-isob-west-1", True),
    ],
)  # fmt: skip
def test_ecr_endpoints_follow_the_domain(region: str, differ: bool) -> None:
    assert ecr_endpoints_differ(region) is differ
