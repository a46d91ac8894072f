"""A large account, page by page: 200 subnets, 500 security groups, 1,000 images, 5,000 spot prices.

Responses for a ``Stub``. A page has the requested number of items, or fewer, which AWS allows too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from gpuecs_tui.aws import catalogue
from tests.support.aws.stub import Answer

SUBNETS = 200
GROUPS = 500
IMAGES = 1000
PRICES = 5000
REPOSITORY = "large"
VPC = "vpc-0123456789abcdef0"
ZONES = tuple(f"us-east-1{letter}" for letter in "abcdef")
TYPES = tuple(sorted(catalogue.names()))
"""Instance types in the Spot price history, alternately."""


def answers(most: int) -> Mapping[str, Callable[[bytes], Answer]]:
    """Return the account's responses to its four long lists, at most ``most`` items per page."""
    return {
        "ec2:DescribeSubnets": _ec2("DescribeSubnets", "subnetSet", _subnets, most),
        "ec2:DescribeSecurityGroups": _ec2(
            "DescribeSecurityGroups", "securityGroupInfo", _groups, most
        ),
        "ec2:DescribeSpotPriceHistory": _ec2(
            "DescribeSpotPriceHistory", "spotPriceHistorySet", _prices, most
        ),
        "ecr:DescribeImages": lambda body: _images(json.loads(body), most),
    }


Query = Mapping[str, list[str]]


def _ec2(
    operation: str, element: str, items: Callable[[Query], list[str]], most: int
) -> Callable[[bytes], Answer]:
    def answer(body: bytes) -> Answer:
        query = parse_qs(body.decode())
        start = int(query.get("NextToken", ["0"])[0])
        end = start + min(most, int(query["MaxResults"][0]))
        found = items(query)
        page = "".join(f"<item>{it}</item>" for it in found[start:end])
        more = f"<nextToken>{end}</nextToken>" if end < len(found) else ""
        text = f"<{operation}Response><{element}>{page}</{element}>{more}</{operation}Response>"
        return 200, "text/xml", text.encode()

    return answer


def _subnets(_query: Query) -> list[str]:
    return [
        f"<subnetId>subnet-{n:017x}</subnetId><vpcId>{VPC}</vpcId>"
        f"<availabilityZone>{ZONES[n % len(ZONES)]}</availabilityZone>"
        f"<cidrBlock>10.0.{n}.0/24</cidrBlock>"
        f"<availableIpAddressCount>251</availableIpAddressCount>"
        for n in range(SUBNETS)
    ]


def _groups(_query: Query) -> list[str]:
    rule = (
        "<ipProtocol>tcp</ipProtocol><fromPort>80</fromPort><toPort>80</toPort>"
        "<ipRanges><item><cidrIp>10.0.0.0/8</cidrIp></item></ipRanges>"
    )
    return [
        f"<groupId>sg-{n:017x}</groupId><groupName>team-{n}</groupName><vpcId>{VPC}</vpcId>"
        f"<groupDescription>of a team</groupDescription>"
        f"<ipPermissions><item>{rule}</item></ipPermissions>"
        for n in range(GROUPS)
    ]


def _prices(query: Query) -> list[str]:
    wanted = {it for key, (it, *_) in query.items() if key.startswith("InstanceType.")}
    return [
        f"<instanceType>{TYPES[n % len(TYPES)]}</instanceType>"
        "<productDescription>Linux/UNIX</productDescription>"
        f"<spotPrice>{1 + n % 100 / 100:.6f}</spotPrice>"
        f"<timestamp>2026-11-{18 + n % 7}T00:00:00.000Z</timestamp>"
        f"<availabilityZone>{ZONES[n // len(TYPES) % len(ZONES)]}</availabilityZone>"
        for n in range(PRICES)
        if TYPES[n % len(TYPES)] in wanted
    ]


def _images(asked: Mapping[str, str], most: int) -> Answer:
    start = int(asked.get("nextToken", 0))
    end = start + min(most, int(asked["maxResults"]))
    page: dict[str, object] = {
        "imageDetails": [
            {
                "repositoryName": REPOSITORY,
                "imageDigest": f"sha256:{n:064x}",
                "imageTags": [f"v{n}"],
                "imageSizeInBytes": 1 << 30,
                "imagePushedAt": 1_790_000_000 + n,
            }
            for n in range(start, min(end, IMAGES))
        ]
    }
    if end < IMAGES:
        page["nextToken"] = str(end)
    return 200, "application/x-amz-json-1.1", json.dumps(page).encode()
