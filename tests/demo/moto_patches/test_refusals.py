"""The demo account refuses what AWS refuses: docs/demo-account.md, row by row."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from gpuecs_tui.demo import account, moto_patches
from tests.demo.moto_patches.made import Client, clients_of, described, scaling_group
from tests.demo.moto_patches.made import subnets as default_subnets
from tests.demo.moto_patches.refused import REFUSALS, Scenario
from tests.demo.moto_patches.refused_settings import ROLE, SECRET, group_with, listen, register
from tests.support.repository import ROOT

DOCUMENT = ROOT / "docs" / "demo-account.md"
ROW = re.compile(
    r"^\| `(?P<call>[a-z0-9-]+:\w+)` \| `(?P<code>[\w.]+)` \| .+ \| (?P<sources>.+) \|$"
)
SOURCE = re.compile(r"\(https://(github\.com|docs\.aws\.amazon\.com|repost\.aws)/[^)\s]+\)")
CLASSES = {
    "InvalidParameterException": "InvalidParameterException",
    "DeleteConflictException": "DeleteConflict",
}
"""Exceptions of moto's that don't take the error code as their first argument."""

WORDS = {
    "listener_without_certificate": "A certificate must be specified for HTTPS listeners",
    "group_turned_to_a_short_interval": "Health check interval must be greater than the timeout.",
    "desired_above_the_size": "Desired capacity:3 must be between the specified min size:0 and max "
    "size:2",
    "capacity_above_the_size": "New SetDesiredCapacity value 3 is above max value 2 for the "
    "AutoScalingGroup.",
    "instance_below_the_size": "Currently, desiredSize equals minSize (1). Terminating instance "
    "without replacement will violate group's min size constraint. Either set "
    "shouldDecrementDesiredCapacity flag to false or lower group's min size.",
    "action_with_limits_upside_down": "Maximum capacity cannot be less than minimum capacity",
    "policy_without_a_target": "No scalable target registered for service namespace: ecs, resource "
    "ID: service/no-target-either/no-target-either, scalable dimension: ecs:service:DesiredCount",
    "container_above_its_task": "The 'memory' setting for container 'app-0' is greater than for "
    "the task.",
    "reservations_above_their_task": "The sum of all container 'memoryReservation' values cannot "
    "be greater than the value of the task 'memory'.",
    "secrets_without_a_role": "When you are specifying container secrets, you must also specify a "
    "value for 'executionRoleArn'.",
}
"""Scenario → AWS's message, where a source of docs/demo-account.md quotes it."""


@pytest.fixture(scope="module")
def client(demo_account: account.DemoAccount) -> Client:
    # Another region than that of the seed and of the other tests.
    return clients_of(demo_account, "ap-southeast-2")


@pytest.mark.parametrize(
    ("code", "scenario"),
    [
        pytest.param(code, scenario, id=scenario.__name__)
        for (_call, code), scenarios in REFUSALS.items()
        for scenario in scenarios
    ],
)
def test_the_account_refuses_it(code: str, scenario: Scenario, client: Client) -> None:
    call = scenario(client)
    with pytest.raises(ClientError) as refused:
        call()
    error = refused.value.response["Error"]
    assert error["Code"] == code
    assert WORDS.get(scenario.__name__, error["Message"]) == error["Message"]


def _rows() -> dict[tuple[str, str], str]:
    found = filter(None, map(ROW.match, DOCUMENT.read_text("utf-8").splitlines()))
    return {(row["call"], row["code"]): row["sources"] for row in found}


def test_the_document_lists_every_refusal_with_its_source() -> None:
    rows = _rows()
    assert rows.keys() == REFUSALS.keys()
    assert [row for row, sources in rows.items() if not SOURCE.search(sources)] == []


def test_the_document_lists_every_error_code_of_the_account() -> None:
    raised = set()
    for module in Path(moto_patches.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                name = ast.unparse(node.exc.func)
                first = node.exc.args[0]
                if name in CLASSES:
                    raised.add(CLASSES[name])
                elif isinstance(first, ast.Constant):
                    raised.add(str(first.value))
    listed = {code for _call, code in _rows()}
    assert raised - listed <= {"InvalidParameterException"}
    assert len(raised) > 10


def test_a_rule_and_a_listener_of_equal_settings_are_taken(client: Client) -> None:
    balancing = client("elbv2")
    subnets = [s["SubnetId"] for s in default_subnets(client)[:2]]
    balancer = balancing.create_load_balancer(Name="same", Subnets=subnets)["LoadBalancers"][0]
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "204"}}

    def listen() -> str:
        made = balancing.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Protocol="HTTP",
            Port=8080,
            DefaultActions=[answer],
        )
        return str(made["Listeners"][0]["ListenerArn"])

    # CreateListener is idempotent.
    first = listen()
    assert listen() == first
    balancing.modify_listener(ListenerArn=first, Port=8080, DefaultActions=[answer])
    balancing.modify_listener(ListenerArn=first, Port=8081, DefaultActions=[answer])
    assert listen() != first


def test_settings_at_their_limits_are_taken(client: Client) -> None:
    # HTTP and HTTPS want a timeout below the interval, TCP takes it equal.
    group_with(client, "just-below", HealthCheckIntervalSeconds=6)()
    times = {"HealthCheckIntervalSeconds": 10, "HealthCheckTimeoutSeconds": 10}
    made = group_with(client, "equal", "TCP", **times)()["TargetGroups"][0]["TargetGroupArn"]
    client("elbv2").modify_target_group(TargetGroupArn=made, HealthCheckIntervalSeconds=10)
    register(client, [{"memory": 1024, "memoryReservation": 1024}], memory="1GB")()
    register(client, [{"secrets": [SECRET]}], executionRoleArn=ROLE)()
    client("logs").create_log_group(logGroupName="/years")
    client("logs").put_retention_policy(logGroupName="/years", retentionInDays=3653)
    certificate = client("acm").request_certificate(DomainName="gpu.example.org")
    listen(
        client,
        "fips",
        Protocol="HTTPS",
        Certificates=[{"CertificateArn": certificate["CertificateArn"]}],
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04",
    )()


@pytest.mark.parametrize(
    ("change", "desired"), [({"MinSize": 3}, 3), ({"MaxSize": 1}, 1), ({"MaxSize": 2}, 2)]
)
def test_new_bounds_of_a_group_move_its_desired_capacity(
    client: Client, change: dict[str, int], desired: int
) -> None:
    name = f"moved-{desired}"
    scaling = scaling_group(client, name, DesiredCapacity=2)
    scaling.update_auto_scaling_group(AutoScalingGroupName=name, **change)
    assert described(scaling, name)["DesiredCapacity"] == desired


def test_a_device_without_a_size_takes_that_of_the_image(
    on_demo_account: account.DemoAccount,
) -> None:
    ec2, ssm = boto3.client("ec2"), boto3.client("ssm")
    name = "/aws/service/bottlerocket/aws-ecs-2-nvidia/x86_64/latest/image_id"
    image = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    (known,) = ec2.describe_images(ImageIds=[image])["Images"]
    (root,) = known["BlockDeviceMappings"]
    started = ec2.run_instances(
        ImageId=image,
        BlockDeviceMappings=[
            {"DeviceName": root["DeviceName"], "Ebs": {"DeleteOnTermination": True}},
            {"DeviceName": "/dev/xvdb", "Ebs": {"VolumeSize": 40}},
        ],
        MinCount=1,
        MaxCount=1,
    )["Instances"][0]["InstanceId"]
    volumes = ec2.describe_volumes(
        Filters=[{"Name": "attachment.instance-id", "Values": [started]}]
    )["Volumes"]
    ec2.terminate_instances(InstanceIds=[started])
    assert sorted(it["Size"] for it in volumes) == sorted([root["Ebs"]["VolumeSize"], 40])
    # Of a device that the image doesn't have nothing is known.
    with pytest.raises(ClientError, match="size"):
        ec2.run_instances(
            ImageId=image,
            BlockDeviceMappings=[{"DeviceName": "/dev/sdz", "Ebs": {"DeleteOnTermination": True}}],
            MinCount=1,
            MaxCount=1,
        )


def test_what_nothing_uses_any_more_can_be_deleted(client: Client) -> None:
    ec2, balancing = client("ec2"), client("elbv2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = [s["SubnetId"] for s in default_subnets(client)[:2]]
    group = ec2.create_security_group(GroupName="free", Description="-", VpcId=vpc)["GroupId"]
    itself = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=itself)
    made = balancing.create_load_balancer(Name="free", Subnets=subnets, SecurityGroups=[group])
    balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
    for value in ("true", "false"):
        balancing.modify_load_balancer_attributes(
            LoadBalancerArn=balancer,
            Attributes=[{"Key": "deletion_protection.enabled", "Value": value}],
        )
    started = ec2.run_instances(
        ImageId="ami-0123456789abcdef0",
        SubnetId=subnets[0],
        SecurityGroupIds=[group],
        MinCount=1,
        MaxCount=1,
    )
    balancing.delete_load_balancer(LoadBalancerArn=balancer)
    ec2.terminate_instances(InstanceIds=[started["Instances"][0]["InstanceId"]])
    ec2.delete_security_group(GroupId=group)
