"""What is written: every decision in it, and every lesson of failure-modes.md's design rows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS, Stack
from gpuecs_tui.terraform.read.configuration import load
from gpuecs_tui.terraform.render.stack_files import render
from tests.terraform.written import (
    CERTIFICATE,
    GROUP,
    HTTPS,
    PROFILE,
    ROLE,
    S3,
    SECRET,
    made,
    shapes,
)

OTHER: dict[str, tuple[Value, Mapping[str, Value]]] = {
    "stack.name": ("other", {}),
    "stack.region": ("eu-west-1", {}),
    "stack.tags": ({"team": "ml"}, {}),
    "names.cluster": ("c1", {}),
    "names.service": ("s1", {}),
    "names.task_family": ("f1", {}),
    "names.capacity_provider": ("p1", {}),
    "names.autoscaling_group": ("a1", {}),
    "names.launch_template": ("t11", {}),
    "names.load_balancer": ("b1", {}),
    "names.target_group": ("g1", {}),
    "names.log_group": ("/l1", {"task.log_group": "/l1"}),
    "network.vpc_id": ("vpc-0123456789abcdef1", {}),
    "network.instance_subnet_ids": (("subnet-0000000000000000c",), {}),
    "network.vpc_endpoints": (("ecs", "s3"), {}),
    "network.load_balancer_subnet_ids": (("subnet-0000000000000000d",), {}),
    "network.instance_security_group_ids": ((GROUP,), {}),
    "network.load_balancer_security_group_ids": ((GROUP,), {}),
    "network.ingress_cidrs": (("10.0.0.0/8",), {}),
    "fleet.instance_type": ("g5.xlarge", {}),
    "fleet.ami": ("bottlerocket", {}),
    "fleet.min_size": (1, {}),
    "fleet.max_size": (9, {}),
    "fleet.initial_size": (2, {}),
    "fleet.key_name": ('a "key"', {}),
    "fleet.instance_profile_arn": (f"{PROFILE}ecs", {}),
    "fleet.root_volume_gib": (0, {}),
    "fleet.root_volume_throughput_mib": (0, {}),
    "fleet.capacity_rebalance": (False, {"fleet.market": "spot"}),
    "fleet.large_images": (False, {}),
    "fleet.imds_hop_limit": (0, {}),
    "fleet.target_capacity": (80, {}),
    "fleet.min_scaling_step": (2, {}),
    "fleet.max_scaling_step": (5, {}),
    "fleet.instance_warmup_seconds": (0, {}),
    "fleet.termination_protection": (False, {}),
    "fleet.managed_draining": (False, {}),
    "fleet.health_check_grace_seconds": (60, {}),
    "fleet.market": ("spot", {}),
    "fleet.instance_refresh": (True, {}),
    "fleet.extra_user_data": ("echo hi", {}),
    "task.image": ("app:2", {}),
    "task.container_name": ("main", {"task.log_stream_prefix": "app"}),
    "task.container_port": (9000, {}),
    "task.host_port": (80, {}),
    "task.network_mode": ("awsvpc", {}),
    "task.cpu": (2048, {"task.container_cpu": 1024}),
    "task.memory": (9000, {"task.container_memory": 8000}),
    "task.container_cpu": (1024, {}),
    "task.container_memory": (8000, {}),
    "task.gpus": (2, {}),
    "task.environment": ({}, {}),
    "task.secrets": ({"TOKEN": SECRET}, {}),
    "task.capabilities": (("SYS_ADMIN",), {}),
    "task.shared_memory_mib": (1024, {}),
    "task.init_process": (False, {}),
    "task.stop_timeout_seconds": (120, {}),
    "task.log_buffer_mib": (0, {}),
    "service.placement": ("default", {"service.distinct_instances": False}),
    "task.command": (("serve", "--all"), {}),
    "task.log_group": ("/l2", {"names.log_group": "/l2"}),
    "task.log_retention_days": (-1, {}),
    "task.log_stream_prefix": ("p", {}),
    "task.execution_role_arn": (f"{ROLE}execution", {}),
    "task.task_role_arn": (f"{ROLE}task", {}),
    "service.desired_count": (0, {}),
    "service.minimum_healthy_percent": (0, {}),
    "service.maximum_percent": (150, {}),
    "service.circuit_breaker": (False, {}),
    "service.rollback": (False, {}),
    "service.health_check_grace_seconds": (600, {}),
    "service.distinct_instances": (False, {}),
    "service.execute_command": (True, {}),
    "service.ignore_changes": (("desired_count",), {}),
    "load_balancer.internal": (False, {"network.ingress_cidrs": ("10.0.0.0/8",)}),
    "load_balancer.port": (8080, {}),
    "load_balancer.protocol": ("HTTPS", HTTPS),
    "load_balancer.certificate_arn": (f"{CERTIFICATE}9", HTTPS),
    "load_balancer.deletion_protection": (True, {}),
    "load_balancer.idle_timeout_seconds": (600, {}),
    "load_balancer.target_port": (8080, {"names.target_group": "g"}),
    "load_balancer.target_protocol_version": ("HTTP2", {**HTTPS, "names.target_group": "g"}),
    "load_balancer.algorithm": ("weighted_random", {}),
    "load_balancer.deregistration_delay_seconds": (0, {}),
    "health_check.path": ("/v1/${health}", {}),
    "health_check.matcher": ("200-299", {}),
    "health_check.interval_seconds": (30, {}),
    "health_check.timeout_seconds": (4, {}),
    "health_check.healthy_threshold": (2, {}),
    "health_check.unhealthy_threshold": (3, {}),
    "health_check.port": ("9001", {}),
    "health_check.protocol": ("HTTPS", {}),
    "state.backend": ("s3", S3),
    "state.bucket": ("others", S3),
    "state.key": ("k/terraform.tfstate", S3),
    "state.region": ("eu-west-1", S3),
}
"""Key → a value other than its default, and what else must then be decided."""


TURNS = {"names.log_group", "task.log_group", "load_balancer.protocol", "state.backend"}
"""Keys whose companions are no stack without them."""


@pytest.mark.parametrize("key", KEYS)
def test_every_decision_is_written(key: str) -> None:
    value, beside = OTHER[key]
    before, after = made({} if key in TURNS else beside), made({**beside, key: value})
    assert before[key] != value == after[key]
    assert render(after) != render(before)


def test_only_what_is_needed_is_written() -> None:
    bare = made(
        network__instance_security_group_ids=(GROUP,),
        network__load_balancer_security_group_ids=(GROUP,),
        fleet__instance_profile_arn=f"{PROFILE}ecs",
        task__execution_role_arn=f"{ROLE}e",
        task__task_role_arn=f"{ROLE}t",
    )
    assert list(render(bare)) == [
        "versions.tf", "providers.tf", "variables.tf", "terraform.tfvars", "fleet.tf", "task.tf",
        "service.tf", "load_balancer.tf", "outputs.tf", "user_data.sh",
    ]  # fmt: skip
    full = render(made({
        **S3, "fleet.ami": "bottlerocket", "fleet.extra_user_data": "x = 1",
        "network.vpc_endpoints": ("s3",),
    }))  # fmt: skip
    assert set(full) - set(render(bare)) == {
        "backend.tf", "network.tf", "endpoints.tf", "iam.tf", "user_data.toml",
        "extra_user_data.toml",
    }  # fmt: skip


@pytest.mark.parametrize("stack", shapes())
def test_what_is_referred_to_exists(stack: Stack) -> None:
    written = load(render(stack))
    words = " ".join(render(stack)[name] for name in render(stack) if name.endswith(".tf"))
    for address, (_, block) in written.blocks.items():
        if block.kind == "variable":
            assert f"var.{block.labels[0]}" in words
        if block.kind == "data":
            assert words.count(address) > 0
    for word in words.replace("(", " ").replace(",", " ").replace("[", " ").split():
        if word.startswith("var."):
            assert f"variable.{word.removeprefix('var.').rstrip(')].')}" in written.blocks, word
        if word.startswith(("aws_", "data.aws_")) and word.count(".") >= 2:
            parts = word.split(".")
            depth = 3 if parts[0] == "data" else 2
            assert ".".join(parts[:depth]) in written.blocks, word


def test_extra_user_data_is_kept_byte_for_byte() -> None:
    script = "echo ${HOME} %{x}\r\n\tlast line, no end"
    files = render(made(fleet__extra_user_data=script))
    assert files["extra_user_data.sh"] == script
    assert script not in files["fleet.tf"]


def test_names_follow_the_stack_s_name_where_they_came_from_it() -> None:
    files = render(made(names__cluster="mine"))
    assert 'name = "mine"' in files["fleet.tf"]
    assert files["service.tf"].count("var.name") == 1
    assert '"${var.name}-gpu"' in files["fleet.tf"]


def test_rendering_imports_nothing_heavy_before_it_is_asked() -> None:
    program = (
        "import sys, gpuecs_tui.terraform.render.stack_files, gpuecs_tui.terraform.read.directory,"
        " gpuecs_tui.terraform.write.stack;"
        "print([n for n in ('jinja2', 'textual', 'boto3') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[2], env=dict(os.environ),
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
