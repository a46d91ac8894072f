"""The Auto Scaling group: when it is created, its dependencies, and how it is replaced."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping

import pytest

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.monitoring.gpu_metrics import DIMENSION, MEASURED, NAMESPACE
from gpuecs_tui.terraform.read.configuration import MISSING
from gpuecs_tui.terraform.render.stack_files import render
from tests.support.terraform.written_files import GROUP, PROFILE, configuration, made, references

ASG = "aws_autoscaling_group.this"
OWN_GROUP: Mapping[str, Value] = {"network.instance_security_group_ids": (GROUP,)}
OWN_PROFILE: Mapping[str, Value] = {"fleet.instance_profile_arn": f"{PROFILE}ecs"}
WAYS_OUT = [
    "aws_vpc_security_group_egress_rule.instances_to_anywhere",
    "aws_vpc_security_group_egress_rule.instances_to_anywhere_ipv6",
]


def test_an_apply_neither_waits_for_gpus_nor_fails_for_want_of_them() -> None:
    written = configuration()
    assert written.value(ASG, "wait_for_capacity_timeout") == "0"
    assert written.value(ASG, "ignore_failed_scaling_activities") is True


@pytest.mark.parametrize(
    ("changes", "ties"),
    [
        ({}, ["security_group", "instance_profile"]),
        (OWN_GROUP, ["instance_profile"]),
        (OWN_PROFILE, ["security_group"]),
        ({**OWN_GROUP, **OWN_PROFILE}, []),
    ],
)
def test_instances_go_with_what_they_belong_to(
    changes: Mapping[str, Value], ties: list[str]
) -> None:
    """A resource that the stack no longer creates is still referenced: the reference stays and
    changes."""
    written = configuration(changes)
    assert references(written, ASG, "lifecycle.replace_triggered_by") == [
        "terraform_data.fleet_ties"
    ]
    tied = written.value("terraform_data.fleet_ties", "input")
    assert isinstance(tied, dict)
    assert list(tied) == ["cluster", *ties]


def test_instances_start_when_they_can_register() -> None:
    roles = [f"aws_iam_role_policy_attachment.instance_{name}" for name in ("ecs", "ssm")]
    assert references(configuration(), ASG, "depends_on") == roles + WAYS_OUT
    assert references(configuration(OWN_GROUP), ASG, "depends_on") == roles
    assert references(configuration(OWN_PROFILE), ASG, "depends_on") == WAYS_OUT
    assert configuration({**OWN_GROUP, **OWN_PROFILE}).value(ASG, "depends_on") is MISSING


def test_the_service_starts_when_health_checks_get_through() -> None:
    needs = references(
        configuration(health_check__port="9001"), "aws_ecs_service.this", "depends_on"
    )
    for rule in ("egress_rule.load_balancer_to", "ingress_rule"):
        for part in ("tasks", "health_check"):
            name = f"_{part}" if rule.startswith("egress") else f".{part}_from_load_balancer"
            assert f"aws_vpc_security_group_{rule}{name}" in needs
    assert needs[-2:] == WAYS_OUT
    plain = references(configuration(), "aws_ecs_service.this", "depends_on")
    assert not any("health_check" in need for need in plain)


def test_created_instances_get_out_by_both_protocols() -> None:
    written = configuration()
    assert written.value(WAYS_OUT[0], "cidr_ipv4") == "0.0.0.0/0"
    assert written.value(WAYS_OUT[1], "cidr_ipv6") == "::/0"


def test_an_image_of_one_s_own_says_what_its_root_device_is_called() -> None:
    device = "block_device_mappings.device_name"
    own = "ami-0123456789abcdef0"
    written = configuration(fleet__ami=own)
    found = written.value("aws_launch_template.this", device)
    assert found.reference == "data.aws_ami.this.root_device_name"
    # A deprecated image can still be started, but it is listed only on request.
    assert written.value("data.aws_ami.this", "include_deprecated") is True
    for other in (configuration(), configuration(fleet__ami=own, fleet__root_volume_gib=0)):
        assert "data.aws_ami.this" not in other.blocks


def test_a_refresh_waits_as_long_as_the_capacity_provider() -> None:
    written = configuration(fleet__instance_refresh=True, fleet__instance_warmup_seconds=600)
    assert written.value(ASG, "instance_refresh.preferences.instance_warmup") == 600


@pytest.mark.parametrize(
    ("changes", "text", "said"),
    [
        ({}, "protected from scale-in", True),
        ({"fleet.termination_protection": False}, "protected from scale-in", False),
        ({"fleet.instance_refresh": True}, "AMI creates a new version", True),
        (
            {"fleet.instance_refresh": True, "fleet.ami": "ami-0123456789abcdef0"},
            "AMI creates",
            False,
        ),
    ],
)
def test_comments_are_true_of_the_stack(
    changes: Mapping[str, Value], text: str, said: bool
) -> None:
    assert (text in render(made(changes))["fleet.tf"]) is said


def test_agents_are_given_time_for_large_images() -> None:
    assert "ECS_CONTAINER_START_TIMEOUT=10m" in render(made())["user_data.sh"]
    assert "ECS_CONTAINER" not in render(made(fleet__large_images=False))["user_data.sh"]
    bottlerocket = {"fleet.ami": "bottlerocket"}
    assert 'task-cleanup-wait = "15m"' in render(made(bottlerocket))["user_data.toml"]
    without = render(made(bottlerocket, fleet__large_images=False))
    assert "cleanup" not in without["user_data.toml"]


def test_spot_is_rebalanced_and_tasks_that_share_an_instance_are_packed() -> None:
    spot = {"fleet.market": "spot"}
    assert configuration(spot).value(ASG, "capacity_rebalance") is True
    unset = configuration(spot, fleet__capacity_rebalance=False)
    assert unset.value(ASG, "capacity_rebalance") is MISSING
    assert configuration().value(ASG, "capacity_rebalance") is MISSING
    path = "ordered_placement_strategy.field"
    shared = configuration(service__distinct_instances=False)
    assert shared.value("aws_ecs_service.this", path) == "memory"
    assert configuration().value("aws_ecs_service.this", path) is MISSING


@pytest.mark.parametrize(
    ("delay", "stop", "minutes"),
    [(60, 0, None), (870, 0, None), (900, 0, "31m"), (3600, 600, "85m")],
)
def test_terraform_waits_for_the_service_s_end(delay: int, stop: int, minutes: str | None) -> None:
    written = configuration(
        load_balancer__deregistration_delay_seconds=delay, task__stop_timeout_seconds=stop
    )
    found = written.value("aws_ecs_service.this", "timeouts.delete")
    assert found == (MISSING if minutes is None else minutes)


def test_the_agent_of_gpu_metrics_sends_what_the_stack_reads() -> None:
    files = render(made(fleet__gpu_metrics=True))
    script = files["user_data.sh"].replace("${cluster}", "c").replace("$${", "${")
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    settings = json.loads(script.partition("<<'METRICS'\n")[2].partition("METRICS\n")[0])
    metrics = settings["metrics"]
    gpus = metrics["metrics_collected"]["nvidia_gpu"]
    assert gpus["measurement"] == gpus["drop_original_metrics"] == [*MEASURED]
    assert metrics["namespace"] == NAMESPACE
    assert metrics["append_dimensions"] == {DIMENSION: "${aws:AutoScalingGroupName}"}
    assert metrics["aggregation_dimensions"] == [[DIMENSION]]
    # Without the option, the script would wait for the installation, and the ECS agent for it.
    assert "\nsystemd-run --no-block " in script
    attached = "aws_iam_role_policy_attachment.instance_cloudwatch"
    assert attached in references(configuration(fleet__gpu_metrics=True), ASG, "depends_on")
    assert "gpu" not in render(made())["user_data.sh"].partition("CONFIG\n")[2]
