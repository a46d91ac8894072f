"""Things of AWS that several tests of the demo account need, made with boto3."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from gpuecs_tui.demo import account

Client = Callable[[str], Any]
"""Service name → boto3 client."""

IMAGE = "ami-0123456789abcdef0"
DEFAULT = [{"Name": "default-for-az", "Values": ["true"]}]
TASK = [{"name": "app", "image": "app", "memory": 128, "cpu": 128}]


def clients_of(demo: account.DemoAccount, region: str) -> Client:
    """Return the maker of clients of the demo account that don't repeat a refused call."""
    given = demo.environ
    make: Any = boto3.client
    return cache(
        lambda service: make(
            service,
            region_name=region,
            endpoint_url=demo.endpoint,
            aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"total_max_attempts": 1}),
        )
    )


def subnets(client: Client) -> list[dict[str, Any]]:
    subnets: list[dict[str, Any]] = client("ec2").describe_subnets(Filters=DEFAULT)["Subnets"]
    return subnets


def service(client: Client, name: str, **settings: Any) -> dict[str, Any]:
    ecs = client("ecs")
    if not ecs.describe_clusters(clusters=[name])["clusters"]:
        ecs.create_cluster(clusterName=name)
    ecs.register_task_definition(family=name, containerDefinitions=TASK)
    settings = {"desiredCount": 0, **settings}
    ecs.create_service(cluster=name, serviceName=name, taskDefinition=name, **settings)
    found: dict[str, Any] = ecs.describe_services(cluster=name, services=[name])["services"][0]
    return found


def cluster_with_provider(client: Client, name: str) -> None:
    arn = described(scaling_group(client, name), name)["AutoScalingGroupARN"]
    ecs = client("ecs")
    ecs.create_cluster(clusterName=name)
    ecs.create_capacity_provider(name=name, autoScalingGroupProvider={"autoScalingGroupArn": arn})
    ecs.put_cluster_capacity_providers(
        cluster=name, capacityProviders=[name], defaultCapacityProviderStrategy=[]
    )


def scaling_group(client: Client, name: str, **settings: Any) -> Any:
    scaling = client("autoscaling")
    template = client("ec2").create_launch_template(
        LaunchTemplateName=name,
        LaunchTemplateData={"ImageId": IMAGE, "InstanceType": "g4dn.xlarge"},
    )["LaunchTemplate"]
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateId": template["LaunchTemplateId"], "Version": "$Latest"},
        VPCZoneIdentifier=",".join(s["SubnetId"] for s in subnets(client)[:2]),
        **{"MinSize": 0, "MaxSize": 4, **settings},
    )
    return scaling


def mixed_group(client: Client, name: str, spot: str = "", **settings: Any) -> Any:
    """Make a group of two types, half of them Spot; ``spot``: the market type of its template."""
    data: dict[str, Any] = {"ImageId": IMAGE}
    if spot:
        data["InstanceMarketOptions"] = {"MarketType": spot}
    client("ec2").create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data)
    scaling = client("autoscaling")
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        MixedInstancesPolicy=policy(name),
        VPCZoneIdentifier=subnets(client)[0]["SubnetId"],
        **{"MinSize": 0, "MaxSize": 4, **settings},
    )
    return scaling


def policy(template: str) -> dict[str, Any]:
    named = {"LaunchTemplateName": template, "Version": "$Latest"}
    types = [{"InstanceType": it} for it in ("g5.xlarge", "g4dn.xlarge")]
    return {
        "LaunchTemplate": {"LaunchTemplateSpecification": named, "Overrides": types},
        "InstancesDistribution": {"OnDemandPercentageAboveBaseCapacity": 50},
    }


def described(scaling: Any, name: str) -> dict[str, Any]:
    answer = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    found: dict[str, Any] = answer["AutoScalingGroups"][0]
    return found


def target_group(client: Client, name: str) -> tuple[Any, str]:
    balancing = client("elbv2")
    vpc = client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    group = balancing.create_target_group(
        Name=name,
        Protocol="HTTP",
        Port=80,
        VpcId=vpc,
        TargetType="ip",
        HealthCheckIntervalSeconds=300,
    )
    return balancing, group["TargetGroups"][0]["TargetGroupArn"]
