"""The demo account in this process, moved on step by step on a clock of the test's own.

Nothing waits: ``Stepped.step(10)`` plays ten seconds of the account in a few milliseconds.
"""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.loaders import JSONFileLoader
from moto import mock_aws

from gpuecs_tui.demo import timings
from gpuecs_tui.demo.faults.registry import Faults
from gpuecs_tui.demo.model.quotas import ACCOUNT_ID
from gpuecs_tui.demo.moto_patches import install
from gpuecs_tui.demo.simulator import events, player

REGION = "us-west-2"
GROUP = "/ecs/llm"
BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
LOOK = 6.0
"""Seconds of the account between two checks of a condition: each check is a call or more."""
_ABSENT = object()


@contextmanager
def patched_moto() -> Iterator[None]:
    """Close every gap of moto's inside the block, and open them again after it."""
    import moto.server  # noqa: F401 # so that all of moto's classes are loaded

    owners = [
        owner
        for name, module in list(sys.modules.items())
        if name.startswith("moto.")
        for owner in vars(module).values()
        if isinstance(owner, type) and owner.__module__.startswith("moto.")
    ]
    before = {owner: dict(vars(owner)) for owner in owners}
    install.close_all()
    try:
        yield
    finally:
        for owner, attributes in before.items():
            for name in set(vars(owner)) - attributes.keys():
                delattr(owner, name)
            for name, value in attributes.items():
                if vars(owner).get(name, _ABSENT) is not value:
                    setattr(owner, name, value)


@contextmanager
def stepped(**settings: Any) -> Iterator[Stepped]:
    """Give an account of one Region with a service ``llm``; see Stepped."""
    with pytest.MonkeyPatch.context() as patch, patched_moto(), mock_aws():
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        # A command in an earlier test may have set a profile or an endpoint, and this can begin
        # before the next test.
        for name in [it for it in os.environ if it.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setattr(
            JSONFileLoader,
            "load_file",
            cache(JSONFileLoader.load_file),  # one object a process
        )
        clock = Clock()
        patch.setattr(timings, "now", lambda: clock.seconds)
        # Long answers take the time of these tests: keep less than AWS does.
        patch.setattr(player, "STOPPED_KEPT", 150.0)
        patch.setattr(events, "EVENTS_KEPT", 30)
        faults = Faults()
        try:
            yield Stepped(clock, faults, **settings)
        finally:
            faults.clear(())


class Clock:
    """Seconds of the account."""

    def __init__(self) -> None:
        self.seconds = 1000.0


class Stepped:
    """A cluster, a fleet, a load balancer and a service, made by boto3."""

    def __init__(
        self,
        clock: Clock,
        faults: Faults,
        *,
        count: int = 1,
        balanced: bool = True,
        size: int = 1,
        maximum: int = 4,
        **settings: Any,
    ) -> None:
        self.clock, self.faults = clock, faults
        make: Any = boto3.client
        self._client: Callable[[str], Any] = cache(lambda name: make(name, region_name=REGION))
        self.ecs, self.scaling = self.client("ecs"), self.client("autoscaling")
        self.client("logs").create_log_group(logGroupName=GROUP)
        self.ecs.create_cluster(clusterName="llm")
        self._open_network()
        self._make_fleet(size, maximum)
        self.register()
        if balanced:
            settings["loadBalancers"] = [self._balance()]
            settings.setdefault("healthCheckGracePeriodSeconds", 5)
        strategy = [{"capacityProvider": "llm", "weight": 1}]
        self.ecs.create_service(
            cluster="llm",
            serviceName="llm",
            taskDefinition="llm",
            desiredCount=count,
            capacityProviderStrategy=strategy,
            **settings,
        )
        self._stage = player.Stage(REGION)
        self.begin()

    def begin(self) -> None:
        """Forget the events, activities and stopped tasks of now: ``new_…`` has the later ones."""
        self._events = {event["id"] for event in self.service["events"]}
        self._activities = {it["ActivityId"] for it in self.activities}
        self._stopped = {it["taskArn"] for it in self.stopped}

    @property
    def new_events(self) -> str:
        events = [it for it in self.service["events"] if it["id"] not in self._events]
        return "\n".join(event["message"] for event in events)

    @property
    def new_activities(self) -> list[Any]:
        return [it for it in self.activities if it["ActivityId"] not in self._activities]

    @property
    def new_stopped(self) -> list[Any]:
        return [it for it in self.stopped if it["taskArn"] not in self._stopped]

    def client(self, name: str) -> Any:
        return self._client(name)

    def step(self, seconds: float, every: float = 1.0) -> None:
        """Play ``seconds`` of the account."""
        end = self.clock.seconds + seconds
        while self.clock.seconds < end:
            self.clock.seconds += every
            self.faults.start_due()
            self._stage.play()

    def until(self, true: Callable[[], Any], seconds: float = 300.0) -> Any:
        """Play until ``true`` gives something; fail after ``seconds`` of the account."""
        end = self.clock.seconds + seconds
        while not (seen := true()):
            assert self.clock.seconds < end, self.service["events"][:5]
            self.step(LOOK)
        return seen

    def steady(self) -> bool:
        service = self.service
        (current, *others), wanted = service["deployments"], service["desiredCount"]
        counts = {service["runningCount"], current["runningCount"], wanted}
        return bool(
            not others
            and current["rolloutState"] == "COMPLETED"
            and counts == {wanted}
            and service["pendingCount"] == 0
            and {it["State"] for it in self.health} <= {"healthy"}
        )

    @property
    def service(self) -> Any:
        return self.ecs.describe_services(cluster="llm", services=["llm"])["services"][0]

    @property
    def tasks(self) -> list[Any]:
        return self._tasks("RUNNING")

    @property
    def stopped(self) -> list[Any]:
        return self._tasks("STOPPED")

    def _tasks(self, status: str) -> list[Any]:
        arns = self.ecs.list_tasks(cluster="llm", serviceName="llm", desiredStatus=status)
        found = arns["taskArns"]
        return self.ecs.describe_tasks(cluster="llm", tasks=found)["tasks"] if found else []

    @property
    def instances(self) -> list[Any]:
        arns = self.ecs.list_container_instances(cluster="llm")["containerInstanceArns"]
        if not arns:
            return []
        described = self.ecs.describe_container_instances(cluster="llm", containerInstances=arns)
        return list(described["containerInstances"])

    @property
    def fleet(self) -> Any:
        return self.scaling.describe_auto_scaling_groups()["AutoScalingGroups"][0]

    @property
    def activities(self) -> list[Any]:
        return list(self.scaling.describe_scaling_activities()["Activities"])

    @property
    def health(self) -> list[Any]:
        balancers = self.service["loadBalancers"]
        if not balancers:
            return []
        found = self.client("elbv2").describe_target_health(
            TargetGroupArn=balancers[0]["targetGroupArn"]
        )
        return [it["TargetHealth"] for it in found["TargetHealthDescriptions"]]

    @property
    def history(self) -> list[Any]:
        found = self.ecs.list_service_deployments(cluster="llm", service="llm")
        arns = [it["serviceDeploymentArn"] for it in found["serviceDeployments"]]
        described = self.ecs.describe_service_deployments(serviceDeploymentArns=arns)
        return list(described["serviceDeployments"])

    def lines(self, task: str = "") -> list[str]:
        found = self.client("logs").filter_log_events(logGroupName=GROUP, limit=10000)["events"]
        return [it["message"] for it in found if it["logStreamName"].endswith(task)]

    def register(self, *beside: dict[str, Any], **more: Any) -> str:
        """Register a further revision of the task, with more containers ``beside`` the service's;
        return its ARN."""
        container = {
            "name": "server",
            "image": f"{ACCOUNT_ID}.dkr.ecr.{REGION}.amazonaws.com/llm-server:2.4.1",
            "memory": 4096,
            "cpu": 128,
            "portMappings": [{"containerPort": 8000}],
            "resourceRequirements": [{"type": "GPU", "value": "1"}],
            "healthCheck": {"command": ["CMD", "true"], "interval": 5, "retries": 2},
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": GROUP,
                    "awslogs-region": REGION,
                    "awslogs-stream-prefix": "llm",
                },
            },
            **more,
        }
        log = {"logConfiguration": container["logConfiguration"]}
        containers = [container, *({**it, **log} for it in beside)]
        made = self.ecs.register_task_definition(family="llm", containerDefinitions=containers)
        return str(made["taskDefinition"]["taskDefinitionArn"])

    def update(self, **settings: Any) -> None:
        self.ecs.update_service(cluster="llm", service="llm", **settings)

    def launch_one(self) -> None:
        """Want one more instance in the fleet."""
        wanted = self.fleet["DesiredCapacity"] + 1
        self.scaling.set_desired_capacity(AutoScalingGroupName="llm", DesiredCapacity=wanted)

    def end_idle(self) -> None:
        """End every instance without a task."""
        for instance in self.instances:
            if not instance["runningTasksCount"] + instance["pendingTasksCount"]:
                self.scaling.terminate_instance_in_auto_scaling_group(
                    InstanceId=instance["ec2InstanceId"], ShouldDecrementDesiredCapacity=True
                )
        self.step(2)

    def _open_network(self) -> None:
        ec2 = self.client("ec2")
        vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        table = ec2.describe_route_tables()["RouteTables"][0]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)

    def _subnets(self) -> list[str]:
        found = self.client("ec2").describe_subnets()["Subnets"]
        return [it["SubnetId"] for it in sorted(found, key=lambda it: it["AvailabilityZone"])][:2]

    def _make_fleet(self, size: int, maximum: int) -> None:
        script = "#!/bin/bash\necho ECS_CLUSTER=llm >> /etc/ecs/ecs.config\n"
        self.client("ec2").create_launch_template(
            LaunchTemplateName="llm",
            LaunchTemplateData={
                "ImageId": "ami-0123456789abcdef0",
                "InstanceType": "g4dn.xlarge",
                "UserData": base64.b64encode(script.encode()).decode(),
            },
        )
        self.scaling.create_auto_scaling_group(
            AutoScalingGroupName="llm",
            LaunchTemplate={"LaunchTemplateName": "llm", "Version": "$Latest"},
            VPCZoneIdentifier=",".join(self._subnets()),
            MinSize=0,
            MaxSize=maximum,
            DesiredCapacity=size,
        )
        self.ecs.create_capacity_provider(
            name="llm",
            autoScalingGroupProvider={
                "autoScalingGroupArn": self.fleet["AutoScalingGroupARN"],
                "managedScaling": {"status": "ENABLED", "targetCapacity": 100},
            },
        )
        self.ecs.put_cluster_capacity_providers(
            cluster="llm", capacityProviders=["llm"], defaultCapacityProviderStrategy=[]
        )

    def _balance(self) -> dict[str, Any]:
        balancing = self.client("elbv2")
        vpc = self.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
        target_group = balancing.create_target_group(
            Name="llm",
            Protocol="HTTP",
            Port=8000,
            VpcId=vpc,
            HealthCheckIntervalSeconds=6,
            HealthCheckTimeoutSeconds=2,
            HealthyThresholdCount=2,
            UnhealthyThresholdCount=2,
        )["TargetGroups"][0]["TargetGroupArn"]
        balancer = balancing.create_load_balancer(Name="llm", Subnets=self._subnets())
        balancing.create_listener(
            LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": target_group}],
        )
        return {"targetGroupArn": target_group, "containerName": "server", "containerPort": 8000}
