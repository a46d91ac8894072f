"""Find one resource by its planned name: it may exist although its creation was interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import AccountReader

CLOCK_SKEW = timedelta(minutes=2)
"""How far this machine's clock may be ahead of AWS's: beyond 5 minutes AWS refuses the calls."""
_ALIVE = frozenset({"available", "pending"})
"""States of a VPC endpoint that exists or is being created."""
ABSENT_KINDS = frozenset({"not_found"})
"""Kinds of AwsProblem that mean that the resource does not exist."""


@dataclass(frozen=True, slots=True)
class Found:
    """An existing resource of that name."""

    import_id: str
    """The id for ``terraform import``."""
    created_at: datetime | None = None
    """When it was created; None if AWS doesn't report it."""
    tags: Mapping[str, str] | None = None
    """Its tags; None if they were not read."""


class NotYet(Exception):
    """An attribute by which the resource is found is still unknown."""


Planned = Mapping[str, Any]
OrphanFinder = Callable[[AccountReader, Planned], Found | None]


def find_orphan(
    reader: AccountReader, type_: str, planned: Planned, since: datetime | None
) -> Found | None:
    """Return the existing resource that matches a planned resource of ``type_``, or None.

    ``planned`` are the attributes that the plan knows, ``since`` is the time when the creation
    started. Also returns None for types whose creation can be repeated safely. Raises NotYet if an
    attribute by which it is found is known only after another resource exists, and AwsProblem if a
    call fails.
    """
    look = _LOOKS.get(type_)
    if look is None:
        return None
    try:
        found = look(reader, planned)
    except AwsProblem as problem:
        if problem.kind in ABSENT_KINDS:
            return None
        raise
    return found if found is not None and _can_be_it(found, planned, since) else None


def _can_be_it(found: Found, planned: Planned, since: datetime | None) -> bool:
    if found.created_at and since and found.created_at < since - CLOCK_SKEW:
        return False
    wanted = planned.get("tags_all")
    if found.tags is None or not isinstance(wanted, Mapping):
        return True
    return all(found.tags.get(key) == value for key, value in wanted.items())


def _need(planned: Planned, *names: str) -> list[str]:
    values = [planned.get(name) for name in names]
    if not all(isinstance(value, str) and value for value in values):
        raise NotYet
    return [str(value) for value in values]


def _load_balancer(reader: AccountReader, planned: Planned) -> Found | None:
    (name,) = _need(planned, "name")
    for it in reader.call("elbv2", "DescribeLoadBalancers", Names=[name])["LoadBalancers"]:
        arn = it["LoadBalancerArn"]
        return Found(arn, it.get("CreatedTime"), _elb_tags(reader, arn))
    return None


def _listener_rule(reader: AccountReader, planned: Planned) -> Found | None:
    listener, priority = _need(planned, "listener_arn", "priority")
    for it in reader.items("elbv2", "DescribeRules", "Rules", ListenerArn=listener):
        # Only one rule of a listener has a priority.
        if it["Priority"] == str(priority):
            return Found(it["RuleArn"])
    return None


def _target_group(reader: AccountReader, planned: Planned) -> Found | None:
    (name,) = _need(planned, "name")
    for it in reader.call("elbv2", "DescribeTargetGroups", Names=[name])["TargetGroups"]:
        arn = it["TargetGroupArn"]
        return Found(arn, None, _elb_tags(reader, arn))
    return None


def _listener(reader: AccountReader, planned: Planned) -> Found | None:
    (balancer,) = _need(planned, "load_balancer_arn")
    answer = reader.call("elbv2", "DescribeListeners", LoadBalancerArn=balancer)
    for it in answer["Listeners"]:
        if it.get("Port") == planned.get("port"):
            return Found(it["ListenerArn"], None, _elb_tags(reader, it["ListenerArn"]))
    return None


def _elb_tags(reader: AccountReader, arn: str) -> Mapping[str, str]:
    told = reader.call("elbv2", "DescribeTags", ResourceArns=[arn])["TagDescriptions"]
    return {it["Key"]: it["Value"] for group in told for it in group["Tags"]}


def _cluster(reader: AccountReader, planned: Planned) -> Found | None:
    (name,) = _need(planned, "name")
    answer = reader.call("ecs", "DescribeClusters", clusters=[name], include=["TAGS"])
    return _active(answer["clusters"], name)


def _capacity_provider(reader: AccountReader, planned: Planned) -> Found | None:
    (name,) = _need(planned, "name")
    answer = reader.call(
        "ecs", "DescribeCapacityProviders", capacityProviders=[name], include=["TAGS"]
    )
    return _active(answer["capacityProviders"], name)


def _service(reader: AccountReader, planned: Planned) -> Found | None:
    name, cluster = _need(planned, "name", "cluster")
    answer = reader.call(
        "ecs", "DescribeServices", cluster=cluster, services=[name], include=["TAGS"]
    )
    return _active(answer["services"], f"{cluster.rpartition('/')[2]}/{name}")


def _active(items: Iterable[Mapping[str, Any]], import_id: str) -> Found | None:
    for it in items:
        # AWS still describes deleted resources for a while.
        if it.get("status") == "ACTIVE":
            tags = {tag["key"]: tag["value"] for tag in it.get("tags") or ()}
            return Found(import_id, it.get("createdAt"), tags)
    return None


def _task_definition(reader: AccountReader, planned: Planned) -> Found | None:
    (family,) = _need(planned, "family")
    # For a family that doesn't exist, describing is a general error, and a list is empty.
    newest = reader.call(
        "ecs", "ListTaskDefinitions", familyPrefix=family, status="ACTIVE", sort="DESC"
    )["taskDefinitionArns"]
    if not newest:
        return None
    told = reader.call("ecs", "DescribeTaskDefinition", taskDefinition=newest[0])
    return Found(newest[0], told["taskDefinition"].get("registeredAt"))


def _scalable_target(reader: AccountReader, planned: Planned) -> Found | None:
    namespace, resource, dimension = _need(
        planned, "service_namespace", "resource_id", "scalable_dimension"
    )
    answer = reader.call(
        "application-autoscaling",
        "DescribeScalableTargets",
        ServiceNamespace=namespace,
        ResourceIds=[resource],
        ScalableDimension=dimension,
    )
    for it in answer["ScalableTargets"]:
        return Found(f"{namespace}/{resource}/{dimension}", it.get("CreationTime"))
    return None


def _role(reader: AccountReader, planned: Planned) -> Found | None:
    (name,) = _need(planned, "name")
    it = reader.call("iam", "GetRole", RoleName=name)["Role"]
    return Found(name, it.get("CreateDate"), _iam_tags(it))


def _instance_profile(reader: AccountReader, planned: Planned) -> Found | None:
    (name,) = _need(planned, "name")
    it = reader.call("iam", "GetInstanceProfile", InstanceProfileName=name)["InstanceProfile"]
    return Found(name, it.get("CreateDate"), _iam_tags(it))


def _iam_tags(item: Mapping[str, Any]) -> Mapping[str, str]:
    return {tag["Key"]: tag["Value"] for tag in item.get("Tags") or ()}


def _launch_template(reader: AccountReader, planned: Planned) -> Found | None:
    (name,) = _need(planned, "name")
    answer = reader.call("ec2", "DescribeLaunchTemplates", LaunchTemplateNames=[name])
    for it in answer["LaunchTemplates"]:
        return Found(it["LaunchTemplateId"], it.get("CreateTime"), _iam_tags(it))
    return None


def _autoscaling_group(reader: AccountReader, planned: Planned) -> Found | None:
    (name,) = _need(planned, "name")
    answer = reader.call("autoscaling", "DescribeAutoScalingGroups", AutoScalingGroupNames=[name])
    for it in answer["AutoScalingGroups"]:
        return Found(name, it.get("CreatedTime"))
    return None


def _log_group(reader: AccountReader, planned: Planned) -> Found | None:
    (name,) = _need(planned, "name")
    answer = reader.call("logs", "DescribeLogGroups", logGroupNamePrefix=name)
    for it in answer["logGroups"]:
        if it["logGroupName"] == name:
            # Milliseconds since the epoch.
            return Found(name, datetime.fromtimestamp(it["creationTime"] / 1000, UTC))
    return None


def _security_group(reader: AccountReader, planned: Planned) -> Found | None:
    (vpc,) = _need(planned, "vpc_id")
    prefix = planned.get("name_prefix")
    name = f"{prefix}*" if prefix else _need(planned, "name")[0]
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": [name]}]
    groups = reader.call("ec2", "DescribeSecurityGroups", Filters=filters)["SecurityGroups"]
    if not groups:
        return None
    # If several have the prefix, use the newest: older ones are from earlier attempts.
    it = max(groups, key=lambda group: str(group["GroupName"]))
    return Found(it["GroupId"], _moment_in(it["GroupName"], prefix), _iam_tags(it))


def _moment_in(name: str, prefix: str | None) -> datetime | None:
    """Return when the provider generated a name: UTC digits to the second follow the prefix."""
    if not prefix:
        return None
    digits = name.removeprefix(prefix)[: len("20260102030405")]
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _vpc_endpoint(reader: AccountReader, planned: Planned) -> Found | None:
    vpc, service = _need(planned, "vpc_id", "service_name")
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "service-name", "Values": [service]}]
    for it in reader.items("ec2", "DescribeVpcEndpoints", "VpcEndpoints", Filters=filters):
        if it.get("State", "").lower() in _ALIVE:
            found = Found(it["VpcEndpointId"], it.get("CreationTimestamp"), _iam_tags(it))
            # A VPC may have several endpoints for one service, for example without private DNS.
            if _can_be_it(found, planned, None):
                return found
    return None


def _rule(egress: bool) -> OrphanFinder:
    def look(reader: AccountReader, planned: Planned) -> Found | None:
        (group,) = _need(planned, "security_group_id")
        filters = [{"Name": "group-id", "Values": [group]}]
        answer = reader.call("ec2", "DescribeSecurityGroupRules", Filters=filters)
        for it in answer["SecurityGroupRules"]:
            if it["IsEgress"] is egress and _is_rule(it, planned):
                return Found(it["SecurityGroupRuleId"])
        return None

    return look


def _is_rule(it: Mapping[str, Any], planned: Planned) -> bool:
    peer = (it.get("ReferencedGroupInfo") or {}).get("GroupId")
    wanted_peer = planned.get("referenced_security_group_id")
    everything = planned.get("ip_protocol") == "-1"
    return (
        it.get("IpProtocol") == planned.get("ip_protocol")
        and it.get("CidrIpv4") == planned.get("cidr_ipv4")
        and it.get("PrefixListId") == planned.get("prefix_list_id")
        and peer == wanted_peer
        and (everything or it.get("FromPort") == planned.get("from_port"))
        and (everything or it.get("ToPort") == planned.get("to_port"))
    )


def _attachment(reader: AccountReader, planned: Planned) -> Found | None:
    role, policy = _need(planned, "role", "policy_arn")
    for it in reader.items("iam", "ListAttachedRolePolicies", "AttachedPolicies", RoleName=role):
        if it["PolicyArn"] == policy:
            return Found(f"{role}/{policy}")
    return None


def _inline_policy(reader: AccountReader, planned: Planned) -> Found | None:
    role, name = _need(planned, "role", "name")
    reader.call("iam", "GetRolePolicy", RoleName=role, PolicyName=name)
    return Found(f"{role}:{name}")


def _record(reader: AccountReader, planned: Planned) -> Found | None:
    zone, name, kind = _need(planned, "zone_id", "name", "type")
    alias = next(iter(planned.get("alias") or ()), None) or {}
    # A record of that name with another target is not this stack's.
    (target,) = _need(alias, "name")
    answer = reader.call(
        "route53",
        "ListResourceRecordSets",
        HostedZoneId=zone,
        StartRecordName=name,
        StartRecordType=kind,
        MaxItems="1",
    )
    for it in answer["ResourceRecordSets"]:
        its = (it.get("AliasTarget") or {}).get("DNSName", "")
        if (_plain(it["Name"]), it["Type"]) == (_plain(name), kind) and _plain(its) == _plain(
            target
        ):
            return Found(f"{zone}_{name}_{kind}")
    return None


def _plain(name: str) -> str:
    """Return a DNS name without the final dot that Route 53 writes, in lower case."""
    return name.rstrip(".").lower()


def _web_acl(reader: AccountReader, planned: Planned) -> Found | None:
    acl, resource = _need(planned, "web_acl_arn", "resource_arn")
    answer = reader.call("wafv2", "GetWebACLForResource", ResourceArn=resource)
    if (answer.get("WebACL") or {}).get("ARN") != acl:
        return None
    return Found(f"{acl},{resource}")


_LOOKS: Mapping[str, OrphanFinder] = {
    "aws_appautoscaling_target": _scalable_target,
    "aws_autoscaling_group": _autoscaling_group,
    "aws_cloudwatch_log_group": _log_group,
    "aws_ecs_capacity_provider": _capacity_provider,
    "aws_ecs_cluster": _cluster,
    "aws_ecs_service": _service,
    "aws_ecs_task_definition": _task_definition,
    "aws_iam_instance_profile": _instance_profile,
    "aws_iam_role": _role,
    "aws_iam_role_policy": _inline_policy,
    "aws_iam_role_policy_attachment": _attachment,
    "aws_launch_template": _launch_template,
    "aws_lb": _load_balancer,
    "aws_lb_listener": _listener,
    "aws_lb_listener_rule": _listener_rule,
    "aws_lb_target_group": _target_group,
    "aws_route53_record": _record,
    "aws_security_group": _security_group,
    "aws_vpc_endpoint": _vpc_endpoint,
    "aws_vpc_security_group_egress_rule": _rule(egress=True),
    "aws_vpc_security_group_ingress_rule": _rule(egress=False),
    "aws_wafv2_web_acl_association": _web_acl,
}
"""Type → how it is found. The association of a cluster with its capacity providers is left out,
because creating it twice does no harm."""
