"""Reads resources by name: repositories, log groups, and resources whose names are taken."""

from __future__ import annotations

from collections.abc import Iterable

from gpuecs_tui.aws.batches import batches
from gpuecs_tui.aws.facts import LOG_GROUP_PREFIX, LogGroup, Named, Repository
from gpuecs_tui.aws.session import AccountReader

ECR_PAGE = {"PageSize": 1000}
LOAD_BALANCER_PAGE = {"PageSize": 400}
"""The largest page of the Elastic Load Balancing API."""
ECS_PAGE = {"PageSize": 100}
CLUSTERS_DESCRIBED = 100
"""The most clusters that one DescribeClusters call accepts."""
AUTOSCALING_PAGE = {"PageSize": 100}
TEMPLATE_PAGE = {"PageSize": 200}
LOGS_PAGE = {"PageSize": 50}


def read_repositories(reader: AccountReader) -> tuple[Repository, ...]:
    """Return the region's ECR repositories by name."""
    items = reader.items("ecr", "DescribeRepositories", "repositories", PaginationConfig=ECR_PAGE)
    found = (Repository(it["repositoryName"], it["repositoryUri"]) for it in items)
    return tuple(sorted(found, key=lambda it: it.name))


def read_log_groups(reader: AccountReader, prefix: str = LOG_GROUP_PREFIX) -> tuple[LogGroup, ...]:
    """Return the log groups whose name starts with ``prefix``, by name."""
    items = reader.items(
        "logs",
        "DescribeLogGroups",
        "logGroups",
        logGroupNamePrefix=prefix,
        PaginationConfig=LOGS_PAGE,
    )
    found = (LogGroup(it["logGroupName"], it.get("retentionInDays")) for it in items)
    return tuple(sorted(found, key=lambda it: it.name))


def read_load_balancers(reader: AccountReader) -> tuple[Named, ...]:
    """Return the Region's load balancers of all types, because all types share one set of names."""
    items = reader.items(
        "elbv2", "DescribeLoadBalancers", "LoadBalancers", PaginationConfig=LOAD_BALANCER_PAGE
    )
    return _named((it["LoadBalancerName"], it["LoadBalancerArn"]) for it in items)


def read_target_groups(reader: AccountReader) -> tuple[Named, ...]:
    """Return the region's target groups by name."""
    items = reader.items(
        "elbv2", "DescribeTargetGroups", "TargetGroups", PaginationConfig=LOAD_BALANCER_PAGE
    )
    return _named((it["TargetGroupName"], it["TargetGroupArn"]) for it in items)


def read_clusters(reader: AccountReader) -> tuple[Named, ...]:
    """Return the region's ECS clusters by name, without the deleted ones.

    A deleted cluster stays INACTIVE for a while, may be listed, and its name is free:
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Cluster.html
    """
    arns = tuple(reader.items("ecs", "ListClusters", "clusterArns", PaginationConfig=ECS_PAGE))
    found = []
    for asked in batches(arns, CLUSTERS_DESCRIBED):
        answer = reader.call("ecs", "DescribeClusters", clusters=asked)
        found += [
            (it["clusterName"], it["clusterArn"])
            for it in answer["clusters"]
            if it.get("status") != "INACTIVE"
        ]
    return _named(found)


def read_capacity_providers(reader: AccountReader) -> tuple[Named, ...]:
    """Return the Region's active ECS capacity providers by name, including the two of AWS."""
    found = []
    # botocore has no paginator for it.
    token: dict[str, str] = {}
    while True:
        answer = reader.call("ecs", "DescribeCapacityProviders", **token)
        found += [
            (it["name"], it.get("capacityProviderArn", ""))
            for it in answer.get("capacityProviders", ())
            if it.get("status", "ACTIVE") == "ACTIVE"
        ]
        if not (more := answer.get("nextToken")):
            return _named(found)
        token = {"nextToken": more}


def read_autoscaling_groups(reader: AccountReader) -> tuple[Named, ...]:
    """Return the region's Auto Scaling groups by name."""
    items = reader.items(
        "autoscaling",
        "DescribeAutoScalingGroups",
        "AutoScalingGroups",
        PaginationConfig=AUTOSCALING_PAGE,
    )
    return _named((it["AutoScalingGroupName"], it.get("AutoScalingGroupARN", "")) for it in items)


def read_launch_templates(reader: AccountReader) -> tuple[Named, ...]:
    """Return the region's launch templates by name."""
    items = reader.items(
        "ec2", "DescribeLaunchTemplates", "LaunchTemplates", PaginationConfig=TEMPLATE_PAGE
    )
    return _named((it["LaunchTemplateName"], it["LaunchTemplateId"]) for it in items)


def _named(pairs: Iterable[tuple[str, str]]) -> tuple[Named, ...]:
    return tuple(Named(name, arn) for name, arn in sorted(pairs))
