"""The demo account's network: VPCs, subnets, routes and security groups."""

from __future__ import annotations

from typing import Any

from gpuecs_tui.demo.seed.seeding import moto_backend, same_ids_for, tag_list, tags

EVERYWHERE = "0.0.0.0/0"
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")

PUBLIC = {"a": "10.40.0.0/24", "b": "10.40.1.0/24", "c": "10.40.2.0/24"}
PRIVATE = {"a": "10.40.32.0/20", "b": "10.40.48.0/20", "c": "10.40.64.0/20"}

SCARCE_CIDR = "10.40.3.0/28"
SCARCE_TAKEN = 9
"""Used addresses of a /28: AWS reserves 5 of 16, and 2 of the other 11 are free."""

IN_VPC = "10.40.0.0/16"

GROUPS: tuple[tuple[str, str | None, str, tuple[int, int, str] | None], ...] = (
    ("[prod] gpu-tasks", "[prod] gpu-tasks", "Dynamic ports of tasks", (32768, 65535, IN_VPC)),
    ("alb-internal", "alb-internal", "Internal load balancers", (80, 80, "10.0.0.0/8")),
    ("alb-public", "alb-public", "Public load balancers", (443, 443, EVERYWHERE)),
    ("legacy-web", None, 'the "old" web tier; don\'t touch', (80, 80, EVERYWHERE)),
    ("inference-jp", "推論サーバー用（東京チーム）", "GPU inference, Tokyo", (8000, 8000, IN_VPC)),
    ("launchpad", "🚀 launchpad", "Experiments", (22, 22, IN_VPC)),
    ("empty", 'say "hi"', "No rule at all", None),
)
"""Group name, Name tag, description, ingress by TCP (first and last port, source)."""


def furnish() -> None:
    """Create the default VPC like AWS, ``ml-platform``, and an unnamed VPC without subnets."""
    same_ids_for("default VPC")
    ec2 = moto_backend("ec2")
    _default(ec2)
    vpc = _vpc(ec2, "10.40.0.0/16", "ml-platform")
    # The console creates a VPC with this setting; private DNS of endpoints needs it.
    ec2.modify_vpc_attribute(vpc, "enable_dns_hostnames", True)
    ec2.associate_vpc_cidr_block(vpc, "100.64.0.0/20", False)
    public = {zone: _subnet(ec2, vpc, zone, cidr, "public") for zone, cidr in PUBLIC.items()}
    private = {zone: _subnet(ec2, vpc, zone, cidr, "private") for zone, cidr in PRIVATE.items()}
    for subnet in public.values():
        ec2.modify_subnet_attribute(subnet, "map_public_ip_on_launch", True)
    _routes(ec2, vpc, public, private)
    _scarce(ec2, vpc)
    _isolated(ec2, vpc)
    _groups(ec2, vpc)
    _vpc(ec2, "10.99.0.0/16", None)


def _default(ec2: Any) -> None:
    same_ids_for("default internet gateway")
    gateway = ec2.create_internet_gateway()
    ec2.attach_internet_gateway(gateway.id, ec2.default_vpc.id)
    main = next(table for table in ec2.route_tables.values() if table.vpc_id == ec2.default_vpc.id)
    ec2.create_route(main.id, EVERYWHERE, gateway_id=gateway.id)


def _vpc(ec2: Any, cidr: str, name: str | None) -> str:
    same_ids_for(f"VPC {cidr}")
    vpc = ec2.create_vpc(cidr, tags=tag_list(name))
    return str(vpc.id)


def _subnet(ec2: Any, vpc: str, zone: str, cidr: str, kind: str | None) -> str:
    same_ids_for(f"subnet {cidr}")
    name = kind and f"ml-platform-{kind}-{zone}"
    subnet = ec2.create_subnet(
        vpc, cidr, availability_zone=f"us-east-1{zone}", tags={"subnet": tags(name)}
    )
    return str(subnet.id)


def _routes(ec2: Any, vpc: str, public: dict[str, str], private: dict[str, str]) -> None:
    same_ids_for("internet and NAT gateway")
    internet = ec2.create_internet_gateway(tags=tag_list("ml-platform"))
    ec2.attach_internet_gateway(internet.id, vpc)
    address = ec2.allocate_address("vpc", tags=tags("ml-platform-nat"))
    nat = ec2.create_nat_gateway(public["a"], address.allocation_id, tags=tags("ml-platform-nat"))
    tables = []
    for kind, subnets in (("public", public), ("private", private)):
        table = ec2.create_route_table(vpc, tags=tag_list(f"ml-platform-{kind}"))
        way = {"gateway_id": internet.id} if kind == "public" else {"nat_gateway_id": nat.id}
        ec2.create_route(table.id, EVERYWHERE, **way)
        for subnet in subnets.values():
            ec2.associate_route_table(table.id, subnet_id=subnet)
        tables.append(table.id)
    ec2.create_vpc_endpoint(vpc, "com.amazonaws.us-east-1.s3", "Gateway", None, tables)


def _scarce(ec2: Any, vpc: str) -> None:
    subnet = _subnet(ec2, vpc, "c", SCARCE_CIDR, None)
    ec2.create_tags([subnet], tags("ml-platform [nearly full] c"))
    for _ in range(SCARCE_TAKEN):
        ec2.create_network_interface(subnet, None, description="RDS")


def _isolated(ec2: Any, vpc: str) -> None:
    # The subnet uses the VPC's main route table, which has no route to the internet: instances
    # can't reach ECS.
    _subnet(ec2, vpc, "b", "10.40.4.0/24", None)


def _groups(ec2: Any, vpc: str) -> None:
    for name, shown, description, rule in GROUPS:
        same_ids_for(f"security group {name}")
        group = ec2.create_security_group(name, description, vpc_id=vpc, tags=tags(shown))
        if rule:
            first, last, source = rule
            ec2.authorize_security_group_ingress(
                group.id, "tcp", str(first), str(last), [{"CidrIp": source}], vpc_id=vpc
            )
