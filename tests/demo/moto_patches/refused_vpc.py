"""The refusals of docs/demo-account.md that are about VPCs and zones of a load balancer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.demo.moto_patches.made import Client, subnets, target_group

Call = Callable[[], Any]


def _elsewhere(client: Client, block: str, zones: int = 2) -> tuple[str, list[str]]:
    """Return a new VPC with two subnets in as many zones as are asked for."""
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock=f"{block}.0.0/16")["Vpc"]["VpcId"]
    names = [subnet["AvailabilityZone"] for subnet in subnets(client)[:2]]
    made = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"{block}.{n}.0/24", AvailabilityZone=names[n % zones]
        )
        for n in range(2)
    ]
    return vpc, [it["Subnet"]["SubnetId"] for it in made]


def _balancer(client: Client, name: str, places: list[str] | None = None) -> str:
    places = places or [subnet["SubnetId"] for subnet in subnets(client)[:2]]
    made = client("elbv2").create_load_balancer(Name=name, Scheme="internal", Subnets=places)
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


def balancer_moved_to_another_vpc(client: Client) -> Call:
    balancer, (_vpc, places) = _balancer(client, "settled"), _elsewhere(client, "10.81")
    return lambda: client("elbv2").set_subnets(LoadBalancerArn=balancer, Subnets=places)


def balancer_moved_into_one_zone(client: Client) -> Call:
    vpc, places = _elsewhere(client, "10.82")
    balancer = _balancer(client, "spread", places)
    zone = subnets(client)[0]["AvailabilityZone"]
    third = client("ec2").create_subnet(VpcId=vpc, CidrBlock="10.82.9.0/24", AvailabilityZone=zone)[
        "Subnet"
    ]["SubnetId"]
    return lambda: client("elbv2").set_subnets(LoadBalancerArn=balancer, Subnets=[*places, third])


def balancer_with_a_group_of_another_vpc(client: Client) -> Call:
    balancer, (vpc, _places) = _balancer(client, "grouped"), _elsewhere(client, "10.83")
    group = client("ec2").create_security_group(GroupName="away", Description="-", VpcId=vpc)
    return lambda: client("elbv2").set_security_groups(
        LoadBalancerArn=balancer, SecurityGroups=[group["GroupId"]]
    )


def _forwarding(target: str) -> list[dict[str, str]]:
    return [{"Type": "forward", "TargetGroupArn": target}]


def _foreign_target(client: Client, name: str, block: str) -> str:
    vpc, _places = _elsewhere(client, block)
    made = client("elbv2").create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc)
    return str(made["TargetGroups"][0]["TargetGroupArn"])


def listener_to_another_vpc(client: Client) -> Call:
    balancer, target = _balancer(client, "near"), _foreign_target(client, "far", "10.84")
    return lambda: client("elbv2").create_listener(
        LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=_forwarding(target)
    )


def listener_turned_to_another_vpc(client: Client) -> Call:
    balancer, target = _balancer(client, "turned"), _foreign_target(client, "away", "10.85")
    listener = client("elbv2").create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=_forwarding(target_group(client, "home")[1]),
    )["Listeners"][0]["ListenerArn"]
    return lambda: client("elbv2").modify_listener(
        ListenerArn=listener, DefaultActions=_forwarding(target)
    )
