"""The runner's steps before a destroy: an engine that replays a stream, and the demo account."""

from __future__ import annotations

import fcntl
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.demo.account import REGION, DemoAccount
from gpuecs_tui.terraform.base.tflock import lock_note
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.engine.binary import ENGINE_VARIABLE
from gpuecs_tui.terraform.plan.details import wait_for_plan
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support.aws.stub import Answer, Stub, running
from tests.support.terraform import fake_engine
from tests.support.terraform.destroy_plan import destroy_plan
from tests.support.terraform.fake_engine import Command
from tests.support.terraform.waiting import journal_of, until, until_state

LOCK = {"ID": "l-1", "Operation": "OperationTypeApply", "Who": "bob@laptop", "Created": ""}
GCS = {"bucket": "b"}
GROUPS = "autoscaling:DescribeAutoScalingGroups"


@pytest.fixture
def stub(on_demo_account: DemoAccount, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """The demo account, which has none of the targets, behind a stub."""
    with running(Stub(upstream=on_demo_account.endpoint)) as serving:
        monkeypatch.setenv("AWS_ENDPOINT_URL", serving.url)
        yield serving


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "engine"
    shown = Command([json.dumps(destroy_plan("never-made", REGION))])
    monkeypatch.setenv(ENGINE_VARIABLE, str(fake_engine.install(folder, show=shown)))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return folder


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    folder = tmp_path / "stack"
    folder.mkdir()
    (folder / "main.tf").write_text('resource "terraform_data" "a" {\n}\n')
    return folder


def approved(stack: Path) -> Run:
    waiting = until_state(runs.start(stack, "destroy"), RunStatus.PLANNED)
    assert wait_for_plan(waiting) is not None
    return runs.approve(waiting)


def applies(engine: Path) -> int:
    return sum(call["arguments"][0] == "apply" for call in fake_engine.calls(engine))


def test_a_runner_that_is_killed_between_two_steps_and_the_next_destroy(
    stub: Stub, engine: Path, stack: Path
) -> None:
    stub.faults[GROUPS] = "hang"
    run = approved(stack)
    until(lambda: GROUPS in stub.calls, "the second step")
    os.kill(run.refresh().pid, signal.SIGKILL)
    lost = until_state(run, RunStatus.LOST)
    assert "No task of the service never-made runs." in journal_of(lost)
    assert lost.message == (
        "The runner process died during the destroy. The service may run no task: see the log of "
        "the run."
    )
    assert "Destroy again" in lost.remedy
    assert not applies(engine)

    del stub.faults[GROUPS]
    done = until_state(approved(stack), RunStatus.SUCCEEDED)
    journal = journal_of(done).partition("Destroying by the saved plan")[2]
    places = [
        journal.index(words)
        for words in (
            "Step 1 of 2 before Terraform destroys. UpdateService",
            "The service never-made in the cluster never-made is already deleted.",
            "Step 2 of 2 before Terraform destroys. SetInstanceProtection",
            "No instance of the Auto Scaling group never-made is protected",
            "apply_start",
        )
    ]
    assert places == sorted(places)
    assert applies(engine) == 1


def test_no_task_is_stopped_for_a_plan_of_another_state(
    stub: Stub, engine: Path, stack: Path
) -> None:
    """Terraform then refuses the plan, and the service must go on."""
    waiting = until_state(runs.start(stack, "destroy"), RunStatus.PLANNED)
    assert wait_for_plan(waiting) is not None
    state = {"version": 4, "serial": 7, "lineage": "another", "resources": []}
    (stack / "terraform.tfstate").write_text(json.dumps(state))
    stub.calls.clear()
    done = until_state(runs.approve(waiting), RunStatus.SUCCEEDED)
    assert "The state is not the one of the plan" in journal_of(done)
    assert not [call for call in stub.calls if call.startswith(("ecs:", "autoscaling:"))]
    assert applies(engine) == 1


def test_a_lock_of_a_colleague_is_named_before_a_task_is_stopped(
    stub: Stub, engine: Path, stack: Path
) -> None:
    waiting = until_state(runs.start(stack, "destroy"), RunStatus.PLANNED)
    assert wait_for_plan(waiting) is not None
    state = stack / "terraform.tfstate"
    state.touch()
    lock_note(state).write_text(json.dumps(LOCK))
    stub.calls.clear()
    # As Terraform does; only another process is seen as its holder.
    with holding(state):
        failed = until_state(runs.approve(waiting), RunStatus.FAILED)
    assert failed.message.startswith("The state is locked by bob@laptop (apply, for ")
    assert failed.message.endswith(" Nothing was changed.")
    assert failed.remedy.startswith("Wait until it ends, or cancel it.")
    assert not [call for call in stub.calls if call.startswith(("ecs:", "autoscaling:"))]
    assert not applies(engine)


def test_a_lock_that_is_not_read_is_left_to_terraform(
    stub: Stub, engine: Path, stack: Path
) -> None:
    shown = Command([json.dumps(destroy_plan("never-made", REGION))])
    empty = Command(['{"version": 4, "serial": 0, "lineage": "", "resources": []}'])
    fake_engine.install(engine, show=shown, state=empty)
    (stack / "main.tf").write_text('terraform {\n  backend "gcs" {\n    bucket = "b"\n  }\n}\n')
    noted = stack / ".terraform" / "terraform.tfstate"
    noted.parent.mkdir()
    noted.write_text(json.dumps({"version": 3, "backend": {"type": "gcs", "config": GCS}}))
    done = until_state(approved(stack), RunStatus.SUCCEEDED)
    assert "No task is stopped before Terraform locks the state." in journal_of(done)
    assert "Step 1" not in journal_of(done)
    assert not [call for call in stub.calls if call.startswith(("ecs:", "autoscaling:"))]
    assert applies(engine) == 1


@contextmanager
def holding(file: Path) -> Iterator[None]:
    """Hold the lock of a local state in this process, which is not the runner."""
    with file.open("r+b") as opened:
        fcntl.lockf(opened, fcntl.LOCK_EX)
        yield


def test_a_cancel_during_the_wait_for_the_tasks(stub: Stub, engine: Path, stack: Path) -> None:
    task = f"arn:aws:ecs:{REGION}:123456789012:task/never-made/1"
    service = {"serviceName": "never-made", "status": "ACTIVE", "desiredCount": 2}
    stub.answers["ecs:DescribeServices"] = lambda _body: _json(services=[service])
    stub.answers["ecs:UpdateService"] = lambda _body: _json(service=service)
    stub.answers["ecs:ListTasks"] = lambda body: _json(
        taskArns=[] if b"STOPPED" in body else [task]
    )
    stub.answers["ecs:DescribeTasks"] = lambda _body: _json(
        tasks=[{"taskArn": task, "lastStatus": "DEACTIVATING"}]
    )
    run = approved(stack)
    until(lambda: "1 task of the service never-made still runs." in journal_of(run), "the wait")
    runs.cancel(run)
    ended = until_state(run, RunStatus.CANCELLED)
    assert ended.message == (
        "Stopped before Terraform destroyed anything. The desired count of the service never-made "
        "was changed from 2 to 0."
    )
    assert "Destroy again" in ended.remedy
    assert not applies(engine)


def _json(**values: Any) -> Answer:
    return 200, "application/x-amz-json-1.1", json.dumps(values).encode()
