"""The demo account supports a whole stack of the real Terraform, from apply to destroy."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from gpuecs_tui.demo import account
from gpuecs_tui.terraform.engine.binary import find_engine
from gpuecs_tui.terraform.engine.mirror import find_mirror
from tests.support.demo_backend import BACKEND_OPTIONS

DATA = Path(__file__).parent / "data"
SETTLE_SECONDS = 60.0
"""Real seconds within which services must be steady, at the tests' pace: ten times the usual
time."""


class Terraform:
    """The real Terraform in a copy of the data, on the demo account."""

    def __init__(self, folder: Path, demo: account.DemoAccount) -> None:
        self._environ = demo.environment(os.environ)
        self._engine = find_engine(self._environ)
        self._folder = shutil.copytree(DATA, folder) / "demo_account"
        mirror = find_mirror(self._engine, environ=self._environ)
        options = [f"-backend-config={option}" for option in BACKEND_OPTIONS]
        if mirror.plugin_dir:
            options.append(f"-plugin-dir={mirror.plugin_dir}")
        assert self.run("init", "-input=false", *options) == 0, self.said

    def run(self, *arguments: str, variables: Mapping[str, str] | None = None) -> int:
        given = [f"-var={name}={value}" for name, value in (variables or {}).items()]
        done = subprocess.run(
            [self._engine.path, arguments[0], "-no-color", *arguments[1:], *given],
            check=False,
            cwd=self._folder,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        self.said = done.stdout + done.stderr
        return done.returncode


def _until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while not true():
        assert time.monotonic() < deadline, true
        time.sleep(0.2)


@pytest.mark.e2e
def test_a_whole_stack_lives_and_dies_on_it(
    on_demo_account: account.DemoAccount, tmp_path: Path
) -> None:
    ecs, ec2 = boto3.client("ecs"), boto3.client("ec2")
    balancing, scaling = boto3.client("elbv2"), boto3.client("autoscaling")
    before = _inventory()
    issued = boto3.client("acm").list_certificates(CertificateStatuses=["ISSUED"])
    chosen = {
        "certificate_arn": issued["CertificateSummaryList"][0]["CertificateArn"],
        "image": "app:1",
    }
    terraform = Terraform(tmp_path / "data", on_demo_account)

    assert terraform.run("apply", "-auto-approve", variables=chosen) == 0, terraform.said
    assert terraform.run("plan", "-detailed-exitcode", variables=chosen) == 0, terraform.said

    def service(name: str) -> Any:
        found = ecs.describe_services(cluster=f"{name}-cluster", services=[f"{name}-service"])
        return found["services"][0]

    def steady(name: str, revision: int, count: int) -> bool:
        found = service(name)
        return bool(
            found["runningCount"] == count
            and len(found["deployments"]) == 1
            and found["deployments"][0]["rolloutState"] == "COMPLETED"
            and found["taskDefinition"].endswith(f":{revision}")
        )

    _until(lambda: steady("gpu-bridge", 1, 1) and steady("gpu-awsvpc", 1, 2))
    messages = [event["message"] for event in service("gpu-bridge")["events"]]
    assert messages[0] == "(service gpu-bridge-service) has reached a steady state."
    assert any("registered 1 targets in (target-group arn:aws:" in text for text in messages)
    for group in balancing.describe_target_groups()["TargetGroups"]:
        health = balancing.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
        states = {entry["TargetHealth"]["State"] for entry in health["TargetHealthDescriptions"]}
        assert states == (set() if group["TargetGroupName"] == "legacy-web" else {"healthy"})
    # From zero instances, managed scaling starts two, although one would suffice. The oldest launch
    # shows that: the idle instance may have been terminated already.
    for name in ("gpu-bridge-instances", "gpu-awsvpc-instances"):
        activities = scaling.describe_scaling_activities(AutoScalingGroupName=name)["Activities"]
        launches = [it for it in activities if it["Description"].startswith("Launching")]
        assert launches[-1]["Cause"].endswith("from 0 to 2."), activities

    chosen["image"] = "app:2"
    assert terraform.run("apply", "-auto-approve", variables=chosen) == 0, terraform.said
    _until(lambda: steady("gpu-bridge", 2, 1) and steady("gpu-awsvpc", 2, 2))
    group = "gpu-awsvpc-instances"

    def refreshed() -> bool:
        found = scaling.describe_instance_refreshes(AutoScalingGroupName=group)
        return bool(found["InstanceRefreshes"][0]["Status"] == "Successful")

    _until(refreshed)
    found = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])
    instances = [i["InstanceId"] for i in found["AutoScalingGroups"][0]["Instances"]]
    described_instances = ec2.describe_instances(InstanceIds=instances)["Reservations"]
    types = {i["InstanceType"] for r in described_instances for i in r["Instances"]}
    assert types == {"g5.2xlarge"}
    _until(lambda: steady("gpu-awsvpc", 2, 2))
    assert terraform.run("plan", "-detailed-exitcode", variables=chosen) == 0, terraform.said

    assert terraform.run("destroy", "-auto-approve", variables=chosen) == 0, terraform.said
    assert _inventory() == before


def _inventory() -> dict[str, list[str]]:
    """Return everything that a stack could leave behind, by service."""
    ec2, iam, ecs = boto3.client("ec2"), boto3.client("iam"), boto3.client("ecs")
    balancing, scaling = boto3.client("elbv2"), boto3.client("autoscaling")
    reservations = ec2.describe_instances()["Reservations"]
    clusters = ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]
    return {
        "instances": [
            i["InstanceId"]
            for r in reservations
            for i in r["Instances"]
            if i["State"]["Name"] != "terminated"
        ],
        "volumes": sorted(v["VolumeId"] for v in ec2.describe_volumes()["Volumes"]),
        "interfaces": sorted(
            i["NetworkInterfaceId"] for i in ec2.describe_network_interfaces()["NetworkInterfaces"]
        ),
        "templates": [
            t["LaunchTemplateId"] for t in ec2.describe_launch_templates()["LaunchTemplates"]
        ],
        "groups": sorted(g["GroupId"] for g in ec2.describe_security_groups()["SecurityGroups"]),
        "rules": sorted(
            r["SecurityGroupRuleId"]
            for r in ec2.describe_security_group_rules()["SecurityGroupRules"]
        ),
        "roles": sorted(r["RoleName"] for r in iam.list_roles()["Roles"]),
        "profiles": [
            p["InstanceProfileName"] for p in iam.list_instance_profiles()["InstanceProfiles"]
        ],
        "clusters": [c["clusterName"] for c in clusters if c["status"] == "ACTIVE"],
        "balancers": [
            b["LoadBalancerName"] for b in balancing.describe_load_balancers()["LoadBalancers"]
        ],
        "target groups": [
            g["TargetGroupName"] for g in balancing.describe_target_groups()["TargetGroups"]
        ],
        "scaling groups": [
            g["AutoScalingGroupName"]
            for g in scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
        ],
        "log groups": sorted(
            g["logGroupName"] for g in boto3.client("logs").describe_log_groups()["logGroups"]
        ),
        "definitions": ecs.list_task_definitions()["taskDefinitionArns"],
    }
