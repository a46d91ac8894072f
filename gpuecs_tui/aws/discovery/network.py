"""Reads VPCs, subnets, routes, endpoints and security groups. Each reader raises AwsProblem."""

from __future__ import annotations

from typing import Any

from gpuecs_tui.aws.network_facts import (
    Route,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    Vpc,
    VpcEndpoint,
)
from gpuecs_tui.aws.session import AccountReader

PAGE = {"PageSize": 1000}
"""The largest page of DescribeVpcs, DescribeSubnets and DescribeSecurityGroups."""
ROUTE_PAGE = {"PageSize": 100}
"""The largest page of DescribeRouteTables."""
LAST_PORT = 65535


def read_vpcs(reader: AccountReader) -> tuple[Vpc, ...]:
    """Return the region's VPCs, the default one first, then by name and id."""
    found = (_vpc(it) for it in reader.items("ec2", "DescribeVpcs", "Vpcs", PaginationConfig=PAGE))
    return tuple(sorted(found, key=lambda vpc: (not vpc.is_default, vpc.name, vpc.id)))


def read_subnets(reader: AccountReader) -> tuple[Subnet, ...]:
    """Return the region's subnets by VPC, zone and CIDR; ``public`` is left unknown."""
    items = reader.items("ec2", "DescribeSubnets", "Subnets", PaginationConfig=PAGE)
    found = (
        Subnet(
            id=it["SubnetId"],
            name=name_tag(it),
            vpc_id=it["VpcId"],
            zone=it["AvailabilityZone"],
            cidr=it.get("CidrBlock", ""),
            free_addresses=it.get("AvailableIpAddressCount", 0),
            public=None,
            assigns_public_address=bool(it.get("MapPublicIpOnLaunch")),
        )
        for it in items
    )
    return tuple(sorted(found, key=lambda it: (it.vpc_id, it.zone, it.cidr)))


def read_route_tables(reader: AccountReader) -> tuple[RouteTable, ...]:
    """Return the region's route tables with their associations and routes."""
    items = reader.items("ec2", "DescribeRouteTables", "RouteTables", PaginationConfig=ROUTE_PAGE)
    return tuple(_route_table(it) for it in items)


def read_vpc_endpoints(reader: AccountReader) -> tuple[VpcEndpoint, ...]:
    """Return the region's VPC endpoints that are in service."""
    items = reader.items("ec2", "DescribeVpcEndpoints", "VpcEndpoints", PaginationConfig=PAGE)
    return tuple(
        VpcEndpoint(
            id=it["VpcEndpointId"],
            vpc_id=it["VpcId"],
            service=_service(it["ServiceName"], reader.region),
            kind=it.get("VpcEndpointType", "Gateway"),
            route_table_ids=tuple(it.get("RouteTableIds", ())),
            private_dns=bool(it.get("PrivateDnsEnabled")),
        )
        for it in items
        if it.get("State", "available").lower() == "available"
    )


def read_security_groups(reader: AccountReader) -> tuple[SecurityGroup, ...]:
    """Return the region's security groups by VPC, name and id."""
    items = reader.items("ec2", "DescribeSecurityGroups", "SecurityGroups", PaginationConfig=PAGE)
    found = (
        SecurityGroup(
            id=it["GroupId"],
            name=it.get("GroupName", ""),
            description=it.get("Description", ""),
            vpc_id=it.get("VpcId", ""),
            ingress=tuple(_rule(rule) for rule in it.get("IpPermissions", ())),
            egress=tuple(_rule(rule) for rule in it.get("IpPermissionsEgress", ())),
        )
        for it in items
    )
    return tuple(sorted(found, key=lambda it: (it.vpc_id, it.name, it.id)))


def name_tag(item: dict[str, Any]) -> str:
    """Return the Name tag of an EC2 resource; empty if it has none."""
    return next((tag["Value"] for tag in item.get("Tags", ()) if tag["Key"] == "Name"), "")


def _vpc(item: dict[str, Any]) -> Vpc:
    primary = item.get("CidrBlock", "")
    others = (
        it["CidrBlock"]
        for it in item.get("CidrBlockAssociationSet", ())
        if it.get("CidrBlockState", {}).get("State", "associated") == "associated"
    )
    cidrs = tuple(dict.fromkeys(it for it in (primary, *others) if it))
    return Vpc(item["VpcId"], name_tag(item), cidrs, bool(item.get("IsDefault")))


def _route_table(item: dict[str, Any]) -> RouteTable:
    associations = item.get("Associations", ())
    return RouteTable(
        id=item["RouteTableId"],
        vpc_id=item["VpcId"],
        main=any(it.get("Main") for it in associations),
        subnet_ids=tuple(it["SubnetId"] for it in associations if it.get("SubnetId")),
        routes=tuple(_route(it) for it in item.get("Routes", ())),
    )


_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
_TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "TransitGatewayId",
    "NetworkInterfaceId",
    "InstanceId",
    "VpcPeeringConnectionId",
    "EgressOnlyInternetGatewayId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
)


def _route(item: dict[str, Any]) -> Route:
    return Route(
        destination=next((item[key] for key in _DESTINATIONS if item.get(key)), ""),
        target=next((item[key] for key in _TARGETS if item.get(key)), ""),
        active=item.get("State", "active") == "active",
    )


def _rule(item: dict[str, Any]) -> SecurityGroupRule:
    v4 = (it["CidrIp"] for it in item.get("IpRanges", ()))
    v6 = (it["CidrIpv6"] for it in item.get("Ipv6Ranges", ()))
    # AWS omits the ports or returns -1 if the protocol has no ports or the rule is for all.
    first, last = item.get("FromPort", -1), item.get("ToPort", -1)
    return SecurityGroupRule(
        protocol=str(item.get("IpProtocol", "-1")),
        from_port=max(first, 0),
        to_port=LAST_PORT if last == -1 else last,
        cidrs=(*v4, *v6),
        group_ids=tuple(
            it["GroupId"] for it in item.get("UserIdGroupPairs", ()) if "GroupId" in it
        ),
        prefix_list_ids=tuple(it["PrefixListId"] for it in item.get("PrefixListIds", ())),
    )


def _service(name: str, region: str) -> str:
    # com.amazonaws.us-east-1.ecr.dkr; endpoint services that are not AWS's keep their whole name.
    return name.partition(f".{region}.")[2] or name
