"""Defaults that are derived from other decisions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gpuecs_tui.stack.balancer.tls_policies import EARLIER
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.problems import Problem, problems
from gpuecs_tui.stack.relevance import relevant
from gpuecs_tui.stack.resolve import (
    explicit,
    generated_names,
    resolve,
    with_kept,
    with_new_defaults,
)

G4DN_XLARGE = InstanceType(
    name="g4dn.xlarge", vcpus=4, memory_mib=16384, gpus=1, gpu_model="T4", gpu_memory_mib=16384,
    gpu_manufacturer="NVIDIA", architecture="x86_64", quota_family="G", max_enis=3,
    registered_mib=15684, registered_source="measured", ecs_support="documented",
)  # fmt: skip
FOUR_GPUS = replace(G4DN_XLARGE, name="g4dn.12xlarge", vcpus=48, memory_mib=196608, gpus=4)
OWN_ROLES: dict[str, Value] = {
    "fleet.instance_profile_arn": "arn:aws:iam::123456789012:instance-profile/ecs",
    "task.execution_role_arn": "arn:aws:iam::123456789012:role/execution",
    "task.task_role_arn": "arn:aws:iam::123456789012:role/task",
}
ANSWERS: dict[str, Value] = {
    "stack.name": "llm",
    "stack.region": "us-east-1",
    "network.vpc_id": "vpc-12345678",
    "network.instance_subnet_ids": ("subnet-12345678", "subnet-87654321"),
    "fleet.instance_type": "g4dn.xlarge",
    "task.image": "vllm/vllm-openai:v0.9",
}


def found(answers: dict[str, Value], kind: InstanceType | None = G4DN_XLARGE) -> dict[str, str]:
    return {problem.key: problem.message for problem in problems(answers, resolve(answers, kind))}


def test_endpoints_have_one_order() -> None:
    """Terraform stores them as a set: the stack that is read back equals the written stack."""
    given = {**ANSWERS, "network.vpc_endpoints": ("s3", "logs", "ecs")}
    assert resolve(given, None).stack.network.vpc_endpoints == ("ecs", "s3", "logs")


def test_few_answers_make_a_whole_stack() -> None:
    resolved = resolve(ANSWERS, G4DN_XLARGE)
    assert resolved.missing == ()
    assert problems(ANSWERS, resolved) == ()
    stack = resolved.stack
    assert (stack.task.cpu, stack.task.memory) == (4096, 15155)
    assert stack.task.container_memory == 15155
    assert stack.network.load_balancer_subnet_ids == stack.network.instance_subnet_ids
    assert stack.task.log_group == stack.names.log_group == "/ecs/llm"
    assert stack.names.cluster == "llm"
    assert stack.fleet.max_size == 2
    assert stack.load_balancer.port == 80


def test_explicit_answers_are_found_again() -> None:
    stack = resolve(ANSWERS, G4DN_XLARGE).stack
    assert explicit(stack, G4DN_XLARGE) == ANSWERS
    more = ANSWERS | {"task.memory": 8000, "fleet.max_size": 7, "task.log_group": "/x"}
    assert explicit(resolve(more, G4DN_XLARGE).stack, G4DN_XLARGE).keys() - more.keys() <= {
        "names.log_group"
    }


def test_a_task_takes_its_part_of_an_instance() -> None:
    shared = ANSWERS | {"service.distinct_instances": False, "service.desired_count": 8}
    stack = resolve(shared, FOUR_GPUS).stack
    assert stack.task.cpu == 48 * 1024 // 4
    assert stack.task.memory == 196608 * 925 // 1000 // 4
    assert stack.fleet.max_size == 4
    fixed = resolve(shared | {"task.host_port": 80}, FOUR_GPUS).stack
    assert fixed.task.cpu == 48 * 1024
    assert fixed.fleet.max_size == 16


def test_an_unknown_type_leaves_the_size_to_be_given() -> None:
    messages = found(ANSWERS, None)
    assert list(messages) == [
        "task.cpu", "task.memory", "task.container_cpu", "task.container_memory",
    ]  # fmt: skip
    assert "is unknown" in messages["task.memory"]
    assert not found(ANSWERS | {"task.cpu": 4096, "task.memory": 15000}, None)


def test_the_target_group_gets_a_name_of_its_own_with_what_replaces_it() -> None:
    names = {
        resolve(ANSWERS | change, G4DN_XLARGE).stack.names.target_group
        for change in (
            {},
            {"load_balancer.target_port": 81},
            {"load_balancer.target_protocol_version": "GRPC"},
            {"task.network_mode": "awsvpc"},
            {"network.vpc_id": "vpc-87654321"},
        )
    }
    assert len(names) == 5
    longest = ANSWERS | {"stack.name": "a" * 24}
    assert not found(longest)


def test_a_two_letter_name_makes_valid_names() -> None:
    assert not found(ANSWERS | {"stack.name": "ab"})


def test_https_brings_its_port() -> None:
    https = ANSWERS | {
        "load_balancer.protocol": "HTTPS",
        "load_balancer.certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/abc-1",
    }
    assert resolve(https, G4DN_XLARGE).stack.load_balancer.port == 443
    assert not found(https)


def test_missing_answers_are_named_in_order() -> None:
    resolved = resolve({}, None)
    assert resolved.missing[:2] == ("stack.name", "stack.region")
    assert "task.image" in resolved.missing
    assert {problem.key for problem in problems({}, resolved)} == set(resolved.missing)


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ({"fleet.min_size": 3, "fleet.max_size": 2}, "fleet.min_size", "most fleet.max_size (2)"),
        ({"task.container_memory": 99999}, "task.container_memory", "15155 MiB"),
        ({"task.container_cpu": 9999}, "task.container_cpu", "4096 units"),
        ({"task.secrets": {"NVIDIA_DRIVER_CAPABILITIES":
           "arn:aws:ssm:us-east-1:123456789012:parameter/x"}}, "task.secrets", "task.environment"),
        ({"load_balancer.protocol": "HTTPS"}, "load_balancer.certificate_arn", "is required"),
        ({"load_balancer.internal": False}, "network.ingress_cidrs", "0.0.0.0/0"),
        ({"service.minimum_healthy_percent": 100, "service.maximum_percent": 100},
         "service.minimum_healthy_percent", "below service.maximum_percent"),
        ({"service.deployment_strategy": "canary", "service.test_port": 80},
         "service.test_port", "ports of the other listeners (80)"),
        ({"service.test_port": 9000}, "service.test_port", "only to blue/green"),
        ({"service.deployment_strategy": "linear", "service.maximum_percent": 150},
         "service.maximum_percent", "only to rolling"),
        ({"service.canary_percent": 1, "service.deployment_strategy": "linear"},
         "service.canary_percent", "only to canary"),
        ({"state.backend": "s3"}, "state.bucket", "is required"),
        ({"state.bucket": "abc"}, "state.bucket", "only to S3"),
        ({"task.network_mode": "awsvpc", "task.host_port": 80}, "task.host_port", "bridge"),
        ({"names.log_group": "/a", "task.log_group": "/b"}, "names.log_group", "/b"),
        ({**OWN_ROLES, "stack.role_path": "/ml/"}, "stack.role_path", "creates a role"),
        ({**OWN_ROLES, "stack.permissions_boundary": "arn:aws:iam::aws:policy/PowerUserAccess"},
         "stack.permissions_boundary", "creates a role"),
        ({"stack.role_path": "ml"}, "stack.role_path", "start and end with /"),
        ({"stack.name": "aws-llm"}, "stack.name", "can't start with"),
        ({"stack.name": "a--b"}, "stack.name", "single hyphens"),
        ({"names.load_balancer": "internal-x"}, "names.load_balancer", "internal-"),
        ({"stack.tags": {"amazonECSmanaged": ""}}, "stack.tags", "sets for ECS"),
        ({"health_check.matcher": "200,299-200"}, "health_check.matcher", "range 299-200"),
        ({"health_check.matcher": "9-10,5-0", "load_balancer.target_protocol_version": "GRPC",
          "load_balancer.protocol": "HTTPS"}, "health_check.matcher", "range 5-0"),
        ({"fleet.ami": "bottlerocket", "fleet.extra_user_data": "[settings.ecs]\nx = 1"},
         "fleet.extra_user_data", "not valid TOML"),
    ],
)  # fmt: skip
def test_what_makes_no_stack(change: dict[str, Value], key: str, words: str) -> None:
    assert words in found(ANSWERS | change)[key]


def test_a_hidden_field_keeps_its_value_without_effect() -> None:
    answers = ANSWERS | {"state.bucket": "abc", "state.backend": "local"}
    assert relevant(answers).keys() == (answers.keys() - {"state.bucket"})
    assert problems(relevant(answers), resolve(relevant(answers), G4DN_XLARGE)) == ()


def test_a_problem_is_a_value() -> None:
    assert Problem("stack.name", "x") == Problem("stack.name", "x")


def test_the_initial_size_follows_the_minimum_and_may_leave_the_bounds_later() -> None:
    assert resolve(ANSWERS, G4DN_XLARGE).stack.fleet.initial_size == 1
    three = {**ANSWERS, "fleet.min_size": 3, "fleet.max_size": 5}
    assert resolve(three, G4DN_XLARGE).stack.fleet.initial_size == 3
    outside = {**ANSWERS, "fleet.initial_size": 9}
    assert problems(outside, resolve(outside, G4DN_XLARGE)) == ()


def test_new_defaults_are_for_new_stacks() -> None:
    present: dict[str, Value] = {
        "task.log_buffer_mib": 0,
        "fleet.large_images": False,
        "service.ignore_changes": ("desired_count",),
        "service.health_check_grace_seconds": 30,
        "fleet.target_capacity": 80,
    }
    answers: dict[str, Value] = {"fleet.large_images": True, "stack.name": "a"}
    assert with_kept(answers, present) == {
        "task.log_buffer_mib": 0,
        "service.ignore_changes": ("desired_count",),
        "service.health_check_grace_seconds": 30,
        **answers,
    }
    # A value that the answers leave without effect would be refused as an answer.
    https: dict[str, Value] = {"load_balancer.tls_policy": EARLIER}
    assert with_kept({"load_balancer.protocol": "HTTP"}, https).keys() == {"load_balancer.protocol"}
    secure: dict[str, Value] = {"load_balancer.protocol": "HTTPS"}
    assert with_kept(secure, https) == {**https, **secure}
    # After the upgrade, unset keys have their default, and decisions are unchanged.
    brought = with_new_defaults({**present, "task.stop_timeout_seconds": 90})
    assert brought.keys() == {
        "service.ignore_changes",
        "service.health_check_grace_seconds",
        "fleet.target_capacity",
        "task.stop_timeout_seconds",
    }


def test_every_key_without_a_past_has_a_value_for_unset() -> None:
    for key, declaration in KEYS.items():
        if declaration.unset is not None:
            assert not declaration.problem(declaration.unset), key


def test_names_that_follow_from_other_answers_are_known_as_such() -> None:
    stack = resolve({**ANSWERS, "names.cluster": "mine"}, G4DN_XLARGE).stack
    names = {key for key in KEYS if key.startswith("names.")}
    assert generated_names(stack.flat()) == names - {"names.cluster"}
    other = {**stack.flat(), "load_balancer.target_port": 8081}
    assert "names.target_group" not in generated_names(other)


@pytest.mark.parametrize(
    ("strategy", "minimum"),
    [("rolling", "5.100.0"), ("blue_green", "6.4.0"), ("linear", "6.21.0"), ("canary", "6.21.0")],
)
def test_a_strategy_sets_the_lowest_provider(strategy: str, minimum: str) -> None:
    answers: dict[str, Value] = {**ANSWERS, "service.deployment_strategy": strategy}
    assert resolve(answers, G4DN_XLARGE).stack.stack.provider_minimum == minimum
    lowest: dict[str, Value] = {**answers, "stack.provider_minimum": "5.100.0"}
    stack = resolve(lowest, G4DN_XLARGE).stack
    assert stack.stack.provider_minimum == "5.100.0"
    assert resolve(explicit(stack, G4DN_XLARGE), G4DN_XLARGE).stack == stack


@pytest.mark.parametrize(
    ("present", "answers", "minimum"),
    [
        ("6.21.0", {}, "6.21.0"),
        ("6.21.0", {"service.deployment_strategy": "blue_green"}, "6.21.0"),
        ("5.100.0", {"service.deployment_strategy": "blue_green"}, "6.4.0"),
        ("6.4.0", {"stack.provider_minimum": "5.100.0"}, "5.100.0"),
    ],
)
def test_the_lowest_provider_of_a_directory_never_drops_by_itself(
    present: str, answers: dict[str, Value], minimum: str
) -> None:
    kept = with_kept(answers, {"stack.provider_minimum": present})
    assert kept["stack.provider_minimum"] == minimum
