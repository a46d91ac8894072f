"""JSON configuration is read as Terraform reads it."""

from __future__ import annotations

import json

import pytest

from gpuecs_tui.terraform.hcl.tree import Reference
from gpuecs_tui.terraform.hcl.values import HclValue, UnknownValue
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.directory import read_back
from gpuecs_tui.terraform.render.stack_files import render
from tests.support.terraform.written_files import made


def value(text: str, name: str, values: str = "{}") -> HclValue:
    return load_configuration({"a.tf.json": text, "terraform.tfvars.json": values}).scope.value(
        Reference(name)
    )


@pytest.mark.parametrize(
    ("text", "name", "known"),
    [
        # Blocks may be in several properties with the same name.
        ('{"locals": {"a": 1}, "locals": [{"b": 2}]}', "local.a", 1),
        ('{"variable": {"a": {"default": 1}}, "variable": {"b": {}}}', "var.a", 1),
        # The default of a variable is not a template, and its type is not a text.
        ('{"variable": {"a": {"type": "string", "default": "$${x}"}}}', "var.a", "$${x}"),
        ('{"variable": {"a": {"type": "list(string)", "default": ["${x}"]}}}', "var.a", ["${x}"]),
        ('{"variable": {"a": {"type": "set(number)", "default": ["2", 1]}}}', "var.a", [1, 2]),
        # The name of a property is a template.
        ('{"locals": {"k": "x", "a": {"${local.k}y": 1}}}', "local.a", {"xy": 1}),
    ],
)
def test_what_json_says(text: str, name: str, known: HclValue) -> None:
    assert value(text, name) == known


@pytest.mark.parametrize(
    ("text", "name", "values"),
    [
        ('{"locals": {"a": 1, "a": 1}}', "local.a", "{}"),
        ('{"locals": {"o": {"x": 1, "x": 1}, "a": "${local.o.x}"}}', "local.a", "{}"),
        ('{"variable": {"a": {"default": 1, "default": 1}}}', "var.a", "{}"),
        ('{"variable": {"a": {}, "a": {"default": 1}}}', "var.a", "{}"),
        ('{"variable": {"a": {"default": 1}}}', "var.a", '{"a": 2, "a": 2}'),
    ],
)
def test_what_terraform_refuses_as_a_second_one_is_unknown(
    text: str, name: str, values: str
) -> None:
    assert isinstance(value(text, name, values), UnknownValue)


def test_comments_may_repeat_beside_values() -> None:
    text = '{"variable": {"a": {"type": "number"}}}'
    assert value(text, "var.a", '{"//": "one", "a": 2, "//": "two"}') == 2


def test_a_resource_is_found_beside_another_property_of_its_name() -> None:
    files = render(made())
    start = files["load_balancer.tf"].index('resource "aws_lb" "this" {')
    end = files["load_balancer.tf"].index("\n}\n", start) + 3
    files["load_balancer.tf"] = files["load_balancer.tf"][:start] + files["load_balancer.tf"][end:]
    balancer = {
        "name": "${var.name}", "internal": True, "subnets": "${var.load_balancer_subnet_ids}",
        "security_groups": ["${aws_security_group.load_balancer.id}"], "provider": "aws",
        "lifecycle": {"ignore_changes": ["tags"]},
    }  # fmt: skip
    queue = '"resource": {"aws_sqs_queue": {"q": {}}}'
    files["lb.tf.json"] = (
        f'{{"resource": {{"aws_lb": {{"this": {json.dumps(balancer)}}}}}, {queue}}}'
    )
    found = read_back(files, {})
    assert found.answers["load_balancer.internal"] is True
    assert found.answers["network.load_balancer_security_group_ids"] == ()
    # Its provider is the stack's own, also in JSON.
    assert not [it for it in found.unread if it.blinds]


def test_references_in_json_are_references() -> None:
    files = render(made())
    override = {"lifecycle": {"ignore_changes": ["desired_count"]}, "provider": "aws.far"}
    files["x_override.tf.json"] = json.dumps({"resource": {"aws_ecs_service": {"this": override}}})
    found = read_back(files, {})
    assert found.answers["service.ignore_changes"] == ("desired_count",)
    assert [it.what for it in found.unread if it.blinds] == ["aws_ecs_service.this.provider"]
