"""Recovery after failed and killed runs: the real Terraform in the demo account."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from gpuecs_tui.commands.demo import answers_for
from gpuecs_tui.commands.stack_source import subject_of
from gpuecs_tui.demo.account import DemoAccount
from gpuecs_tui.terraform.base.tflock import STATE_NAME, read_lock
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.plan.details import wait_for_plan
from gpuecs_tui.terraform.plan.words import needs_name
from gpuecs_tui.terraform.recovery import errored_state
from gpuecs_tui.terraform.recovery.errored_state import Verdict
from gpuecs_tui.terraform.recovery.held_lock import HolderStatus
from gpuecs_tui.terraform.recovery.locks import LockProblem, held_lock, unlock
from gpuecs_tui.terraform.recovery.own_state import own_state
from gpuecs_tui.terraform.recovery.remedies import examine
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.runner.orphan_import import IMPORT_FILE
from gpuecs_tui.terraform.runs.directory_lock import is_held
from gpuecs_tui.terraform.runs.lock_record import recorded_locks
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.terraform.state.reader import read_state
from tests.e2e.slow_stack import in_flight, make_stack
from tests.support.terraform.apply_events import hook
from tests.support.terraform.run_folders import stage
from tests.support.terraform.waiting import until_lock_recorded

pytestmark = pytest.mark.e2e

PATIENCE = 400.0
"""Seconds for one apply of a whole stack; an idle machine takes 80."""
BUCKET = "state-of-a-test"
BACKEND = """
terraform {
  backend "s3" {
    bucket         = "%s"
    key            = "stack/terraform.tfstate"
    region         = "us-east-1"
    use_lockfile   = true
    use_path_style = true
  }
}
"""


@pytest.fixture
def bucket(on_demo_account: DemoAccount) -> Iterator[str]:
    """A bucket for states, which is emptied and deleted at the end."""
    storage = boto3.client("s3")
    storage.create_bucket(Bucket=BUCKET)
    yield BUCKET
    empty(BUCKET)


def empty(name: str) -> None:
    storage = boto3.client("s3")
    for item in storage.list_objects_v2(Bucket=name).get("Contents", ()):
        storage.delete_object(Bucket=name, Key=item["Key"])
    storage.delete_bucket(Bucket=name)


def reach(run: Run, *states: RunStatus) -> Run:
    """Return the run once it is in one of ``states``; fail if it ends in another state."""
    deadline = time.monotonic() + PATIENCE
    while True:
        present = run.refresh()
        if present.state in states:
            return present
        told = present.files.journal.read_text()[-3000:]
        assert not present.is_final, (present.state, present.message, told)
        assert time.monotonic() < deadline, (present.state, told)
        time.sleep(0.2)


def apply(stack: Path, operation: str = "apply") -> Run:
    planned = reach(runs.start(stack, operation), RunStatus.PLANNED)
    wait_for_plan(planned)
    return reach(runs.approve(planned), RunStatus.SUCCEEDED)


def assert_converged(stack: Path) -> None:
    run = reach(runs.start(stack, "plan"), RunStatus.SUCCEEDED)
    assert run.changes is not None and run.changes.total == 0
    assert not examine(stack).has_problems


def test_a_killed_terraform_loses_nothing(bucket: str, tmp_path: Path) -> None:
    stack = tmp_path / "stack"
    stack.mkdir()
    answers: dict[str, Any] = {**answers_for("recovery"), "stack.name": "killed"}
    for name, text in render(subject_of(answers).stack).items():
        (stack / name).write_text(text)
    (stack / "backend.tf").write_text(BACKEND % bucket)
    planned = reach(runs.start(stack, "apply"), RunStatus.PLANNED)
    wait_for_plan(planned)
    run = runs.approve(planned)
    deadline = time.monotonic() + PATIENCE
    while "aws_lb.this: Still creating... [10s" not in run.files.journal.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    held = held_lock(stack)
    assert held is not None and held.holder is HolderStatus.ALIVE and held.run == run.id
    os.kill(run.refresh().terraform_pid, signal.SIGKILL)
    assert "signal 9" in reach(run, RunStatus.FAILED).message

    found, stored = examine(stack), read_state(stack)
    # On a machine so slow that 20 s had passed before, Terraform has stored a part of it.
    assert found.created and len(found.created) + len(stored.resources) >= 10
    maybe = {it.address for it in found.missing if not it.certain}
    assert "aws_lb.this" in maybe
    assert found.lock is not None and found.lock.holder is HolderStatus.DEAD
    assert found.lock.run == run.id and found.lock.stops
    refused = reach(runs.start(stack, "plan"), RunStatus.FAILED)
    assert "is locked by" in refused.message
    with pytest.raises(LockProblem, match="another ID"):
        unlock(stack, "00000000-0000-0000-0000-000000000000")
    unlock(stack, found.lock.id)
    assert examine(stack).lock is None

    kept = reach(runs.start(stack, "destroy"), RunStatus.FAILED)
    assert "a destroy would leave them" in kept.message and "aws_lb.this" in kept.message

    planned = reach(runs.start(stack, "apply"), RunStatus.PLANNED)
    assert planned.changes is not None and planned.changes.destroy == 0
    assert planned.changes.imported >= len(found.created) + 1
    tree = wait_for_plan(planned)
    assert tree is not None and not needs_name(planned, tree)
    # The directory contains none of them: only the saved plan has the imports.
    assert not (stack / IMPORT_FILE).exists()
    done = reach(runs.approve(planned), RunStatus.SUCCEEDED)
    assert "Changed after the plan was created" not in done.files.journal.read_text()
    known = {it.address for it in read_state(stack).resources}
    assert known >= {it.address for it in found.missing}
    assert_converged(stack)

    apply(stack, "destroy")
    assert read_state(stack).resources == ()
    # Old revisions stay ACTIVE deliberately: a rollback needs them.
    assert [it.rpartition("/")[2] for it in left_of("killed")] == ["killed:1"]


def left_of(name: str) -> list[str]:
    """Return the resources that AWS still has under the stack's name, of the types that it
    creates."""
    ec2, iam = boto3.client("ec2"), boto3.client("iam")
    balancing, ecs = boto3.client("elbv2"), boto3.client("ecs")
    groups = boto3.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    clusters = ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]
    named = [
        *(it["LoadBalancerName"] for it in balancing.describe_load_balancers()["LoadBalancers"]),
        *(it["TargetGroupName"] for it in balancing.describe_target_groups()["TargetGroups"]),
        *(it["GroupName"] for it in ec2.describe_security_groups()["SecurityGroups"]),
        *(it["LaunchTemplateName"] for it in ec2.describe_launch_templates()["LaunchTemplates"]),
        *(it["AutoScalingGroupName"] for it in groups),
        *(it["RoleName"] for it in iam.list_roles()["Roles"]),
        *(it["InstanceProfileName"] for it in iam.list_instance_profiles()["InstanceProfiles"]),
        *(it["clusterName"] for it in clusters if it["status"] == "ACTIVE"),
        *(it["logGroupName"] for it in boto3.client("logs").describe_log_groups()["logGroups"]),
        *ecs.list_task_definitions()["taskDefinitionArns"],
    ]
    return [it for it in named if name in it]


LOG_GROUP = """
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

resource "aws_cloudwatch_log_group" "this" {
  name = "/ecs/orphan-of-a-test"
}

resource "aws_cloudwatch_log_group" "never_made" {
  name = "/ecs/never-made-by-a-test"
}
"""


def test_an_orphan_of_a_cancel_is_imported_not_made_again(
    on_demo_account: DemoAccount, tmp_path: Path
) -> None:
    stack = tmp_path / "stack"
    stack.mkdir()
    (stack / "main.tf").write_text(LOG_GROUP)
    # A cancel leaves this if the call has reached AWS and its response has not arrived yet.
    stage(stack, RunStatus.CANCELLED, [hook("aws_cloudwatch_log_group.this", "start")])
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName="/ecs/orphan-of-a-test")
    refused = reach(runs.start(stack, "destroy"), RunStatus.FAILED)
    assert "would leave them: aws_cloudwatch_log_group.this" in refused.message
    planned = reach(runs.start(stack, "apply", only_bring_back=True), RunStatus.PLANNED)
    assert planned.changes is not None
    assert (planned.changes.imported, planned.changes.add) == (1, 0)
    wait_for_plan(planned)
    reach(runs.approve(planned), RunStatus.SUCCEEDED)
    assert [it.address for it in read_state(stack).resources] == ["aws_cloudwatch_log_group.this"]
    assert not examine(stack).has_problems
    apply(stack, "destroy")
    found = logs.describe_log_groups(logGroupNamePrefix="/ecs/orphan-of-a-test")
    assert found["logGroups"] == []


SLOW = """
resource "terraform_data" "slow" {
  depends_on = [aws_cloudwatch_log_group.this]
  provisioner "local-exec" {
    command = "sleep 120"
  }
}
"""


def test_two_people_on_one_stack(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def home_of(name: str) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / name))

    theirs, ours = tmp_path / "theirs" / "stack", tmp_path / "ours" / "stack"
    theirs.mkdir(parents=True)
    text = LOG_GROUP.replace("orphan-of-a-test", "of-two").replace("never-made-by", "second-of")
    (theirs / "main.tf").write_text(text)
    (theirs / "slow.tf").write_text(SLOW)
    (theirs / "backend.tf").write_text(BACKEND % bucket)
    shutil.copytree(theirs, ours)
    home_of("a")
    planned = reach(runs.start(theirs, "apply"), RunStatus.PLANNED)
    wait_for_plan(planned)
    run = runs.approve(planned)
    deadline = time.monotonic() + 60
    record = f"stack/terraform.tfstate.gpuecs-tui/{run.id}.json"
    while b"/ecs/of-two" not in body(bucket, record) or _lock_id(theirs) not in recorded_locks(
        run.files
    ):
        told = (_lock_id(theirs), recorded_locks(run.files), body(bucket, record))
        assert time.monotonic() < deadline, (told, run.files.journal.read_text()[-2000:])
        time.sleep(0.2)

    # A colleague on the same machine with the same user name, immediately after a failed plan of
    # their own.
    home_of("b")
    refused = reach(runs.start(ours, "plan"), RunStatus.FAILED)
    assert "is locked by" in refused.message
    found = examine(ours)
    assert (
        found.lock is not None and found.lock.holder is HolderStatus.UNKNOWN and not found.lock.run
    )
    assert found.missing == (), "the run may be at work"
    with pytest.raises(LockProblem, match="is unknown"):
        unlock(ours, found.lock.id)

    # The same user in the other directory: the run belongs to that user.
    home_of("a")
    held = held_lock(ours)
    assert held is not None and held.holder is HolderStatus.ALIVE
    assert (held.run, held.directory) == (run.id, theirs)
    present = run.refresh()
    for pid in (present.pid, present.terraform_pid):
        os.kill(pid, signal.SIGKILL)
    reach(run, RunStatus.LOST)
    held = held_lock(theirs)
    assert held is not None and held.holder is HolderStatus.DEAD and held.run == run.id
    seen = held_lock(ours)
    assert seen is not None and seen.holder is HolderStatus.DEAD and seen.directory == theirs
    unlock(theirs, held.id)

    home_of("b")
    (sentence, *_rest) = examine(ours).sentences()
    assert f"The killed run of {run.user}@{run.host} probably created" in sentence
    assert "/ecs/of-two" in (own_state(ours, os.environ).owned or ()), "no name taken by others"
    (ours / "slow.tf").write_text(SLOW.replace("sleep 120", "true"))
    planned = reach(runs.start(ours, "apply"), RunStatus.PLANNED)
    assert planned.changes is not None
    assert (planned.changes.imported, planned.changes.add) == (2, 1)
    wait_for_plan(planned)
    done = reach(runs.approve(planned), RunStatus.SUCCEEDED)
    until_left(done)
    assert_converged(ours)
    listed = boto3.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert [it["Key"] for it in listed] == ["stack/terraform.tfstate"]
    apply(ours, "destroy")


def _lock_id(stack: Path) -> str:
    held = held_lock(stack)
    return held.id if held else ""


def until_left(run: Run) -> None:
    """Wait until the process of an ended run has exited: its last work is to tidy up."""
    while is_held(run.directory):
        time.sleep(0.05)


def body(bucket: str, key: str) -> bytes:
    storage = boto3.client("s3")
    try:
        return bytes(storage.get_object(Bucket=bucket, Key=key)["Body"].read())
    except storage.exceptions.NoSuchKey:
        return b""


def test_a_state_that_could_not_be_stored_is_pushed(bucket: str, tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "stack", 4)
    (stack / "backend.tf").write_text(BACKEND % bucket)
    planned = reach(runs.start(stack, "apply"), RunStatus.PLANNED)
    wait_for_plan(planned)
    run = in_flight(runs.approve(planned))
    empty(bucket)
    failed = reach(run, RunStatus.FAILED)
    assert "errored.tfstate" in failed.message
    boto3.client("s3").create_bucket(Bucket=bucket)

    found = examine(stack)
    assert found.errored is not None and found.errored.verdict is Verdict.PUSH
    assert found.errored.resources == 3 and found.created == ()
    refused = reach(runs.start(stack, "apply"), RunStatus.FAILED)
    assert "Push it before you do anything else." in refused.message
    kept = errored_state.push(stack)
    assert kept.exists() and not (stack / "errored.tfstate").exists()
    assert len(read_state(stack).resources) == 3
    assert_converged(stack)


def test_a_local_note_of_a_killed_terraform_stops_nobody(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "stack", 4)
    run = in_flight(runs.approve(reach(runs.start(stack, "apply"), RunStatus.PLANNED)))
    until_lock_recorded(run)
    os.kill(run.terraform_pid, signal.SIGKILL)
    reach(run, RunStatus.FAILED)
    found = examine(stack)
    assert (
        found.lock is not None and found.lock.holder is HolderStatus.DEAD and not found.lock.stops
    )
    assert found.lock.run == run.id
    unlock(stack, found.lock.id)
    assert read_lock(stack / STATE_NAME) is None
