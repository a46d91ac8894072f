"""The steps before a destroy, from the saved plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.terraform.plan.details import load_plan, plan_tree
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from gpuecs_tui.terraform.teardown.steps import Step, steps_in_words, steps_of
from tests.support.terraform.destroy_plan import destroy_plan, scaled_plan
from tests.support.terraform.plan_json import resource
from tests.support.terraform.run_folders import stage

REGION = "us-east-1"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return stage(
        tmp_path / "llm",
        RunStatus.PLANNED,
        operation=Operation.DESTROY,
        details=destroy_plan("llm", REGION),
    )


def steps(run: Run, plan: dict[str, Any]) -> tuple[Step, ...]:
    return steps_of(run, plan_tree(plan))


def test_the_steps_with_their_targets_and_the_longest_wait(run: Run) -> None:
    assert steps_in_words(steps_of(run, load_plan(run))) == [
        "Before Terraform destroys:",
        "1. UpdateService: desired count 0 for the service llm in the cluster llm (2 tasks stop). "
        "Then waits until no task runs, at most 270 s: deregistration delay 120 s, stop timeout "
        "90 s, and 60 s for the report.",
        "2. SetInstanceProtection: no scale-in protection for the protected instances of the Auto "
        "Scaling group llm.",
    ]


def test_task_scaling_is_suspended_first(run: Run) -> None:
    plan = scaled_plan("llm", REGION)
    first, *others = steps_in_words(steps(run, plan))[1:]
    assert first == (
        "1. RegisterScalableTarget: task scaling suspended for the service llm in the cluster llm, "
        "so that neither an alarm nor a schedule raises its desired count."
    )
    assert [it[:20] for it in others] == ["2. UpdateService: de", "3. SetInstanceProtec"]
    target = plan["resource_changes"][-1]["change"]["before"]
    for key, value in (("service_namespace", "dynamodb"), ("arn", ""), ("resource_id", "x")):
        kept, target[key] = target[key], value
        assert len(steps(run, plan)) == 2
        target[key] = kept


def test_a_wait_whose_parts_are_not_in_the_plan_has_the_defaults_of_aws(run: Run) -> None:
    foreign = [{"target_group_arn": "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/other/1"}]
    plan = destroy_plan("llm", REGION, load_balancer=foreign, task_definition="other:1")
    (service, _group) = steps(run, plan)
    assert (
        "at most 390 s: deregistration delay 300 s (assumed: not in the plan), stop timeout 30 s "
        "(assumed: not in the plan), and 60 s" in service.words
    )
    (service, _group) = steps(run, destroy_plan("llm", REGION, load_balancer=[]))
    assert "deregistration delay 0 s, stop timeout 90 s" in service.words


def test_a_service_on_each_instance_takes_no_desired_count(run: Run) -> None:
    (only,) = steps(run, destroy_plan("llm", REGION, scheduling_strategy="DAEMON"))
    assert "SetInstanceProtection" in only.words


def test_a_target_without_an_arn_is_never_guessed(run: Run) -> None:
    (only,) = steps(run, destroy_plan("llm", REGION, id="llm"))
    assert "SetInstanceProtection" in only.words


def test_no_steps_unless_everything_is_destroyed(run: Run, tmp_path: Path) -> None:
    whole = destroy_plan("llm", REGION)
    assert steps(run, {**whole, "complete": True})
    # With -target, Terraform marks a plan as incomplete.
    assert steps(run, {**whole, "complete": False}) == ()
    kept = resource("aws_lb.this", "update", before={"name": "a"}, after={"name": "b"})
    assert steps(run, {**whole, "resource_changes": [*whole["resource_changes"], kept]}) == ()
    apply = stage(tmp_path / "llm", RunStatus.PLANNED, details=whole)
    assert steps(apply, whole) == ()
    assert steps_of(run, None) == ()
    assert steps_in_words(()) == []
