from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gpuecs_tui.aws.facts import AccountFacts, Offering
from gpuecs_tui.aws.network_facts import RouteTable, SecurityGroupRule, Subnet
from gpuecs_tui.aws.reading import Known, Unknown
from gpuecs_tui.checks.network.endpoints import ALWAYS, FOR_ECR
from gpuecs_tui.stack.fields import Value
from tests.checks.network.networks import DENIED, IN_ECR, A, B, C, endpoints, routed
from tests.support.small_account import (
    CERTIFICATE,
    PRIVATE,
    PUBLIC,
    VPC,
    account,
    findings,
    group,
    known,
    of_rule,
    rule,
)

INSTANCES, BALANCER = "network.instance_subnet_ids", "network.load_balancer_subnet_ids"


def with_subnet(subnet_id: str, **changes: Any) -> AccountFacts:
    facts = account()
    subnets: tuple[Subnet, ...] = facts.subnets.value  # type: ignore[union-attr]  # it is Known
    changed = tuple(replace(it, **changes) if it.id == subnet_id else it for it in subnets)
    return replace(facts, subnets=known(changed))


def offered(*zones: str) -> AccountFacts:
    return account(offerings=known((Offering("g4dn.xlarge", zones),) if zones else ()))


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        (offered("us-east-1a", "us-east-1b", "us-east-1c"), []),
        (offered("us-east-1a", "us-east-1b"), [("warning", INSTANCES)]),
        (offered("us-east-1f"), [("error", INSTANCES)]),
        (offered(), [("error", "fleet.instance_type")]),
        (account(offerings=DENIED), [("unknown", INSTANCES)]),
        (account(subnets=DENIED), [("unknown", INSTANCES)]),
        (account(vpcs=known(())), [("error", "network.vpc_id")]),
        (account(subnets=known(())), [("error", INSTANCES)]),
        (with_subnet(A, vpc_id="vpc-other"), [("error", INSTANCES)]),
    ],
)
def test_zone_offering(facts: AccountFacts, found: list[tuple[str, str]]) -> None:
    assert of_rule("zone-offering", facts) == found


def test_leaving_out_a_zone_keeps_the_load_balancer_in_it() -> None:
    found = next(it for it in findings(offered("us-east-1a")) if it.rule == "zone-offering")
    assert found.fix == ((INSTANCES, (A,)), (BALANCER, PRIVATE))


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"network__load_balancer_subnet_ids": (A, B)}, []),
        ({"network__load_balancer_subnet_ids": (A,)}, [("error", BALANCER)]),
        ({"network__load_balancer_subnet_ids": (A, PUBLIC[0])}, [("error", BALANCER)]),
        ({"network__load_balancer_subnet_ids": (A, B, PUBLIC[0])}, [("error", BALANCER)]),
        ({"load_balancer__internal": False}, [("error", BALANCER)]),
        (
            {"load_balancer__internal": False, "network__load_balancer_subnet_ids": PUBLIC},
            [],
        ),
        (
            {
                "load_balancer__internal": False,
                "network__load_balancer_subnet_ids": (PUBLIC[0], B),
            },
            [("error", BALANCER)],
        ),
    ],
)
def test_lb_zones(changes: dict[str, Value], found: list[tuple[str, str]]) -> None:
    assert of_rule("lb-zones", **changes) == found


def test_lb_zones_names_what_would_do() -> None:
    one = next(
        it
        for it in findings(account(), network__load_balancer_subnet_ids=(PUBLIC[0],))
        if it.rule == "lb-zones"
    )
    assert f"{B} (us-east-1b)" in one.remedy
    twice = next(
        it
        for it in findings(account(), network__load_balancer_subnet_ids=(A, PUBLIC[0], B))
        if it.rule == "lb-zones"
    )
    assert twice.fix == ((BALANCER, (A, B)),)
    roomier = next(
        it
        for it in findings(
            with_subnet(A, free_addresses=20), network__load_balancer_subnet_ids=(A, PUBLIC[0], B)
        )
        if it.rule == "lb-zones"
    )
    assert roomier.fix == ((BALANCER, (PUBLIC[0], B)),)


def test_lb_zones_unknown() -> None:
    facts = account(subnets=DENIED)
    assert of_rule("lb-zones", facts) == [("unknown", BALANCER)]
    assert of_rule("lb-zones", facts, network__load_balancer_subnet_ids=(A,)) == [
        ("error", BALANCER)
    ]
    unrouted = replace(with_subnet(A, public=None), route_tables=DENIED)
    assert of_rule("lb-zones", unrouted) == []
    assert of_rule("lb-zones", with_subnet(A, public=None), load_balancer__internal=False)[0] == (
        "error",
        BALANCER,
    )


@pytest.mark.parametrize(
    ("free", "changes", "found"),
    [
        # 2 instances in 3 subnets: one address each, and eight for the load balancer.
        (9, {}, []),
        (8, {}, [("warning", BALANCER)]),
        (7, {}, [("error", BALANCER)]),
        (1, {"network__load_balancer_subnet_ids": PUBLIC}, []),
        (0, {"network__load_balancer_subnet_ids": PUBLIC}, [("error", INSTANCES)]),
        (
            1,
            {"network__load_balancer_subnet_ids": PUBLIC, "task__network_mode": "awsvpc"},
            [("warning", INSTANCES)],
        ),
    ],
)
def test_free_addresses(free: int, changes: dict[str, Value], found: list[tuple[str, str]]) -> None:
    assert of_rule("free-addresses", with_subnet(A, free_addresses=free), **changes) == found


@pytest.mark.parametrize(
    ("facts", "image", "severity"),
    [
        (routed("nat-1"), IN_ECR, None),
        (routed("nat-1", active=False), IN_ECR, "error"),
        (routed("igw-1"), IN_ECR, "error"),
        (routed("tgw-1"), IN_ECR, "unknown"),
        (account(route_tables=DENIED), IN_ECR, "unknown"),
        (account(route_tables=known(())), IN_ECR, "error"),
        (routed("", vpc_endpoints=known(endpoints(*ALWAYS, *FOR_ECR))), IN_ECR, None),
        (routed("", vpc_endpoints=known(endpoints(*ALWAYS, "ecr.api"))), IN_ECR, "error"),
        (routed("", vpc_endpoints=known(endpoints("ecs", *FOR_ECR))), "example.org/a", "error"),
        (routed("", vpc_endpoints=DENIED), IN_ECR, "unknown"),
        (routed("", vpc_endpoints=DENIED), "example.org/a", "error"),
    ],
)
def test_egress(facts: AccountFacts, image: str, severity: str | None) -> None:
    found = of_rule("egress", facts, network__instance_subnet_ids=(A,), task__image=image)
    assert found == ([(severity, INSTANCES)] if severity else [])


def test_public_addresses_are_a_way_out() -> None:
    facts = replace(
        with_subnet(A, assigns_public_address=True), route_tables=routed("igw-1").route_tables
    )
    assert of_rule("egress", facts, network__instance_subnet_ids=(A,)) == []


def test_awsvpc_tasks_have_no_public_address() -> None:
    facts = replace(
        with_subnet(A, assigns_public_address=True), route_tables=routed("igw-1").route_tables
    )
    chosen: dict[str, Value] = {
        "network__instance_subnet_ids": (A,),
        "task__network_mode": "awsvpc",
    }
    assert of_rule("egress", facts, **chosen) == [("warning", "task.network_mode")]
    assert of_rule("egress", account(), **chosen) == []
    keys = {}
    for strategy in ("rolling", "blue_green"):
        found = findings(facts, **chosen, service__deployment_strategy=strategy)
        keys[strategy] = [it.fix for it in found if it.rule == "egress"]
    # Blue/green deployments need awsvpc (rule release-network).
    assert keys == {"rolling": [(("task.network_mode", "bridge"),)], "blue_green": [None]}


def test_a_subnet_without_a_way_out_can_be_left_out() -> None:
    tables = account().route_tables
    assert isinstance(tables, Known)
    isolated = RouteTable("rtb-3", VPC, False, (B,), ())
    facts = account(route_tables=known((isolated, *tables.value)))
    found = [it for it in findings(facts) if it.rule == "egress"]
    assert len(found) == 1
    assert found[0].fix == ((INSTANCES, (A, C)), (BALANCER, PRIVATE))
    assert B in found[0].message
    nowhere = account(route_tables=known(()))
    (finding,) = (it for it in findings(nowhere) if it.rule == "egress")
    assert finding.fix and finding.fix[0][0] == "network.vpc_endpoints", "none is left to keep"


def test_missing_endpoints_are_named() -> None:
    facts = routed("", vpc_endpoints=known(endpoints("ecs", "ecs-agent", "logs", "ecr.api")))
    found = next(
        it
        for it in findings(
            facts,
            task__image=IN_ECR,
            task__secrets={"A": "arn:aws:ssm:us-east-1:123456789012:parameter/a"},
            service__execute_command=True,
        )
        if it.rule == "egress"
    )
    assert found.remedy.endswith("ecs-telemetry, ecr.dkr, s3, ssm, ssmmessages")


def test_endpoints_do_not_lead_to_the_dual_stack_name_of_a_registry() -> None:
    image = "123456789012.dkr-ecr.us-east-1.on.aws/llm:7"
    facts = routed("", vpc_endpoints=known(endpoints(*ALWAYS, *FOR_ECR)))
    found = next(it for it in findings(facts, task__image=image) if it.rule == "egress")
    assert found.field == "task.image" and "dual-stack" in found.message
    assert found.fix == (("task.image", IN_ECR.replace("llm:1", "llm:7")),)
    assert not [it for it in findings(facts, task__image=IN_ECR) if it.rule == "egress"]
    without = routed("", vpc_endpoints=known(endpoints()))
    found = next(it for it in findings(without, task__image=image) if it.rule == "egress")
    assert f"set the image to {IN_ECR.replace('llm:1', 'llm:7')} and create" in found.remedy
    unread = routed("", vpc_endpoints=Unknown("ec2:DescribeVpcEndpoints", "refused", ""))
    found = next(it for it in findings(unread, task__image=image) if it.rule == "egress")
    assert found.severity == "unknown"


I_SG, L_SG = "sg-" + "i" * 17, "sg-" + "l" * 17
DYNAMIC = (32768, 65535)
PATH_I = "network.instance_security_group_ids"
PATH_L = "network.load_balancer_security_group_ids"


@pytest.mark.parametrize(
    ("ingress", "changes", "good"),
    [
        ([rule(*DYNAMIC, group=L_SG)], {}, True),
        ([rule(0, 65535, group=L_SG, tcp="-1")], {}, True),
        ([rule(*DYNAMIC, cidr="10.0.0.0/8")], {}, True),
        ([rule(*DYNAMIC, cidr="10.0.0.0/24")], {}, False),
        ([rule(*DYNAMIC, group="sg-other")], {}, False),
        ([rule(32768, 61000, group=L_SG)], {}, False),
        ([rule(*DYNAMIC, group=L_SG, tcp="udp")], {}, False),
        ([], {}, False),
        ([rule(80, 80, group=L_SG)], {"task__host_port": 80}, True),
        ([rule(80, 80, group=L_SG)], {"task__network_mode": "awsvpc"}, False),
        ([rule(8000, 8000, group=L_SG)], {"task__network_mode": "awsvpc"}, True),
        ([rule(8000, 8000, group=L_SG)], {"task__network_mode": "host"}, True),
        # The rules of several groups apply together, by ports and by addresses.
        ([rule(32768, 50000, group=L_SG), rule(50001, 65535, group=L_SG)], {}, True),
        ([rule(32768, 50000, group=L_SG), rule(50002, 65535, group=L_SG)], {}, False),
        ([rule(32768, 50000, group=L_SG), rule(40000, 65535, cidr="10.0.0.0/8")], {}, True),
        ([rule(*DYNAMIC, cidr=f"10.0.{net}.0/24") for net in range(3)], {}, True),
        ([rule(*DYNAMIC, cidr=f"10.0.{net}.0/24") for net in (0, 2)], {}, False),
        (
            [rule(8000, 8000, group=L_SG)],
            {"task__network_mode": "awsvpc", "health_check__port": "9000"},
            False,
        ),
        (
            [rule(8000, 8000, group=L_SG), rule(9000, 9000, group=L_SG)],
            {"task__network_mode": "awsvpc", "health_check__port": "9000"},
            True,
        ),
    ],
)
def test_the_load_balancer_reaches_its_tasks(
    ingress: list[Any], changes: dict[str, Value], good: bool
) -> None:
    balancer = group("l" * 17, rule(80, 80, "0.0.0.0/0"))
    facts = account(security_groups=known((group("i" * 17, *ingress), balancer)))
    chosen: dict[str, Value] = {
        "network__instance_security_group_ids": (I_SG,),
        "network__load_balancer_security_group_ids": (L_SG,),
    }
    found = of_rule("security-path", facts, **chosen, **changes)
    assert found == ([] if good else [("error", PATH_I)])


@pytest.mark.parametrize(
    ("ingress", "changes", "good"),
    [
        ([rule(80, 80, "10.0.0.0/16")], {}, True),
        ([rule(443, 443, "10.0.0.0/16")], {}, False),
        ([rule(8080, 8090, group="sg-clients")], {"load_balancer__port": 8085}, True),
    ],
)
def test_clients_reach_the_listener(
    ingress: list[Any], changes: dict[str, Value], good: bool
) -> None:
    facts = account(security_groups=known((group("l" * 17, *ingress),)))
    found = of_rule(
        "security-path",
        facts,
        network__load_balancer_security_group_ids=(L_SG,),
        **changes,
    )
    assert found == ([] if good else [("error", PATH_L)])


def test_security_groups_that_are_not_there() -> None:
    stray = group("i" * 17, rule(*DYNAMIC, cidr="0.0.0.0/0"), vpc="vpc-other")
    chosen: dict[str, Value] = {"network__instance_security_group_ids": (I_SG,)}
    assert of_rule("security-path", account(), **chosen) == [("error", PATH_I)]
    assert of_rule("security-path", account(security_groups=known((stray,))), **chosen) == [
        ("error", PATH_I)
    ]
    denied = account(security_groups=DENIED)
    assert of_rule("security-path", denied, **chosen) == [("unknown", PATH_I)]
    silent = replace(group("l" * 17, rule(80, 80, "0.0.0.0/0")), egress=())
    facts = account(security_groups=known((silent,)))
    assert of_rule("security-path", facts, network__load_balancer_security_group_ids=(L_SG,)) == [
        ("error", PATH_L)
    ]


def test_what_the_load_balancers_subnets_are_is_unknown() -> None:
    """A rule by addresses proves nothing then; a rule by group or for all addresses does."""
    chosen: dict[str, Value] = {"network__instance_security_group_ids": (I_SG,)}

    def found(*ingress: Any) -> list[tuple[str, str]]:
        groups = known((group("i" * 17, *ingress),))
        facts = account(subnets=DENIED, security_groups=groups)
        return of_rule("security-path", facts, **chosen)

    assert found(rule(*DYNAMIC, cidr="10.0.0.0/8")) == [("unknown", PATH_I)]
    assert found(rule(*DYNAMIC, cidr="0.0.0.0/0")) == []
    assert found(rule(80, 80, cidr="10.0.0.0/8")) == [("error", PATH_I)]


def test_what_a_prefix_list_holds_is_unknown() -> None:
    listed = SecurityGroupRule("tcp", *DYNAMIC, (), (), ("pl-1",))
    facts = account(security_groups=known((group("i" * 17, listed),)))
    assert of_rule("security-path", facts, network__instance_security_group_ids=(I_SG,)) == [
        ("unknown", PATH_I)
    ]


@pytest.mark.parametrize(
    ("egress", "instances", "good"),
    [
        ([rule(*DYNAMIC, group=I_SG)], (I_SG,), True),
        ([rule(*DYNAMIC, group=I_SG)], (), False),  # that group isn't the instances' group
        ([rule(*DYNAMIC, group="sg-other")], (I_SG,), False),
        ([rule(*DYNAMIC, cidr="10.0.0.0/16")], (), True),
        ([rule(*DYNAMIC, cidr="10.0.0.0/24")], (), False),
        ([rule(*DYNAMIC, cidr="192.168.0.0/16")], (), False),
        ([rule(80, 80, cidr="0.0.0.0/0")], (), False),
        ([], (), False),
    ],
)
def test_the_load_balancer_may_send_to_the_instances(
    egress: list[Any], instances: tuple[str, ...], good: bool
) -> None:
    balancer = replace(group("l" * 17, rule(80, 80, "10.0.0.0/16")), egress=tuple(egress))
    tasks = group("i" * 17, rule(*DYNAMIC, group=L_SG))
    found = of_rule(
        "security-path",
        account(security_groups=known((tasks, balancer))),
        network__load_balancer_security_group_ids=(L_SG,),
        network__instance_security_group_ids=instances,
    )
    assert found == ([] if good else [("error", PATH_L)])


HTTPS: dict[str, Value] = {
    "load_balancer__protocol": "HTTPS",
    "load_balancer__certificate_arn": CERTIFICATE + "good",
}
LISTED = SecurityGroupRule("tcp", 80, 80, (), (), ("pl-1",))


@pytest.mark.parametrize(
    ("ingress", "changes", "severity"),
    [
        # Which other clients a chosen group blocks is intended.
        ([rule(80, 80, "10.0.7.0/24")], {}, None),
        ([rule(80, 80, "10.0.0.0/8")], {}, None),
        ([rule(80, 80, "192.168.0.0/16")], {}, "unknown"),
        ([rule(80, 80, "192.168.0.0/16"), rule(80, 80, group="sg-clients")], {}, None),
        ([rule(80, 80, "::/0")], {}, "error"),
        ([rule(80, 80, "0.0.0.0/0")], {"load_balancer__internal": False}, None),
        # for example CloudFront's prefix list
        ([LISTED], {"load_balancer__internal": False}, None),
        ([rule(80, 80, "8.8.8.0/24")], {"load_balancer__internal": False}, None),
        ([rule(80, 80, "10.0.0.0/8")], {"load_balancer__internal": False}, "warning"),
        ([rule(80, 443, "10.0.0.0/8")], HTTPS, None),
        ([rule(443, 443, "10.0.0.0/8")], HTTPS, "warning"),  # no client is redirected
        ([rule(80, 80, "10.0.0.0/8")], HTTPS, "error"),
    ],
)
def test_for_whom_the_listener_is(
    ingress: list[Any], changes: dict[str, Value], severity: str | None
) -> None:
    facts = account(security_groups=known((group("l" * 17, *ingress),)))
    found = of_rule(
        "security-path", facts, network__load_balancer_security_group_ids=(L_SG,), **changes
    )
    assert found == ([(severity, PATH_L)] if severity else [])
