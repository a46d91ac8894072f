"""The rules give no false alarm in the demo account, which has the resources of a real account."""

from __future__ import annotations

import pytest

from gpuecs_tui.aws.discovery.account import read_account
from gpuecs_tui.aws.discovery.lookups import read_references
from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.aws.network_facts import egress_of
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.aws.session import AccountReader, connect
from gpuecs_tui.checks import Finding, check
from gpuecs_tui.demo.account import DemoAccount
from gpuecs_tui.stack.fields import Value
from tests.support.small_account import stack

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-server:latest"


@pytest.fixture
def reader(on_demo_account: DemoAccount) -> AccountReader:
    return connect("", "us-east-1")


@pytest.fixture
def answers(reader: AccountReader) -> tuple[AccountFacts, dict[str, Value]]:
    """The account, and the shortest answers that a user would give in it."""
    facts = read_account(reader)
    assert isinstance(facts.vpcs, Known)
    assert isinstance(facts.subnets, Known)
    assert isinstance(facts.route_tables, Known)
    vpc = next(it.id for it in facts.vpcs.value if it.name == "ml-platform")
    private = tuple(
        it.id
        for it in facts.subnets.value
        if it.vpc_id == vpc
        and egress_of(it, facts.route_tables.value) == "nat"
        and it.free_addresses > 100
    )
    assert len(private) == 3
    return facts, {
        "stack.name": "never-taken",
        "stack.region": "us-east-1",
        "network.vpc_id": vpc,
        "network.instance_subnet_ids": private,
        "fleet.instance_type": "g4dn.xlarge",
        "task.image": IMAGE,
    }


def checked(
    reader: AccountReader, given: tuple[AccountFacts, dict[str, Value]], **changes: Value
) -> list[Finding]:
    facts, shortest = given
    wanted = stack(shortest, **changes)
    return check(wanted, read_references(reader, wanted, facts))


def test_its_default_stack_has_nothing_to_be_told(
    reader: AccountReader, answers: tuple[AccountFacts, dict[str, Value]]
) -> None:
    assert checked(reader, answers) == []


def test_what_is_wrong_there_is_told(
    reader: AccountReader, answers: tuple[AccountFacts, dict[str, Value]]
) -> None:
    found = checked(
        reader,
        answers,
        task__image=IMAGE.replace("latest", "no-such-tag"),
        fleet__key_name="nobodys",
        names__load_balancer="legacy-web",
        task__memory=15742,
        load_balancer__internal=False,
    )
    assert {it.rule for it in found} == {
        "image-exists",
        "role-missing",
        "name-taken",
        "memory-fit",
        "lb-zones",
    }
