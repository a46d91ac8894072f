"""Rules gpu-metrics and scaling-gpu at their boundaries."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gpuecs_tui.aws.facts import AccountFacts, MachineImage
from gpuecs_tui.aws.network_facts import VpcEndpoint
from gpuecs_tui.aws.reading import Reading, Unknown
from gpuecs_tui.aws.role_needs import instance_needs
from gpuecs_tui.checks import check
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.monitoring.gpu_metrics import ACTIONS, ENDPOINTS
from tests.checks.network.networks import DENIED, IN_ECR, endpoints, routed
from tests.support.fixes import apply_fix
from tests.support.small_account import (
    ANSWERS,
    NOW,
    PRIVATE,
    account,
    findings,
    known,
    of_rule,
    stack,
)

ON: dict[str, Value] = {"fleet__gpu_metrics": True}
LOCKED: dict[str, Value] = {"network__instance_subnet_ids": PRIVATE, "task__image": IN_ECR}
SCALED: dict[str, Value] = {
    **ON,
    "autoscaling__enabled": True,
    "autoscaling__gpu_percent": 70,
}


def isolated(*there: VpcEndpoint) -> AccountFacts:
    return routed("", vpc_endpoints=known(there))


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        ((), ("monitoring", "ec2", "s3")),
        (("s3", "ec2"), ("monitoring",)),
        (("s3", *ENDPOINTS), ()),
    ],
)
def test_gpu_metrics(there: tuple[str, ...], missing: tuple[str, ...]) -> None:
    facts = isolated(*endpoints(*there))
    found = [it for it in findings(facts, **LOCKED, **ON) if it.rule == "gpu-metrics"]
    assert [it.severity for it in found] == ["warning"] * bool(missing)
    assert all(it in found[0].message for it in missing)
    assert of_rule("gpu-metrics", facts, **LOCKED) == []
    if found:
        answers = {
            **ANSWERS,
            "fleet.gpu_metrics": True,
            **{key.replace("__", "."): value for key, value in LOCKED.items()},
        }
        mended = findings(facts, apply_fix(found[0], answers))
        assert [it for it in mended if it.rule == "gpu-metrics"] == []


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("al2023-ami-ecs-gpu-hvm-2023.0.20260101-kernel-6.1-x86_64-ebs", ""),
        ("amzn2-ami-ecs-gpu-hvm-2.0.20260101-x86_64-ebs", "warning"),
        ("bottlerocket-aws-ecs-2-nvidia-x86_64-v1.48.0", "warning"),
        ("ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260101", "warning"),
        ("Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 22.04)", "unknown"),
        ("team-gpu-12", "unknown"),
        ("", "unknown"),
    ],
)
def test_gpu_metrics_of_an_ami_that_may_lack_the_package(name: str, severity: str) -> None:
    ami = "ami-0123456789abcdef0"
    facts = account()
    image: MachineImage | None = MachineImage(ami, name, "x86_64", None)
    there: dict[str, Reading[MachineImage | None]] = {ami: known(image)}
    facts = replace(facts, lookups=replace(facts.lookups, machine_images=there))
    expected = [(severity, "fleet.ami")] if severity else []
    assert of_rule("gpu-metrics", facts, **ON, fleet__ami=ami) == expected
    assert of_rule("gpu-metrics", facts, fleet__ami=ami) == []


def test_gpu_metrics_with_a_way_to_the_internet() -> None:
    assert of_rule("gpu-metrics", account(), **ON) == []


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (known(()), []),
        (known(ACTIONS[:1]), ["warning"]),
        (DENIED, ["unknown"]),
    ],
)
def test_gpu_metrics_of_an_existing_role(
    reading: Reading[tuple[str, ...]], expected: list[str]
) -> None:
    facts = account()
    assert not isinstance(facts.instance_profiles, Unknown)
    profile = next(it for it in facts.instance_profiles.value if it.role)
    changes: dict[str, Value] = {**ON, "fleet__instance_profile_arn": profile.arn}
    (need,) = instance_needs(stack(**changes), facts)
    facts = replace(facts, lookups=replace(facts.lookups, denied_actions={need.id: reading}))
    assert of_rule("gpu-metrics", facts, **changes) == [
        (it, "fleet.instance_profile_arn") for it in expected
    ]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, ""),
        ({"fleet__min_size": 1}, ""),
        ({"fleet__min_size": 2}, "fleet.min_size is 2, and 1 tasks need 1 instances"),
        ({"fleet__min_size": 2, "autoscaling__min_tasks": 2}, ""),
        ({"fleet__target_capacity": 99}, "fleet.target_capacity is 99 %"),
        ({"fleet__target_capacity": 99, "autoscaling__gpu_percent": 0}, ""),
    ],
)
def test_scaling_gpu(changes: dict[str, Value], says: str) -> None:
    wanted = stack(**{**SCALED, **changes})
    found = [it for it in check(wanted, account(), now=NOW) if it.rule == "scaling-gpu"]
    assert [it.severity for it in found] == ["warning"] * bool(says)
    assert all(says in it.message for it in found)


def test_gpu_use_starts_no_task() -> None:
    (found,) = of_rule("scaling-from-zero", account(), **{**SCALED, "autoscaling__min_tasks": 0})
    assert found == ("error", "autoscaling.min_tasks")
