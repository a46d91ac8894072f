"""Runs on the real Terraform, with its built-in ``terraform_data``: no network, no account.

Each stack has one resource whose provisioner takes some seconds, so that it is in progress when the
fault occurs, and two others that are created before and after it.
"""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gpuecs_tui import cli
from gpuecs_tui.commands.failure import EXIT_FAILED
from gpuecs_tui.terraform.base.liveness import identify, is_alive
from gpuecs_tui.terraform.base.tflock import STATE_NAME, read_lock
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.control.runs import AlreadyDecided
from gpuecs_tui.terraform.engine.binary import ENGINE_VARIABLE
from gpuecs_tui.terraform.plan.details import wait_for_plan
from gpuecs_tui.terraform.plan.words import needs_name
from gpuecs_tui.terraform.recovery.remedies import examine
from gpuecs_tui.terraform.runs import force_stop, run_list
from gpuecs_tui.terraform.runs.directory_lock import DirectoryBusy
from gpuecs_tui.terraform.runs.follower import Follower
from gpuecs_tui.terraform.runs.journal import record
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from tests.e2e.slow_stack import (
    EVERYTHING,
    assert_converges,
    in_flight,
    make_stack,
    resources,
)
from tests.support.terminals import readable
from tests.support.terraform.waiting import journal_of, until, until_lock_recorded, until_state

pytestmark = pytest.mark.e2e

# This program does what a user does in a terminal: plan, approve, and watch until it is killed.
VIEWER = """
import fcntl, sys, termios, time
from pathlib import Path
from gpuecs_tui.terraform.control import runs
# Its controlling terminal, whose end then sends it a hangup as to any login.
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from gpuecs_tui.terraform.engine.binary import ENGINE_VARIABLE
from gpuecs_tui.terraform.runs.follower import Follower
run = runs.start(Path(sys.argv[1]), "apply")
approved, follower = False, Follower(run)
while True:
    batch = follower.poll()
    for line in batch.lines:
        print(line.text, flush=True)
    if batch.run.state == "planned" and not approved:
        runs.approve(batch.run)
        approved = True
    time.sleep(0.02)
"""


def planned(stack: Path, operation: str = "apply") -> Run:
    return until_state(runs.start(stack, operation), RunStatus.PLANNED)


def test_the_whole_way(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "stack", 0)
    run = planned(stack)
    assert run.changes is not None and run.changes.add == 3
    tree = wait_for_plan(run)
    assert tree is not None
    assert {change.address for change in tree.changes} == EVERYTHING
    assert not needs_name(run, tree)

    done = until_state(runs.approve(run), RunStatus.SUCCEEDED)
    assert done.returncode == 0 and done.plan_path is None
    assert done.decided_by and done.ended_at is not None
    outputs = json.loads(done.files.outputs.read_text())
    assert outputs["colour"]["value"] == "red"
    lines = [line for line in _all_lines(done) if "Apply complete" in line]
    assert len(lines) == 1 and "3 added" in lines[0]

    # No file in the run's folder contains the secret, and other users have no access.
    for path in done.files.folder.iterdir():
        assert b"hunter2" not in path.read_bytes(), path.name
        assert path.stat().st_mode & 0o077 == 0, path.name
    assert done.files.folder.stat().st_mode & 0o077 == 0

    assert_converges(stack)
    gone = until_state(runs.approve(planned(stack, "destroy")), RunStatus.SUCCEEDED)
    assert gone.operation is Operation.DESTROY
    assert resources(stack) == set()
    assert [r.operation for r in run_list.runs_of(stack)] == ["destroy", "apply", "apply"]


def test_a_terraform_that_does_not_stop_can_be_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(force_stop, "SECOND_INTERRUPT_SECONDS", 0.5)
    stack = make_stack(tmp_path / "stack", 60)
    run = in_flight(runs.approve(planned(stack)))
    # Stopped by SIGSTOP, Terraform does not receive the interrupt.
    os.kill(run.terraform_pid, signal.SIGSTOP)
    runs.cancel(run)
    force_stop.end_now(until_state(run, RunStatus.STOPPING))
    ended = until_state(run, RunStatus.FAILED)
    assert ended.returncode == -signal.SIGKILL and ended.message.startswith("Force-stopped by ")
    make_stack(stack, 0)
    assert_converges(stack)


def test_what_is_applied_is_the_plan_that_was_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = make_stack(tmp_path / "stack", 0)
    run = planned(stack)
    main = stack / "main.tf"
    main.write_text(main.read_text().replace("red", "blue"))
    # The checks would be of the edited files, so the command refuses; the user may insist.
    assert cli.main(["approve", str(stack), "--yes"]) == EXIT_FAILED
    assert "since this plan was created: main.tf" in capsys.readouterr().err
    done = until_state(runs.approve(run), RunStatus.SUCCEEDED)
    assert json.loads(done.files.outputs.read_text())["colour"]["value"] == "red"
    assert any(
        "Changed after the plan was created" in line and "main.tf" in line
        for line in _all_lines(done)
    )


def test_a_plan_that_was_tampered_with_is_refused(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "stack", 0)
    run = planned(stack)
    wait_for_plan(run)
    with run.files.plan.open("ab") as plan:
        plan.write(b"!")
    failed = until_state(runs.approve(run), RunStatus.FAILED)
    assert "is not the plan that was shown" in failed.message
    assert not (stack / "terraform.tfstate").exists()


def test_a_stale_plan_is_refused_in_words(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "stack", 0)
    run = planned(stack)
    wait_for_plan(run)
    by_hand = ["terraform", "apply", "-auto-approve", "-input=false"]
    subprocess.run(by_hand, cwd=stack, check=True, capture_output=True)
    failed = until_state(runs.approve(run), RunStatus.FAILED)
    assert failed.message == "The state changed after this plan was created."
    assert failed.plan_path is None


@pytest.mark.parametrize("how", ["kill", "hangup", "closed-pty"])
def test_the_viewer_dies_and_terraform_never_notices(tmp_path: Path, how: str) -> None:
    stack = make_stack(tmp_path / "stack")
    script = tmp_path / "viewer.py"
    script.write_text(VIEWER)
    terminal, end = pty.openpty()
    viewer = subprocess.Popen(
        [sys.executable, script, stack], stdin=end, stdout=end, stderr=end, start_new_session=True
    )
    os.close(end)
    # A terminal that is not read fills up and stops the process that writes to it.
    closing = threading.Event()
    reader = threading.Thread(target=_drain, args=(terminal, closing), daemon=True)
    reader.start()
    run = in_flight(until(lambda: run_list.live_run(stack), "the viewer's run"))
    assert run.terraform_pid

    if how == "kill":
        viewer.kill()
    elif how == "hangup":
        os.killpg(viewer.pid, signal.SIGHUP)
        # The signal is also sent to Terraform itself; started by hand, Terraform would die without
        # a message.
        os.kill(run.terraform_pid, signal.SIGHUP)
    else:
        # A pending read would keep the terminal open.
        closing.set()
        reader.join()
        os.close(terminal)
    assert viewer.wait(10) == (-signal.SIGKILL if how == "kill" else -signal.SIGHUP)
    found = run_list.live_run(stack)
    assert found is not None and found.id == run.id
    until_state(run, RunStatus.SUCCEEDED)
    if how != "closed-pty":
        closing.set()
        reader.join()
        os.close(terminal)
    assert resources(stack) == EVERYTHING
    assert read_lock(stack / STATE_NAME) is None


def test_cancel_is_one_interrupt(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "stack", 5)
    run = in_flight(runs.approve(planned(stack)))
    with ThreadPoolExecutor(4) as many:
        list(many.map(lambda _number: runs.cancel(run), range(4)))
    ended = until_state(run, RunStatus.CANCELLED)
    journal = journal_of(ended)
    assert journal.count("Interrupt received") == 1
    assert "Two interrupts received" not in journal
    assert resources(stack) >= {"terraform_data.first"}
    assert read_lock(stack / STATE_NAME) is None
    assert runs.cancel(ended).state is RunStatus.CANCELLED
    make_stack(stack, 0)
    assert_converges(stack)


def test_the_lock_of_a_run_at_work_is_shown(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "stack", 60)
    run = in_flight(runs.approve(planned(stack)))
    until_lock_recorded(run)
    found = examine(stack)
    (sentence,) = found.sentences()
    assert not found.has_problems and found.at_work
    assert sentence.startswith("The state is locked by ") and "(apply, for " in sentence
    assert sentence.endswith(f"The operation is still running (run {run.id}).")
    runs.cancel(run)
    until_state(run, RunStatus.CANCELLED)
    assert examine(stack).sentences() == []


def test_a_terminated_runner_interrupts_once_and_waits(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "stack", 5)
    run = in_flight(runs.approve(planned(stack)))
    for _number in range(3):
        os.kill(run.pid, signal.SIGTERM)
    ended = until_state(run, RunStatus.CANCELLED)
    assert journal_of(ended).count("Interrupt received") == 1
    assert read_lock(stack / STATE_NAME) is None


@pytest.mark.parametrize("everything", [True, False], ids=["everything", "terraform-alone"])
def test_signals_of_others_count_as_the_one(tmp_path: Path, everything: bool) -> None:
    stack = make_stack(tmp_path / "stack", 5)
    run = in_flight(runs.approve(planned(stack)))
    # A shutdown signals every process; a colleague may signal only Terraform.
    for pid in (run.terraform_pid, *([run.pid] if everything else [])):
        os.kill(pid, signal.SIGTERM)
    until_state(run, RunStatus.CANCELLED)
    # A second signal would have made Terraform lose its state.
    assert journal_of(run).count("Interrupt received") == 1
    assert "Two interrupts received" not in journal_of(run)
    assert resources(stack) >= {"terraform_data.first"}
    assert read_lock(stack / STATE_NAME) is None


def kill_runner(run: Run, *, told: bool) -> None:
    """Kill the runner of a run; without ``told``, as if it had not recorded its Terraform yet."""
    runner = identify(run.pid)
    os.kill(run.pid, signal.SIGKILL)
    until(lambda: not is_alive(runner), "the runner's end")
    if not told:
        record(run.files, run.state, runner=runner, child=None)


@pytest.mark.parametrize("told", [True, False])
def test_a_killed_runner_leaves_the_truth(tmp_path: Path, told: bool) -> None:
    stack = make_stack(tmp_path / "stack")
    run = in_flight(runs.approve(planned(stack)))
    kill_runner(run, told=told)
    # Terraform continues alone: the run is shown as in progress, and no other run may start.
    assert run.refresh().state is RunStatus.APPLYING and run.refresh().is_live
    with pytest.raises(DirectoryBusy):
        runs.start(stack, "apply")
    until(lambda: run.refresh().state is RunStatus.LOST, "the end of Terraform")
    assert "Terraform had reported that all changes were complete" in run.refresh().message
    assert resources(stack) == EVERYTHING
    assert_converges(stack)


@pytest.mark.parametrize("told", [True, False])
def test_an_orphaned_terraform_can_be_cancelled(tmp_path: Path, told: bool) -> None:
    stack = make_stack(tmp_path / "stack", 5)
    run = in_flight(runs.approve(planned(stack)))
    kill_runner(run, told=told)
    runs.cancel(run)
    runs.cancel(run)
    until(lambda: run.refresh().state is RunStatus.LOST, "the end of Terraform")
    assert journal_of(run).count("Interrupt received") == 1
    assert read_lock(stack / STATE_NAME) is None


def test_a_killed_terraform_is_a_failure_and_its_lock_is_told(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "stack")
    run = in_flight(runs.approve(planned(stack)))
    held = read_lock(stack / STATE_NAME)
    assert held is not None and held.holder_pid == run.terraform_pid
    os.kill(run.terraform_pid, signal.SIGKILL)
    failed = until_state(run, RunStatus.FAILED)
    assert failed.returncode == -signal.SIGKILL
    assert failed.message == "Terraform was killed by signal 9."
    left = read_lock(stack / STATE_NAME)
    assert left is not None and left.holder_pid == 0 and left.operation == "OperationTypeApply"
    assert_converges(stack)


def test_a_state_that_was_cut_off_comes_back(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "stack", 0)
    until_state(runs.approve(planned(stack)), RunStatus.SUCCEEDED)
    main = stack / "main.tf"
    main.write_text(main.read_text().replace("red", "blue"))
    until_state(runs.approve(planned(stack)), RunStatus.SUCCEEDED)
    state = stack / "terraform.tfstate"
    state.write_bytes(state.read_bytes()[:400])
    refused = until_state(runs.start(stack, "apply"), RunStatus.FAILED)
    assert "truncated after 400 bytes" in refused.message and "--restore" in refused.remedy
    done = subprocess.run(
        [sys.executable, "-m", "gpuecs_tui", "state", stack, "--restore", "--yes"],
        check=False,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert_converges(stack)


def test_both_killed_is_lost(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "stack")
    run = in_flight(runs.approve(planned(stack)))
    os.kill(run.pid, signal.SIGKILL)
    os.kill(run.terraform_pid, signal.SIGKILL)
    until(lambda: run.refresh().state is RunStatus.LOST, "the verdict")
    assert run_list.live_run(stack) is None
    assert_converges(stack)


def test_of_many_starts_one_runs(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "stack", 0)
    # Slow enough that the first run is still in progress when the last request arrives.
    engine = tmp_path / "terraform"
    engine.write_text(f'#!/bin/sh\nsleep 1\nexec {shutil.which("terraform")} "$@"\n')
    engine.chmod(0o755)
    script = tmp_path / "starter.py"
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from gpuecs_tui.terraform.control import runs\n"
        "from gpuecs_tui.terraform.runs.directory_lock import DirectoryBusy\n"
        "sys.stdin.readline()\n"
        "try:\n"
        "    print('ran', runs.start(Path(sys.argv[1]), 'apply').id)\n"
        "except DirectoryBusy as busy:\n"
        "    print('busy', busy.holder.run, busy.holder.pid, busy)\n"
    )
    starters = [
        subprocess.Popen(
            [sys.executable, script, stack],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, ENGINE_VARIABLE: str(engine)},
        )
        for _number in range(4)
    ]
    for starter in starters:
        assert starter.stdin is not None
        starter.stdin.write("go\n")
        starter.stdin.flush()
    answers = [starter.communicate()[0].split() for starter in starters]
    ran = [answer for answer in answers if answer[0] == "ran"]
    assert len(ran) == 1, answers
    assert {answer[1] for answer in answers} == {ran[0][1]}
    until_state(run_list.runs_of(stack)[0], RunStatus.PLANNED)


def test_of_many_approvals_one_counts(tmp_path: Path) -> None:
    stack = make_stack(tmp_path / "stack", 0)
    run = planned(stack)

    def approve(_number: int) -> str:
        try:
            return runs.approve(run).id
        except AlreadyDecided:
            return "decided"

    with ThreadPoolExecutor(4) as many:
        answers = list(many.map(approve, range(4)))
    assert sorted(answers) == sorted([run.id, *["decided"] * 3])
    done = until_state(run, RunStatus.SUCCEEDED)
    assert journal_of(done).count("Apply complete!") == 1


def _all_lines(run: Run) -> list[str]:
    follower = Follower(run)
    lines: list[str] = []
    while True:
        batch = follower.poll()
        lines.extend(line.text for line in batch.lines)
        if batch.finished:
            return lines


def _drain(terminal: int, closing: threading.Event) -> None:
    while not closing.is_set():
        try:
            if readable(terminal, 0.05) and not os.read(terminal, 65536):
                return
        except OSError:
            return
