"""Reads a stack's resources from the account and from its state, without the product's code."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

REGION = "us-east-1"
STATE_NAME = "terraform.tfstate"


@dataclass(frozen=True, slots=True, order=True)
class Thing:
    """A resource of a stack."""

    type: str
    """Its type, as Terraform calls it."""
    id: str
    """Its name, id or ARN: one that a state has among the attributes of the resource."""


class Account:
    """Reads the demo account directly, without the proxy; call it after the runs have ended."""

    def __init__(self, endpoint: str, environ: dict[str, str]) -> None:
        session = boto3.Session(
            aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )
        names = ("ec2", "iam", "elbv2", "ecs", "autoscaling", "logs", "s3")
        self._clients: dict[str, Any] = {
            name: session.client(name, endpoint_url=endpoint)  # type: ignore[call-overload]  # a name from a list
            for name in names
        }

    def things(self, name: str) -> set[Thing]:
        """Return everything with the stack's name, for the resource types of the two stacks."""
        return set(self._things(name))

    def vpc(self) -> str:
        """Return the default VPC."""
        found = self._clients["ec2"].describe_vpcs(
            Filters=[{"Name": "is-default", "Values": ["true"]}]
        )
        return str(found["Vpcs"][0]["VpcId"])

    def make_bucket(self, bucket: str) -> None:
        """Create a bucket for states; it may exist already."""
        self._clients["s3"].create_bucket(Bucket=bucket)

    def object(self, bucket: str, key: str) -> bytes | None:
        """Return an object in a bucket, or None."""
        try:
            return bytes(self._clients["s3"].get_object(Bucket=bucket, Key=key)["Body"].read())
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise

    def _things(self, name: str) -> Iterator[Thing]:
        yield from self._of_iam(name)
        yield from self._of_ec2(name)
        yield from self._of_ecs(name)
        yield from self._of_balancing(name)
        groups = self._all("logs", "describe_log_groups", "logGroups")
        yield from _named("aws_cloudwatch_log_group", "logGroupName", groups, name)
        groups = self._all("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups")
        yield from _named("aws_autoscaling_group", "AutoScalingGroupName", groups, name)

    def _of_iam(self, name: str) -> Iterator[Thing]:
        iam = self._clients["iam"]
        profiles = self._all("iam", "list_instance_profiles", "InstanceProfiles")
        yield from _named("aws_iam_instance_profile", "InstanceProfileName", profiles, name)
        for role in _named(
            "aws_iam_role", "RoleName", self._all("iam", "list_roles", "Roles"), name
        ):
            yield role
            attached = iam.list_attached_role_policies(RoleName=role.id)["AttachedPolicies"]
            for policy in attached:
                identity = f"{role.id}/{policy['PolicyArn']}"
                yield Thing("aws_iam_role_policy_attachment", identity)
            for inline in iam.list_role_policies(RoleName=role.id)["PolicyNames"]:
                yield Thing("aws_iam_role_policy", f"{role.id}:{inline}")

    def _of_ec2(self, name: str) -> Iterator[Thing]:
        ec2 = self._clients["ec2"]
        groups = self._all("ec2", "describe_security_groups", "SecurityGroups")
        for group in groups:
            if name not in group["GroupName"]:
                continue
            yield Thing("aws_security_group", group["GroupId"])
            filters = [{"Name": "group-id", "Values": [group["GroupId"]]}]
            for rule in ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]:
                # EC2 adds this rule to every new group, and Terraform removes it.
                if not rule.get("Description"):
                    continue
                way = "egress" if rule["IsEgress"] else "ingress"
                yield Thing(f"aws_vpc_security_group_{way}_rule", rule["SecurityGroupRuleId"])
        templates = self._all("ec2", "describe_launch_templates", "LaunchTemplates")
        for template in templates:
            if name in template["LaunchTemplateName"]:
                yield Thing("aws_launch_template", template["LaunchTemplateId"])

    def _of_ecs(self, name: str) -> Iterator[Thing]:
        ecs = self._clients["ecs"]
        for arn in self._all("ecs", "list_task_definitions", "taskDefinitionArns"):
            if name in arn:
                yield Thing("aws_ecs_task_definition", arn)
        for provider in ecs.describe_capacity_providers()["capacityProviders"]:
            if name in provider["name"] and provider["status"] == "ACTIVE":
                yield Thing("aws_ecs_capacity_provider", provider["capacityProviderArn"])
        clusters = [it for it in ecs.list_clusters()["clusterArns"] if name in it]
        for cluster in ecs.describe_clusters(clusters=clusters)["clusters"] if clusters else ():
            if cluster["status"] != "ACTIVE":
                continue
            yield Thing("aws_ecs_cluster", cluster["clusterArn"])
            arns = ecs.list_services(cluster=cluster["clusterArn"])["serviceArns"]
            told = ecs.describe_services(cluster=cluster["clusterArn"], services=arns)["services"]
            for service in told if arns else ():
                if service["status"] == "ACTIVE":
                    yield Thing("aws_ecs_service", service["serviceArn"])

    def _of_balancing(self, name: str) -> Iterator[Thing]:
        elbv2 = self._clients["elbv2"]
        for balancer in self._all("elbv2", "describe_load_balancers", "LoadBalancers"):
            if name not in balancer["LoadBalancerName"]:
                continue
            arn = balancer["LoadBalancerArn"]
            yield Thing("aws_lb", arn)
            for listener in elbv2.describe_listeners(LoadBalancerArn=arn)["Listeners"]:
                yield Thing("aws_lb_listener", listener["ListenerArn"])
        for group in self._all("elbv2", "describe_target_groups", "TargetGroups"):
            if name in group["TargetGroupName"]:
                yield Thing("aws_lb_target_group", group["TargetGroupArn"])

    def _all(self, service: str, operation: str, key: str) -> list[Any]:
        pages = self._clients[service].get_paginator(operation).paginate()
        return [item for page in pages for item in page[key]]


def _named(type_: str, key: str, items: Iterable[Any], name: str) -> Iterator[Thing]:
    return (Thing(type_, item[key]) for item in items if name in item[key])


def known_by(state: bytes | None) -> set[str]:
    """Return every name, id and ARN in the managed resources of a state."""
    known: set[str] = set()
    tree: Any = {}
    with contextlib.suppress(ValueError):
        tree = json.loads(state or b"{}")
    for resource in tree.get("resources", ()):
        for instance in resource.get("instances", ()) if resource["mode"] == "managed" else ():
            values = instance.get("attributes") or {}
            known |= {str(values.get(it)) for it in ("id", "arn", "name")}
            if resource["type"] == "aws_iam_role_policy_attachment":
                known.add(f"{values.get('role')}/{values.get('policy_arn')}")
    return known


def addresses_of(state: bytes | None) -> set[str]:
    """Return type and name of every managed resource of a state."""
    tree = json.loads(state or b"{}")
    return {
        f"{it['type']}.{it['name']}"
        for it in tree.get("resources", ())
        if it["mode"] == "managed" and it["instances"]
    }


def read_if_there(path: Path) -> bytes | None:
    """Return the content of a file, or None."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
