"""Stacks and files for tests of the written Terraform."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.network import VPC_ENDPOINTS
from gpuecs_tui.stack.problems import problems
from gpuecs_tui.stack.resolve import TYPE, TYPES, resolve
from gpuecs_tui.terraform.hcl.tree import Block, Items, Reference
from gpuecs_tui.terraform.read.configuration import Configuration, load_configuration
from gpuecs_tui.terraform.render.stack_files import render
from tests.support.strategies import G4DN_XLARGE

ACCOUNT = "123456789012"
ANSWERS: Mapping[str, Value] = {
    "stack.name": "llm",
    "stack.region": "us-east-1",
    "network.vpc_id": "vpc-0123456789abcdef0",
    "network.instance_subnet_ids": ("subnet-0000000000000000a", "subnet-0000000000000000b"),
    "fleet.instance_type": "g4dn.xlarge",
    "task.image": "app:1",
}
CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/0a1b"
WEB_ACL = f"arn:aws:wafv2:us-east-1:{ACCOUNT}:regional/webacl/a/{'0a' * 18}"
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:token-AbCdEf"
PARAMETER = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/llm/token"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:on-call"
KMS_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0123abcd-01ab-4abc-8abc-0123456789ab"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/"
PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/"
GROUP = "sg-0123456789abcdef0"

HTTPS: Mapping[str, Value] = {
    "load_balancer.protocol": "HTTPS",
    "load_balancer.certificate_arn": CERTIFICATE,
}
SCALED: Mapping[str, Value] = {"autoscaling.enabled": True}
BY_METRIC: Mapping[str, Value] = {**SCALED, "autoscaling.metric_name": "depth"}
BY_SCHEDULE: Mapping[str, Value] = {
    **SCALED,
    "autoscaling.schedules": {"night": "cron(0 20 * * ? *) min 0 max 0"},
}
AWSVPC: Mapping[str, Value] = {"task.network_mode": "awsvpc"}
BLUE_GREEN: Mapping[str, Value] = {
    **AWSVPC,
    "service.deployment_strategy": "blue_green",
    "stack.provider_minimum": "6.4.0",
}
LINEAR: Mapping[str, Value] = {
    **AWSVPC,
    "service.deployment_strategy": "linear",
    "stack.provider_minimum": "6.21.0",
}
CANARY: Mapping[str, Value] = {**LINEAR, "service.deployment_strategy": "canary"}
S3: Mapping[str, Value] = {"state.backend": "s3", "state.bucket": "states"}


def made(changes: Mapping[str, Value] | None = None, **renamed: Value) -> Stack:
    """Return a valid stack with these answers and the required ones; ``__`` replaces a dot."""
    answers = {
        **ANSWERS,
        **(changes or {}),
        **{name.replace("__", "."): value for name, value in renamed.items()},
    }
    if answers.get(TYPES):
        del answers[TYPE]
    resolved = resolve(answers, G4DN_XLARGE)
    assert not problems(answers, resolved)
    return resolved.stack


def put(directory: Path, files: Mapping[str, str]) -> None:
    """Write files byte for byte."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / name).write_bytes(text.encode())


def shapes() -> list[Stack]:
    """Stacks that together create, and use existing ones of, all optional resources."""
    return [
        made(),
        made(HTTPS),
        made(S3),
        made(network__instance_security_group_ids=(GROUP,)),
        made(network__load_balancer_security_group_ids=(GROUP,), health_check__port="9001"),
        made(fleet__instance_profile_arn=f"{PROFILE}ecs", task__log_retention_days=-1),
        made(task__execution_role_arn=f"{ROLE}e", task__secrets={"A": SECRET}),
        made(task__task_role_arn=f"{ROLE}t", service__execute_command=True),
        made(service__execute_command=True, task__secrets={"A": SECRET, "B": PARAMETER}),
        made(network__vpc_endpoints=("s3",), fleet__instance_profile_arn=f"{PROFILE}ecs"),
        made(network__vpc_endpoints=VPC_ENDPOINTS, network__ingress_cidrs=("10.0.0.0/8",)),
        made(network__vpc_endpoints=("ecs",), network__instance_security_group_ids=(GROUP,)),
        made({**BY_METRIC, "autoscaling.metric_dimensions": {"QueueName": "jobs", "Kind": "x"}}),
        made({**BY_SCHEDULE, **HTTPS, "autoscaling.requests_per_target": 60}),
        made({**SCALED, "autoscaling.cpu_percent": 70, "autoscaling.memory_percent": 70}),
        made({**BLUE_GREEN, **HTTPS, "service.test_port": 8443}),
        made({**LINEAR, "network.load_balancer_security_group_ids": (GROUP,)}),
        made({**CANARY, "names.target_group": "blue", "service.test_port": 9000}),
        made(fleet__extra_user_data="x", fleet__ami="ami-0123456789abcdef0"),
        made(
            stack__region="cn-north-1",
            network__vpc_endpoints=("ecs", "ecr.api", "ecr.dkr", "s3"),
            fleet__instance_profile_arn=f"{PROFILE}ecs",
            task__execution_role_arn=f"{ROLE}e",
        ),
    ]


def configuration(changes: Mapping[str, Value] | None = None, **renamed: Value) -> Configuration:
    """Return the parsed Terraform that is written for a stack with these answers."""
    return load_configuration(render(made(changes, **renamed)))


def references(configuration: Configuration, address: str, path: str) -> list[str]:
    """Return the paths in a list of references."""
    found = configuration.expression(address, path)
    assert found is not None, (address, path)
    assert isinstance(found[0], Items)
    return [item.path for item in found[0].items if isinstance(item, Reference)]


def blocks(configuration: Configuration, kind: str) -> list[Block]:
    """Return the resources of a type."""
    return [block for _, block in configuration.blocks.values() if kind in block.labels]
