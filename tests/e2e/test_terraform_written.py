"""The written files, checked by the real Terraform: formatted, valid, and evaluated as typed."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.network import VPC_ENDPOINTS
from gpuecs_tui.terraform.hcl.format import format_hcl
from gpuecs_tui.terraform.hcl.literals import list_of, map_of, quote
from gpuecs_tui.terraform.render.stack_files import render
from tests.e2e.engine import initialise, terraform
from tests.support.strategies import NASTY, stacks, texts
from tests.support.terraform.variable_values import REFUSED, VALUES, VARIABLES
from tests.support.terraform.written_files import (
    BOUNDARY,
    CANARY,
    GROUP,
    HTTPS,
    PARAMETER,
    PROFILE,
    ROLE,
    S3,
    SECRET,
    TOPIC,
    made,
    put,
)

pytestmark = pytest.mark.e2e

DATA = Path(__file__).parent / "data"
QUIET = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)


def test_many_stacks_are_formatted_as_terraform_would(tmp_path: Path) -> None:
    drawn: list[Stack] = []

    @settings(
        max_examples=120, deadline=None, derandomize=True, database=None,
        suppress_health_check=QUIET,
    )  # fmt: skip
    @given(stacks())
    def draw(stack: Stack) -> None:
        drawn.append(stack)

    draw()
    assert len(drawn) >= 100
    for number, stack in enumerate(drawn):
        put(tmp_path / str(number), render(stack))
    said = terraform(tmp_path, "fmt", "-check", "-recursive", "-diff", check=False)
    assert said == "0\n"


def test_any_text_comes_out_of_terraform_as_it_was_typed(tmp_path: Path) -> None:
    typed = list(NASTY)

    @settings(max_examples=300, deadline=None, derandomize=True, database=None)
    @given(texts(200))
    def draw(text: str) -> None:
        typed.append(text)

    draw()
    keyed = {f"k{number}": text for number, text in enumerate(typed)}
    lines = [f"{quote(text)}," for text in typed]
    source = (
        'output "texts" {\nvalue = [\n' + "\n".join(lines) + "\n]\n}\n"
        f'output "listed" {{\nvalue = {list_of(typed)}\n}}\n'
        f'output "mapped" {{\nvalue = {map_of(keyed)}\n}}\n'
        f'output "encoded" {{\nvalue = jsonencode({list_of(typed)})\n}}\n'
        'output "script" {\nvalue = file("${path.module}/script")\n}\n'
    )
    script = "".join(text for text in typed if text.isascii())
    put(tmp_path, {"main.tf": format_hcl(source), "script": script})
    assert terraform(tmp_path, "fmt", "-check", "-diff", check=False) == "0\n"
    terraform(tmp_path, "apply", "-auto-approve", "-input=false")
    said = json.loads(terraform(tmp_path, "output", "-json"))
    assert said["texts"]["value"] == typed
    assert said["listed"]["value"] == typed
    assert said["mapped"]["value"] == keyed
    assert json.loads(said["encoded"]["value"]) == typed
    assert said["script"]["value"] == script


def test_values_are_read_as_terraform_evaluates_them(tmp_path: Path) -> None:
    outputs = "".join(
        f'output "v{number}" {{\n  value = jsonencode({expression})\n}}\n'
        for number, expression in enumerate(VALUES)
    )
    put(tmp_path, {"main.tf": VARIABLES + outputs})
    terraform(tmp_path, "apply", "-auto-approve", "-input=false")
    said = json.loads(terraform(tmp_path, "output", "-json"))
    for number, (expression, value) in enumerate(VALUES.items()):
        assert json.loads(said[f"v{number}"]["value"]) == value, expression
    for expression in REFUSED:
        text = (
            f'locals {{\n  set = toset(["b", "a"])\n}}\noutput "x" {{\n  value = {expression}\n}}\n'
        )
        put(tmp_path, {"main.tf": text})
        assert terraform(tmp_path, "validate", check=False).startswith("1\n"), expression


COVERING: tuple[Mapping[str, Value], ...] = (
    {},
    {
        **HTTPS, "fleet.ami": "bottlerocket", "task.network_mode": "awsvpc", "fleet.market": "spot",
        "task.secrets": {"A": f"{SECRET}:key::"}, "service.ignore_changes": (),
        "fleet.extra_user_data": "x = 1\n", "network.vpc_endpoints": ("ecs", "ecs-agent"),
    },
    {
        **HTTPS, "load_balancer.target_protocol_version": "GRPC", "health_check.matcher": "0-99",
        "health_check.protocol": "HTTPS", "task.network_mode": "host",
        "network.instance_security_group_ids": (GROUP,), "health_check.port": "9001",
        "fleet.ami": "ami-0123456789abcdef0", "fleet.key_name": 'a "${key}"',
        "service.execute_command": True, "fleet.instance_refresh": True,
        "fleet.termination_protection": False, "load_balancer.algorithm": "weighted_random",
    },
    {
        **S3, "network.load_balancer_security_group_ids": (GROUP,), "task.host_port": 80,
        "fleet.instance_profile_arn": f"{PROFILE}ecs", "task.log_retention_days": -1,
        "fleet.imds_hop_limit": 0, "fleet.root_volume_gib": 0, "task.command": ("a", "b c"),
        "task.shared_memory_mib": 64, "container.read_only_root": True,
        "container.restart": True, "container_health.command": ("CMD", "true"),
        "container.registry_secret_arn": SECRET,
        "service.ignore_changes": ("task_definition", "capacity_provider_strategy"),
        "names.target_group": "mine", "task.task_role_arn": f"{ROLE}t",
    },
    {
        "network.ingress_cidrs": ("0.0.0.0/0", "10.0.0.0/8"), "load_balancer.internal": False,
        "fleet.extra_user_data": "echo", "task.capabilities": ("SYS_ADMIN",),
        "task.ipc_mode": "host", "container.ulimits": {"memlock": "-1:-1"},
        "container.labels": {"a.b": "${c}"}, "container.entry_point": ("a", "b c"),
        "task.execution_role_arn": f"{ROLE}e", "service.execute_command": True,
        "health_check.port": "9001", "task.secrets": {"P": PARAMETER, "S": SECRET},
        "service.ignore_changes": ("load_balancer",), "service.distinct_instances": False,
        "network.vpc_endpoints": ("s3",),
        "stack.tags": {"a b": "x =/y", "for": "1"}, "task.environment": {},
        "stack.role_path": "/a/b/", "stack.permissions_boundary": BOUNDARY,
        "fleet.tag_network_interfaces": False, "fleet.container_insights": "off",
        "alarms.enabled": True, "alarms.latency_seconds": 1, "alarms.gpu_memory_percent": 1,
        "alarms.rollback": True, "alarms.dashboard": True, "alarms.topic_arn": TOPIC,
        "fleet.gpu_metrics": True,
    },
    {
        "network.instance_security_group_ids": (GROUP,), "task.secrets": {"P": PARAMETER},
        "network.load_balancer_security_group_ids": (GROUP, "sg-0123456789abcdef1"),
        "fleet.instance_profile_arn": f"{PROFILE}ecs", "task.log_retention_days": 0,
        "fleet.instance_refresh": True, "service.execute_command": True,
        "network.vpc_endpoints": VPC_ENDPOINTS,
        "load_balancer.algorithm": "least_outstanding_requests",
    },
)  # fmt: skip
"""Every option, and every pair of options that affect one block, occurs in one of these stacks."""


def test_terraform_finds_a_covering_set_of_stacks_valid(tmp_path: Path) -> None:
    shared = {"TF_DATA_DIR": str(tmp_path / "data")}
    first = tmp_path / "0"
    for number, changes in enumerate(COVERING):
        directory = tmp_path / str(number)
        put(directory, render(made(changes)))
        if number == 0:
            initialise(directory, environ=shared)
        else:
            shutil.copy(first / ".terraform.lock.hcl", directory)
            # An init would need the bucket; validate only needs a well-formed block.
        said = json.loads(terraform(directory, "validate", "-json", environ=shared))
        assert (said["valid"], said["diagnostics"]) == (True, []), said


def test_terraform_finds_the_rest_of_a_stack_with_a_deployment_strategy_valid(
    tmp_path: Path,
) -> None:
    """The provider here doesn't know two blocks of the service; it checks all other files."""
    answers: dict[str, Value] = {
        **CANARY, **HTTPS, "service.test_port": 9443, "load_balancer.stickiness_seconds": 60,
        "stack.role_path": "/a/", "service.ignore_changes": ("load_balancer",),
    }  # fmt: skip
    files = render(made(answers))
    assert ">= 6.21.0" in files["versions.tf"]
    files["versions.tf"] = files["versions.tf"].replace(">= 6.21.0", ">= 5.100.0")
    for block in ("deployment_configuration", "advanced_configuration"):
        pattern = rf"^( *){block} {{\n.*?^\1}}\n"
        files["service.tf"], found = re.subn(
            pattern, "", files["service.tf"], flags=re.DOTALL | re.MULTILINE
        )
        assert found == 1
    put(tmp_path, files)
    initialise(tmp_path)
    said = json.loads(terraform(tmp_path, "validate", "-json"))
    assert (said["valid"], said["diagnostics"]) == (True, []), said


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, ""),
        ({"name": "a--b"}, "single hyphens"),
        ({"name": "internal-a"}, "start with internal-, aws, ecs, or"),
        ({"name": "ecs-a"}, "start with internal-, aws, ecs, or"),
        ({"initial_size": 3}, ""),
        ({"min_size": 3}, "max_size must not be less than min_size"),
        ({"instance_subnet_ids": []}, "The instances need at least one subnet"),
    ],
)
def test_variables_refuse_what_makes_no_stack(
    tmp_path: Path, given: Mapping[str, object], words: str
) -> None:
    files = render(made())
    variables = ("variables.tf", "terraform.tfvars")
    put(tmp_path, {name: files[name] for name in variables})
    put(tmp_path, {"edited.auto.tfvars.json": json.dumps(given)})
    said = terraform(tmp_path, "plan", "-input=false", "-no-color", check=False)
    assert words in " ".join(said.replace("│", " ").split())
    assert said.startswith("1\n" if words else "0\n"), said
