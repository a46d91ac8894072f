"""The order of sets, the text of numbers and null are read like in Terraform."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.terraform.hcl.tree import Reference
from gpuecs_tui.terraform.hcl.values import HclValue, UnknownValue
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.directory import read_back
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.write.stack import compare, write
from tests.support.terraform.variable_values import REFUSED, VALUES, VARIABLES
from tests.support.terraform.written_files import made, put

NOT_WORKED_OUT = (
    "123456789.123456789",
    "var.objects",
    'substr("e\\u0301llo", 1, 2)',
    'tolist(toset([aws_vpc.a.id, "a"]))',
    "jsonencode(null)",
    "local.set.0.0",
)


def _value(expression: str) -> HclValue:
    text = f'{VARIABLES}locals {{\n  x   = {expression}\n  set = toset(["b", "a"])\n}}\n'
    return load_configuration({"a.tf": text}).scope.value(Reference("local.x"))


@pytest.mark.parametrize("expression", VALUES)
def test_a_value_is_what_terraform_makes_of_it(expression: str) -> None:
    assert _value(expression) == VALUES[expression]


@pytest.mark.parametrize("expression", [*REFUSED, *NOT_WORKED_OUT])
def test_a_value_that_may_be_another_one_is_unknown(expression: str) -> None:
    assert isinstance(_value(expression), UnknownValue)


def test_the_answers_of_a_set_keep_the_order_in_which_they_were_given(tmp_path: Path) -> None:
    given = made(
        network__ingress_cidrs=("192.168.0.0/16", "10.0.0.0/8"),
        network__vpc_endpoints=("logs", "ecs", "s3", "ecr.api"),
    )
    files = render(given)
    assert read_back(files).stack == given
    put(tmp_path, files)
    changes = compare(tmp_path, render(given))
    assert (changes.files, changes.overruled) == ((), ())
    write(changes)
    # This also works through a name that the user chose.
    written = "toset(var.ingress_cidrs)"
    assert files["network.tf"].count(written) == 1
    files["network.tf"] = files["network.tf"].replace(written, "local.peers")
    files["own.tf"] = f"locals {{\n  peers = {written}\n}}\n"
    assert read_back(files).stack == given
    (line,) = [it for it in files["endpoints.tf"].splitlines() if 'toset(["' in it]
    given_by_hand = '  for_each = toset(["logs", "ecs", "logs"])'
    files["endpoints.tf"] = files["endpoints.tf"].replace(line, given_by_hand)
    found = read_back(files).answers["network.vpc_endpoints"]
    assert found == ("logs", "ecs", "s3")


def test_a_variable_that_is_a_set_is_read_in_terraform_s_order() -> None:
    files = render(made(network__instance_subnet_ids=("subnet-0000000b", "subnet-0000000a")))
    declared = [line for line in files["variables.tf"].splitlines() if "list(string)" in line]
    assert declared
    files["variables.tf"] = files["variables.tf"].replace("list(string)", "set(string)")
    found = read_back(files)
    assert found.answers["network.instance_subnet_ids"] == ("subnet-0000000a", "subnet-0000000b")
    assert read_back({**files, "terraform.tfvars": files["terraform.tfvars"]}).problems == ()


def test_null_leaves_the_argument_unset() -> None:
    files = render(made())
    tfvars = "".join(
        line for line in files["terraform.tfvars"].splitlines(True) if "desired_count" not in line
    )
    files["terraform.tfvars"] = f"{tfvars}desired_count = null\n"
    files["variables.tf"] = files["variables.tf"].replace("  nullable = false\n", "")
    files["load_balancer.tf"] += 'variable "idle" {\n  default = 70\n}\n'
    balancer = files["load_balancer.tf"]
    (idle,) = [line for line in balancer.splitlines() if "idle_timeout" in line]
    files["load_balancer.tf"] = balancer.replace(idle, "  idle_timeout = var.idle")
    files["z.auto.tfvars"] = "idle = null\n"
    found = read_back(files)
    # An argument with a default of AWS has that default; one without is unknown, with a reason.
    assert found.answers["load_balancer.idle_timeout_seconds"] == 60
    (unread,) = [it for it in found.unread if "service.desired_count" in it.keys]
    assert unread.reason == "is null, which leaves the argument unset in Terraform"
    assert unread.file == "service.tf"


def test_what_a_variable_file_may_not_hold_gives_no_value() -> None:
    files = render(made())
    for given, default, source in (
        ("max(1, 2)", "1", "terraform.tfvars"),
        ("g4dn", "1", "terraform.tfvars"),
        ('"${upper("a")}"', "1", "terraform.tfvars"),
        ("", 'tonumber("2")', "default"),
        ("", "var.name", "default"),
    ):
        texts = {
            **files,
            "own.tf": f'variable "own" {{\n  default = {default}\n}}\n',
            "service.tf": files["service.tf"].replace("var.desired_count", "var.own", 1),
        }
        if given:
            texts["terraform.tfvars"] += f"own = {given}\n"
        found = read_back(texts, {})
        assert found.unknown == {"service.desired_count"}
        (unread,) = [it for it in found.unread if it.keys]
        assert unread.reason == (
            f"is set by {source} to an expression; Terraform accepts only literal values there"
        )


@pytest.mark.parametrize(
    ("version", "known", "reason"),
    [
        ('"$Latest"', True, ""),
        ("aws_launch_template.this.latest_version", True, ""),
        ('"$Default"', True, ""),
        ("aws_launch_template.this.default_version", True, ""),
        ('"3"', False, "may be a different version than the one in this directory"),
        ("3", False, "may be a different version than the one in this directory"),
        ("data.aws_launch_template.x.latest_version", False, "may be a different version"),
    ],
)
def test_a_version_of_the_launch_template_that_is_not_read(
    version: str, known: bool, reason: str
) -> None:
    files = render(made())
    written = "version = aws_launch_template.this.latest_version"
    if written not in files["fleet.tf"]:
        written = 'version = "$Latest"'
    assert written in files["fleet.tf"]
    files["fleet.tf"] = files["fleet.tf"].replace(written, f"version = {version}")
    found = read_back(files, {})
    assert ("fleet.instance_type" not in found.unknown) == known
    assert "task.image" not in found.unknown
    named = [it for it in found.unread if it.reason.startswith(reason)] if reason else [None]
    assert named


def test_the_default_version_stays_where_nothing_moves_it() -> None:
    files = render(made())
    files["fleet.tf"] = files["fleet.tf"].replace("  update_default_version = true\n", "")
    files["fleet.tf"] = files["fleet.tf"].replace('version = "$Latest"', 'version = "$Default"')
    found = read_back(files, {})
    assert "fleet.instance_type" not in found.unknown
    assert "is the default version, which a change to the launch template does not update" in {
        it.reason for it in found.unread
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("stack.role_path", "/teams/ml/"),
        ("stack.permissions_boundary", "arn:aws:iam::123456789012:policy/boundary"),
    ],
)
def test_roles_that_differ_leave_what_they_have_in_common_unknown(key: str, value: str) -> None:
    given = made({key: value})
    files = render(given)
    assert read_back(files).stack == given
    name = key.partition(".")[2]
    argument = name.removeprefix("role_")
    last = files["iam.tf"].rindex(f"var.{name}")
    other = '"/other/"' if argument == "path" else "null"
    files["iam.tf"] = files["iam.tf"][:last] + other + files["iam.tf"][last + len(f"var.{name}") :]
    found = read_back(files)
    assert found.unknown == {key}
    (why,) = [it for it in found.unread if key in it.keys]
    assert (why.file, why.what) == ("iam.tf", argument)


def test_a_stack_without_roles_of_its_own_has_no_path_and_no_boundary() -> None:
    given = made(
        fleet__instance_profile_arn="arn:aws:iam::123456789012:instance-profile/ecs",
        task__execution_role_arn="arn:aws:iam::123456789012:role/execution",
        task__task_role_arn="arn:aws:iam::123456789012:role/task",
    )
    found = read_back(render(given))
    assert found.stack == given
    assert found.answers["stack.role_path"] == "/"
    assert found.answers["stack.permissions_boundary"] == ""
