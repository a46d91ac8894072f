"""The network of the instances and the load balancer, and which addresses may reach them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gpuecs_tui.i18n import N_
from gpuecs_tui.stack.cidrs import as_networks, network_problem
from gpuecs_tui.stack.fields import text, texts

VPC_ID = r"vpc-[0-9a-f]{8,17}"
SUBNET_ID = r"subnet-[0-9a-f]{8,17}"
PREFIX_LIST_ID = r"pl-[0-9a-f]{8,17}"
SECURITY_GROUP_ID = r"sg-[0-9a-f]{8,17}"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
IPV4_CIDR = rf"{_OCTET}(?:\.{_OCTET}){{3}}/(?:3[0-2]|[12]?[0-9])"

GATEWAY_ENDPOINT = "s3"
"""The only service with a gateway endpoint: it is in route tables and costs nothing."""
ECR_ENDPOINTS = ("ecr.api", "ecr.dkr")
VPC_ENDPOINTS = (
    "ecs", "ecs-agent", "ecs-telemetry", *ECR_ENDPOINTS, GATEWAY_ENDPOINT, "logs",
    "secretsmanager", "ssm", "ssmmessages", "monitoring", "ec2",
)  # fmt: skip
"""Services that instances without internet access reach by VPC endpoints (ECS developer guide,
"Amazon ECS interface VPC endpoints"; ECR user guide, "Amazon ECR interface VPC endpoints").
"""


def in_endpoint_order(services: Iterable[str]) -> tuple[str, ...]:
    """Return services in the order of VPC_ENDPOINTS; others last."""
    places = {name: place for place, name in enumerate(VPC_ENDPOINTS)}
    return tuple(sorted(services, key=lambda name: places.get(name, len(places))))


def interface_endpoints(services: Iterable[str]) -> tuple[str, ...]:
    """Return the ``services`` whose endpoints are network interfaces, one per zone."""
    return tuple(it for it in services if it != GATEWAY_ENDPOINT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """``network.*``."""

    vpc_id: str = text(
        N_("VPC"),
        N_("VPC for the load balancer and the instances."),
        pattern=VPC_ID,
        pattern_says=N_("must be a VPC ID: vpc- and 8 to 17 hexadecimal digits"),
        optional=False,
    )
    instance_subnet_ids: tuple[str, ...] = texts(
        N_("Instance subnets"),
        N_(
            "Subnets for the GPU instances. They must reach ECS, ECR, and CloudWatch Logs: by NAT, "
            "an internet gateway with public addresses, or VPC endpoints."
        ),
        item_pattern=SUBNET_ID,
        pattern_says=N_("must be a subnet ID: subnet- and 8 to 17 hexadecimal digits"),
        optional=False,
    )
    vpc_endpoints: tuple[str, ...] = texts(
        N_("VPC endpoints to create"),
        N_(
            "For instance subnets without NAT: private connections to AWS services, billed per "
            "hour and zone except s3. Their DNS names apply to the whole VPC, which may use them."
        ),
        (),
        choices=VPC_ENDPOINTS,
    )
    load_balancer_subnet_ids: tuple[str, ...] = texts(
        N_("Load balancer subnets"),
        N_(
            "At least two subnets in different Availability Zones. An internet-facing load "
            "balancer needs public subnets. The default is the instance subnets."
        ),
        derived=True,
        item_pattern=SUBNET_ID,
        pattern_says=N_("must be a subnet ID: subnet- and 8 to 17 hexadecimal digits"),
        optional=False,
    )
    instance_security_group_ids: tuple[str, ...] = texts(
        N_("Instance security groups"),
        N_(
            "Security groups of the instances. Leave empty to create one that allows only the load "
            "balancer."
        ),
        (),
        item_pattern=SECURITY_GROUP_ID,
        pattern_says=N_("must be a security group ID: sg- and 8 to 17 hexadecimal digits"),
    )
    load_balancer_security_group_ids: tuple[str, ...] = texts(
        N_("Load balancer security groups"),
        N_(
            "Security groups of the load balancer. Leave empty to create one that allows the "
            "addresses below to reach the listener."
        ),
        (),
        item_pattern=SECURITY_GROUP_ID,
        pattern_says=N_("must be a security group ID: sg- and 8 to 17 hexadecimal digits"),
    )
    ingress_cidrs: tuple[str, ...] = texts(
        N_("Allowed addresses"),
        N_(
            "CIDR blocks that may reach the listener. Leave all sources empty for an internal load "
            "balancer to allow the addresses of the VPC."
        ),
        (),
        item_pattern=IPV4_CIDR,
        pattern_says=N_("must be an IPv4 CIDR block, such as 10.0.0.0/16"),
        item_problem=network_problem,
        correct=as_networks,
    )
    ingress_prefix_list_ids: tuple[str, ...] = texts(
        N_("Allowed prefix lists"),
        N_(
            "Managed prefix lists whose addresses may reach the listener, such as that of "
            "CloudFront. A list counts against the quota of rules with its maximum of entries."
        ),
        (),
        unset=(),
        item_pattern=PREFIX_LIST_ID,
        pattern_says=N_("must be a prefix list ID: pl- and 8 to 17 hexadecimal digits"),
    )
    ingress_security_group_ids: tuple[str, ...] = texts(
        N_("Allowed security groups"),
        N_("Security groups whose members may reach the listener from their private addresses."),
        (),
        unset=(),
        item_pattern=SECURITY_GROUP_ID,
        pattern_says=N_("must be a security group ID: sg- and 8 to 17 hexadecimal digits"),
    )

    @property
    def has_sources(self) -> bool:
        """Whether the created security group of the load balancer names its clients."""
        return bool(
            self.ingress_cidrs or self.ingress_prefix_list_ids or self.ingress_security_group_ids
        )
