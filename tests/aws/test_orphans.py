"""Search for resources whose creation was interrupted, in the demo account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.orphans import CLOCK_SKEW, NotYet, find_orphan
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.aws.state_bucket.lock_object import read_lock_object
from gpuecs_tui.demo.account import DemoAccount
from tests.support.aws.stub import Stub

TAGS = {"project": "orphans"}
NAME = "orphan-test"


@pytest.fixture(scope="module")
def made(demo_account: DemoAccount) -> Iterator[dict[str, Any]]:
    """Create one tagged resource of each type that is quickly created; they are deleted at the
    end."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in demo_account.environ.items():
            patch.setenv(name, value)
        ec2, ecs, iam = boto3.client("ec2"), boto3.client("ecs"), boto3.client("iam")
        balancing, logs = boto3.client("elbv2"), boto3.client("logs")
        vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        upper: list[Any] = [{"Key": key, "Value": value} for key, value in TAGS.items()]
        lower: list[Any] = [{"key": key, "value": value} for key, value in TAGS.items()]
        stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
        group = ec2.create_security_group(
            GroupName=f"{NAME}-{stamp}0000000001",
            Description="x",
            VpcId=vpc,
            TagSpecifications=[{"ResourceType": "security-group", "Tags": upper}],
        )["GroupId"]
        rule = ec2.authorize_security_group_ingress(
            GroupId=group,
            IpPermissions=[
                {
                    "IpProtocol": "tcp",
                    "FromPort": 80,
                    "ToPort": 80,
                    "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
                }
            ],
        )["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        target = balancing.create_target_group(
            Name=NAME, Protocol="HTTP", Port=80, VpcId=vpc, Tags=upper
        )["TargetGroups"][0]["TargetGroupArn"]
        endpoints = [
            ec2.create_vpc_endpoint(
                VpcId=vpc,
                ServiceName="com.amazonaws.us-east-1.sqs",
                VpcEndpointType="Interface",
                PrivateDnsEnabled=False,
                TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": tags}],
            )["VpcEndpoint"]["VpcEndpointId"]
            for tags in ([], upper)
        ]
        ecs.create_cluster(clusterName=NAME, tags=lower)
        document = '{"Version": "2012-10-17", "Statement": []}'
        iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=document, Tags=upper)
        allowed = document.replace(
            "[]", '[{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}]'
        )
        iam.put_role_policy(RoleName=NAME, PolicyName="p", PolicyDocument=allowed)
        logs.create_log_group(logGroupName=f"/ecs/{NAME}")
        definition = ecs.register_task_definition(
            family=NAME, containerDefinitions=[{"name": "a", "image": "b", "memory": 64}]
        )["taskDefinition"]["taskDefinitionArn"]
        yield {
            "vpc": vpc,
            "group": group,
            "rule": rule,
            "target": target,
            "definition": definition,
            "endpoint": endpoints[1],
        }
        ec2.delete_vpc_endpoints(VpcEndpointIds=endpoints)
        ec2.delete_security_group(GroupId=group)
        balancing.delete_target_group(TargetGroupArn=target)
        ecs.delete_cluster(cluster=NAME)
        iam.delete_role_policy(RoleName=NAME, PolicyName="p")
        iam.delete_role(RoleName=NAME)
        logs.delete_log_group(logGroupName=f"/ecs/{NAME}")
        ecs.deregister_task_definition(taskDefinition=definition)


def begun() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=1)


def test_found_by_name(
    on_demo_account: DemoAccount, made: dict[str, Any], reader: AccountReader
) -> None:
    named = {"name": NAME, "tags_all": TAGS}
    rule = {
        "security_group_id": made["group"],
        "ip_protocol": "tcp",
        "from_port": 80,
        "to_port": 80,
        "cidr_ipv4": "10.0.0.0/8",
    }
    wanted: dict[str, tuple[dict[str, Any], str | None]] = {
        "aws_lb_target_group": (named, made["target"]),
        "aws_ecs_cluster": (named, NAME),
        "aws_iam_role": (named, NAME),
        "aws_iam_role_policy": ({"role": NAME, "name": "p"}, f"{NAME}:p"),
        "aws_cloudwatch_log_group": ({"name": f"/ecs/{NAME}"}, f"/ecs/{NAME}"),
        "aws_ecs_task_definition": ({"family": NAME}, made["definition"]),
        "aws_security_group": (
            {"name_prefix": f"{NAME}-", "vpc_id": made["vpc"], "tags_all": TAGS},
            made["group"],
        ),
        "aws_vpc_security_group_ingress_rule": (rule, made["rule"]),
        # The tags show that the first endpoint for that service belongs to another owner.
        "aws_vpc_endpoint": (
            {
                "vpc_id": made["vpc"],
                "service_name": "com.amazonaws.us-east-1.sqs",
                "tags_all": TAGS,
            },
            made["endpoint"],
        ),
        "aws_vpc_security_group_egress_rule": (rule, None),
        "aws_sns_topic": (named, None),
    }
    for type_, (planned, id_) in wanted.items():
        found = find_orphan(reader, type_, planned, begun())
        assert (found.import_id if found else None) == id_, type_


def test_nothing_of_that_name(
    on_demo_account: DemoAccount, made: dict[str, Any], reader: AccountReader
) -> None:
    named = {
        "name": "no-such",
        "family": "no-such",
        "cluster": NAME,
        "role": "no-such",
        "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "vpc_id": made["vpc"],
        "load_balancer_arn": made["target"].replace("targetgroup", "loadbalancer/app"),
        "security_group_id": made["group"],
        "service_name": "com.amazonaws.us-east-1.no-such",
    }
    types = (
        "aws_autoscaling_group aws_cloudwatch_log_group aws_ecs_capacity_provider aws_ecs_cluster "
        "aws_ecs_service aws_ecs_task_definition aws_iam_instance_profile aws_iam_role "
        "aws_iam_role_policy aws_iam_role_policy_attachment aws_launch_template aws_lb "
        "aws_lb_listener aws_lb_target_group aws_security_group aws_vpc_endpoint "
        "aws_vpc_security_group_egress_rule"
    )
    for type_ in types.split():
        assert find_orphan(reader, type_, named, begun()) is None, type_


def test_what_is_older_than_the_attempt_is_somebody_else_s(
    on_demo_account: DemoAccount, made: dict[str, Any], reader: AccountReader
) -> None:
    later = datetime.now(UTC) + 2 * CLOCK_SKEW
    for type_, planned in {
        "aws_iam_role": {"name": NAME},
        "aws_cloudwatch_log_group": {"name": f"/ecs/{NAME}"},
        "aws_security_group": {"name_prefix": f"{NAME}-", "vpc_id": made["vpc"]},
    }.items():
        assert find_orphan(reader, type_, planned, begun()) is not None, type_
        assert find_orphan(reader, type_, planned, later) is None, type_


def test_other_tags_are_somebody_else_s(
    on_demo_account: DemoAccount, made: dict[str, Any], reader: AccountReader
) -> None:
    for type_ in ("aws_iam_role", "aws_ecs_cluster", "aws_lb_target_group"):
        other = {"name": NAME, "tags_all": {"project": "other"}}
        assert find_orphan(reader, type_, other, begun()) is None, type_


def test_what_it_is_found_by_may_not_be_known_yet(reader: AccountReader) -> None:
    for type_ in ("aws_lb_listener", "aws_ecs_service", "aws_vpc_security_group_ingress_rule"):
        with pytest.raises(NotYet):
            find_orphan(reader, type_, {"name": "x"}, None)


def test_a_refusal_is_no_absence(stub: Stub, reader: AccountReader) -> None:
    stub.faults["elasticloadbalancing:DescribeLoadBalancers"] = "AccessDenied"
    with pytest.raises(AwsProblem) as refused:
        find_orphan(reader, "aws_lb", {"name": "x"}, None)
    assert refused.value.kind == "denied"


def test_a_lock_object(on_demo_account: DemoAccount, reader: AccountReader) -> None:
    storage = boto3.client("s3")
    storage.create_bucket(Bucket="locks-of-a-test")
    assert read_lock_object(reader, "locks-of-a-test", "k.tflock") is None
    storage.put_object(Bucket="locks-of-a-test", Key="k.tflock", Body=b'{"ID": "i"}')
    assert read_lock_object(reader, "locks-of-a-test", "k.tflock") == {"ID": "i"}
    storage.put_object(Bucket="locks-of-a-test", Key="k.tflock", Body=b"odd")
    assert read_lock_object(reader, "locks-of-a-test", "k.tflock") == {}
    storage.delete_object(Bucket="locks-of-a-test", Key="k.tflock")
    storage.delete_bucket(Bucket="locks-of-a-test")


@pytest.mark.usefixtures("made", "on_demo_account")
def test_a_scalable_target_is_found_by_its_service(reader: AccountReader) -> None:
    ecs, scaling = boto3.client("ecs"), boto3.client("application-autoscaling")
    resource, dimension = f"service/{NAME}/{NAME}", "ecs:service:DesiredCount"
    planned = {
        "service_namespace": "ecs",
        "resource_id": resource,
        "scalable_dimension": dimension,
    }
    since = datetime.now(UTC)
    ecs.create_service(cluster=NAME, serviceName=NAME, taskDefinition=NAME, desiredCount=0)
    try:
        assert find_orphan(reader, "aws_appautoscaling_target", planned, since) is None
        scaling.register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=resource,
            ScalableDimension=dimension,
            MinCapacity=0,
            MaxCapacity=1,
        )
        found = find_orphan(reader, "aws_appautoscaling_target", planned, since)
        assert found is not None and found.import_id == f"ecs/{resource}/{dimension}"
        with pytest.raises(NotYet):
            find_orphan(reader, "aws_appautoscaling_target", {"service_namespace": "ecs"}, since)
    finally:
        ecs.delete_service(cluster=NAME, service=NAME, force=True)


@pytest.mark.usefixtures("on_demo_account")
def test_a_record_is_found_only_if_it_names_the_load_balancer(reader: AccountReader) -> None:
    dns = boto3.client("route53")
    zone = dns.create_hosted_zone(Name="orphans.example", CallerReference="orphans")["HostedZone"]
    place = zone["Id"].rpartition("/")[2]
    target = {"HostedZoneId": place, "DNSName": "LB-1.elb.example.", "EvaluateTargetHealth": False}
    record = {"Name": "llm.orphans.example", "Type": "A", "AliasTarget": target}

    def change(action: str) -> None:
        batch: Any = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
        dns.change_resource_record_sets(HostedZoneId=place, ChangeBatch=batch)

    planned = {"zone_id": place, "name": "llm.orphans.example", "type": "A"}
    ours = {**planned, "alias": [{"name": "lb-1.elb.example"}]}
    try:
        assert find_orphan(reader, "aws_route53_record", ours, None) is None
        change("CREATE")
        found = find_orphan(reader, "aws_route53_record", ours, None)
        assert found is not None and found.import_id == f"{place}_llm.orphans.example_A"
        theirs = {**planned, "alias": [{"name": "lb-2.elb.example"}]}
        assert find_orphan(reader, "aws_route53_record", theirs, None) is None
        with pytest.raises(NotYet):
            find_orphan(reader, "aws_route53_record", planned, None)
        change("DELETE")
    finally:
        dns.delete_hosted_zone(Id=place)


@pytest.mark.usefixtures("on_demo_account")
def test_an_association_is_found_by_the_load_balancer(reader: AccountReader) -> None:
    waf = boto3.client("wafv2")
    acl = waf.list_web_acls(Scope="REGIONAL")["WebACLs"][0]["ARN"]
    balancer = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/orphan/1"
    planned = {"web_acl_arn": acl, "resource_arn": balancer}
    type_ = "aws_wafv2_web_acl_association"
    assert find_orphan(reader, type_, planned, None) is None
    waf.associate_web_acl(WebACLArn=acl, ResourceArn=balancer)
    try:
        found = find_orphan(reader, type_, planned, None)
        assert found is not None and found.import_id == f"{acl},{balancer}"
        assert find_orphan(reader, type_, {**planned, "web_acl_arn": "arn:other"}, None) is None
    finally:
        waf.disassociate_web_acl(ResourceArn=balancer)
