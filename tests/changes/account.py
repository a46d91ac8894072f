"""The demo account of one worker, and the resources that the changes refer to."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3

from gpuecs_tui.aws.log_bucket import statement
from gpuecs_tui.demo import account
from gpuecs_tui.demo.protocol import PACE_VARIABLE
from gpuecs_tui.demo.seed.access import LOG_KEY_ALIAS

PACE = "0.05"
"""Factor for the waits of the demo account, because nothing here depends on them."""


def start(folder: Path) -> account.DemoAccount:
    """Start (or find) the account of ``folder`` at PACE."""
    os.environ[PACE_VARIABLE] = PACE
    return account.start_or_find(folder)


def places(demo: account.DemoAccount) -> Mapping[str, str]:
    """Return the account's resources by the names that ``declared`` uses.

    Creates resources that the changes need and the seed lacks: security groups, a certificate, log
    groups.
    """
    session = boto3.Session(
        aws_access_key_id=demo.environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=demo.environ["AWS_SECRET_ACCESS_KEY"],
        region_name=account.REGION,
    )

    def client(service: Any) -> Any:
        return session.client(service, endpoint_url=demo.endpoint)

    ec2, iam, acm = client("ec2"), client("iam"), client("acm")
    found: dict[str, str] = {}
    for vpc in ec2.describe_vpcs()["Vpcs"]:
        if vpc["IsDefault"]:
            found["default-vpc"] = vpc["VpcId"]
        elif _name(vpc) == "ml-platform":
            found["vpc"] = vpc["VpcId"]
    for subnet in ec2.describe_subnets()["Subnets"]:
        zone = subnet["AvailabilityZone"][-1]
        if subnet["VpcId"] == found["default-vpc"]:
            found[f"default-{zone}"] = subnet["SubnetId"]
        elif _name(subnet).startswith("ml-platform-"):
            kind = _name(subnet).split("-")[2]
            found[f"{kind}-{zone}"] = subnet["SubnetId"]
    for name in ("tasks-group", "balancer-group"):
        found[name] = _security_group(ec2, found["vpc"], name)
    domains = acm.list_certificates(CertificateStatuses=["ISSUED"])["CertificateSummaryList"]
    found["certificate"] = domains[0]["CertificateArn"]
    found["other-certificate"] = _other_certificate(acm, found["certificate"])
    own = ec2.describe_images(Owners=["self"])["Images"]
    found["image"] = next(it["ImageId"] for it in own if it["Architecture"] == "x86_64")
    found["key-pair"] = ec2.describe_key_pairs()["KeyPairs"][0]["KeyName"]
    found["instance-profile"] = iam.get_instance_profile(InstanceProfileName="ecsInstanceRole")[
        "InstanceProfile"
    ]["Arn"]
    for name, role in (
        ("execution-role", "ecsTaskExecutionRole"),
        ("task-role", "llm-server-task"),
    ):
        found[name] = iam.get_role(RoleName=role)["Role"]["Arn"]
    found["boundary"] = iam.list_policies(Scope="Local")["Policies"][0]["Arn"]
    found["secret"] = client("secretsmanager").list_secrets()["SecretList"][0]["ARN"]
    repositories = client("ecr").describe_repositories()["repositories"]
    found["repository"] = next(
        it["repositoryUri"] for it in repositories if it["repositoryName"] == "llm-server"
    )
    found["log-key"] = client("kms").describe_key(KeyId=LOG_KEY_ALIAS)["KeyMetadata"]["Arn"]
    found["topic"] = client("sns").list_topics()["Topics"][0]["TopicArn"]
    found["log-group"] = "/ecs/changes-of-its-own"
    buckets = [it["Name"] for it in client("s3").list_buckets()["Buckets"]]
    found["bucket"], found["other-bucket"] = buckets[0], buckets[-1]
    lists = [{"Name": "prefix-list-name", "Values": [f"com.amazonaws.{account.REGION}.s3"]}]
    found["prefix-list"] = ec2.describe_managed_prefix_lists(Filters=lists)["PrefixLists"][0][
        "PrefixListId"
    ]
    zones = client("route53").list_hosted_zones()["HostedZones"]
    found["hosted-zone"] = next(
        it["Id"].rpartition("/")[2] for it in zones if not it["Config"]["PrivateZone"]
    )
    acls = client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"]
    found["web-acl"] = acls[0]["ARN"]
    found["log-bucket"] = _log_bucket(client("s3"), buckets, found["secret"].split(":")[4])
    return found


def _name(thing: Mapping[str, Any]) -> str:
    return next((tag["Value"] for tag in thing.get("Tags", ()) if tag["Key"] == "Name"), "")


def _security_group(ec2: Any, vpc: str, name: str) -> str:
    filters = [{"Name": "group-name", "Values": [name]}]
    known = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    if known:
        return str(known[0]["GroupId"])
    made = ec2.create_security_group(GroupName=name, Description="-", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=made,
        IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
    )
    return str(made)


def _log_bucket(s3: Any, buckets: Sequence[str], owner: str) -> str:
    # Neither the first nor the last of the buckets, which the state is moved between.
    name = "demo-service-logs"
    if name not in buckets:
        s3.create_bucket(Bucket=name)
    where = (account.REGION, owner, name, "")
    written = statement(*where).replace("AWSLogs/", "*AWSLogs/")
    policy = f'{{"Version": "2012-10-17", "Statement": [{written}]}}'
    s3.put_bucket_policy(Bucket=name, Policy=policy)
    return name


def _other_certificate(acm: Any, first: str) -> str:
    listed = acm.list_certificates()["CertificateSummaryList"]
    others = [it["CertificateArn"] for it in listed if it["CertificateArn"] != first]
    return str(others[0])


def environment(demo: account.DemoAccount, home: Path) -> dict[str, str]:
    """Return the environment of programs on ``demo``; their state folder is in ``home``."""
    home.mkdir(parents=True, exist_ok=True)
    return {
        **demo.environment(os.environ),
        "HOME": str(home),
        "XDG_STATE_HOME": str(home / "state"),
        "TF_IN_AUTOMATION": "1",
    }


def dump(values: Mapping[str, Any]) -> str:
    """Return ``values`` as JSON of a fixed order."""
    return json.dumps(values, sort_keys=True, ensure_ascii=False, indent=1)
