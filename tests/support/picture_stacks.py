"""Stacks and accounts for tests of pictures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.aws.network_facts import Subnet, Vpc
from gpuecs_tui.aws.reading import Known, T
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.resolve import Resolved, resolve

VPC = "vpc-0a1b2c3d"
ANSWERS: Mapping[str, Value] = {
    "stack.name": "demo",
    "stack.region": "us-east-1",
    "network.vpc_id": VPC,
    "fleet.instance_type": "g4dn.xlarge",
    "task.image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1",
}


def known(value: T) -> Known[T]:
    return Known(value, "test", datetime(2026, 11, 23, tzinfo=UTC))


def subnets(zones: int, each: int = 1, name: str = "private-{zone}") -> tuple[Subnet, ...]:
    found = []
    for number in range(zones * each):
        letter = "abcdef"[number % zones]
        found.append(
            Subnet(
                id=f"subnet-0a1b2c3d4e5f{number:04x}",
                name=name.format(zone=letter),
                vpc_id=VPC,
                zone=f"us-east-1{letter}",
                cidr=f"10.0.{number}.0/24",
                free_addresses=250,
                public=False,
            )
        )
    return tuple(found)


def account(these: tuple[Subnet, ...], vpc_name: str = "ml-platform") -> AccountFacts:
    vpcs = (Vpc(VPC, vpc_name, ("10.0.0.0/16",), False),)
    return AccountFacts(region="us-east-1", vpcs=known(vpcs), subnets=known(these))


def resolved(these: tuple[Subnet, ...], **more: Value) -> Resolved:
    """Return the answers above with the ids of ``these``; further ones as
    ``section__name=value``."""
    answers = dict(ANSWERS)
    if these:
        answers["network.instance_subnet_ids"] = tuple(it.id for it in these)
    answers.update({key.replace("__", "."): value for key, value in more.items()})
    return resolve(answers, catalogue.find(str(answers["fleet.instance_type"])))
