"""The Region of an applied stack can't change: no plan is made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.control.unchangeable import refuse_unchangeable
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.run_status import Operation

PROVIDER = 'variable "region" {}\nprovider "aws" {\n  region = var.region\n}\n'


def _stack(directory: Path, region: str, *arns: str, mode: str = "managed") -> None:
    (directory / "providers.tf").write_text(PROVIDER)
    (directory / "terraform.tfvars").write_text(f'region = "{region}"\n')
    instances = [{"attributes": {"arn": arn}} for arn in arns]
    resource = {"mode": mode, "type": "aws_lb", "name": "this", "instances": instances}
    state = {"version": 4, "serial": 1, "lineage": "l", "resources": [resource]}
    (directory / "terraform.tfstate").write_text(json.dumps(state))


@pytest.mark.parametrize("operation", ["plan", "apply", "destroy"])
def test_another_region_is_refused_before_any_plan(tmp_path: Path, operation: str) -> None:
    ecs = "arn:aws-cn:ecs:cn-north-1:123456789012:cluster/a"
    _stack(tmp_path, "cn-northwest-1", ecs, "arn:aws-cn:iam::123456789012:role/b")
    with pytest.raises(RunProblem) as refused:
        runs.start(tmp_path, operation)
    assert "are in cn-north-1" in refused.value.message
    assert "Set stack.region to cn-north-1." in refused.value.remedy
    assert not run_list.runs_of(tmp_path)


@pytest.mark.parametrize(
    ("region", "arns"),
    [
        ("us-gov-west-1", ("arn:aws-us-gov:ecs:us-gov-west-1:1:cluster/a",)),
        # One of the two Regions is the configured one; the other is that of a manually added
        # provider.
        ("us-east-1", ("arn:aws:ecs:eu-west-1:1:cluster/a", "arn:aws:acm:us-east-1:1:c/b")),
        ("us-east-1", ("arn:aws:iam::1:role/b", "")),
        ("us-east-1", ()),
    ],
)
def test_the_same_region_and_what_has_none_pass(
    tmp_path: Path, region: str, arns: tuple[str, ...]
) -> None:
    _stack(tmp_path, region, *arns)
    refuse_unchangeable(tmp_path, {}, Operation.APPLY)


def test_what_cannot_be_read_is_left_to_the_plan(tmp_path: Path) -> None:
    arn = "arn:aws:ecs:us-east-1:1:cluster/a"
    _stack(tmp_path, "eu-west-1", arn, mode="data")
    refuse_unchangeable(tmp_path, {}, Operation.APPLY)
    _stack(tmp_path, "eu-west-1", arn)
    (tmp_path / "providers.tf").write_text('provider "aws" {\n  region = data.x.y.z\n}\n')
    refuse_unchangeable(tmp_path, {}, Operation.APPLY)
    (tmp_path / "providers.tf").write_text("provider {{{")
    refuse_unchangeable(tmp_path, {}, Operation.APPLY)
    for resources in ('[{"mode": "managed"}, 3]', '[{"mode": "managed", "instances": 2}]', "5"):
        (tmp_path / "terraform.tfstate").write_text(f'{{"resources": {resources}}}')
        refuse_unchangeable(tmp_path, {}, Operation.APPLY)
