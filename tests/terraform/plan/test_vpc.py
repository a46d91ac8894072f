"""A load balancer can't change its VPC: no plan is made, or the plan is refused."""

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

OTHER = "vpc-00000000000000099"


def stack(directory: Path, stored: dict[str, Any], **changed: Any) -> None:
    """Write a stack whose state has a load balancer with the ``stored`` attributes."""
    put(directory, render(made(**changed)))
    instances = [{"attributes": {"name": "demo", "internal": True, **stored}}]
    balancer = {"mode": "managed", "type": "aws_lb", "name": "this", "instances": instances}
    state = {"version": 4, "serial": 1, "lineage": "l", "resources": [balancer]}
    (directory / "terraform.tfstate").write_text(json.dumps(state))


NAMED = {"stack__name": "demo", "names__load_balancer": "demo"}


def test_another_vpc_is_refused_before_the_plan(tmp_path: Path) -> None:
    stack(tmp_path, {"vpc_id": "vpc-0123456789abcdef0"}, **NAMED, network__vpc_id=OTHER)
    for operation in ("plan", "apply"):
        with pytest.raises(RunProblem) as refused:
            runs.start(tmp_path, operation)
        assert f"is in vpc-0123456789abcdef0, and network.vpc_id is {OTHER}" in str(refused.value)
        assert "Set network.vpc_id to vpc-0123456789abcdef0" in refused.value.remedy
    assert not run_list.runs_of(tmp_path)


@pytest.mark.parametrize(
    ("stored", "changed"),
    [
        ({"vpc_id": OTHER}, {}),
        ({"vpc_id": "vpc-1"}, {"names__load_balancer": "renamed"}),
        ({"vpc_id": "vpc-1", "internal": False}, {}),
        ({}, {}),
        ({"vpc_id": None}, {}),
    ],
)
def test_the_same_vpc_and_a_new_load_balancer_pass(
    tmp_path: Path, stored: dict[str, Any], changed: dict[str, Any]
) -> None:
    stack(tmp_path, stored, **{**NAMED, "network__vpc_id": OTHER, **changed})
    refuse_unchangeable(tmp_path, {}, Operation.APPLY)
    (tmp_path / "terraform.tfstate").write_text('{"resources": [{"mode": "managed"}, 3]}')
    refuse_unchangeable(tmp_path, {}, Operation.APPLY)


def test_a_plan_on_a_state_elsewhere_is_refused() -> None:
    targets = resource(
        "aws_lb_target_group.this", "create", "delete",
        before={"name": "a", "vpc_id": "vpc-1"}, after={"name": "b", "vpc_id": "vpc-2"},
    )  # fmt: skip
    places = {"before": {"subnets": ["subnet-1"]}, "after": {"subnets": ["subnet-2"]}}
    (words,) = refusals(plan_tree(show(targets, resource("aws_lb.this", "update", **places))))
    assert "can't move to another VPC" in words and "Set network.vpc_id to vpc-1" in words
    new = resource("aws_lb.this", "delete", "create", **places)
    assert refusals(plan_tree(show(targets, new))) == ()
    assert refusals(plan_tree(show(resource("aws_lb.this", "update", **places)))) == ()
