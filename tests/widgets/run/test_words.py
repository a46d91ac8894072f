"""The meaning of a run's state, in a sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gpuecs_tui.assessment.leftovers import Left
from gpuecs_tui.terraform.engine.progress import RunProgress
from gpuecs_tui.terraform.plan.details import PlanTree, load_plan
from gpuecs_tui.terraform.read.service_url import ServiceUrl
from gpuecs_tui.terraform.runs.full_disk import FullDisk
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from gpuecs_tui.terraform.teardown.steps import steps_in_words, steps_of
from gpuecs_tui.widgets.run.words import headline, left_summary, plan_question, verdict
from tests.support.terraform.destroy_plan import destroy_plan
from tests.support.terraform.run_folders import stage


def test_a_plan_of_outputs_alone_is_not_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    waiting = stage(tmp_path / "stack", RunStatus.PLANNED, changes=(0, 0, 0))
    assert "Only outputs or addresses in the state change" in headline(waiting)
    waiting = stage(tmp_path / "stack", RunStatus.PLANNED, changes=(1, 0, 0))
    assert headline(waiting) == "Plan: 1 to add, 0 to change, 0 to destroy."


def test_an_apply_ends_with_the_url_and_the_record_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    ended = stage(tmp_path / "stack", RunStatus.SUCCEEDED)
    url = ServiceUrl("https://a.example", "This name needs a DNS record: a.example CNAME b.")
    said = verdict(ended, RunProgress(), None, url).plain
    assert "https://a.example" in said and said.endswith(url.record)


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        (PlanTree((), (), {"aws_ecs_service.this": 0}), "No task runs because the desired count"),
        (PlanTree((), (), {"aws_ecs_service.this": 3}), "The service will answer at https://a."),
        (PlanTree((), ()), "The service will answer at"),
        (None, "URL: https://a.example"),
    ],
    ids=["none", "three", "no service in the plan", "not known"],
)
def test_a_service_without_tasks_will_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tree: PlanTree | None, said: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    ended = stage(tmp_path / "stack", RunStatus.SUCCEEDED, message="Applied.")
    shown = verdict(ended, RunProgress(), tree, ServiceUrl("https://a.example")).plain
    assert said in shown and "https://a.example" in shown
    assert ("will answer" in shown) == said.startswith("The service")


def test_a_full_disk_is_said_during_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    run = stage(tmp_path / "stack", RunStatus.APPLYING)
    assert "full" not in verdict(run, RunProgress(), None, ServiceUrl("")).plain
    run = replace(run, full_disk=FullDisk("The disk of /runs is full.", "Free space.", waits=True))
    said = verdict(run, RunProgress(), None, ServiceUrl("")).plain
    assert "The disk of /runs is full. Free space." in said


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (Left((), True, 0, 0), ""),
        (Left((), True, 2, 1), "! 2 resources of the stack are left in the account."),
        (Left((), True, 0, 1), "? What is left in the account was not read completely."),
        (Left((), False, 0, 0), "? What is left in the account was not read completely."),
    ],
)
def test_what_a_destroy_left_is_one_line(left: Left, said: str) -> None:
    assert left_summary(left).plain.startswith(said)
    assert bool(left_summary(left).plain) == bool(said)


def test_the_question_of_a_destroy_lists_the_steps_before_terraform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    details = destroy_plan("llm", "us-east-1")
    waiting = stage(
        tmp_path / "stack", RunStatus.PLANNED, operation=Operation.DESTROY, details=details
    )
    tree = load_plan(waiting)
    lines = [it.plain for it in plan_question(waiting, RunProgress(), tree)]
    steps = steps_in_words(steps_of(waiting, tree))
    assert len(steps) == 3 and lines[2:5] == steps
