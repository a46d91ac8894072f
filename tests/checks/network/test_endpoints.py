"""VPC endpoints that a stack creates: the problems that they solve, and those that AWS refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.aws.network_facts import RouteTable, VpcEndpoint
from gpuecs_tui.checks import Finding, check
from gpuecs_tui.checks.context import context_of
from gpuecs_tui.checks.network.egress_paths import egress_paths
from gpuecs_tui.checks.network.endpoints import ALWAYS, FIELD, FOR_ECR, needed_endpoints
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.monitoring.gpu_metrics import ENDPOINTS
from gpuecs_tui.stack.network import VPC_ENDPOINTS, in_endpoint_order
from gpuecs_tui.widgets.pictures.egress_words import egress_line
from tests.checks.network.networks import DENIED, IN_ECR, A, B, endpoints, routed
from tests.support.fixes import apply_fix
from tests.support.small_account import (
    ANSWERS,
    PRIVATE,
    VPC,
    account,
    findings,
    known,
    of_rule,
    stack,
)

NEEDED = in_endpoint_order((*ALWAYS, *FOR_ECR))
LOCKED: dict[str, Value] = {"network__instance_subnet_ids": PRIVATE, "task__image": IN_ECR}


def isolated(*there: VpcEndpoint, **more: Any) -> AccountFacts:
    """An account whose subnets reach AWS only through these endpoints."""
    return routed("", **{"vpc_endpoints": known(there), **more})


def egress(facts: AccountFacts, **changes: Value) -> list[Finding]:
    return [it for it in findings(facts, **{**LOCKED, **changes}) if it.rule == "egress"]


def test_the_missing_ones_are_the_remedy() -> None:
    (found,) = egress(isolated(*endpoints("ecs", "s3")))
    missing = tuple(it for it in NEEDED if it not in ("ecs", "s3"))
    assert found.fix == ((FIELD, missing),)
    assert "create VPC endpoints for ecs-agent" in found.remedy
    answers = {**ANSWERS, "network.instance_subnet_ids": PRIVATE, "task.image": IN_ECR}
    mended = apply_fix(found, answers)
    assert [it for it in findings(isolated(*endpoints("ecs", "s3")), mended)
            if it.rule == "egress"] == []  # fmt: skip


def test_they_are_added_to_those_chosen() -> None:
    (found,) = egress(isolated(), network__vpc_endpoints=("ssmmessages", "logs"))
    assert found.fix == ((FIELD, in_endpoint_order((*NEEDED, "ssmmessages"))),)


def test_no_endpoint_mends_an_image_from_elsewhere() -> None:
    (found,) = egress(isolated(), task__image="example.org/a")
    assert (found.field, found.fix) == ("network.instance_subnet_ids", None)
    (found,) = egress(isolated(), task__image="example.org/a", network__vpc_endpoints=ALWAYS)
    assert (found.field, found.severity) == ("task.image", "error")
    assert "example.org/a" in found.message and "an image in ECR" in found.remedy


def test_where_some_subnets_have_a_way_the_others_are_left_out() -> None:
    tables = account().route_tables
    lonely = RouteTable("rtb-3", VPC, False, (B,), ())
    facts = account(route_tables=known((lonely, *tables.value)))  # type: ignore[union-attr]  # it is Known
    (found,) = egress(facts)
    assert found.fix is not None and found.fix[0][0] == "network.instance_subnet_ids"
    assert "create VPC endpoints for ecs" in found.remedy
    (found,) = egress(facts, task__image="example.org/a", network__vpc_endpoints=ALWAYS)
    assert found.fix is not None and found.field == "task.image"


def test_created_ones_are_a_way_out_whatever_else_can_be_read() -> None:
    found = egress(isolated(vpc_endpoints=DENIED), network__vpc_endpoints=NEEDED)
    # The existing endpoints are unknown, so an apply may fail because of one.
    assert [(it.severity, it.field) for it in found] == [("unknown", FIELD)]


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        (endpoints("ecs", "logs"), ("ecs", "logs")),
        (endpoints("s3"), ("s3",)),
        # An endpoint without private DNS, in another VPC, or in other route tables does not
        # conflict.
        ([replace(endpoints("ecs")[0], private_dns=False)], ()),
        ([replace(endpoints("ecs")[0], vpc_id="vpc-other")], ()),
        ([replace(endpoints("s3")[0], route_table_ids=("rtb-9",))], ()),
        # An interface endpoint for S3 can exist next to a gateway endpoint.
        ([replace(endpoints("ecs")[0], service="s3")], ()),
    ],
)
def test_what_exists_is_not_made_again(there: Any, taken: tuple[str, ...]) -> None:
    found = egress(isolated(*there), network__vpc_endpoints=NEEDED)
    if not taken:
        assert found == []
        return
    (finding,) = found
    assert (finding.severity, finding.field) == ("error", FIELD)
    assert finding.fix == ((FIELD, tuple(it for it in NEEDED if it not in taken)),)
    assert all(f"{name} (vpce-{name})" in finding.message for name in taken)


def test_a_gateway_of_some_route_tables_is_not_mended_by_a_second() -> None:
    """The adjacent subnet needs the existing endpoint: a new one would conflict in the first
    subnet's route table."""
    tables = (RouteTable("rtb-1", VPC, True, (A,), ()), RouteTable("rtb-2", VPC, False, (B,), ()))
    facts = account(route_tables=known(tables), vpc_endpoints=known(endpoints("s3")))
    (found,) = egress(facts, network__instance_subnet_ids=(A, B))
    assert "s3" in found.remedy and found.fix is None


def test_a_stack_s_own_endpoints_are_no_clash() -> None:
    facts = isolated(*endpoints(*NEEDED))
    changes: dict[str, Value] = {**LOCKED, "network__vpc_endpoints": NEEDED}
    own = frozenset(f"vpce-{it}" for it in NEEDED)
    assert [it for it in check(stack(**changes), facts, owned=own) if it.rule == "egress"] == []
    unread = [it for it in check(stack(**changes), facts, owned=None) if it.rule == "egress"]
    assert [(it.severity, it.field) for it in unread] == [("unknown", FIELD)]


def test_a_stack_s_own_endpoints_go_when_they_are_chosen_no_more() -> None:
    facts = isolated(*endpoints(*NEEDED))
    own = frozenset({"vpce-ecs", "vpce-logs"})
    found = [it for it in check(stack(**LOCKED), facts, owned=own) if it.rule == "egress"]
    assert [it.fix for it in found] == [((FIELD, ("ecs", "logs")),)]
    (path, *_others) = egress_paths(context_of(stack(**LOCKED), facts, own))
    assert path.missing == ("ecs", "logs")


def test_the_way_of_created_ones_is_said() -> None:
    context = context_of(stack(**LOCKED, network__vpc_endpoints=NEEDED), isolated())
    assert {(it.created, it.missing, it.known) for it in egress_paths(context)} == {
        (True, (), True)
    }
    assert "VPC endpoints (created by the stack) (us-east-1a" in egress_line(context)
    unread = context_of(stack(**LOCKED, network__vpc_endpoints=NEEDED), routed("",
        vpc_endpoints=DENIED))  # fmt: skip
    assert "VPC endpoints (created by the stack) (us-east-1a" in egress_line(unread)


def test_their_interfaces_take_addresses_in_the_first_subnet_of_a_zone() -> None:
    facts = account()
    subnets = tuple(
        replace(it, free_addresses=9 if it.id in PRIVATE else it.free_addresses)
        for it in facts.subnets.value  # type: ignore[union-attr]  # it is Known
    )
    tight = replace(facts, subnets=known(subnets))
    assert of_rule("free-addresses", tight) == []
    assert len(of_rule("free-addresses", tight, network__vpc_endpoints=("s3",))) == 0
    assert len(of_rule("free-addresses", tight, network__vpc_endpoints=("ecs",))) == len(PRIVATE)


def test_every_service_that_may_be_needed_can_be_chosen() -> None:
    secrets = {
        "A": "arn:aws:secretsmanager:us-east-1:123456789012:secret:a",
        "B": "arn:aws:ssm:us-east-1:123456789012:parameter/b",
    }
    (found,) = egress(isolated(), task__secrets=secrets, service__execute_command=True)
    of_gpu_metrics = ENDPOINTS
    needed = tuple(it for it in VPC_ENDPOINTS if it not in of_gpu_metrics)
    assert found.fix == ((FIELD, needed),)


def test_the_credentials_of_a_registry_need_the_endpoint_of_secrets_manager() -> None:
    secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:a"
    assert "secretsmanager" in needed_endpoints(stack(container__registry_secret_arn=secret))
    assert "secretsmanager" not in needed_endpoints(stack())
