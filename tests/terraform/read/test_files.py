"""The files that Terraform reads are read, and no others; an unreadable file leaves answers
unknown."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gpuecs_tui.checks.not_read import unread_findings
from gpuecs_tui.terraform.hcl.tree import Reference
from gpuecs_tui.terraform.hcl.values import UnknownValue
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.directory import read, read_back
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.write.stack import WriteProblem, compare, write
from tests.support.terraform.written_files import made, put

ABSENT = (
    "network.ingress_prefix_list_ids",
    "network.ingress_security_group_ids",
    "network.vpc_endpoints",
    "load_balancer.host_name",
    "load_balancer.hosted_zone_id",
    "load_balancer.web_acl_arn",
)
"""What a stack at defaults has no block for."""
STATE = ("state.bucket", "state.key", "state.region")
ALARMS = tuple(
    f"alarms.{name}"
    for name in (
        "enabled", "topic_arn", "server_error_percent", "latency_seconds", "rollback", "dashboard",
    )
)  # fmt: skip


def test_names_that_terraform_ignores_are_ignored(tmp_path: Path) -> None:
    backend = 'terraform {\n  backend "s3" {\n    bucket = "b"\n  }\n}\nlocals {\n  a = 1\n'
    put(tmp_path, render(made()))
    for name in (
        ".old.tf",
        "#main.tf#",
        "main.tf~",
        ".#main.tf",
        "main.tf.bak",
        "tf",
        ".x_override.tf",
    ):
        (tmp_path / name).write_text(backend)
    found = read(tmp_path)
    assert (found.stack, found.unread, found.edits) == (made(), (), ())
    changes = compare(tmp_path, render(made()))
    assert (changes.clashes, changes.files) == ((), ())
    # Terraform loads a variable file even if its name starts with a dot.
    (tmp_path / ".x.auto.tfvars").write_text("desired_count = 7\n")
    assert read(tmp_path).answers["service.desired_count"] == 7


def test_bytes_that_terraform_reads_over(tmp_path: Path) -> None:
    files = {name: text.encode() for name, text in render(made()).items()}
    files["fleet.tf"] = b"\xef\xbb\xbf" + files["fleet.tf"]
    files["service.tf"] = files["service.tf"].replace(b"\n", b"\r\n")
    files["terraform.tfvars"] = b"\xef\xbb\xbf# gr\xfc\xdfe\n" + files["terraform.tfvars"]
    files["own.tf"] = b"# caf\xe9\nlocals {}\n"
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    found = read(tmp_path)
    assert (found.stack, found.unread) == (made(), ())
    assert {edit.file for edit in found.edits} == {"fleet.tf", "service.tf", "terraform.tfvars"}
    # Bytes that are not valid UTF-8 are written unchanged.
    changes = compare(tmp_path, render(made(service__desired_count=3)))
    write(changes, accept=changes.hand_edited)
    assert read(tmp_path).answers["service.desired_count"] == 3
    assert (tmp_path / "own.tf").read_bytes() == files["own.tf"]


def test_variables_come_from_where_terraform_takes_them(tmp_path: Path) -> None:
    files = render(made())
    files["variables.tf"] += 'variable "count_of_tasks" {\n  type = number\n}\n'
    files["service.tf"] = files["service.tf"].replace("var.desired_count", "var.count_of_tasks")
    put(tmp_path, files)

    def count(**environ: str) -> object:
        return read(tmp_path, environ).answers.get("service.desired_count", "unknown")

    assert count() == "unknown"
    assert count(TF_VAR_count_of_tasks="2") == 2
    put(tmp_path, {"terraform.tfvars": files["terraform.tfvars"] + "count_of_tasks = 3\n"})
    assert count(TF_VAR_count_of_tasks="2") == 3
    (tmp_path / "terraform.tfvars.json").write_text('{"count_of_tasks": "4"}')
    assert count() == 4
    (tmp_path / "a.auto.tfvars.json").write_text('{"count_of_tasks": 5, "//": "x"}')
    assert count() == 5
    (tmp_path / "b.auto.tfvars").write_text("count_of_tasks = 6.0\n")
    assert count() == 6
    # Only a plan by hand uses these arguments; runs of gpuecs-tui don't.
    assert count(TF_CLI_ARGS_plan="-lock=false -var count_of_tasks=9") == "unknown"
    assert count(TF_CLI_ARGS_apply="-var=count_of_tasks=9") == "unknown"
    assert count(TF_CLI_ARGS="-var-file=prod.tfvars") == "unknown"
    assert count(TF_CLI_ARGS_plan="-var=other=1 -parallelism=3") == 6
    (tmp_path / "c.auto.tfvars").write_text("count_of_tasks = \n")
    assert count() == "unknown"
    (blamed,) = [it for it in read(tmp_path, {}).unread if "service.desired_count" in it.keys]
    assert blamed.reason == "may be set in c.auto.tfvars, which could not be read"


@pytest.mark.parametrize(
    ("constraint", "given", "value"),
    [
        ("string", "8000", "8000"),
        ("number", '"1e3"', 1000),
        ("bool", '"true"', True),
        ('"string"', "true", "true"),
        ("list(string)", "[1, true]", ["1", "true"]),
        ("set(number)", '["2", 2, 1]', [1, 2]),
        ("map(string)", "{ a = 1 }", {"a": "1"}),
        ('object({ a = string, b = optional(number, 7), c = optional(bool) })', "{ a = 1, d = 2 }",
         {"a": "1", "b": 7, "c": None}),
        ("tuple([string, number])", '[1, "2"]', ["1", 2]),
        ("any", "[1]", [1]),
        ("number", '"x"', None),
        ("list(string)", '"a"', None),
        ("object({ a = string })", "{}", None),
        ("something(string)", "[1]", None),
    ],
)  # fmt: skip
def test_a_value_is_converted_to_its_variable_s_type(
    constraint: str, given: str, value: object
) -> None:
    text = f'variable "x" {{\n  type = {constraint}\n}}\n'
    scope = load_configuration({"a.tf": text, "terraform.tfvars": f"x = {given}\n"}).scope
    found = scope.value(Reference("var.x"))
    assert isinstance(found, UnknownValue) if value is None else found == value


def test_null_for_a_variable_that_refuses_it_is_its_default() -> None:
    text = (
        'variable "x" {\n  default = 1\n  nullable = false\n}\nvariable "y" {\n  default = 1\n}\n'
    )
    scope = load_configuration({"a.tf": text, "terraform.tfvars": "x = null\ny = null\n"}).scope
    assert scope.value(Reference("var.x")) == 1
    assert scope.value(Reference("var.y")) is None
    # The null applies, not the value that was set before it.
    files = {"a.tf": text, "terraform.tfvars": "x = 7\n", "b.auto.tfvars.json": '{"x": null}'}
    assert load_configuration(files, environ={"TF_VAR_x": "9"}).scope.value(Reference("var.x")) == 1
    listed = text.replace("1\n  nullable", "[1]\n  type = list(number)\n  nullable")
    scope = load_configuration({"a.tf": listed}, environ={"TF_VAR_x": "null"}).scope
    assert scope.value(Reference("var.x")) == [1]
    bare = {**files, "a.tf": 'variable "x" {\n  nullable = false\n}\n'}
    assert isinstance(load_configuration(bare).scope.value(Reference("var.x")), UnknownValue)


def test_override_files_are_laid_over_the_others() -> None:
    files = render(made())
    files["a_override.tf"] = (
        'resource "aws_ecs_service" "this" {\n  desired_count = 5\n'
        "  deployment_circuit_breaker {\n    enable = true\n    rollback = false\n  }\n"
        "  lifecycle {\n    ignore_changes = []\n  }\n}\n"
        'resource "aws_lb_target_group" "this" {\n  health_check {\n    path = "/over"\n  }\n}\n'
    )
    files["override.tf"] = (
        'resource "aws_ecs_service" "this" {\n  desired_count = 6\n}\n'
        'variable "max_size" {\n  type = string\n}\n'
    )
    found = read_back(files)
    assert found.answers["service.desired_count"] == 6
    assert found.answers["service.rollback"] is False
    assert found.answers["service.ignore_changes"] == ()
    assert found.answers["fleet.max_size"] == 2
    # The block replaces the other one completely.
    assert found.answers["health_check.path"] == "/over"
    assert found.answers["health_check.interval_seconds"] == 30
    followed = {(it.file, it.what) for it in found.unread if it.is_followed}
    assert ("override.tf", "aws_ecs_service.this") in followed
    files["override.tf"] = "resource {"
    found = read_back(files)
    assert found.answers == {} and "task.image" in found.unknown


@pytest.mark.parametrize(
    ("name", "text", "line", "reason"),
    [
        ("z_override.tf", "locals {\n  a = [1,\n", 3, "unexpected end of file"),
        ("override.tf.json", '{"locals": ', 1, "Expecting value"),
    ],
)
def test_an_unreadable_override_file_is_named_with_the_reason(
    name: str, text: str, line: int, reason: str
) -> None:
    found = read_back({**render(made()), name: text})
    [finding] = unread_findings(found.unread)
    assert finding.message.startswith(f"{name}:{line}: {name} is an override file that could not")
    assert reason in finding.message and "task.image" in finding.message


def test_configuration_in_json_is_read() -> None:
    files = render(made())
    files["more.tf.json"] = json.dumps({
        "//": "generated",
        "resource": {"aws_s3_bucket": {"logs": {"bucket": "${var.name}-logs"}}},
        "locals": {"path": "/json", "twice": "a-${local.path}"},
    })  # fmt: skip
    files["x_override.tf.json"] = json.dumps({
        "resource": {"aws_lb_target_group": {"this": {
            "port": 81, "health_check": [{"path": "${local.path}", "interval": 7}],
        }}},
    })  # fmt: skip
    found = read_back(files)
    assert found.answers["health_check.path"] == "/json"
    assert found.answers["health_check.interval_seconds"] == 7
    assert found.answers["load_balancer.target_port"] == 81
    files["more.tf.json"] = '{"resource": '
    found = read_back(files)
    assert "more.tf.json" in {it.what for it in found.unread}
    assert "health_check.path" in found.unknown and "health_check.matcher" not in found.unknown


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.tf", 'resource "aws_ecs_cluster" "this" {}\n'),
        ("x.tf", '\ufeffresource "aws_ecs_cluster" "this" {}\n'),
        ("x.tf.json", '{"resource": {"aws_ecs_cluster": {"this": [{"name": "x"}]}}}'),
        ("x.tf.json", '{"variable": {"name": {}}}'),
        ("x.tf", "locals {\n"),
        ("x.tf.json", "["),
    ],
)
def test_no_file_is_written_beside_one_that_declares_the_same(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(
        WriteProblem, match=f"^Could not read {name}|^[a-z_.]+ is declared in {name}"
    ):
        write(compare(tmp_path, render(made())))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_that_can_t_be_opened_is_contained(tmp_path: Path) -> None:
    put(tmp_path, render(made()))
    os.mkfifo(tmp_path / "pipe.tf")
    (tmp_path / "folder.tf").mkdir()
    (tmp_path / "dangling.tf").symlink_to("nowhere")
    (tmp_path / "more.tofu").write_text("locals {")
    (tmp_path / "link.tf").symlink_to("folder.tf")
    found = read(tmp_path)
    # Each except the OpenTofu file may contain blocks that are missing elsewhere. Terraform ignores
    # a folder, and fails at a link to a folder or to nothing.
    assert found.unknown == {"state.backend", *ABSENT, *STATE, *ALARMS}
    assert {it.file for it in found.unread if it.keys} == {"dangling.tf"}, "the first of them"
    others = [it.file for it in found.unread if not it.keys]
    assert others == ["link.tf", "pipe.tf", "more.tofu"]


def test_a_broken_file_of_somebody_else_leaves_open_only_what_it_may_hold(tmp_path: Path) -> None:
    files = render(made(task__log_retention_days=-1))
    put(tmp_path, {**files, "broken.tf": 'resource "x" {\n  a = 1 b = 2\n}\n'})
    found = read(tmp_path)
    # It may contain the log group, endpoints, alarms and the backend, which are missing elsewhere.
    assert found.unknown == {
        "task.log_retention_days", "task.log_kms_key_arn", "state.backend", *ABSENT, *STATE, *ALARMS
    }  # fmt: skip
    (broken,) = [it for it in found.unread if it.what == "broken.tf"]
    assert broken.line == 2 and frozenset(broken.keys) == found.unknown
