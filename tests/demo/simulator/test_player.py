"""Changes that the demo account makes by itself, observed through the API as on AWS."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from gpuecs_tui.demo import account

SECONDS = 30.0
"""Real seconds that suffice for every simulated change at the tests' pace."""


def until(true: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + SECONDS
    while not (seen := true()):
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.1)
    return seen


class Stack:
    """A small stack, created with boto3 in a separate Region, without a load balancer."""

    def __init__(self, name: str, region: str, **settings: Any) -> None:
        self.name = name
        self.ecs = boto3.client("ecs", region_name=region)
        self.ec2 = boto3.client("ec2", region_name=region)
        self.scaling = boto3.client("autoscaling", region_name=region)
        self.ecs.create_cluster(clusterName=name)
        self._open_network()
        group = self._group(**settings)
        if settings.get("provider", True):
            self._provider(group)

    def _open_network(self) -> None:
        vpc = self.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        table = self.ec2.describe_route_tables()["RouteTables"][0]["RouteTableId"]
        self.ec2.create_route(
            RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway
        )

    def _group(
        self, *, size: int = 1, user_data: str | None = None, maximum: int = 2, **_: Any
    ) -> str:
        text = f"#!/bin/bash\necho ECS_CLUSTER={self.name} >> /etc/ecs/ecs.config\n"
        script = text if user_data is None else user_data
        self.ec2.create_launch_template(
            LaunchTemplateName=self.name,
            LaunchTemplateData={
                "ImageId": "ami-0123456789abcdef0",
                "InstanceType": "g4dn.xlarge",
                "UserData": base64.b64encode(script.encode()).decode(),
            },
        )
        subnets = self.ec2.describe_subnets()["Subnets"][:2]
        self.scaling.create_auto_scaling_group(
            AutoScalingGroupName=self.name,
            LaunchTemplate={"LaunchTemplateName": self.name, "Version": "$Latest"},
            VPCZoneIdentifier=",".join(subnet["SubnetId"] for subnet in subnets),
            MinSize=0,
            MaxSize=maximum,
            DesiredCapacity=size,
        )
        described = self.scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[self.name])
        return str(described["AutoScalingGroups"][0]["AutoScalingGroupARN"])

    def _provider(self, group: str) -> None:
        self.ecs.create_capacity_provider(
            name=self.name,
            autoScalingGroupProvider={
                "autoScalingGroupArn": group,
                "managedScaling": {"status": "ENABLED", "targetCapacity": 100},
            },
        )
        self.ecs.put_cluster_capacity_providers(
            cluster=self.name, capacityProviders=[self.name], defaultCapacityProviderStrategy=[]
        )

    def serve(self, count: int = 1, memory: int = 4096, **settings: Any) -> None:
        container = {
            "name": "app",
            "image": "app",
            "memory": memory,
            "cpu": 128,
            "resourceRequirements": [{"type": "GPU", "value": "1"}],
        }
        self.ecs.register_task_definition(family=self.name, containerDefinitions=[container])
        self.ecs.create_service(
            cluster=self.name,
            serviceName=self.name,
            taskDefinition=self.name,
            desiredCount=count,
            capacityProviderStrategy=[{"capacityProvider": self.name, "weight": 1}],
            **settings,
        )

    @property
    def service(self) -> Any:
        found = self.ecs.describe_services(cluster=self.name, services=[self.name])
        return found["services"][0]

    @property
    def tasks(self) -> list[Any]:
        arns = self.ecs.list_tasks(cluster=self.name, serviceName=self.name)["taskArns"]
        found = self.ecs.describe_tasks(cluster=self.name, tasks=arns) if arns else {"tasks": []}
        return list(found["tasks"])

    @property
    def instances(self) -> list[Any]:
        arns = self.ecs.list_container_instances(cluster=self.name)["containerInstanceArns"]
        if not arns:
            return []
        found = self.ecs.describe_container_instances(cluster=self.name, containerInstances=arns)
        return list(found["containerInstances"])

    @property
    def size(self) -> int:
        found = self.scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[self.name])
        return len(found["AutoScalingGroups"][0]["Instances"])


def resources(instance: Any, kind: str) -> dict[str, Any]:
    return {
        entry["name"]: entry.get("integerValue", entry.get("stringSetValue"))
        for entry in instance[kind]
    }


pytestmark = pytest.mark.usefixtures("on_demo_account")


def test_an_instance_joins_with_what_the_agent_registers() -> None:
    stack = Stack("joins", "eu-west-1")
    (instance,) = until(lambda: stack.instances)
    registered = resources(instance, "registeredResources")
    # Measured on AL2 for g4dn.xlarge.
    assert (registered["CPU"], registered["MEMORY"]) == (4096, 15684)
    assert len(registered["GPU"]) == 1
    assert instance["agentConnected"] and instance["capacityProviderName"] == "joins"
    activities = stack.scaling.describe_scaling_activities(AutoScalingGroupName="joins")
    assert instance["ec2InstanceId"] in activities["Activities"][0]["Description"]


def test_a_task_runs_drains_and_leaves_nothing() -> None:
    stack = Stack("drains", "eu-west-2")
    stack.serve()
    task = until(lambda: [t for t in stack.tasks if t["lastStatus"] == "RUNNING"])[0]
    assert task["group"] == "service:drains" and task["capacityProviderName"] == "drains"
    until(lambda: "has reached a steady state" in stack.service["events"][0]["message"])
    (instance,) = stack.instances
    left = resources(instance, "remainingResources")
    assert (left["MEMORY"], left["GPU"], left["CPU"]) == (15684 - 4096, [], 4096 - 128)

    stack.ecs.update_service(cluster="drains", service="drains", desiredCount=0)
    stack.ecs.delete_service(cluster="drains", service="drains")
    assert stack.service["status"] == "DRAINING"
    with pytest.raises(ClientError, match="still Draining"):
        stack.ecs.create_service(cluster="drains", serviceName="drains", taskDefinition="drains")
    until(lambda: stack.service["status"] == "INACTIVE")
    assert counts(stack.service) == [(0, 0, 0), (0, 0, 0)]
    assert stack.tasks == []
    stopped = stack.ecs.list_tasks(cluster="drains", desiredStatus="STOPPED")["taskArns"]
    assert stopped == [task["taskArn"]]


def test_a_service_that_is_deleted_with_force_wants_no_task_at_once() -> None:
    stack = Stack("forced", "ap-south-2")
    stack.serve()
    until(lambda: [t for t in stack.tasks if t["lastStatus"] == "RUNNING"])
    answer = stack.ecs.delete_service(cluster="forced", service="forced", force=True)
    assert [desired for desired, _running, _pending in counts(answer["service"])] == [0, 0]
    assert answer["service"]["status"] == "DRAINING"
    until(lambda: stack.service["status"] == "INACTIVE")
    assert counts(stack.service) == [(0, 0, 0), (0, 0, 0)]


def test_a_service_that_is_deleted_before_it_had_a_task_has_none() -> None:
    stack = Stack("early", "ap-southeast-4", size=0)
    stack.serve()
    stack.ecs.update_service(cluster="early", service="early", desiredCount=3)
    answer = stack.ecs.delete_service(cluster="early", service="early", force=True)
    until(lambda: stack.service["status"] == "INACTIVE")
    assert counts(answer["service"])[1][0] == 0
    assert counts(stack.service) == [(0, 0, 0), (0, 0, 0)]


def counts(service: Any) -> list[tuple[int, int, int]]:
    """Return the desired, running and pending counts of a service and its deployments."""
    return [
        (it["desiredCount"], it["runningCount"], it["pendingCount"])
        for it in (service, *service["deployments"])
    ]


def test_a_stopped_task_is_replaced() -> None:
    stack = Stack("stops", "eu-west-3")
    stack.serve()
    first = until(lambda: [t for t in stack.tasks if t["lastStatus"] == "RUNNING"])[0]
    stack.ecs.stop_task(cluster="stops", task=first["taskArn"], reason="because")
    second = until(lambda: [t for t in stack.tasks if t["lastStatus"] == "RUNNING"])[0]
    assert second["taskArn"] != first["taskArn"]
    found = stack.ecs.describe_tasks(cluster="stops", tasks=[first["taskArn"]])["tasks"][0]
    assert (found["desiredStatus"], found["stoppedReason"]) == ("STOPPED", "because")


def test_from_zero_two_instances_start_and_a_third_is_beyond_the_maximum() -> None:
    stack = Stack("scales", "us-east-2", size=0)
    stack.serve(1)
    until(lambda: stack.service["runningCount"] == 1)
    assert stack.size == 2
    stack.ecs.update_service(cluster="scales", service="scales", desiredCount=3)
    until(lambda: stack.service["runningCount"] == 2)
    message = until(
        lambda: [e["message"] for e in stack.service["events"] if "unable" in e["message"]]
    )[0]
    assert "insufficient GPU resource available" in message
    assert stack.size == 2
    assert [t["lastStatus"] for t in stack.tasks].count("PROVISIONING") == 1


def test_a_task_above_what_is_registered_is_never_placed() -> None:
    stack = Stack("waits", "us-west-1")
    stack.serve(1, memory=15742)
    message = until(
        lambda: [e["message"] for e in stack.service["events"] if "insufficient" in e["message"]]
    )[0]
    assert message.startswith(
        "(service waits) was unable to place a task because no container instance met all of its "
        "requirements. The closest matching (container-instance "
    )
    assert "has insufficient memory available" in message
    assert stack.size == 1
    assert stack.service["runningCount"] == 0


def test_without_ecs_cluster_an_instance_joins_default() -> None:
    stack = Stack("lost", "ca-central-1", user_data="#!/bin/bash\n")
    cluster = until(
        lambda: [
            c
            for c in stack.ecs.describe_clusters(clusters=["default"])["clusters"]
            if c["registeredContainerInstancesCount"]
        ]
    )
    assert cluster[0]["clusterName"] == "default"
    assert stack.instances == []


def test_an_update_rolls_one_task_after_the_other_has_started() -> None:
    stack = Stack("rolls", "ap-northeast-1", size=2)
    stack.serve(1)
    until(lambda: stack.service["deployments"][0]["rolloutState"] == "COMPLETED")
    old = stack.service["taskDefinition"]
    container = {"name": "app", "image": "app:2", "memory": 4096}
    stack.ecs.register_task_definition(family="rolls", containerDefinitions=[container])
    stack.ecs.update_service(cluster="rolls", service="rolls", taskDefinition="rolls")
    lowest = 1

    def rolled() -> bool:
        nonlocal lowest
        found = stack.service
        lowest = min(lowest, found["runningCount"])
        deployments = found["deployments"]
        return (
            len(deployments) == 1
            and deployments[0]["taskDefinition"] != old
            and deployments[0]["rolloutState"] == "COMPLETED"
        )

    until(rolled)
    assert lowest == 1


def test_the_demo_user_is_who_it_says(on_demo_account: account.DemoAccount) -> None:
    identity = boto3.client("sts").get_caller_identity()
    assert identity["Arn"] == "arn:aws:iam::123456789012:user/demo"


def test_an_instance_refresh_replaces_every_instance() -> None:
    stack = Stack("fresh", "ap-south-1", size=2)
    until(lambda: len(stack.instances) == 2)
    before = {i["ec2InstanceId"] for i in stack.instances}
    first = stack.ec2.describe_launch_template_versions(LaunchTemplateName="fresh")
    data: Any = first["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    data["InstanceType"] = "g4dn.2xlarge"
    stack.ec2.create_launch_template_version(LaunchTemplateName="fresh", LaunchTemplateData=data)
    stack.scaling.start_instance_refresh(AutoScalingGroupName="fresh")

    def refresh() -> Any:
        found = stack.scaling.describe_instance_refreshes(AutoScalingGroupName="fresh")
        return found["InstanceRefreshes"][0]

    until(lambda: refresh()["Status"] == "Successful")
    assert refresh()["PercentageComplete"] == 100
    after = {i["ec2InstanceId"] for i in stack.instances}
    assert len(after) == 2 and not after & before
