"""The refusals of docs/demo-account.md that are about single settings and how they go together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gpuecs_tui.aws.log_bucket import statement
from gpuecs_tui.demo.seed.services import PLAIN_BUCKET
from tests.demo.moto_patches.made import (
    TASK,
    Client,
    described,
    mixed_group,
    policy,
    scaling_group,
    subnets,
    target_group,
)

Call = Callable[[], Any]

ANSWER = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "204"}}]
ABSENT_KEY = "arn:aws:kms:ap-southeast-2:123456789012:key/0123abcd-01ab-4abc-8abc-0123456789ab"
ROLE = "arn:aws:iam::123456789012:role/execution"
SECRET = {"name": "TOKEN", "valueFrom": "arn:aws:ssm:eu-west-1:123456789012:parameter/token"}


def _balancer(client: Client, name: str) -> str:
    places = [subnet["SubnetId"] for subnet in subnets(client)[:2]]
    made = client("elbv2").create_load_balancer(Name=name, Scheme="internal", Subnets=places)
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


def _certificate(client: Client) -> list[dict[str, str]]:
    made = client("acm").request_certificate(DomainName="gpu.example.com")
    return [{"CertificateArn": made["CertificateArn"]}]


def listen(client: Client, name: str, **settings: Any) -> Call:
    """Return the call that makes a listener with ``settings`` on a new load balancer."""
    balancer = _balancer(client, name)
    return lambda: client("elbv2").create_listener(
        LoadBalancerArn=balancer, Port=443, DefaultActions=ANSWER, **settings
    )


def _modify(client: Client, made: dict[str, Any], **settings: Any) -> Call:
    arn = made["Listeners"][0]["ListenerArn"]
    return lambda: client("elbv2").modify_listener(ListenerArn=arn, **settings)


def listener_without_certificate(client: Client) -> Call:
    return listen(client, "uncertified", Protocol="HTTPS")


def listener_of_an_unknown_policy(client: Client) -> Call:
    settings = {"Certificates": _certificate(client), "SslPolicy": "ELBSecurityPolicy-TLS14-2031"}
    return listen(client, "unknown-policy", Protocol="HTTPS", **settings)


def listener_turned_to_an_unknown_policy(client: Client) -> Call:
    made = listen(client, "turned-policy", Protocol="HTTPS", Certificates=_certificate(client))()
    return _modify(client, made, SslPolicy="ELBSecurityPolicy-TLS14-2031")


def listener_turned_to_https(client: Client) -> Call:
    made = listen(client, "turned-secure", Protocol="HTTP")()
    return _modify(client, made, Protocol="HTTPS")


def group_with(client: Client, name: str, protocol: str = "HTTP", **settings: int) -> Call:
    """Return the call that makes a target group with ``settings`` of its health check."""
    vpc = client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    return lambda: client("elbv2").create_target_group(
        Name=name, Protocol=protocol, Port=80, VpcId=vpc, **settings
    )


def group_with_a_short_interval(client: Client) -> Call:
    # The timeout is 5 seconds where a request doesn't say it.
    return group_with(client, "hasty", HealthCheckIntervalSeconds=5)


def group_turned_to_a_long_timeout(client: Client) -> Call:
    balancing, target = target_group(client, "slow")
    balancing.modify_target_group(TargetGroupArn=target, HealthCheckIntervalSeconds=40)
    return lambda: balancing.modify_target_group(
        TargetGroupArn=target, HealthCheckTimeoutSeconds=40
    )


def _logs_to(client: Client, name: str, bucket: str, prefix: str = "") -> Call:
    """Return the call that turns on access logs of a new load balancer."""
    balancer = _balancer(client, name)
    logs = {"enabled": "true", "bucket": bucket, "prefix": prefix}
    attributes = [{"Key": f"access_logs.s3.{key}", "Value": value} for key, value in logs.items()]
    return lambda: client("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=balancer, Attributes=attributes
    )


def _log_bucket(client: Client, name: str, policy: str = "") -> str:
    s3 = client("s3")
    here = {"LocationConstraint": s3.meta.region_name}
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=here)
    if policy:
        whole = f'{{"Version": "2012-10-17", "Statement": [{policy}]}}'
        s3.put_bucket_policy(Bucket=name, Policy=whole)
    return name


def _logs_of(client: Client, name: str, prefix: str) -> str:
    owner = client("sts").get_caller_identity()["Account"]
    return statement(client("s3").meta.region_name, owner, name, prefix)


def logs_to_a_missing_bucket(client: Client) -> Call:
    return _logs_to(client, "logs-nowhere", "logs-missing")


def logs_to_a_bucket_without_a_policy(client: Client) -> Call:
    return _logs_to(client, "logs-refused", _log_bucket(client, "logs-unprepared"))


def logs_to_another_prefix(client: Client) -> Call:
    name = "logs-prefixed"
    bucket = _log_bucket(client, name, _logs_of(client, name, "llm"))
    _logs_to(client, "logs-right", bucket, "llm")()
    return _logs_to(client, "logs-astray", bucket, "other")


def logs_to_a_bucket_with_a_kms_key(client: Client) -> Call:
    name = "logs-by-kms"
    bucket = _log_bucket(client, name, _logs_of(client, name, ""))
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    client("s3").put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]}
    )
    return _logs_to(client, "logs-sealed", bucket)


def logs_to_another_region(client: Client) -> Call:
    return _logs_to(client, "logs-far", PLAIN_BUCKET)


def slow_start_by_another_algorithm(client: Client) -> Call:
    balancing, target = target_group(client, "unhurried")
    slow = [{"Key": "slow_start.duration_seconds", "Value": "60"}]
    balancing.modify_target_group_attributes(TargetGroupArn=target, Attributes=slow)
    other = [{"Key": "load_balancing.algorithm.type", "Value": "least_outstanding_requests"}]
    return lambda: balancing.modify_target_group_attributes(TargetGroupArn=target, Attributes=other)


def group_turned_to_a_short_interval(client: Client) -> Call:
    balancing, target = target_group(client, "brief")
    balancing.modify_target_group(TargetGroupArn=target, HealthCheckTimeoutSeconds=20)
    return lambda: balancing.modify_target_group(
        TargetGroupArn=target, HealthCheckIntervalSeconds=15
    )


def size_upside_down(client: Client) -> Call:
    return lambda: scaling_group(client, "upside-down", MinSize=3, MaxSize=2)


def policy_with_a_spot_template(client: Client) -> Call:
    return lambda: mixed_group(client, "spot-in-policy", "spot")


def policy_given_a_spot_template(client: Client) -> Call:
    scaling = scaling_group(client, "spot-later")
    spot = {"InstanceMarketOptions": {"MarketType": "spot"}}
    client("ec2").create_launch_template_version(
        LaunchTemplateName="spot-later", SourceVersion="1", LaunchTemplateData=spot
    )
    return lambda: scaling.update_auto_scaling_group(
        AutoScalingGroupName="spot-later", MixedInstancesPolicy=policy("spot-later")
    )


def _refresh(client: Client, name: str, **preferences: Any) -> Call:
    scaling = scaling_group(client, name)
    return lambda: scaling.start_instance_refresh(
        AutoScalingGroupName=name, Preferences=preferences
    )


def rollback_to_nothing(client: Client) -> Call:
    return _refresh(client, "rollback", AutoRollback=True)


def checkpoints_upside_down(client: Client) -> Call:
    return _refresh(client, "checkpoints", CheckpointPercentages=[50, 20, 100])


def desired_above_the_size(client: Client) -> Call:
    return lambda: scaling_group(client, "above", MaxSize=2, DesiredCapacity=3)


def desired_below_the_size(client: Client) -> Call:
    return lambda: scaling_group(client, "below", MinSize=1, DesiredCapacity=0)


def _resize(client: Client, name: str, **settings: int) -> Call:
    scaling = scaling_group(client, name, MinSize=1, MaxSize=3)
    return lambda: scaling.update_auto_scaling_group(AutoScalingGroupName=name, **settings)


def size_turned_upside_down(client: Client) -> Call:
    return _resize(client, "turned-over", MinSize=5)


def maximum_turned_below_the_minimum(client: Client) -> Call:
    return _resize(client, "lowered", MaxSize=0)


def desired_set_above_the_size(client: Client) -> Call:
    return _resize(client, "raised", DesiredCapacity=4)


def _capacity(client: Client, name: str, count: int) -> Call:
    scaling = scaling_group(client, name, MinSize=1, MaxSize=2)
    return lambda: scaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=count)


def capacity_above_the_size(client: Client) -> Call:
    return _capacity(client, "too-many", 3)


def capacity_below_the_size(client: Client) -> Call:
    return _capacity(client, "too-few", 0)


def instance_below_the_size(client: Client) -> Call:
    scaling = scaling_group(client, "at-its-minimum", MinSize=1, MaxSize=2)
    identity = described(scaling, "at-its-minimum")["Instances"][0]["InstanceId"]
    return lambda: scaling.terminate_instance_in_auto_scaling_group(
        InstanceId=identity, ShouldDecrementDesiredCapacity=True
    )


def instance_of_no_group(client: Client) -> Call:
    return lambda: client("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceId="i-0123456789abcdef0", ShouldDecrementDesiredCapacity=False
    )


def provider_of_an_unprotected_name(client: Client) -> Call:
    scaling_group(client, "open-name")
    details = {"autoScalingGroupArn": "open-name", "managedTerminationProtection": "ENABLED"}
    return lambda: client("ecs").create_capacity_provider(
        name="open-name", autoScalingGroupProvider=details
    )


def provider_turned_to_protection(client: Client) -> Call:
    arn = described(scaling_group(client, "unguarded"), "unguarded")["AutoScalingGroupARN"]
    ecs = client("ecs")
    ecs.create_capacity_provider(
        name="unguarded", autoScalingGroupProvider={"autoScalingGroupArn": arn}
    )
    return lambda: ecs.update_capacity_provider(
        name="unguarded", autoScalingGroupProvider={"managedTerminationProtection": "ENABLED"}
    )


def odd_retention(client: Client) -> Call:
    client("logs").create_log_group(logGroupName="/odd")
    return lambda: client("logs").put_retention_policy(logGroupName="/odd", retentionInDays=31)


def log_group_with_an_absent_key(client: Client) -> Call:
    return lambda: client("logs").create_log_group(logGroupName="/absent-key", kmsKeyId=ABSENT_KEY)


def log_group_with_a_closed_key(client: Client) -> Call:
    """The default policy of a key names the account only."""
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    client("logs").create_log_group(logGroupName="/closed-key")
    return lambda: client("logs").associate_kms_key(logGroupName="/closed-key", kmsKeyId=key)


def register(client: Client, containers: list[dict[str, Any]], **settings: Any) -> Call:
    """Return the call that registers a task definition of ``containers``, which extend TASK's."""
    whole = [{**TASK[0], "name": f"app-{n}", **given} for n, given in enumerate(containers)]
    return lambda: client("ecs").register_task_definition(
        family="settings", containerDefinitions=whole, **settings
    )


def container_above_its_task(client: Client) -> Call:
    return register(client, [{"memory": 1025}], memory="1 GB")


def reservations_above_their_task(client: Client) -> Call:
    shares = [{"memory": 512, "memoryReservation": 300}] * 2
    return register(client, shares, memory="512")


def reservation_above_memory(client: Client) -> Call:
    return register(client, [{"memory": 256, "memoryReservation": 257}])


def secrets_without_a_role(client: Client) -> Call:
    return register(client, [{"secrets": [SECRET]}])


def health_check_too_often(client: Client) -> Call:
    return register(client, [{"healthCheck": {"command": ["CMD", "true"], "interval": 4}}])


def health_check_that_starts_late(client: Client) -> Call:
    return register(client, [{"healthCheck": {"command": ["CMD", "true"], "startPeriod": 301}}])


def health_check_without_a_form(client: Client) -> Call:
    return register(client, [{"healthCheck": {"command": ["true"]}}])


def restarts_too_often(client: Client) -> Call:
    return register(client, [{"restartPolicy": {"enabled": True, "restartAttemptPeriod": 59}}])


def too_many_ignored_exit_codes(client: Client) -> Call:
    policy = {"enabled": True, "ignoredExitCodes": [*range(51)]}
    return register(client, [{"restartPolicy": policy}])


def credentials_without_a_role(client: Client) -> Call:
    credentials = {"credentialsParameter": SECRET["valueFrom"]}
    return register(client, [{"repositoryCredentials": credentials}])


def container_that_waits_for_an_essential_one(client: Client) -> Call:
    waits = [{"containerName": "app-1", "condition": "SUCCESS"}]
    return register(client, [{"dependsOn": waits}, {}])


def container_that_waits_for_no_other(client: Client) -> Call:
    return register(client, [{"dependsOn": [{"containerName": "gone", "condition": "START"}]}])


def too_many_containers(client: Client) -> Call:
    return register(client, [{}] * 11)
