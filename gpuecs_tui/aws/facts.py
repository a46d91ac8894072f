"""The content of the account as frozen records. Imports no boto3, so rules and screens can use it.

Names are AWS's own. Tuples have the order of AWS's response unless a docstring says otherwise.
Texts are as AWS stores them: a name tag may contain brackets, escapes or control characters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from gpuecs_tui.aws.network_facts import (
    PrefixList,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpc,
    VpcEndpoint,
)
from gpuecs_tui.aws.prices_facts import Prices
from gpuecs_tui.aws.reading import Reading, Unknown, not_read
from gpuecs_tui.stack.instance_type import InstanceType

if TYPE_CHECKING:
    from gpuecs_tui.aws.ebs_key import EbsKey
    from gpuecs_tui.aws.log_key import LogKey
    from gpuecs_tui.aws.service.live_count import LiveCount
    from gpuecs_tui.aws.service.live_revision import LiveRevision
    from gpuecs_tui.aws.service.topics import AlarmTopic

LOG_GROUP_PREFIX = "/ecs/"
"""Prefix of the stack's own log group; an account can have thousands of other log groups."""
RULES_PER_GROUP = 60
"""Inbound rules that a security group takes by default; IPv4 rules are counted apart from IPv6
rules (VPC user guide, "Amazon VPC quotas", inbound or outbound rules per security group)."""
RULES_QUOTA = "L-0EA8095F"
"""The quota code of RULES_PER_GROUP, in the service ``vpc``."""
GROUPS_PER_INTERFACE = 5
"""Security groups that a network interface takes by default (VPC user guide, "Amazon VPC quotas",
security groups per network interface)."""
GROUPS_QUOTA = "L-2AFB9258"
"""The quota code of GROUPS_PER_INTERFACE, in the service ``vpc``."""


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """The owner of the credentials, as ``sts:GetCallerIdentity`` returns it."""

    account: str
    """Twelve digits."""
    arn: str
    kind: Literal["user", "assumed-role", "federated-user", "root", "other"]


@dataclass(frozen=True, slots=True)
class Region:
    """A region of the partition."""

    name: str
    enabled: bool
    """False for an opt-in Region that isn't enabled for the account."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An SSH key pair of the region."""

    name: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role and who may assume it."""

    name: str
    arn: str
    trusts: tuple[str, ...]
    """Service principals of its trust policy, such as ``ecs-tasks.amazonaws.com``, sorted."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A managed policy of the account, not of AWS."""

    name: str
    arn: str


@dataclass(frozen=True, slots=True)
class InstanceProfile:
    """An instance profile: the container of an EC2 instance's role."""

    name: str
    arn: str
    role: str | None
    """The name of its role; None if it has no role and can't be used."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """An ACM certificate of the region."""

    arn: str
    domain: str
    status: str
    """``ISSUED``, ``PENDING_VALIDATION``, ``EXPIRED``, …"""
    expires: datetime | None
    """None until it is issued."""
    names: tuple[str, ...] = ()
    """The further names that it covers; ``*.example.org`` stands for one label."""
    has_more_names: bool = False
    """Whether it covers names that the list of certificates leaves out."""


@dataclass(frozen=True, slots=True)
class HostedZone:
    """A hosted zone of Route 53."""

    id: str
    """Without ``/hostedzone/``."""
    name: str
    """Without the final dot."""
    private: bool
    vpc_ids: tuple[str, ...] = ()
    """VPCs that see a private zone; a list of zones leaves them out."""


@dataclass(frozen=True, slots=True)
class Repository:
    """An ECR repository."""

    name: str
    uri: str
    """The start of an image reference, without tag."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image in an ECR repository, once for each tag."""

    tag: str
    """Empty if the image has none."""
    digest: str
    """``sha256:`` and 64 hexadecimal digits."""
    pushed_at: datetime | None
    size_bytes: int
    """Compressed, as it is pulled."""


@dataclass(frozen=True, slots=True)
class Offering:
    """Where an instance type can be bought."""

    instance_type: str
    zones: tuple[str, ...]
    """Availability Zones by name, sorted."""


@dataclass(frozen=True, slots=True)
class LogGroup:
    """A CloudWatch Logs group."""

    name: str
    retention_days: int | None
    """None: log events never expire."""


@dataclass(frozen=True, slots=True)
class Quota:
    """A vCPU quota of the region (service ``ec2``; codes in docs/aws.md, "vCPU quotas")."""

    code: str
    family: Literal["G", "P"]
    market: Literal["on-demand", "spot"]
    vcpus: int


@dataclass(frozen=True, slots=True)
class GpuInstance:
    """A running instance of a G, P or VT family, which counts against a quota of GPU instances."""

    id: str
    instance_type: str
    market: Literal["on-demand", "spot"]
    vcpus: int
    autoscaling_group: str
    """The Auto Scaling group that started it; empty if none did."""


@dataclass(frozen=True, slots=True)
class CapacityReservation:
    """A capacity reservation: instances of one type that are paid for even if they don't run.

    Capacity blocks are left out, because they only serve instances that are launched for them.
    """

    id: str
    name: str
    """Its Name tag; empty if it has none."""
    instance_type: str
    zone: str
    total: int
    unused: int


@dataclass(frozen=True, slots=True)
class Named:
    """A resource of which only name and ARN are relevant, to find names that are taken."""

    name: str
    arn: str
    """The id if the resource has no ARN (launch templates)."""


@dataclass(frozen=True, slots=True)
class MachineImage:
    """An AMI that was requested by its id."""

    id: str
    name: str
    architecture: str
    """``x86_64`` or ``arm64``."""
    deprecated_after: datetime | None


@dataclass(frozen=True, slots=True)
class AmiRelease:
    """A release of the AMIs of one operating system."""

    name: str
    """As in ``fleet.ami_release``."""
    ami: str
    """Its AMI ID in the Region."""


@dataclass(frozen=True, slots=True)
class Lookups:
    """What was looked up because a stack refers to it. None of these lists is read completely.

    Keys are the texts of the stack (an ARN, an AMI id, a repository's name). ``Known(None)`` means
    that AWS has nothing of that name.
    """

    images: dict[str, Reading[tuple[Image, ...] | None]] = field(default_factory=dict)
    """Repository name → its images; an empty tuple is a repository without images."""
    image_architectures: dict[str, Reading[tuple[str, ...]]] = field(default_factory=dict)
    """Whole image reference → the Linux architectures that its manifest names, in EC2's names
    (``x86_64``, ``arm64``); empty if the manifest names none, or there is no manifest."""
    machine_images: dict[str, Reading[MachineImage | None]] = field(default_factory=dict)
    parameter_amis: dict[str, Reading[str | None]] = field(default_factory=dict)
    """SSM parameter of a pinned release → its AMI ID."""
    secrets: dict[str, Reading[bool]] = field(default_factory=dict)
    """ARN of a Secrets Manager secret or SSM parameter → whether it exists and isn't scheduled for
    deletion."""
    policies: dict[str, Reading[bool]] = field(default_factory=dict)
    """ARN of a managed policy of the account → whether it exists."""
    log_groups: dict[str, Reading[LogGroup | None]] = field(default_factory=dict)
    quotas: dict[str, Reading[int]] = field(default_factory=dict)
    """Quota code → quota, for quotas that few stacks come close to: ``RULES_QUOTA``,
    ``GROUPS_QUOTA``."""
    denied_actions: dict[str, Reading[tuple[str, ...]]] = field(default_factory=dict)
    """``role_needs.Need.id`` → its actions that the role's policies don't allow."""
    may_create: dict[str, Reading[bool]] = field(default_factory=dict)
    """Name of a service-linked role that the account lacks → whether the caller may create it."""
    log_bucket_regions: dict[str, Reading[str]] = field(default_factory=dict)
    """Bucket for access logs → its Region; an empty text if it does not exist."""
    log_bucket_policies: dict[str, Reading[str]] = field(default_factory=dict)
    """Bucket for access logs → the JSON of its policy; an empty text if it has none."""
    log_bucket_encryptions: dict[str, Reading[str]] = field(default_factory=dict)
    """Bucket for access logs → its default encryption (``log_bucket.read_encryption``)."""
    prefix_lists: dict[str, Reading[PrefixList | None]] = field(default_factory=dict)
    """Id → the managed prefix list."""
    hosted_zones: dict[str, Reading[HostedZone | None]] = field(default_factory=dict)
    """Id → the hosted zone, with its VPCs."""
    web_acls: dict[str, Reading[bool]] = field(default_factory=dict)
    """ARN of a web ACL of the Region → whether it exists."""
    ebs_keys: dict[str, Reading[EbsKey]] = field(default_factory=dict)
    """Region → its default EBS key."""
    log_keys: dict[str, Reading[LogKey | None]] = field(default_factory=dict)
    """``log_key.log_key_id`` → the KMS key of a log group that a stack creates."""
    topics: dict[str, Reading[AlarmTopic | None]] = field(default_factory=dict)
    """ARN of an SNS topic → what an alarm depends on."""
    cluster_insights: dict[str, Reading[str]] = field(default_factory=dict)
    """Cluster that exists → its Container Insights (``cluster_insights``), for stacks that leave
    them as they are."""
    live_counts: dict[str, Reading[LiveCount | None]] = field(default_factory=dict)
    """``live_count.service_id`` → counts, for services of clusters that exist."""
    live_revisions: dict[str, Reading[LiveRevision | None]] = field(default_factory=dict)
    """``live_count.service_id`` → revision, for services that keep their revision through an
    apply."""


@dataclass(frozen=True, slots=True)
class LateLists:
    """Lists that few stacks need; each is read when the user opens it (``discovery.late_lists``).

    ``check`` reads none of them: what a stack names is looked up by its name (``Lookups``).
    """

    policies: Reading[tuple[Policy, ...]] = field(default_factory=not_read)
    """Managed policies that the account has created, by name."""
    kms_keys: Reading[tuple[Named, ...]] = field(default_factory=not_read)
    """Customer managed keys that have an alias: alias and ARN of the key, by alias."""
    prefix_lists: Reading[tuple[PrefixList, ...]] = field(default_factory=not_read)
    """Managed prefix lists of the Region, by name."""
    hosted_zones: Reading[tuple[HostedZone, ...]] = field(default_factory=not_read)
    """Hosted zones of the account, by name."""
    web_acls: Reading[tuple[Named, ...]] = field(default_factory=not_read)
    """Web ACLs of the Region for load balancers, by name."""
    topics: Reading[tuple[Named, ...]] = field(default_factory=not_read)
    """Standard SNS topics, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """Everything read about one account and Region; each part that failed is ``Unknown``."""

    region: str
    identity: Reading[CallerIdentity] = field(default_factory=not_read)
    regions: Reading[tuple[Region, ...]] = field(default_factory=not_read)
    vpcs: Reading[tuple[Vpc, ...]] = field(default_factory=not_read)
    subnets: Reading[tuple[Subnet, ...]] = field(default_factory=not_read)
    route_tables: Reading[tuple[RouteTable, ...]] = field(default_factory=not_read)
    vpc_endpoints: Reading[tuple[VpcEndpoint, ...]] = field(default_factory=not_read)
    security_groups: Reading[tuple[SecurityGroup, ...]] = field(default_factory=not_read)
    key_pairs: Reading[tuple[KeyPair, ...]] = field(default_factory=not_read)
    instance_profiles: Reading[tuple[InstanceProfile, ...]] = field(default_factory=not_read)
    roles: Reading[tuple[Role, ...]] = field(default_factory=not_read)
    certificates: Reading[tuple[Certificate, ...]] = field(default_factory=not_read)
    repositories: Reading[tuple[Repository, ...]] = field(default_factory=not_read)
    instance_types: Reading[tuple[InstanceType, ...]] = field(default_factory=not_read)
    """Types with GPUs, by family and size."""
    offerings: Reading[tuple[Offering, ...]] = field(default_factory=not_read)
    """Types with GPUs, by name; a type that isn't listed isn't offered in the Region."""
    log_groups: Reading[tuple[LogGroup, ...]] = field(default_factory=not_read)
    """Log groups whose name starts with LOG_GROUP_PREFIX."""
    quotas: Reading[tuple[Quota, ...]] = field(default_factory=not_read)
    gpu_instances: Reading[tuple[GpuInstance, ...]] = field(default_factory=not_read)
    """Pending or running instances of any G, P or VT family, including this stack's own."""
    reservations: Reading[tuple[CapacityReservation, ...]] = field(default_factory=not_read)
    """Active reservations of types with or without GPUs, by id."""
    load_balancers: Reading[tuple[Named, ...]] = field(default_factory=not_read)
    target_groups: Reading[tuple[Named, ...]] = field(default_factory=not_read)
    clusters: Reading[tuple[Named, ...]] = field(default_factory=not_read)
    capacity_providers: Reading[tuple[Named, ...]] = field(default_factory=not_read)
    autoscaling_groups: Reading[tuple[Named, ...]] = field(default_factory=not_read)
    launch_templates: Reading[tuple[Named, ...]] = field(default_factory=not_read)
    lookups: Lookups = field(default_factory=Lookups)
    late: LateLists = field(default_factory=LateLists)
    prices: Prices = field(default_factory=Prices)
    """Read last, and only on request."""

    @property
    def unknowns(self) -> dict[str, Unknown]:
        """Return what could not be read, by the name of its field."""
        return {
            name: reading
            for name in self.__dataclass_fields__
            if isinstance(reading := getattr(self, name), Unknown)
        }
