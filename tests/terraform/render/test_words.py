"""Comments, descriptions and outputs are true for the stack that contains them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gpuecs_tui.stack.fields import Value
from gpuecs_tui.terraform.read.directory import read_back
from gpuecs_tui.terraform.render.stack_files import render
from tests.support.terraform.written_files import (
    GROUP,
    HTTPS,
    PARAMETER,
    ROLE,
    SECRET,
    configuration,
    made,
)

IGNORED: Mapping[str, Value] = {"service.ignore_changes": ("task_definition",)}


@pytest.mark.parametrize(
    ("changes", "file", "text", "said"),
    [
        ({}, "task.tf", "Terraform moves the service to the new revision", True),
        (IGNORED, "task.tf", "Terraform moves the service to the new revision", False),
        (IGNORED, "task.tf", "The service stays on its current revision", True),
        ({}, "load_balancer.tf", "VPC replaces", False),
        ({}, "load_balancer.tf", "requests fail until new tasks are healthy", True),
        ({"names.target_group": "g"}, "load_balancer.tf", "requests fail until", True),
        ({"names.target_group": "g"}, "load_balancer.tf", "VPC", False),
        ({}, "variables.tf", "Another VPC needs another stack", True),
        ({"fleet.key_name": "k"}, "variables.tf", "does not open port 22", True),
        ({}, "outputs.tf", "certificate", False),
        (HTTPS, "outputs.tf", "Clients need a name that the certificate covers", True),
    ],
)
def test_words_are_true_of_the_stack(
    changes: Mapping[str, Value], file: str, text: str, said: bool
) -> None:
    words = " ".join(render(made(changes))[file].replace("#", " ").split())
    assert (text in words) is said


def test_what_was_created_can_be_found_by_the_outputs() -> None:
    created = configuration()
    names = {
        "task_role_name": "aws_iam_role.task.name",
        "instance_security_group_id": "aws_security_group.instances.id",
        "load_balancer_security_group_id": "aws_security_group.load_balancer.id",
    }
    for name, reference in names.items():
        assert created.value(f"output.{name}", "value").reference == reference
    taken_over = configuration(
        task__task_role_arn=f"{ROLE}t",
        network__instance_security_group_ids=(GROUP,),
        network__load_balancer_security_group_ids=(GROUP,),
    )
    assert not {f"output.{name}" for name in names} & taken_over.blocks.keys()


def test_keys_of_every_account_that_shares_a_secret_may_be_used() -> None:
    shared = SECRET.replace("123456789012", "999999999999")
    iam = render(made(task__secrets={"A": shared, "B": shared + "x", "C": PARAMETER}))["iam.tf"]
    own = "data.aws_caller_identity.this.account_id"
    assert [line.strip() for line in iam.splitlines() if "for account in" in line] == [
        f'for account in toset([{own}, "999999999999"]) :',
        f'for account in toset([{own}, "123456789012"]) :',
    ]


def test_a_parameter_by_its_name_is_granted_by_its_arn() -> None:
    stack = made(task__secrets={"A": "/llm/token", "B": "other.token", "C": PARAMETER})
    files = render(stack)
    own = (
        "arn:${data.aws_partition.this.partition}:ssm:${var.region}:"
        "${data.aws_caller_identity.this.account_id}:parameter/"
    )
    assert files["iam.tf"].count(f'"{own}llm/token"') == 2
    assert files["iam.tf"].count(f'"{own}other.token"') == 2
    assert 'valueFrom = "/llm/token"' in files["task.tf"]
    assert read_back(files).stack == stack
