"""The path from each instance subnet to ECS, the registry and the logs."""

from __future__ import annotations

import pytest

from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.checks.context import context_of
from gpuecs_tui.checks.network.egress_paths import REGISTRY, egress_paths
from gpuecs_tui.checks.network.endpoints import ALWAYS, FOR_ECR
from gpuecs_tui.widgets.pictures.egress_words import egress_line
from tests.checks.network.networks import DENIED, IN_ECR, A, endpoints, routed
from tests.support.small_account import account, known, stack


@pytest.mark.parametrize(
    ("facts", "image", "way", "missing", "said"),
    [
        (routed("nat-1"), IN_ECR, "nat", (), "NAT gateway (us-east-1a)"),
        (
            routed("igw-1"),
            IN_ECR,
            "no-address",
            (*ALWAYS, *FOR_ECR),
            "internet gateway, but no public IP address",
        ),
        (
            routed("tgw-1"),
            "a/b",
            "other",
            (*ALWAYS, REGISTRY),
            "tgw-1 (destination not checked), no",
        ),
        (
            routed("", vpc_endpoints=known(endpoints(*ALWAYS, *FOR_ECR))),
            IN_ECR,
            "none",
            (),
            "VPC endpoints (us-east-1a)",
        ),
        (
            routed("", vpc_endpoints=known(endpoints(*ALWAYS))),
            "example.org/a",
            "none",
            (REGISTRY,),
            "no endpoint for the image",
        ),
        (routed("", vpc_endpoints=DENIED), IN_ECR, "none", (), "VPC endpoints unknown"),
        (
            routed("nat-1", vpc_endpoints=known(endpoints("s3"))),
            IN_ECR,
            "nat",
            (),
            "NAT gateway, VPC endpoints for s3",
        ),
    ],
)
def test_each_way(
    facts: AccountFacts, image: str, way: str, missing: tuple[str, ...], said: str
) -> None:
    of = stack(network__instance_subnet_ids=(A,), task__image=image)
    context = context_of(of, facts)
    (path,) = egress_paths(context)
    assert (path.way, path.missing) == (way, missing)
    assert said in egress_line(context)


def test_subnets_of_the_same_way_are_told_together() -> None:
    assert egress_line(context_of(stack(), account())) == (
        "Route to ECS, registry and logs: NAT gateway (us-east-1a, us-east-1b, us-east-1c)"
    )


def test_nothing_is_said_of_what_was_not_read() -> None:
    assert egress_line(context_of(stack(), account(route_tables=DENIED))) == ""
    assert egress_line(context_of(stack(), None)) == ""
