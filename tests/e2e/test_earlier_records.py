"""This version reads the records of version 0.1.0: runs, a move of a state, a draft.

The records below data/earlier_records were written by 0.1.0 with Terraform 1.11; only paths and the
name of the host are placeholders. ``waiting`` has a plan that waits for approval, ``lost`` an apply
whose runner and Terraform were killed, ``moved`` a state that was moved.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gpuecs_tui.terraform.base.atomic_files import replace_json
from gpuecs_tui.terraform.base.liveness import host_name, identify
from gpuecs_tui.terraform.base.tflock import STATE_NAME
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.migration import record as migrations
from gpuecs_tui.terraform.migration.record import Phase
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.follower import Follower
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from gpuecs_tui.wizard import drafts

pytestmark = pytest.mark.e2e

DATA = Path(__file__).parent / "data" / "earlier_records"
PATIENCE = 60.0
"""Timeout in seconds for a command, on a loaded machine."""

# A runner of 0.1.0 as other programs see it: it accepts SIGTERM, and writes the end to its journal
# and its state.
EARLIER_RUNNER = """
import json, signal, sys
from pathlib import Path
folder = Path(sys.argv[1])
def end(_signal, _frame):
    at = "2026-11-28T16:00:00.000000Z"
    event = {"@level": "info", "@message": "Cancelled.", "@module": "gpuecs_tui",
             "@timestamp": at, "type": "gpuecs_tui_state", "state": "cancelled"}
    with (folder / "journal.jsonl").open("a") as journal:
        journal.write(json.dumps(event) + "\\n")
    state = json.loads((folder / "state.json").read_text())
    state.update(state="cancelled", at=at, runner=None, child=None)
    (folder / "state.json").write_text(json.dumps(state))
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
signal.pause()
"""


@pytest.fixture
def earlier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stacks of an earlier version, below a home directory with their records."""
    home = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(home))
    shutil.copytree(DATA, tmp_path, dirs_exist_ok=True)
    stacks = tmp_path / "stacks"
    for path in [*home.rglob("*"), *stacks.rglob("*"), tmp_path / "draft.json"]:
        if path.is_dir():
            path.chmod(0o700)
        elif path.suffix != ".tfplan":
            text = path.read_text(encoding="utf-8")
            for name, value in (
                ("@STATE@", str(home)), ("@STACKS@", str(stacks)), ("@HOST@", host_name()),
            ):  # fmt: skip
                text = text.replace(name, value)
            path.write_text(text, encoding="utf-8")
            path.chmod(0o600)
    return stacks


def said(*words: str | Path, code: int = 0) -> str:
    """Run the program and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "gpuecs_tui", *words], capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_a_waiting_plan_is_attached_to_and_applied(earlier: Path) -> None:
    stack = earlier / "waiting"
    run = run_list.unfinished_run(stack)
    assert run is not None
    assert (run.operation, run.state) == (Operation.APPLY, RunStatus.PLANNED)
    assert "waiting for approval" in said("runs", stack)
    assert "terraform_data.first" in said("attach", stack)
    said("approve", stack, "--yes")
    ended = run.refresh()
    assert ended.state is RunStatus.SUCCEEDED
    state = json.loads((stack / STATE_NAME).read_text())
    assert [it["name"] for it in state["resources"]] == ["first"]


def test_a_lost_run_is_listed_and_the_next_run_goes_past_its_lock(earlier: Path) -> None:
    stack = earlier / "lost"
    (run,) = run_list.runs_of(stack)
    assert run.state is RunStatus.LOST
    before = (stack / STATE_NAME).read_bytes()
    assert "lost" in said("runs", stack)
    # A stale lock record blocks nothing, so the state is in order.
    assert "lock" in said("state", stack)
    # The next run removes the lock record, whose Terraform is dead.
    assert "terraform_data.slow" in said("plan", stack, code=2)
    assert not (stack / ".terraform.tfstate.lock.info").exists()
    assert (stack / STATE_NAME).read_bytes() == before


def test_a_move_is_known_with_its_copy(earlier: Path) -> None:
    stack = earlier / "moved"
    (move,) = migrations.migrations_of(stack)
    assert (move.phase, move.is_live, move.resources) == (Phase.DONE, False, 1)
    assert json.loads(move.copy.read_text())["resources"][0]["name"] == "first"
    assert "first" in said("state", stack)
    assert move.target in said("migrate", stack, code=1)


def test_a_draft_opens_with_every_text(earlier: Path, tmp_path: Path) -> None:
    directory = earlier / "drafted"
    path = drafts.draft_path(directory)
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(tmp_path / "draft.json", path)
    draft = drafts.load(directory)
    assert draft is not None
    assert draft.texts["task.memory"] == "12 GB?"
    assert (draft.step, draft.visited[-1]) == ("task", "task")
    assert draft.suggested == {"fleet.instance_type": "the cheapest type"}


def test_a_runner_that_was_started_before_is_followed_and_cancelled(earlier: Path) -> None:
    stack = earlier / "lost"
    (run,) = run_list.runs_of(stack)
    folder = run.files.folder
    with subprocess.Popen(
        [sys.executable, "-c", EARLIER_RUNNER, folder], stdout=subprocess.PIPE, text=True
    ) as runner:
        try:
            assert runner.stdout is not None
            assert runner.stdout.readline() == "ready\n"
            identity = identify(runner.pid)
            state = json.loads(run.files.state.read_text())
            replace_json(run.files.state, {**state, "runner": identity.as_json(), "child": None})
            present = run.refresh()
            assert (present.state, present.is_live) == (RunStatus.APPLYING, True)
            follower = Follower(present)
            assert len(follower.poll().events) > 1
            runs.cancel(present)
            runner.wait(PATIENCE)
        finally:
            if runner.poll() is None:
                os.kill(runner.pid, signal.SIGKILL)
    assert run.refresh().state is RunStatus.CANCELLED
    assert any("Cancelled." in event.message for event in follower.poll().events)
