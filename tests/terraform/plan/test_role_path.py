"""An IAM role can't change its path: no plan is made, or the plan is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.control.unchangeable import refuse_unchangeable
from gpuecs_tui.terraform.plan.details import plan_tree
from gpuecs_tui.terraform.plan.notices import refusals
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.run_status import Operation
from tests.support.terraform.plan_json import resource, show
from tests.support.terraform.written_files import made, put

NAME = "llm-execution-us-east-1"


def stack(directory: Path, stored: dict[str, Any], path: str) -> None:
    """Write a stack with ``path`` whose state has an execution role with ``stored`` attributes."""
    put(directory, render(made(stack__role_path=path)))
    role = {"mode": "managed", "type": "aws_iam_role", "name": "execution"}
    state = {
        "version": 4,
        "serial": 1,
        "lineage": "l",
        "resources": [{**role, "instances": [{"attributes": stored}]}],
    }
    (directory / "terraform.tfstate").write_text(json.dumps(state))


@pytest.mark.parametrize(("present", "wanted"), [("/", "/ml/"), ("/ml/", "/"), ("/a/", "/b/")])
def test_another_path_is_refused_before_the_plan(tmp_path: Path, present: str, wanted: str) -> None:
    stack(tmp_path, {"name": NAME, "path": present}, wanted)
    for operation in ("plan", "apply"):
        with pytest.raises(RunProblem) as refused:
            runs.start(tmp_path, operation)
        assert f"have the path {present}, and stack.role_path is {wanted}" in str(refused.value)
        assert f"Set stack.role_path to {present}." in refused.value.remedy
    assert not run_list.runs_of(tmp_path)


@pytest.mark.parametrize(
    "stored",
    [
        {"name": NAME, "path": "/ml/"},
        {"name": "another", "path": "/"},
        {"name": NAME, "path": None},
        {"name": NAME},
    ],
)
def test_the_same_path_and_a_new_name_pass(tmp_path: Path, stored: dict[str, Any]) -> None:
    stack(tmp_path, stored, "/ml/")
    refuse_unchangeable(tmp_path, {}, Operation.APPLY)
    (tmp_path / "terraform.tfstate").write_text('{"resources": [{"mode": "managed"}, 3]}')
    refuse_unchangeable(tmp_path, {}, Operation.APPLY)


def test_a_plan_on_a_state_elsewhere_is_refused() -> None:
    before, after = {"name": NAME, "path": "/"}, {"name": NAME, "path": "/ml/"}
    address = "aws_iam_role.execution"
    new_first = resource(address, "create", "delete", before=before, after=after)
    (words,) = refusals(plan_tree(show(new_first)))
    assert "IAM rejects this change" in words and "Set stack.role_path to /." in words
    # Deleted first, the role can have the same name.
    assert (
        refusals(plan_tree(show(resource(address, "delete", "create", before=before, after=after))))
        == ()
    )
    renamed = resource(address, "create", "delete", before=before, after={**after, "name": "b"})
    assert refusals(plan_tree(show(renamed))) == ()
