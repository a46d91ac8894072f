"""Kinds of manual changes with one changed answer: each is kept or asked about, and none is
lost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from gpuecs_tui.aws import catalogue
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.stack.resolve import Answers, resolve
from gpuecs_tui.terraform.read.directory import read
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.write.stack import WriteChanges, compare, write
from gpuecs_tui.wizard.decisions import decide, explicit_texts, texts_of
from tests.support.strategies import G4DN_XLARGE
from tests.support.terraform.written_files import made, put

MARK = "# marked by hand\n"
INTERVAL: Mapping[str, Value] = {"health_check.interval_seconds": 9}
COUNT: Mapping[str, Value] = {"service.desired_count": 3}
SIZES: Mapping[str, Value] = {"fleet.max_size": 6}
LOGS: Mapping[str, Value] = {"task.log_retention_days": 14}
SECURE: Mapping[str, Value] = {
    "load_balancer.protocol": "HTTPS",
    "load_balancer.port": 443,
    "load_balancer.certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/0a1b",
}


class Edit(NamedTuple):
    """One kind of manual change."""

    name: str
    file: str
    old: str
    """The text to replace; empty: ``new`` is added at the end."""
    new: str
    answer: Mapping[str, Value] = INTERVAL
    kept: str | None = None
    """The text that must be in the file afterwards; None: ``new``."""
    asked: bool = False
    """Whether the manual change and the answer exclude each other."""
    beside: str = "load_balancer.tf"
    """The file that contains the answer."""


def lines(*texts: str) -> str:
    return "".join(f"{text}\n" for text in texts)


BALANCER, TFVARS = "load_balancer.tf", "terraform.tfvars"
KINDS = (
    # Comments.
    Edit("comment above a block", "network.tf", "", "# ours\n"),
    Edit("comment in a block", BALANCER, "  internal ", "  # ours\n  internal "),
    Edit("comment above the answer's line", BALANCER, "    interval ", "    # ours\n    interval "),
    Edit("comment behind the answer's line", BALANCER, "= 5\n", "= 5 # ours\n", kept=" 9 # ours\n"),
    Edit("// behind the answer's line", BALANCER, "= 5\n", "= 5 // ours\n", kept=" 9 // ours\n"),
    Edit("comment behind the next line", BALANCER, "timeout             = 2", "timeout = 2 # ours"),
    Edit("comment in the variable file", TFVARS, "", "# ours\n", COUNT, beside=TFVARS),
    Edit("comment behind a variable's value", TFVARS, "desired_count = 1",
         "desired_count = 1 # ours",
         COUNT, "desired_count = 3 # ours", beside=TFVARS),
    Edit("comment above a variable's value", TFVARS, "max_size ", "# ours\nmax_size ", SIZES,
         "# ours\nmax_size ", beside=TFVARS),
    # Layout.
    Edit("spaces instead of the column", BALANCER, "    interval            = 5",
         "    interval = 5",
         kept="    interval = 9"),
    Edit("a blank line more", BALANCER, "  health_check {\n", "\n  health_check {\n"),
    Edit("tabs", BALANCER, "    interval ", "\tinterval ", kept="\tinterval "),
    Edit("no line feed at the end", "outputs.tf", "}\n", "}", kept="}"),
    # Attributes and blocks that no decision covers.
    Edit("attribute", BALANCER, "  internal ", "  enable_http2 = false\n  internal "),
    Edit("attribute beside the answer", BALANCER, "    interval ",
         "    enabled  = true\n    interval "),
    Edit("block in a resource", BALANCER, "  internal ",
         '  connection_logs {\n    bucket = "logs"\n  }\n\n  internal '),
    Edit("resource", "iam.tf", "", lines('resource "aws_iam_role" "ours" {', "  name = 1", "}")),
    Edit("resource in the answer's file", BALANCER, "", lines('resource "aws_lb" "ours" {', "}")),
    Edit("data source", "network.tf", "", lines('data "aws_caller_identity" "ours" {', "}")),
    Edit("output", "outputs.tf", "", lines('output "ours" {', "  value = 1", "}")),
    Edit("variable", "variables.tf", "", lines('variable "ours" {', "  default = 1", "}")),
    Edit("locals", "fleet.tf", "", lines("locals {", "  ours = 1", "}")),
    Edit("module", "service.tf", "", lines('module "ours" {', '  source = "./ours"', "}")),
    Edit("second provider", "providers.tf", "",
         lines('provider "aws" {', '  alias  = "ours"', '  region = "eu-west-1"', "}")),
    Edit("moved block", "task.tf", "", lines("moved {", "  from = aws_lb.a", "  to   = aws_lb.b",
         "}")),
    Edit("precondition", BALANCER, "  internal ",
         "  lifecycle {\n    prevent_destroy = true\n  }\n\n  internal "),
    Edit("tag on one resource", BALANCER, "  internal ", '  tags = { team = "ours" }\n  internal '),
    Edit("provider version", "versions.tf", "", lines("terraform {", "  backend_ours {", "  }",
         "}")),
    # Values that Terraform computes.
    Edit("sum", "fleet.tf", "= var.max_size", "= var.min_size + 4"),
    Edit("conditional", BALANCER, "internal                   = true",
         "internal = var.region == \"us-east-1\" ? true : false"),
    Edit("function", "fleet.tf", "= var.min_size", "= min(var.min_size, 3)"),
    Edit("reference", "service.tf", "= var.desired_count", "= data.external.count.result"),
    Edit("comparison", "service.tf", "rollback = true", 'rollback = var.region != "x"'),
    Edit("count", "service.tf", "= var.desired_count", "= length(var.instance_subnet_ids)"),
    Edit("a list by a function", "fleet.tf", "= var.instance_subnet_ids",
         "= concat(var.instance_subnet_ids, [])"),
    # Terraform computes the answer itself: both can't be kept.
    Edit("sum in the answer", "fleet.tf", "= var.max_size", "= var.min_size + 4", SIZES, asked=True,
         beside=TFVARS),
    Edit("literal for a variable", "fleet.tf", "= var.max_size", "= 4", SIZES, asked=True,
         beside=TFVARS),
    Edit("function in the answer", BALANCER, "= 5\n", "= max(5, var.min_size)\n", asked=True),
    Edit("local in the answer", BALANCER, "= 5\n", "= local.interval\n", asked=True),
    # A block from which the answer's block was removed, or that was deleted.
    Edit("attribute removed", BALANCER, "    interval            = 5\n", "", kept="    interval",
         asked=True),
    Edit("attribute removed elsewhere", BALANCER, "  idle_timeout               = 60\n", ""),
    Edit("output removed", "outputs.tf", 'output "load_balancer_dns_name"', 'output "dns"'),
    Edit("file renamed", "outputs.tf", "", ""),
    # Places where the answer adds lines.
    Edit("comment where lines are added", BALANCER, "  port              = 80\n",
         "  # ours\n  port              = 80\n", SECURE, "# ours\n"),
    Edit("attribute where lines are added", BALANCER, "  protocol          = \"HTTP\"\n",
         "  protocol          = \"HTTP\"\n  tags = {}\n", SECURE, "  tags = {}\n"),
    Edit("comment in a list", "task.tf", "retention_in_days = 30", "retention_in_days = 30 # legal",
         LOGS, "retention_in_days = 14 # legal", beside="task.tf"),
    # Whole files.
    Edit("CRLF", BALANCER, "\n", "\r\n", kept="interval            = 9\r\n"),
)  # fmt: skip


def edited(directory: Path, edit: Edit) -> dict[str, str]:
    """Write a stack with the change in one file and a comment at the end of each file; return
    it."""
    files = render(made())
    text = files[edit.file]
    assert edit.old in text, edit.name
    if edit.old == "\n":
        text = text.replace("\n", "\r\n")
    else:
        text = text.replace(edit.old, edit.new, 1) if edit.old else text + edit.new
    files[edit.file] = text
    marked = {
        name: body + ("\n" if not body.endswith("\n") else "") + MARK
        for name, body in files.items()
        if edit.name != "no line feed at the end" or name != edit.file
    }
    put(directory, {**files, **marked})
    if edit.name == "file renamed":
        (directory / edit.file).rename(directory / "ours.tf")
    return {path.name: path.read_bytes().decode() for path in directory.iterdir()}


def by_wizard(directory: Path, answer: Answers) -> WriteChanges:
    """Compare like a wizard that opened the directory and in which one answer was changed."""
    found = read(directory)
    texts = texts_of(found.answers)
    if found.stack:
        texts = explicit_texts(found.stack, catalogue.find)
    texts |= {key: KEYS[key].unparse(value) for key, value in answer.items()}
    decisions = decide(texts, catalogue.find)
    assert not decisions.problems and not decisions.missing
    return compare(directory, render(decisions.resolved.stack), explicit=decisions.answers)


def by_answers(directory: Path, answer: Answers) -> WriteChanges:
    """Compare like ``render`` with the output of ``show`` and one changed answer."""
    found = read(directory)
    answers = {**(found.stack.flat() if found.stack else found.answers), **answer}
    stack = resolve(answers, G4DN_XLARGE).stack
    return compare(directory, render(stack), explicit=answers)


@pytest.mark.parametrize("edit", KINDS, ids=lambda edit: edit.name)
def test_an_edit_is_kept_or_asked_about(tmp_path: Path, edit: Edit) -> None:
    before = edited(tmp_path, edit)
    changes = by_wizard(tmp_path, edit.answer)
    assert by_answers(tmp_path, edit.answer).hand_edited == changes.hand_edited
    assert changes.hand_edited == ((edit.file,) if edit.asked else ())
    touched = {change.file for change in changes.files}
    if edit.answer is not SECURE:
        assert touched == {edit.beside, *((edit.file,) if edit.asked else ())}
    for change in changes.files:
        gone = [line[1:] for line in change.lost.splitlines()[2:] if line.startswith("-")]
        assert MARK.rstrip() not in gone
        # Only the manual change itself is asked about.
        assert all(edit.new.strip() in line for line in gone)
    write(changes, accept=changes.hand_edited)
    found = read(tmp_path)
    for key, value in edit.answer.items():
        assert found.answers[key] == value
    after = {path.name: path.read_bytes().decode() for path in tmp_path.iterdir()}
    assert {name for name in before if before[name] != after.get(name)} == touched
    for name, text in after.items():
        if name in before and MARK.rstrip() in before[name]:
            assert MARK.rstrip() in text, name
    if not edit.asked:
        name = "ours.tf" if edit.name == "file renamed" else edit.file
        assert (edit.kept or edit.new) in after[name]
