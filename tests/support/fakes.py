"""An account of invented facts, and a feed that delivers it without threads and network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

from textual.message import Message

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.discovery.newest_images import NewestImage, newest_tag
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.facts import (
    AccountFacts,
    AmiRelease,
    CallerIdentity,
    Certificate,
    HostedZone,
    Image,
    InstanceProfile,
    KeyPair,
    LateLists,
    LogGroup,
    Lookups,
    Named,
    Offering,
    Policy,
    Quota,
    Region,
    Repository,
    Role,
)
from gpuecs_tui.aws.network_facts import Route, RouteTable, SecurityGroup, Subnet, Vpc
from gpuecs_tui.aws.reading import Known, Reading, Unknown
from gpuecs_tui.aws.service_roles import ALWAYS, SPOT, TASK_SCALING
from gpuecs_tui.aws.session import AccountReader, connect
from gpuecs_tui.aws.state_bucket.bucket_creation import NewBucket
from gpuecs_tui.aws.state_bucket.buckets import Bucket
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.wizard.account_feed import (
    AccountFailed,
    AccountFeed,
    AccountRead,
    IdentityRead,
    ListRead,
)

T = TypeVar("T")
ACCOUNT = "123456789012"
REGION = "us-east-1"
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
VPC = "vpc-0a0b0c0d0e0f00001"
EMPTY_VPC = "vpc-0a0b0c0d0e0f00002"
SUBNETS = tuple(f"subnet-0a0b0c0d0e0f0000{n}" for n in range(6))
"""Two subnets per zone: a private one, then a public one."""
GROUP = "sg-0a0b0c0d0e0f00001"
REPOSITORY = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/llm-server"
IMAGE = f"{REPOSITORY}:v1"
DIGEST = "sha256:" + "ab" * 32
IDENTITY = CallerIdentity(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ada", "user")
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def known(value: T) -> Known[T]:
    return Known(value, "a test", NOW)


POLICIES = (Policy("ml-boundary", f"arn:aws:iam::{ACCOUNT}:policy/ml-boundary"),)
HOSTED_ZONES = (HostedZone("Z1D633PJN98FT9", "example.com", False),)
WEB_ACLS = (Named("limits", f"arn:aws:wafv2:us-east-1:{ACCOUNT}:regional/webacl/limits/1"),)
BUCKETS = (
    Bucket("team-tfstate", known("eu-west-1"), known(True), known("aws:kms"), known(True)),
    Bucket(
        "backups",
        known(REGION),
        known(False),
        Unknown("s3:GetEncryptionConfiguration", "not allowed to call it", ""),
        known(False),
    ),
)


def facts(**other: Reading[object]) -> AccountFacts:
    """Return an account in which everything was read; ``other`` replaces single readings."""
    names = ("g4dn.xlarge", "g5.xlarge", "g5.12xlarge", "g5g.xlarge")
    types = tuple(it for name in names if (it := catalogue.find(name)) is not None)
    assert len(types) == len(names)
    base = AccountFacts(
        region=REGION,
        identity=known(IDENTITY),
        regions=known((Region("eu-west-1", True), Region(REGION, True), Region("ap-x-1", False))),
        vpcs=known(
            (
                Vpc(VPC, "ml [prod] 基盤 🚀", ("10.0.0.0/16",), False),
                Vpc(EMPTY_VPC, "\x1b[31mred", ("10.9.0.0/16",), True),
            )
        ),
        subnets=known(
            tuple(
                Subnet(
                    id,
                    f"{'public' if n % 2 else 'private'}-{ZONES[n // 2][-1]}",
                    VPC,
                    ZONES[n // 2],
                    f"10.0.{n}.0/24",
                    250 - n,
                    bool(n % 2),
                )
                for n, id in enumerate(SUBNETS)
            )
        ),
        security_groups=known((SecurityGroup(GROUP, '[prod] "gpu"', "tasks", VPC, (), ()),)),
        key_pairs=known((KeyPair("ada", "aa:bb"),)),
        instance_profiles=known(
            (InstanceProfile("ecs", f"arn:aws:iam::{ACCOUNT}:instance-profile/ecs", "ecsRole"),)
        ),
        roles=known(
            (
                Role("tasks", f"arn:aws:iam::{ACCOUNT}:role/tasks", ("ecs-tasks.amazonaws.com",)),
                Role("other", f"arn:aws:iam::{ACCOUNT}:role/other", ("ec2.amazonaws.com",)),
                *(
                    Role(name, f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{name}", (service,))
                    for name, service in {**ALWAYS, **SPOT, **TASK_SCALING}.items()
                ),
            )
        ),
        certificates=known(
            (
                Certificate(
                    f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/one",
                    "a.example",
                    "ISSUED",
                    NOW,
                ),
                Certificate(
                    f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/two",
                    "b.example",
                    "PENDING_VALIDATION",
                    None,
                ),
            )
        ),
        repositories=known((Repository("llm-server", REPOSITORY),)),
        instance_types=known(types),
        offerings=known(tuple(Offering(it.name, ZONES[:2]) for it in types)),
        log_groups=known((LogGroup("/ecs/old", None),)),
        route_tables=known(
            tuple(
                RouteTable(
                    f"rtb-{target}",
                    VPC,
                    False,
                    ids,
                    (Route("0.0.0.0/0", f"{target}-0a0b0c0d0e0f00001", True),),
                )
                for target, ids in (("nat", SUBNETS[::2]), ("igw", SUBNETS[1::2]))
            )
        ),
        vpc_endpoints=known(()),
        quotas=known(
            (Quota("L-DB2E81BA", "G", "on-demand", 64), Quota("L-3819A6DF", "G", "spot", 64))
        ),
        load_balancers=known(()),
        target_groups=known(()),
        clusters=known(()),
        capacity_providers=known(()),
        autoscaling_groups=known(()),
        launch_templates=known(()),
        lookups=Lookups(
            images={"llm-server": known((Image("v1", DIGEST, NOW, 3 << 30),))},
            image_architectures={IMAGE: known(("x86_64",))},
        ),
    )
    return replace(base, **other)  # type: ignore[arg-type]  # the caller names fields of AccountFacts


RELEASES = tuple(
    AmiRelease(f"al2023-ami-ecs-gpu-hvm-2023.0.{day}-kernel-6.1-x86_64-ebs", f"ami-{day}")
    for day in ("20261012", "20260921")
)


@dataclass
class FakeFeed(AccountFeed):
    """Responds to every start with ``facts``, or with ``problem``."""

    post: Callable[[Message], object] | None = None
    facts: AccountFacts = field(default_factory=facts)
    problem: tuple[str, str] | None = None
    started: list[tuple[str, str]] = field(default_factory=list)
    looked_up: list[Stack] = field(default_factory=list)
    late: LateLists = field(
        default_factory=lambda: LateLists(
            policies=known(POLICIES), hosted_zones=known(HOSTED_ZONES), web_acls=known(WEB_ACLS)
        )
    )
    listed: list[str] = field(default_factory=list)
    releases_asked: list[str] = field(default_factory=list)
    known_buckets: Reading[tuple[Bucket, ...]] | None = None
    buckets: Reading[tuple[Bucket, ...]] = field(default_factory=lambda: known(BUCKETS))
    bucket_problem: AwsProblem | None = None
    made: list[NewBucket] = field(default_factory=list)

    @property
    def reader(self) -> None:
        return None

    def reads(self, profile: str, region: str) -> bool:
        return bool(self.started) and self.started[-1] == (profile, region)

    def start(self, profile: str, region: str) -> None:
        self.started.append((profile, region))
        assert self.post is not None
        if self.problem is not None:
            self.post(AccountFailed(*self.problem))
            return
        self.post(IdentityRead(IDENTITY))
        self.post(AccountRead(replace(self.facts, region=region)))

    def stop(self) -> None:
        self.started.append(("", "stopped"))

    def images(self, repository: str) -> Reading[tuple[Image, ...] | None]:
        return known((Image("v1", DIGEST, NOW, 3 << 30),))

    def releases(self, path: str) -> Reading[tuple[AmiRelease, ...]]:
        self.releases_asked.append(path)
        return known(RELEASES)

    def newest_images(self, repositories: Sequence[Repository]) -> list[NewestImage]:
        newest = {it.name: self.images(it.name) for it in repositories}
        return [
            NewestImage(it, newest_tag(found.value or ()))
            for it in repositories
            if isinstance(found := newest[it.name], Known)
        ]

    def read_buckets(self) -> Reading[tuple[Bucket, ...]]:
        self.known_buckets = self.buckets
        return self.buckets

    def make_bucket(self, wanted: NewBucket) -> None:
        if self.bucket_problem is not None:
            raise self.bucket_problem
        self.made.append(wanted)
        assert isinstance(self.buckets, Known)
        made = Bucket(wanted.name, known(wanted.region), known(True), known("AES256"), known(True))
        self.buckets = known((made, *self.buckets.value))

    def fresh_reader(self, profile: str, region: str) -> AccountReader:
        return connect(profile, region)

    def price(self, chosen: tuple[str, ...], facts: AccountFacts) -> None:
        """Read nothing: a test about prices has them in its facts."""

    def read_list(self, name: str) -> None:
        self.listed.append(name)
        assert self.post is not None
        self.post(ListRead(name, getattr(self.late, name)))

    def look_up(self, stack: Stack, facts: AccountFacts) -> None:
        self.looked_up.append(stack)
