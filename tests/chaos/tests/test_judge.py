"""Tests that the judge of ``make chaos`` finds what a fault must not leave behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.terraform.runs.journal import record
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.chaos.inventory import Thing, known_by
from tests.chaos.judge import ERRORED, LOCAL_LOCK, Judge
from tests.support.terraform.apply_events import hook
from tests.support.terraform.run_folders import stage

ROLE = Thing("aws_iam_role", "app")
GROUP = Thing("aws_security_group", "sg-1")
SUMMARY = (
    '{"@message":"Apply complete!","changes":{"add":1,"change":0,"remove":0,"operation":"apply"},'
    '"type":"change_summary"}'
)


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "stack"
    folder.mkdir()
    (folder / "main.tf").write_text('resource "aws_iam_role" "app" {\n}\n')
    return folder


def judged(stack: Path, run: Run, things: set[Thing], before: set[Thing] | None = None) -> Any:
    # There is no account: with the state in the directory, the judge makes no call.
    return Judge(stack, None, "", "").look(run, things, before or set())  # type: ignore[arg-type]


def write_state(stack: Path, *, name: str = "terraform.tfstate", resources: int = 1) -> None:
    instance = {"attributes": {"id": ROLE.id, "name": ROLE.id}}
    role = {"mode": "managed", "type": ROLE.type, "name": "app", "instances": [instance]}
    state = {"serial": 1, "lineage": "l", "resources": [role] * resources}
    (stack / name).write_text(json.dumps(state))


def test_what_a_state_knows_is_no_orphan(stack: Path) -> None:
    run = stage(stack, RunStatus.FAILED)
    assert "nobody knows aws_iam_role app" in judged(stack, run, {ROLE}).problems
    write_state(stack, name=ERRORED)
    assert known_by((stack / ERRORED).read_bytes()) >= {"app"}
    assert not any("nobody knows" in it for it in judged(stack, run, {ROLE}).problems)


def test_what_the_product_offers_counts_once(stack: Path) -> None:
    run = stage(stack, RunStatus.FAILED, [hook("aws_security_group.this", "start")])
    left = judged(stack, run, {GROUP})
    assert left.offered == 1 and not left.problems
    second = Thing(GROUP.type, "sg-2")
    left = judged(stack, run, {GROUP, second})
    assert left.offered == 1 and len(left.problems) == 1


def test_a_task_definition_registered_twice_is_told_apart(stack: Path) -> None:
    run = stage(stack, RunStatus.FAILED)
    arns = [f"arn:aws:ecs:us-east-1:1:task-definition/app:{number}" for number in (1, 2)]
    twice = {Thing("aws_ecs_task_definition", arn) for arn in arns}
    assert len(judged(stack, run, twice).problems) == 1
    instance = {"attributes": {"id": "app", "arn": arns[1]}}
    task = {"mode": "managed", "type": "aws_ecs_task_definition", "name": "app"}
    state = {"serial": 1, "lineage": "l", "resources": [{**task, "instances": [instance]}]}
    (stack / "terraform.tfstate").write_text(json.dumps(state))
    left = judged(stack, run, twice)
    assert not left.problems and [it.id for it in left.doubled] == arns[:1]


def test_a_success_needs_all_that_is_configured(stack: Path) -> None:
    run = stage(stack, RunStatus.SUCCEEDED)
    assert "it succeeded without aws_iam_role.app" in judged(stack, run, set()).problems
    write_state(stack)
    assert judged(stack, run, {ROLE}).problems == []


def test_a_destroy_that_succeeded_leaves_nothing(stack: Path) -> None:
    run = stage(stack, RunStatus.SUCCEEDED, operation="destroy")
    write_state(stack)
    assert "it succeeded and left aws_iam_role app" in judged(stack, run, {ROLE}).problems


def test_an_end_must_be_true(stack: Path) -> None:
    run = stage(stack, RunStatus.FAILED, [SUMMARY])
    write_state(stack)
    words = judged(stack, run, {ROLE}).problems
    assert "it is failed although Terraform did everything" in words
    # A summary before an error that explains it is a different case.
    run = stage(stack, RunStatus.FAILED, [SUMMARY, '{"diagnostic":{"severity":"error"}}'])
    assert judged(stack, run, {ROLE}).problems == []


def test_nothing_changed_means_nothing(stack: Path) -> None:
    run = stage(stack, RunStatus.CANCELLED)
    ending = {"message": "Stopped before anything was changed.", "returncode": 1}
    record(run.files, RunStatus.CANCELLED, runner=None, exit=ending)
    write_state(stack)
    words = judged(stack, run.refresh(), {ROLE}).problems
    assert any(it.endswith("and things have changed") for it in words)
    assert judged(stack, run.refresh(), {ROLE}, before={ROLE}).problems == []


def test_two_interrupts_are_one_too_many(stack: Path) -> None:
    run = stage(stack, RunStatus.CANCELLED, ["Two interrupts received. Exiting immediately."])
    assert "Terraform was interrupted twice" in judged(stack, run, set()).problems


def test_a_lock_must_be_told_of(stack: Path) -> None:
    run = stage(stack, RunStatus.FAILED)
    note = {"ID": "1", "Operation": "OperationTypeApply", "Who": "a@b", "Created": ""}
    (stack / LOCAL_LOCK).write_text(json.dumps(note))
    assert judged(stack, run, set()).problems == []
    # The product can't read the record, but it exists.
    (stack / LOCAL_LOCK).write_text("[]")
    assert "a lock without an owner is not told of" in judged(stack, run, set()).problems
