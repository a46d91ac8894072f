"""A small account without findings, and stacks in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.facts import (
    AccountFacts,
    CallerIdentity,
    Certificate,
    GpuInstance,
    Image,
    InstanceProfile,
    KeyPair,
    Lookups,
    Named,
    Offering,
    Quota,
    Region,
    Role,
)
from gpuecs_tui.aws.network_facts import (
    Route,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    Vpc,
)
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.aws.service_roles import ALWAYS, SPOT, TASK_SCALING
from gpuecs_tui.checks import Finding, check
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.resolve import resolve

T = TypeVar("T")
NOW = datetime(2026, 11, 23, tzinfo=UTC)
ACCOUNT = "123456789012"
VPC = "vpc-0123456789abcdef0"
PRIVATE = tuple(f"subnet-0000000000000000{zone}" for zone in "abc")
PUBLIC = tuple(f"subnet-1111111111111111{zone}" for zone in "abc")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/"
PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/"
CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/"

IMAGE = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/llm:1"
DIGEST = "sha256:" + "0" * 64

ANSWERS: dict[str, Value] = {
    "stack.name": "llm",
    "stack.region": "us-east-1",
    "network.vpc_id": VPC,
    "network.instance_subnet_ids": PRIVATE,
    "fleet.instance_type": "g4dn.xlarge",
    "task.image": IMAGE,
}

ARTICLE: dict[str, Value] = {
    **ANSWERS,
    "task.host_port": 80,
    "task.cpu": 4096,
    "task.memory": 15742,
    "task.container_cpu": 4096,
    "task.container_memory": 15360,
}


SERVICE_ROLES = tuple(
    Role(name, f"{ROLE}aws-service-role/{service}/{name}", (service,))
    for name, service in {**ALWAYS, **SPOT, **TASK_SCALING}.items()
)
"""Service-linked roles of an account in which ECS was used before."""


def known(value: T) -> Known[T]:
    return Known(value, "a test", NOW)


def rule(first: int, last: int, cidr: str = "", group: str = "", tcp: str = "tcp") -> Any:
    return SecurityGroupRule(
        tcp, first, last, (cidr,) if cidr else (), (group,) if group else (), ()
    )


def group(name: str, *ingress: SecurityGroupRule, vpc: str = VPC) -> SecurityGroup:
    everywhere = rule(0, 65535, "0.0.0.0/0", tcp="-1")
    return SecurityGroup(f"sg-{name:0>17}", name, "", vpc, ingress, (everywhere,))


def account(**fields: Any) -> AccountFacts:
    """Return an account in which ``ANSWERS`` has no findings, with ``fields`` replaced."""
    zones = ("us-east-1a", "us-east-1b", "us-east-1c")
    subnets = [
        Subnet(subnet_id, "", VPC, zone, f"10.0.{3 * net + place}.0/24", 200, public)
        for net, (ids, public) in enumerate(((PRIVATE, False), (PUBLIC, True)))
        for place, (subnet_id, zone) in enumerate(zip(ids, zones, strict=True))
    ]
    local = Route("10.0.0.0/16", "local", True)
    tables = (
        RouteTable("rtb-1", VPC, True, PRIVATE, (local, Route("0.0.0.0/0", "nat-1", True))),
        RouteTable("rtb-2", VPC, False, PUBLIC, (local, Route("0.0.0.0/0", "igw-1", True))),
    )
    nothing: Known[tuple[Named, ...]] = known(())
    facts = AccountFacts(
        region="us-east-1",
        identity=known(CallerIdentity(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/me", "user")),
        vpcs=known((Vpc(VPC, "main", ("10.0.0.0/16",), False),)),
        subnets=known(tuple(subnets)),
        route_tables=known(tables),
        vpc_endpoints=known(()),
        security_groups=known(()),
        key_pairs=known((KeyPair("mine", "aa:bb"),)),
        instance_profiles=known(
            (
                InstanceProfile("good", PROFILE + "good", "instances"),
                InstanceProfile("empty", PROFILE + "empty", None),
                InstanceProfile("wrong", PROFILE + "wrong", "tasks"),
            )
        ),
        roles=known(
            (
                Role("instances", ROLE + "instances", ("ec2.amazonaws.com",)),
                Role("tasks", ROLE + "tasks", ("ecs-tasks.amazonaws.com",)),
                *SERVICE_ROLES,
            )
        ),
        certificates=known(
            (
                Certificate(CERTIFICATE + "good", "a.org", "ISSUED", NOW.replace(year=2027)),
                Certificate(CERTIFICATE + "old", "b.org", "ISSUED", NOW.replace(year=2025)),
                Certificate(CERTIFICATE + "new", "c.org", "PENDING_VALIDATION", None),
            )
        ),
        repositories=known(()),
        instance_types=catalogue.load(),
        offerings=known(tuple(Offering(name, zones) for name in sorted(catalogue.names()))),
        quotas=known(
            (
                Quota("L-DB2E81BA", "G", "on-demand", 64),
                Quota("L-3819A6DF", "G", "spot", 0),
                Quota("L-417A185B", "P", "on-demand", 0),
                Quota("L-7212CCBC", "P", "spot", 0),
            )
        ),
        gpu_instances=known(
            (GpuInstance("i-own", "g4dn.xlarge", "on-demand", 4, "llm"),)  # the stack's own
        ),
        load_balancers=nothing,
        target_groups=nothing,
        clusters=nothing,
        capacity_providers=nothing,
        autoscaling_groups=nothing,
        launch_templates=nothing,
        regions=known((Region("af-south-1", False), Region("us-east-1", True))),
        log_groups=known(()),
        lookups=Lookups(
            images={"llm": known((Image("1", DIGEST, NOW, 1),))},
            image_architectures={IMAGE: known(())},
            policies={POLICY + "boundary": known(True), POLICY + "absent": known(False)},
        ),
    )
    return replace(facts, **fields)


def stack(answers: dict[str, Value] | None = None, /, **changes: Value) -> Stack:
    """Return ``answers`` (default: ANSWERS) with ``changes``, whose names have ``__`` for the
    dot."""
    merged = {**(answers or ANSWERS), **{k.replace("__", "."): v for k, v in changes.items()}}
    return resolve(merged, catalogue.find(str(merged["fleet.instance_type"]))).stack


def findings(
    facts: AccountFacts | None, answers: dict[str, Value] | None = None, /, **changes: Value
) -> list[Finding]:
    return check(stack(answers, **changes), facts, now=NOW)


def of_rule(
    name: str, facts: AccountFacts | None = None, /, **changes: Value
) -> list[tuple[str, str]]:
    """Return (severity, field) of the findings of rule ``name``, by default in the small
    account."""
    facts = account() if facts is None else facts
    return [(it.severity.value, it.field) for it in findings(facts, **changes) if it.rule == name]
