"""The services of a directory that roll back when Terraform is interrupted."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.terraform.read.rollback import rollback_services
from gpuecs_tui.terraform.render.stack_files import render
from tests.support.terraform.written_files import made, put

THIS = "aws_ecs_service.this"


@pytest.mark.parametrize(
    ("arguments", "variable", "found"),
    [
        ("", "", {}),
        ("sigint_rollback = true", "", {}),
        ("wait_for_steady_state = true", "", {}),
        ("sigint_rollback = true\n  wait_for_steady_state = true", "", {THIS: True}),
        ('sigint_rollback = "true"\n  wait_for_steady_state = true', "", {THIS: True}),
        ("sigint_rollback = true\n  wait_for_steady_state = false", "", {}),
        ("sigint_rollback = null\n  wait_for_steady_state = true", "", {}),
        ("sigint_rollback = var.back\n  wait_for_steady_state = true", "true", {THIS: True}),
        ("sigint_rollback = var.back\n  wait_for_steady_state = true", "false", {}),
        ("sigint_rollback = var.back\n  wait_for_steady_state = true", "", {THIS: False}),
    ],
)
def test_only_a_service_with_both_arguments(
    tmp_path: Path, arguments: str, variable: str, found: dict[str, bool]
) -> None:
    files = dict(render(made()))
    before = "  propagate_tags "
    assert before in files["service.tf"]
    files["service.tf"] = files["service.tf"].replace(before, f"  {arguments}\n{before}", 1)
    files["own.tf"] = 'variable "back" {\n  type = bool\n}\n'
    put(tmp_path, files)
    environ = {"TF_VAR_back": variable} if variable else {}
    assert rollback_services(tmp_path, environ) == found


def test_a_service_in_another_file_and_an_override_count(tmp_path: Path) -> None:
    put(tmp_path, render(made()))
    both = "  sigint_rollback = true\n  wait_for_steady_state = true\n"
    (tmp_path / "more.tf").write_text(f'resource "aws_ecs_service" "second" {{\n{both}}}\n')
    (tmp_path / "more_override.tf").write_text(f'resource "aws_ecs_service" "this" {{\n{both}}}\n')
    assert rollback_services(tmp_path, {}) == {THIS: True, "aws_ecs_service.second": True}
    assert rollback_services(tmp_path / "absent", {}) == {}
