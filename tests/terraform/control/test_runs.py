"""Runs with an engine that replays recorded streams and counts the received signals."""

import errno
import json
import os
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from gpuecs_tui.terraform.base.atomic_files import read_json, replace_json
from gpuecs_tui.terraform.base.liveness import identify, is_alive
from gpuecs_tui.terraform.base.problems import RunProblem, TerraformProblem
from gpuecs_tui.terraform.control import rotation, runs
from gpuecs_tui.terraform.control.runs import AlreadyDecided
from gpuecs_tui.terraform.engine.binary import ENGINE_VARIABLE
from gpuecs_tui.terraform.migration import record as move_record
from gpuecs_tui.terraform.runs import force_stop, launch, run_list
from gpuecs_tui.terraform.runs.directory_lock import DirectoryBusy, acquire, is_held
from gpuecs_tui.terraform.runs.force_stop import end_now
from gpuecs_tui.terraform.runs.journal import RunFiles, read_recorded, record
from gpuecs_tui.terraform.runs.launch import who
from gpuecs_tui.terraform.runs.orphan_candidates import candidates
from gpuecs_tui.terraform.runs.run import Run, load_run
from gpuecs_tui.terraform.runs.run_status import (
    FINAL,
    FOLLOWERS,
    WORKING,
    Operation,
    RunStatus,
    status_title,
)
from gpuecs_tui.terraform.state.stored_state import NOTHING
from tests.support.repository import ROOT
from tests.support.terraform import fake_engine
from tests.support.terraform.fake_engine import Command, event, stream
from tests.support.terraform.waiting import journal_of, until, until_state


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of a fake Terraform, which is the engine in use."""
    folder = tmp_path / "engine"
    monkeypatch.setenv(ENGINE_VARIABLE, str(fake_engine.install(folder)))
    return folder


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    folder = tmp_path / "stack"
    folder.mkdir()
    (folder / "main.tf").write_text('resource "terraform_data" "a" {\n}\n')
    return folder


def commands(engine: Path) -> list[str]:
    return [call["arguments"][0] for call in fake_engine.calls(engine)]


def planned(stack: Path) -> Run:
    return until_state(runs.start(stack, "apply"), RunStatus.PLANNED)


def failed(stack: Path, operation: str = "plan") -> Run:
    return until_state(runs.start(stack, operation), RunStatus.FAILED)


def test_plan_only(engine: Path, stack: Path) -> None:
    run = until_state(runs.start(stack, "plan"), RunStatus.SUCCEEDED)
    assert run.changes is not None
    assert (run.changes.add, run.changes.change, run.changes.destroy) == (1, 3, 1)
    assert run.returncode == 2
    until(lambda: run.plan_path is None, "the plan's removal")
    assert commands(engine) == ["init", "plan", "show"]
    with pytest.raises(RunProblem, match="plan-only"):
        runs.approve(run)


def test_how_terraform_is_called(engine: Path, stack: Path) -> None:
    done = until_state(runs.approve(planned(stack)), RunStatus.SUCCEEDED)
    init, plan, *_show, apply = fake_engine.calls(engine)
    assert init["arguments"][:3] == ["init", "-json", "-input=false"]
    out = f"-out={done.files.plan}"
    assert plan["arguments"] == ["plan", "-json", "-input=false", "-detailed-exitcode", out]
    assert apply["arguments"] == ["apply", "-json", "-input=false", str(done.files.plan)]
    for call in (init, plan, apply):
        assert call["cwd"] == str(stack)
        assert call["environment"]["TF_INPUT"] == "0"
        assert call["hangup_ignored"]
        # It has a session of its own, no terminal, and none of this process's open files.
        assert call["session"] != os.getsid(0)
        assert not any("gpuecs-tui.lock" in name for name in call["files"])
    assert "-destroy" in _plan_arguments(engine, stack)


def _plan_arguments(engine: Path, stack: Path) -> list[str]:
    until_state(runs.start(stack, "destroy"), RunStatus.PLANNED)
    plans = [c["arguments"] for c in fake_engine.calls(engine) if c["arguments"][0] == "plan"]
    last: list[str] = plans[-1]
    return last


def test_init_runs_once_and_again_when_asked_for(engine: Path, stack: Path) -> None:
    until_state(runs.start(stack, "plan"), RunStatus.SUCCEEDED)
    until_state(runs.start(stack, "plan"), RunStatus.SUCCEEDED)
    assert commands(engine).count("init") == 1
    asking = {"severity": "error", "summary": "Inconsistent dependency lock file", "detail": "x"}
    lines = [event(type="diagnostic", diagnostic=asking, **{"@message": "Error"})]
    fake_engine.install(engine, plan=Command(lines, code=1))
    ended = failed(stack)
    assert commands(engine)[-3:] == ["plan", "init", "plan"]
    assert "must be initialized again" in ended.message


def test_a_failing_init_ends_it(engine: Path, stack: Path) -> None:
    diagnostic = {
        "severity": "error",
        "summary": "Failed to query available provider packages",
        "detail": "could not connect to registry.terraform.io",
    }
    lines = [event(type="diagnostic", diagnostic=diagnostic, **{"@message": "Error"})]
    fake_engine.install(engine, init=Command(lines, code=1))
    ended = failed(stack)
    assert "Could not download a provider" in ended.message and "--plugin-dir" in ended.remedy
    assert "plan" not in commands(engine)


def test_nothing_to_change(engine: Path, stack: Path) -> None:
    outputs = {"url": {"value": "http://a", "sensitive": False, "type": "string"}}
    outputs["key"] = {"value": "hunter2", "sensitive": True, "type": "string"}
    summary = event(type="change_summary", changes={"add": 0, "operation": "plan"})
    fake_engine.install(
        engine, plan=Command([summary], code=0), output=Command([json.dumps(outputs)])
    )
    run = until_state(runs.start(stack, "apply"), RunStatus.SUCCEEDED)
    assert run.changes is not None and run.changes.total == 0
    assert run.message == "There is nothing to change."
    assert run.plan_path is None
    stored = read_json(run.files.outputs)
    assert stored == {
        "url": outputs["url"],
        "key": {"sensitive": True, "type": "string"},
    }


@pytest.mark.parametrize("stage", ["init", "plan", "apply"])
def test_cancel_is_one_interrupt_in_every_stage(engine: Path, stack: Path, stage: str) -> None:
    slow = Command(stream("apply-change"), pause=5, after_interrupt=0.3)
    fake_engine.install(engine, "1.11.4", **{stage: slow})
    run = runs.start(stack, "apply")
    if stage == "apply":
        run = runs.approve(until_state(run, RunStatus.PLANNED))
    until(lambda: commands(engine)[-1:] == [stage], stage)
    until(lambda: run.refresh().terraform_pid, "Terraform's process id")
    assert runs.cancel(run).files.cancel.exists()
    stopping = until_state(run, RunStatus.STOPPING)
    assert runs.cancel(stopping).is_live
    os.kill(stopping.pid, signal.SIGTERM)
    ended = until_state(run, RunStatus.CANCELLED)
    assert fake_engine.signals(engine) == ["SIGINT"]
    changed = "completed changes are in the state" in ended.message
    assert changed is (stage == "apply") and ended.plan_path is None


@pytest.mark.parametrize("stage", ["plan", "apply"])
def test_a_shutdown_before_terraform_listens(engine: Path, stack: Path, stage: str) -> None:
    # The machine is shut down at the moment when Terraform starts: Terraform dies without a
    # message.
    slow = Command(stream("apply-change"), pause=60, unprepared=True)
    fake_engine.install(engine, "1.11.4", **{stage: slow})
    run = runs.start(stack, "apply")
    if stage == "apply":
        run = runs.approve(until_state(run, RunStatus.PLANNED))
    until(lambda: commands(engine)[-1:] == [stage], stage)
    until(lambda: run.refresh().terraform_pid, "Terraform's process id")
    present = run.refresh()
    for pid in (present.pid, present.terraform_pid):
        os.kill(pid, signal.SIGTERM)
    assert until_state(run, RunStatus.CANCELLED).returncode == -signal.SIGTERM


def test_an_end_recorded_while_the_run_is_read_counts(
    engine: Path, stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = planned(stack)
    at_work = {"state": RunStatus.STOPPING, "runner": identify().as_json()}
    replace_json(run.files.state, {**(read_json(run.files.state) or {}), **at_work})

    def leave(_process: object) -> bool:
        # The process records its end, and exits, between the two reads of a viewer.
        record(run.files, RunStatus.CANCELLED, runner=identify())
        return False

    monkeypatch.setattr("gpuecs_tui.terraform.runs.run.is_alive", leave)
    assert run.refresh().state is RunStatus.CANCELLED


@pytest.mark.parametrize("stubborn", [False, True])
def test_a_harder_stop(
    engine: Path, stack: Path, stubborn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(force_stop, "SECOND_INTERRUPT_SECONDS", 2)
    slow = Command(stream("apply-change"), pause=60, after_interrupt=60, stubborn=stubborn)
    fake_engine.install(engine, apply=slow)
    run = runs.approve(until_state(runs.start(stack, "apply"), RunStatus.PLANNED))
    until(lambda: commands(engine)[-1:] == ["apply"], "apply")
    until(lambda: run.refresh().terraform_pid, "Terraform's process id")
    with pytest.raises(RunProblem, match="not stopping"):
        end_now(run)
    runs.cancel(run)
    end_now(until_state(run, RunStatus.STOPPING))
    ended = until_state(run, RunStatus.FAILED)
    assert fake_engine.signals(engine) == ["SIGINT", "SIGINT"]
    assert ended.returncode == (-signal.SIGKILL if stubborn else 1)
    assert (
        ended.message.startswith(f"Force-stopped by {who()}") and "Run a new plan" in ended.remedy
    )
    with pytest.raises(RunProblem, match="not stopping"):
        end_now(ended)


def test_a_harder_stop_of_a_plan_loses_nothing(engine: Path, stack: Path) -> None:
    fake_engine.install(engine, plan=Command(stream("plan-change"), pause=60, after_interrupt=60))
    run = runs.start(stack, "apply")
    until(lambda: commands(engine)[-1:] == ["plan"], "plan")
    until(lambda: run.refresh().terraform_pid, "Terraform's process id")
    runs.cancel(run)
    end_now(until_state(run, RunStatus.STOPPING))
    assert until_state(run, RunStatus.CANCELLED).message == "Stopped before anything was changed."


def test_cancel_before_anything_began(engine: Path, stack: Path) -> None:
    run = runs.start(stack, "apply")
    runs.cancel(run)
    ended = until_state(run, RunStatus.CANCELLED)
    assert ended.returncode is None or ended.returncode == 1
    assert "apply" not in commands(engine)


@pytest.mark.parametrize(
    ("stage", "operation", "state"),
    [
        ("init", "apply", RunStatus.CANCELLED),
        ("plan", "apply", RunStatus.CANCELLED),
        ("plan", "plan", RunStatus.SUCCEEDED),
        ("apply", "apply", RunStatus.SUCCEEDED),
    ],
)
def test_an_interrupt_that_comes_too_late(
    engine: Path, stack: Path, stage: str, operation: str, state: RunStatus
) -> None:
    # Completed steps remain, and no further step starts.
    lines = stream("plan-change" if stage == "plan" else "apply-change")
    command = Command(lines, code=2 if stage == "plan" else 0, linger=60, deaf=True)
    fake_engine.install(engine, "1.11.4", **{stage: command})
    run = runs.start(stack, operation)
    if stage == "apply":
        run = runs.approve(until_state(run, RunStatus.PLANNED))
    until(lambda: commands(engine)[-1:] == [stage], stage)
    until(lambda: run.refresh().terraform_pid, "Terraform's process id")
    runs.cancel(run)
    until(lambda: fake_engine.signals(engine), "the interrupt")
    fake_engine.release(engine)
    ended = until_state(run, state)
    assert fake_engine.signals(engine) == ["SIGINT"]
    assert commands(engine)[-1] in (stage, "show")
    until(lambda: ended.plan_path is None, "the plan's removal")
    if stage == "apply":
        late = f"The cancel request of {who()} came too late: the whole plan was carried out."
        assert ended.message == f"Applied. {late}" and late in journal_of(ended)


EXPIRED = event(
    type="diagnostic",
    diagnostic={
        "severity": "error",
        "summary": "reading IAM Role (a): StatusCode: 403, api error ExpiredToken: expired",
    },
)


def test_a_stop_of_one_whose_credentials_expired_is_told_as_that(engine: Path, stack: Path) -> None:
    fake_engine.install(engine, apply=Command(["{}", EXPIRED], code=1, linger=60, deaf=True))
    run = runs.approve(planned(stack))
    until(lambda: commands(engine)[-1:] == ["apply"], "the apply")
    until(lambda: run.refresh().terraform_pid, "Terraform's process id")
    runs.cancel(run)
    until(lambda: fake_engine.signals(engine), "the interrupt")
    fake_engine.release(engine)
    ended = until_state(run, RunStatus.FAILED)
    assert ended.message == "The credentials have expired."
    assert "it continues with the remaining changes" in ended.remedy


def test_credentials_that_end_in_the_midst_are_told_of_once(engine: Path, stack: Path) -> None:
    fake_engine.install(engine, apply=Command(stream("apply-change"), linger=60))
    end = datetime.now(UTC) + timedelta(seconds=0.5)
    run = runs.approve(planned(stack), credentials_end=end)
    assert run.credentials_end == end
    told = "The credentials have expired. Terraform may retry for ten minutes or more."
    until(lambda: told in journal_of(run), "the note")
    assert run.refresh().outlives_credentials
    fake_engine.release(engine)
    ended = until_state(run, RunStatus.SUCCEEDED)
    assert journal_of(ended).count(told) == 1 and not ended.outlives_credentials


def test_decline(engine: Path, stack: Path) -> None:
    run = planned(stack)
    gone = runs.discard(run)
    assert gone.state is RunStatus.DISCARDED and gone.plan_path is None and gone.is_final
    assert gone.message == "Plan discarded."
    for decide in (runs.discard, runs.approve):
        with pytest.raises(AlreadyDecided, match="discarded"):
            decide(run)
    assert runs.cancel(gone).state is RunStatus.DISCARDED


def test_cancel_of_a_waiting_plan_declines_it(engine: Path, stack: Path) -> None:
    assert runs.cancel(planned(stack)).state is RunStatus.DISCARDED


def test_a_new_apply_takes_the_place_of_a_waiting_plan(engine: Path, stack: Path) -> None:
    first = planned(stack)
    until_state(runs.start(stack, "plan"), RunStatus.SUCCEEDED)
    assert first.refresh().state is RunStatus.PLANNED
    second = planned(stack)
    assert first.refresh().state is RunStatus.DISCARDED
    assert "a new run of this stack replaced it" in first.refresh().message
    assert run_list.unfinished_run(stack) == second.refresh()
    assert run_list.live_run(stack) is None


def test_an_approval_whose_process_died_can_be_made_again(engine: Path, stack: Path) -> None:
    run = planned(stack)
    replace_json(run.files.decision, {"decision": "approve", "by": "ana@x", "at": ""})
    until(lambda: run.refresh().state is RunStatus.LOST, "the verdict")
    assert "before anything was applied" in run.refresh().message
    assert until_state(runs.approve(run), RunStatus.SUCCEEDED).decided_by == "ana@x"


def test_a_busy_directory(engine: Path, stack: Path) -> None:
    fake_engine.install(engine, plan=Command(stream("plan-change"), code=2, pause=5))
    run = until_state(runs.start(stack, "apply"), RunStatus.PLANNING)
    # The fake is a Python program: an interrupt during its start may be lost.
    until(lambda: commands(engine)[-1:] == ["plan"], "plan")
    with pytest.raises(DirectoryBusy) as busy:
        runs.start(stack, "plan")
    holder = busy.value.holder
    assert holder is not None
    assert (holder.run, holder.host, holder.pid) == (run.id, socket.gethostname(), run.pid)
    assert holder.user in busy.value.message and str(run.pid) in busy.value.message
    runs.cancel(run)
    until_state(run, RunStatus.CANCELLED)


LEAVING = """
import signal, sys, time
from pathlib import Path
from gpuecs_tui.terraform.runs.directory_lock import acquire
signal.signal(signal.SIGTERM, signal.SIG_IGN)
lock = acquire(Path(sys.argv[1]))
print(flush=True)
time.sleep(1)
"""


def test_a_runner_that_has_told_the_end_but_not_left_is_waited_for(
    engine: Path, stack: Path
) -> None:
    run = until_state(runs.start(stack, "plan"), RunStatus.SUCCEEDED)
    run_list.lock_directory(stack).release()
    with subprocess.Popen([sys.executable, "-c", LEAVING, stack], stdout=subprocess.PIPE) as runner:
        assert runner.stdout is not None
        runner.stdout.readline()
        with pytest.raises(DirectoryBusy):
            # It belongs to no run that is known to have ended.
            run_list.lock_directory(stack)
        record(run.files, RunStatus.SUCCEEDED, runner=identify(runner.pid))
        run_list.lock_directory(stack).release()
        assert not is_alive(identify(runner.pid))


def test_another_users_run_is_told_by_the_lock_alone(
    engine: Path, stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Command(stream("apply-change"), pause=60)
    fake_engine.install(engine, plan=Command(stream("plan-change"), code=2, linger=60), apply=slow)
    run = runs.start(stack, "apply")
    for state in (RunStatus.PLANNING, RunStatus.APPLYING):
        present = until_state(run, state)
        with monkeypatch.context() as another_user:
            another_user.setenv("XDG_STATE_HOME", str(tmp_path / "elsewhere"))
            assert run_list.all_runs() == []
            with pytest.raises(DirectoryBusy) as busy:
                runs.start(stack, "plan")
        assert busy.value.holder is not None
        assert (busy.value.holder.run, busy.value.holder.pid) == (run.id, present.pid)
        if state is RunStatus.PLANNING:
            fake_engine.release(engine)
            runs.approve(until_state(run, RunStatus.PLANNED))
    runs.cancel(run)
    until_state(run, RunStatus.CANCELLED)


def test_a_run_that_was_just_started_is_told_by_its_own_process(
    engine: Path, stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The runner has not recorded itself yet: the label of the lock names the holder.
    with monkeypatch.context() as held:
        held.setattr(launch, "detach", lambda *_arguments, **_more: 0)
        lock = acquire(stack)
        run = launch.create_run(run_list.runs_root(), stack, Operation.PLAN, None, None, os.environ)
        lock.describe(launch.holder_of_run(run, 4711))
        with pytest.raises(DirectoryBusy, match=r"process 4711"):
            runs.start(stack, "plan")
    lock.release()


def test_no_plan_is_left_of_a_run_that_can_not_be_applied_again(engine: Path, stack: Path) -> None:
    fake_engine.install(engine, apply=Command(stream("apply-change"), linger=60))
    run = runs.approve(planned(stack))
    until(lambda: stream("apply-change")[0] in journal_of(run), "the apply")
    present = run.refresh()
    os.kill(present.pid, signal.SIGKILL)
    os.kill(present.terraform_pid, signal.SIGKILL)
    lost = until_state(run, RunStatus.LOST)
    until_state(runs.start(stack, "plan"), RunStatus.SUCCEEDED)
    assert lost.plan_path is None


def test_no_engine(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    ended = failed(stack)
    assert ended.message == "Could not find terraform or tofu on PATH." and ended.remedy


def test_an_engine_that_speaks_another_language(engine: Path, stack: Path) -> None:
    newer = event(type="version", terraform="3.0.0", ui="2.0", **{"@message": "Terraform 3.0.0"})
    fake_engine.install(engine, plan=Command([newer], code=2))
    assert "uses version 2.0 of its event format" in failed(stack).message


def test_a_mirror_that_holds_nothing(engine: Path, stack: Path, tmp_path: Path) -> None:
    run = runs.start(stack, "plan", plugin_dir=tmp_path)
    assert "has no suitable AWS provider" in until_state(run, RunStatus.FAILED).message


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RunProblem, match="does not exist"):
        runs.start(tmp_path / "none", "plan")


def test_a_state_folder_that_cannot_be_written(
    stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(blocked))
    with pytest.raises(RunProblem, match=r"Could not write the run to .*file") as told:
        runs.start(stack, "plan")
    assert "XDG_STATE_HOME" in told.value.remedy
    # The directory is unlocked again.
    monkeypatch.delenv("XDG_STATE_HOME")
    acquire(stack).release()


def test_approval_needs_the_plans_credentials(
    engine: Path, stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIADEMO")
    run = planned(stack)
    stored = b"".join(p.read_bytes() for p in run.files.folder.iterdir())
    assert b"AKIADEMO" not in stored
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with pytest.raises(RunProblem, match="access keys other than"):
        runs.approve(run, environ={**os.environ, "AWS_ACCESS_KEY_ID": "AKIAREAL"})
    assert run.refresh().state is RunStatus.PLANNED
    until_state(runs.approve(run), RunStatus.SUCCEEDED)
    # It used the endpoint of the plan, which the environment of this process no longer names.
    apply = fake_engine.calls(engine)[-1]
    assert apply["environment"]["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"


def test_a_profile_is_kept_for_the_apply(engine: Path, stack: Path) -> None:
    run = until_state(runs.start(stack, "apply", profile="blue"), RunStatus.PLANNED)
    assert run.profile == "blue"
    until_state(runs.approve(run), RunStatus.SUCCEEDED)
    profiles = {c["environment"].get("AWS_PROFILE") for c in fake_engine.calls(engine)}
    assert profiles == {"blue"}


def test_what_is_ignored_is_told(
    engine: Path, stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CLI_ARGS_plan", "-target=aws_lb.this")
    run = until_state(runs.start(stack, "plan"), RunStatus.SUCCEEDED)
    assert "-target=aws_lb.this in TF_CLI_ARGS_plan is ignored" in journal_of(run)


def test_a_state_in_another_file_refuses_a_run_before_anything(
    engine: Path, stack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CLI_ARGS_apply", "-no-color -state=prod.tfstate")
    for operation in ("plan", "apply", "destroy"):
        with pytest.raises(TerraformProblem, match="TF_CLI_ARGS_apply has -state=prod"):
            runs.start(stack, operation)
    assert run_list.runs_of(stack) == [] and not fake_engine.calls(engine)
    # A run uses this file anyway.
    monkeypatch.setenv("TF_CLI_ARGS_apply", "-state=x/../terraform.tfstate -lock=false")
    run = until_state(runs.start(stack, "plan"), RunStatus.SUCCEEDED)
    assert "-lock=false in TF_CLI_ARGS_apply is ignored: a run always locks" in journal_of(run)


def test_a_moved_directory_keeps_its_runs(engine: Path, stack: Path) -> None:
    run = until_state(runs.start(stack, "plan"), RunStatus.SUCCEEDED)
    moved = stack.rename(stack.with_name("moved"))
    assert [r.id for r in run_list.runs_of(moved)] == [run.id]
    other = stack.with_name("other")
    shutil.copytree(moved, other)
    assert run_list.runs_of(other) == []
    # Often the next directory gets the inode of the deleted one.
    shutil.rmtree(moved)
    fresh = stack.with_name("fresh")
    fresh.mkdir()
    assert run_list.runs_of(fresh) == []
    # A directory at the old path counts as the same, whatever it contains now.
    stack.mkdir()
    assert [r.id for r in run_list.runs_of(stack)] == [run.id]


def test_a_run_of_before_the_last_boot_is_lost(engine: Path, stack: Path) -> None:
    run = planned(stack)
    before = replace(identify(), boot="before")
    for state in (RunStatus.APPROVED, RunStatus.APPLYING):
        record(run.files, state, runner=before, child=before)
    assert run.refresh().state is RunStatus.LOST and not run.refresh().is_live


def test_a_run_of_another_host_lives_while_the_lock_is_held(engine: Path, stack: Path) -> None:
    run = planned(stack)
    elsewhere = replace(identify(), host="elsewhere")
    lock = run_list.lock_directory(stack)
    for state in (RunStatus.APPROVED, RunStatus.APPLYING):
        record(run.files, state, runner=elsewhere)
    assert run.refresh().state is RunStatus.APPLYING
    lock.release()
    assert run.refresh().state is RunStatus.LOST


def test_no_state_is_left_once_it_is_final(engine: Path, stack: Path) -> None:
    run = runs.discard(planned(stack))
    until_state(runs.start(stack, "plan"), RunStatus.SUCCEEDED)
    ended = run_list.runs_of(stack)[0]
    with pytest.raises(RunProblem):
        record(ended.files, RunStatus.APPLYING, runner=identify())
    assert run.refresh().state is RunStatus.DISCARDED
    recorded = read_recorded(ended.files)
    assert recorded is not None and recorded.state is RunStatus.SUCCEEDED


def test_every_state_has_a_title_and_a_way_on() -> None:
    assert all(status_title(state) for state in RunStatus)
    assert set(FOLLOWERS) == set(RunStatus) - FINAL
    for state in WORKING:
        assert {RunStatus.FAILED, RunStatus.CANCELLED} <= FOLLOWERS[state]


def test_old_runs_make_room(engine: Path, stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "KEPT_RUNS", 3)
    waiting = planned(stack)
    for _number in range(5):
        until_state(runs.start(stack, "plan"), RunStatus.SUCCEEDED)
    kept = run_list.all_runs()
    # Three runs, and the one that has not ended.
    assert len(kept) == 4 and kept[-1].id == waiting.id


def test_large_runs_make_room(engine: Path, stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = until_state(runs.start(stack, "plan"), RunStatus.SUCCEEDED)
    with large.files.journal.open("ab") as journal:
        journal.truncate(1_000_000)
    monkeypatch.setattr(rotation, "KEPT_BYTES", 900_000)
    until_state(runs.start(stack, "plan"), RunStatus.SUCCEEDED)
    assert load_run(large.files.folder) is None


def test_old_moves_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(move_record, "KEPT_MIGRATIONS", 3)
    phases = ["failed", "done", "done", "failed", "done"]
    for number, phase in enumerate(phases):
        folder = tmp_path / str(number)
        folder.mkdir()
        replace_json(folder / "move.json", {"phase": phase, "directory": "/stack"})
        (folder / "source.tfstate").write_text("secret")
    found = [
        it for it in map(move_record.load_migration, sorted(tmp_path.iterdir(), reverse=True)) if it
    ]
    move_record.rotate_migrations(found)
    assert sorted(it.name for it in tmp_path.iterdir()) == ["2", "3", "4"]
    # An interrupted move must be continued: no move since the last successful one may be deleted.
    monkeypatch.setattr(move_record, "KEPT_MIGRATIONS", 0)
    replace_json(tmp_path / "4" / "move.json", {"phase": "failed", "directory": "/stack"})
    replace_json(tmp_path / "3" / "move.json", {"phase": "done", "directory": "/stack"})
    move_record.rotate_migrations(
        [it for it in map(move_record.load_migration, (f.folder for f in found[:3])) if it]
    )
    assert sorted(it.name for it in tmp_path.iterdir()) == ["3", "4"]


def test_folders_are_private(engine: Path, stack: Path) -> None:
    run = planned(stack)
    for folder in (run.files.folder, run.files.folder.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in run.files.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_a_half_written_folder_is_no_run(stack: Path) -> None:
    folder = run_list.runs_root() / "20260101T000000-x"
    folder.mkdir(parents=True)
    RunFiles(folder).state.write_text("{")
    assert run_list.all_runs() == []


def test_the_runner_imports_nothing_heavy() -> None:
    heavy = ["textual", "boto3", "botocore", "jinja2", "moto", "rich"]
    program = (
        "import sys, gpuecs_tui.terraform.runner.process, gpuecs_tui.terraform.control.runs\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("asked_to_stop", [False, True])
def test_a_full_disk_in_mid_apply(
    engine: Path, stack: Path, monkeypatch: pytest.MonkeyPatch, asked_to_stop: bool
) -> None:
    monkeypatch.setattr(launch, "RUNNER", "tests.terraform.control.full_disk_runner")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    fake_engine.install(engine, apply=Command(stream("apply-change"), pause=0.2))
    run = runs.approve(planned(stack))
    until(lambda: commands(engine)[-1:] == ["apply"], "the apply")
    if asked_to_stop:
        monkeypatch.setattr(runs, "create_json", _no_space)
        until_state(run, RunStatus.APPLYING)
        runs.cancel(run)
    ended = until_state(run, RunStatus.CANCELLED if asked_to_stop else RunStatus.SUCCEEDED)
    # No process died of it, and the verdict was written when there was space.
    assert fake_engine.signals(engine) == (["SIGINT"] if asked_to_stop else [])
    assert "No space left" in journal_of(ended)


def _no_space(*_arguments: object) -> bool:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("operation", ["plan", "apply"])
def test_a_full_disk_ends_a_plan(
    engine: Path, stack: Path, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    monkeypatch.setattr(launch, "RUNNER", "tests.terraform.control.full_disk_planner")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    ended = until_state(runs.start(stack, operation), RunStatus.LOST)
    assert ended.plan_path is None
    # There is space again: another run can start, and nothing claims that the disk is full.
    assert ended.message == "The runner process died before anything was changed."
    acquire(stack).release()
    no_space = SimpleNamespace(f_bavail=0, f_frsize=1)
    monkeypatch.setattr(os, "statvfs", lambda _path: no_space)
    full = ended.refresh()
    assert f"The disk of {full.files.folder} is full" in full.message
    assert "Nothing was changed." in full.message and "Free some space" in full.remedy


def test_details_that_were_cut_off_leave_the_plan_valid(engine: Path, stack: Path) -> None:
    fake_engine.install(engine, show=Command(['{"format_version": "1.']))
    waiting = planned(stack)
    until(lambda: "The output of terraform show is incomplete." in journal_of(waiting), "the note")
    until(lambda: not waiting.refresh().pid or not is_held(stack), "the end of the runner")
    assert "Traceback" not in journal_of(waiting) and waiting.refresh().plan_path


def test_the_file_size_limit_is_named(engine: Path, stack: Path) -> None:
    waiting = planned(stack)
    long = event(type="log", **{"@message": "x" * 1000})
    limit = 64 * 1024
    before, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    words = f"the file size limit of this shell (`ulimit -f`) is {limit // 1024} KiB"
    fake_engine.install(engine, plan=Command([long] * (limit // 1000), code=2))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        applied = until_state(runs.approve(waiting), RunStatus.FAILED)
        assert words in applied.message and "ulimit -f unlimited" in applied.remedy
        ended = failed(stack)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, hard))
    assert words in ended.message and str(ended.files.journal) in ended.message
    assert "apply" not in commands(engine)


def test_looking_back_on_a_lost_run(engine: Path, stack: Path) -> None:
    lines = stream("apply-signal-INT")
    cut = next(n for n, line in enumerate(lines) if "Interrupt received" in line)
    fake_engine.install(engine, apply=Command(lines[:cut], linger=60))
    run = runs.approve(planned(stack))
    until(lambda: lines[cut - 1] in journal_of(run), "its last line")
    present = run.refresh()
    os.kill(present.pid, signal.SIGKILL)
    os.kill(present.terraform_pid, signal.SIGKILL)
    until(lambda: run.refresh().state is RunStatus.LOST, "the verdict")
    assert "died during the apply" in run.refresh().message
    found = candidates([run.refresh()], NOTHING)
    assert len([it for it in found if it.certain]) == 26
    assert "aws_lb.this" in {it.address for it in found if not it.certain}
    until_state(runs.start(stack, "plan"), RunStatus.SUCCEEDED)


@pytest.mark.parametrize("killed", ["both", "terraform", "stopped"])
def test_an_unfinished_destroy_recommends_to_destroy_again(
    engine: Path, stack: Path, killed: str
) -> None:
    hook = {"resource": {"addr": "terraform_data.b"}, "action": "delete"}
    lines = [event(type="apply_start", hook=hook), event(type="apply_complete", hook=hook)]
    fake_engine.install(engine, apply=Command(lines, linger=60))
    run = until_state(runs.start(stack, "destroy"), RunStatus.PLANNED)
    runs.approve(run)
    until(lambda: lines[-1] in journal_of(run), "the destroyed resource")
    present = run.refresh()
    if killed == "stopped":
        runs.cancel(run)
        ended = until_state(run, RunStatus.CANCELLED)
    else:
        if killed == "both":
            os.kill(present.pid, signal.SIGKILL)
        os.kill(present.terraform_pid, signal.SIGKILL)
        ended = until_state(run, RunStatus.LOST if killed == "both" else RunStatus.FAILED)
    if killed == "both":
        assert ended.message == "The runner process died during the destroy."
    assert f"press D in the wizard, or run gpuecs-tui destroy {stack}." in ended.remedy
    assert "already destroyed stay destroyed" in ended.remedy
    assert "plan" not in ended.remedy and "apply" not in ended.message


def test_a_destroy_without_its_plan_recommends_to_destroy_again(engine: Path, stack: Path) -> None:
    run = until_state(runs.start(stack, "destroy"), RunStatus.PLANNED)
    run.files.plan.unlink()
    with pytest.raises(RunProblem, match="missing") as caught:
        runs.approve(run)
    assert caught.value.remedy.startswith("Destroy again")
    stale = {"severity": "error", "summary": "Saved plan is stale", "detail": "x"}
    lines = [event(type="diagnostic", diagnostic=stale, **{"@message": "Error"})]
    fake_engine.install(engine, apply=Command(lines, code=1))
    runs.discard(run)
    run = until_state(runs.start(stack, "destroy"), RunStatus.PLANNED)
    ended = until_state(runs.approve(run), RunStatus.FAILED)
    assert "state changed after this plan" in ended.message
    assert ended.remedy.startswith("Destroy again")


def test_looking_back_on_what_ended_well(engine: Path, stack: Path) -> None:
    fake_engine.install(engine, apply=Command(stream("apply-change"), linger=60))
    run = runs.approve(planned(stack))
    until(lambda: stream("apply-change")[-1] in journal_of(run), "its last line")
    present = run.refresh()
    os.kill(present.pid, signal.SIGKILL)
    os.kill(present.terraform_pid, signal.SIGKILL)
    until(lambda: run.refresh().state is RunStatus.LOST, "the verdict")
    assert "Terraform had reported that all changes were complete" in run.refresh().message


def test_a_path_that_is_no_text(engine: Path, tmp_path: Path) -> None:
    stack = Path(os.fsdecode(os.fsencode(tmp_path) + b"/stack-\xff"))
    stack.mkdir()
    (stack / "main.tf").touch()
    run = until_state(runs.start(stack, "plan"), RunStatus.SUCCEEDED)
    assert run.directory == stack and run_list.runs_of(stack) == [run.refresh()]
