"""``scale``: what it writes, plans, asks, applies and calls, and what it restores."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.commands.failure import EXIT_FAILED, EXIT_USAGE
from gpuecs_tui.commands.service.here import EXIT_NOT_DEPLOYED
from gpuecs_tui.commands.status.asked import Asked
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.terraform.base.liveness import identify
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.terraform.write import last_write, value_change
from gpuecs_tui.terraform.write.stack import WriteProblem
from gpuecs_tui.user_folders import state_file
from tests.commands.change.replayed import Stack, plan_of
from tests.demo.simulator.stepped import Stepped
from tests.support.terraform import fake_engine
from tests.support.terraform.run_folders import stage
from tests.support.terraform.waiting import until_state
from tests.support.unprivileged import unprivileged

IGNORED = ("desired_count",)
TARGET = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/llm/llm",
    "ScalableDimension": "ecs:service:DesiredCount",
}
Printed = pytest.CaptureFixture[str]


def scale(stack: Stack, tasks: int, *more: str) -> int:
    return main(["scale", str(stack.directory), str(tasks), "--offline", *more])


def test_the_count_and_the_maximum_size_are_written_planned_and_applied(
    stack: Stack, capsys: Printed
) -> None:
    before = stack.read()
    stack.replay(
        show=plan_of(
            ("aws_ecs_service", {"desired_count": 1}, {"desired_count": 3}),
            ("aws_autoscaling_group", {"max_size": 2}, {"max_size": 6}),
        )
    )
    assert scale(stack, 3, "--yes") == 0
    out = capsys.readouterr().out
    assert "service.desired_count: 1 → 3\nfleet.max_size: 2 → 6\n" in out
    assert "3 tasks need 3 instances, and a deployment up to 6" in out
    assert f"gpuecs-tui status {stack.directory} --watch" in out
    written = before.replace("desired_count = 1", "desired_count = 3")
    assert stack.read() == written.replace("max_size      = 2", "max_size      = 6")
    assert stack.states == [RunStatus.SUCCEEDED]
    assert value_change.interrupted_change(stack.directory, {}) is None


def test_zero_says_that_requests_fail_and_what_is_still_billed(
    stack: Stack, capsys: Printed
) -> None:
    stack.write(fleet__min_size=1)
    assert scale(stack, 0, "--yes") == 0
    out = capsys.readouterr().out
    assert "At a desired count of 0, no task runs and requests to the service fail." in out
    assert "The fleet's minimum size keeps 1 instance running, which is billed." in out
    assert "desired_count = 0" in stack.read()


@pytest.mark.parametrize("typed", ["n\n", "", None])
def test_no_at_the_question_restores_the_value_and_discards_the_plan(
    stack: Stack, answer: Callable[[str | None], None], capsys: Printed, typed: str | None
) -> None:
    before, record = stack.read(), last_write.record_of(stack.directory)
    answer(typed)
    assert scale(stack, 2) == EXIT_FAILED
    err = capsys.readouterr().err
    assert "Scale to 2 tasks? [y/N] " in err
    assert "Restored the earlier value: service.desired_count = 1" in err
    assert "Nothing was changed." in err
    assert stack.read() == before
    assert last_write.record_of(stack.directory) == record
    assert stack.states == [RunStatus.DISCARDED]
    assert "apply" not in stack.commands


def test_a_yes_at_the_question_applies_the_plan_that_was_shown(
    stack: Stack, answer: Callable[[str | None], None]
) -> None:
    answer("y\n")
    assert scale(stack, 2) == 0
    assert stack.states == [RunStatus.SUCCEEDED]


def test_other_changes_are_not_applied_by_a_yes_to_the_scaling(
    stack: Stack, answer: Callable[[str | None], None], capsys: Printed
) -> None:
    other = ("aws_launch_template", {"image_id": "ami-1"}, {"image_id": "ami-2"})
    stack.replay(show=plan_of(other))
    before = stack.read()
    assert scale(stack, 2, "--yes") == EXIT_FAILED
    err = capsys.readouterr().err
    assert "The plan also contains other changes: aws_launch_template.this." in err
    assert "to apply them: gpuecs-tui apply" in err
    assert stack.read() == before and stack.states == [RunStatus.DISCARDED]
    # A user on a terminal sees them and decides.
    answer("y\n")
    assert scale(stack, 2) == 0
    assert "!  The plan also contains other changes" in capsys.readouterr().out


def test_a_failed_plan_restores_the_value(stack: Stack, capsys: Printed) -> None:
    before = stack.read()
    stack.replay(plan=fake_engine.Command(fake_engine.stream("plan-change"), code=1))
    assert scale(stack, 2, "--yes") == EXIT_FAILED
    assert "Restored the earlier value" in capsys.readouterr().err
    assert stack.read() == before


def test_a_failed_apply_keeps_the_value_because_part_of_it_may_be_applied(
    stack: Stack, capsys: Printed
) -> None:
    stack.replay(apply=fake_engine.Command(fake_engine.stream("apply-change"), code=1))
    assert scale(stack, 2, "--yes") == EXIT_FAILED
    assert "The apply had begun, so the directory keeps service.desired_count = 2" in (
        capsys.readouterr().err
    )
    assert "desired_count = 2" in stack.read()


def test_an_error_of_the_check_restores_the_value(stack: Stack, capsys: Printed) -> None:
    stack.write(task__memory=15742)
    before = stack.read()
    assert scale(stack, 1, "--yes") == scale(stack, 2, "--yes") == EXIT_FAILED
    assert "Nothing was applied: the check found errors." in capsys.readouterr().err
    assert stack.read() == before and stack.states == []


def test_the_value_changes_in_the_file_that_sets_it(stack: Stack) -> None:
    stack.edit("desired_count = 1\n", "")
    other = stack.directory / "sizes.auto.tfvars.json"
    other.write_text('{\n  "desired_count": 1, "x": 2\n}\n')
    before = stack.read()
    assert scale(stack, 2, "--yes") == 0
    assert other.read_text() == '{\n  "desired_count": 2, "x": 2\n}\n'
    assert stack.read() == before


def test_a_value_that_is_not_understood_is_named_with_its_line(
    stack: Stack, capsys: Printed
) -> None:
    stack.edit("= var.desired_count", "= max(1, var.desired_count)", "service.tf")
    before = stack.read()
    assert scale(stack, 2, "--yes") == EXIT_FAILED
    assert "service.tf:5: aws_ecs_service.this.desired_count" in capsys.readouterr().err
    assert stack.read() == before and stack.commands == []


def test_a_manual_change_in_our_file_is_not_overwritten(stack: Stack, capsys: Printed) -> None:
    stack.edit("= var.desired_count", "= 1", "service.tf")
    before = stack.read("service.tf")
    assert scale(stack, 2, "--yes") == EXIT_FAILED
    assert "service.tf sets it in a manual change" in capsys.readouterr().err
    assert stack.read("service.tf") == before and stack.commands == []


def test_a_manual_change_in_the_meantime_stays(
    stack: Stack, answer: Callable[[str | None], None], capsys: Printed, monkeypatch: Any
) -> None:
    from gpuecs_tui.commands.change import values

    def edit_and_refuse(*_any: object) -> None:
        stack.edit("desired_count = 2", "desired_count = 7")
        raise KeyboardInterrupt

    monkeypatch.setattr(values, "confirm", edit_and_refuse)
    answer("")
    assert scale(stack, 2) == EXIT_FAILED
    err = capsys.readouterr().err
    assert "service.desired_count was changed in" in err and "stays as it is" in err
    assert "desired_count = 7" in stack.read()


def test_other_manual_values_stay_manual_changes(stack: Stack) -> None:
    stack.edit("max_size      = 2", "max_size      = 5")
    main(["render", str(stack.directory), str(stack.directory), "--yes"])
    stack.edit("max_size      = 5", "max_size      = 4")
    assert scale(stack, 2, "--yes") == 0
    assert last_write.edited_since(stack.directory, "fleet.max_size", 4) is True
    assert last_write.edited_since(stack.directory, "service.desired_count", 2) is False


def test_the_value_of_a_killed_command_is_restored_by_the_next_one(
    stack: Stack, capsys: Printed, monkeypatch: Any
) -> None:
    before = stack.read()
    value_change.put_values(stack.directory, {"service.desired_count": 4}, "scale", {})
    # The command still runs: nothing is restored.
    assert value_change.interrupted_change(stack.directory, {}) is None
    monkeypatch.setattr(value_change, "is_alive", lambda _process: False)
    assert main(["plan", str(stack.directory)]) == 2
    assert "gpuecs-tui scale was interrupted" in capsys.readouterr().err
    assert "desired_count = 4" in stack.read()
    assert scale(stack, 1, "--yes") == 0
    assert "Its values were restored: service.desired_count = 1." in capsys.readouterr().err
    assert stack.read() == before


def test_a_value_that_was_not_edited_is_restored_beside_one_that_was(
    stack: Stack, capsys: Printed, monkeypatch: Any
) -> None:
    values = {"service.desired_count": 4, "fleet.max_size": 8}
    value_change.put_values(stack.directory, values, "scale", {})
    stack.edit("max_size      = 8", "max_size      = 9")
    monkeypatch.setattr(value_change, "is_alive", lambda _process: False)
    assert scale(stack, 1, "--yes") == 0
    assert "Its values were restored: service.desired_count = 1." in capsys.readouterr().err
    assert "max_size      = 9" in stack.read() and "desired_count = 1" in stack.read()


def noted_by_another(stack: Stack) -> Path:
    """Let a process that runs longer than the test have an open change of the directory."""
    value_change.put_values(stack.directory, {"service.desired_count": 4}, "deploy", {})
    note = state_file("changes", stack.directory)
    writer = identify(os.getppid()).as_json()
    note.write_text(json.dumps({**json.loads(note.read_text()), "writer": writer}))
    return note


def test_a_change_of_another_process_is_not_overwritten_planned_or_applied(
    stack: Stack, capsys: Printed
) -> None:
    note = noted_by_another(stack)
    before, noted = stack.read(), note.read_text()
    for words in (
        ["scale", str(stack.directory), "2", "--yes", "--offline"],
        ["apply", str(stack.directory), "--yes", "--despite-findings"],
        ["plan", str(stack.directory)],
    ):
        assert main(words) == EXIT_FAILED
        err = capsys.readouterr().err
        assert f"gpuecs-tui deploy (process {os.getppid()} on " in err
        assert f"is changing {stack.directory}. Try again when it has ended." in err
    assert stack.read() == before and note.read_text() == noted
    assert stack.commands == [] and stack.states == []


def test_a_note_is_never_replaced_while_its_process_lives(stack: Stack, monkeypatch: Any) -> None:
    note = noted_by_another(stack)
    noted = note.read_text()
    refuse, asked = value_change.refuse_another, []

    def refuse_later(directory: Path) -> None:
        # The other process has made its note after the first look.
        asked.append(directory)
        if len(asked) > 1:
            refuse(directory)

    monkeypatch.setattr(value_change, "refuse_another", refuse_later)
    with pytest.raises(WriteProblem, match="is changing"):
        value_change.put_values(stack.directory, {"service.desired_count": 2}, "scale", {})
    assert note.read_text() == noted and "desired_count = 4" in stack.read()


def test_an_approved_apply_counts_although_a_later_plan_was_not_approved(
    stack: Stack, capsys: Printed, monkeypatch: Any
) -> None:
    value_change.put_values(stack.directory, {"service.desired_count": 2}, "scale", {})
    monkeypatch.setattr(value_change, "is_alive", lambda _process: False)
    stack.replay(apply=fake_engine.Command(fake_engine.stream("apply-change"), code=1))
    assert main(["apply", str(stack.directory), "--yes", "--offline"]) == EXIT_FAILED
    # Another version of the program may start it without reading the note.
    until_state(runs.start(stack.directory, "plan"), RunStatus.SUCCEEDED)
    capsys.readouterr()
    assert value_change.interrupted_change(stack.directory, {}) is None
    assert "desired_count = 2" in stack.read()


def test_an_approved_apply_of_a_killed_command_is_not_restored(
    stack: Stack, capsys: Printed, monkeypatch: Any
) -> None:
    value_change.put_values(stack.directory, {"service.desired_count": 2}, "scale", {})
    monkeypatch.setattr(value_change, "is_alive", lambda _process: False)
    stack.replay(apply=fake_engine.Command(fake_engine.stream("apply-change"), code=1))
    assert main(["apply", str(stack.directory), "--yes", "--offline"]) == EXIT_FAILED
    capsys.readouterr()
    assert value_change.interrupted_change(stack.directory, {}) is None
    assert main(["plan", str(stack.directory)]) == 2
    assert "interrupted" not in capsys.readouterr().err
    assert "desired_count = 2" in stack.read()


def test_a_plan_in_progress_keeps_the_files_as_they_are(stack: Stack, capsys: Printed) -> None:
    before = stack.read()
    stage(stack.directory, RunStatus.PLANNING, operation="plan")
    assert scale(stack, 2, "--yes") == EXIT_FAILED
    assert stack.read() == before


def test_ctrl_c_while_planning_cancels_the_run_and_restores_the_value(
    stack: Stack, capsys: Printed, monkeypatch: Any
) -> None:
    before = stack.read()
    stack.replay(plan=fake_engine.Command(fake_engine.stream("plan-change"), code=2, linger=30.0))
    sleep = time.sleep

    def press(seconds: float) -> None:
        if "plan" in stack.commands:
            raise KeyboardInterrupt
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", press)
    with pytest.raises(KeyboardInterrupt):
        from gpuecs_tui.commands.change.scale import scale as run
        from gpuecs_tui.commands.parser import parse_command_line

        words = ["scale", str(stack.directory), "2", "--yes", "--offline"]
        run(parse_command_line(words)[1])
    monkeypatch.setattr(time, "sleep", sleep)
    err = capsys.readouterr().err
    assert "Restored the earlier value" in err and "continues in the background" not in err
    assert stack.read() == before
    until_state(run_list.runs_of(stack.directory)[0], RunStatus.CANCELLED)


def test_a_read_only_directory_changes_nothing(
    stack: Stack, tmp_path: Path, capsys: Printed
) -> None:
    before = stack.read()
    stack.directory.chmod(0o555)
    with unprivileged():
        assert scale(stack, 2, "--yes") == EXIT_FAILED
    stack.directory.chmod(0o755)
    err = capsys.readouterr().err
    assert "Permission denied" in err
    assert stack.read() == before and stack.commands == []
    assert not list((tmp_path / "state").rglob("changes/*.json"))


def test_without_a_terminal_and_without_yes_it_changes_nothing(
    stack: Stack, capsys: Printed
) -> None:
    assert scale(stack, 2) == EXIT_USAGE
    assert "--yes is required" in capsys.readouterr().err


def test_nothing_deployed_and_a_run_in_progress_are_refused(
    stack: Stack, tmp_path: Path, capsys: Printed
) -> None:
    stage(stack.directory, RunStatus.APPLYING)
    assert scale(stack, 2, "--yes") == EXIT_FAILED
    assert "A run of this stack is in progress" in capsys.readouterr().err
    assert "desired_count = 1" in stack.read()
    (stack.directory / "terraform.tfstate").write_text('{"version": 4, "resources": []}')
    other = Stack(tmp_path / "other", stack.engine)
    other.write()
    assert scale(other, 2, "--yes") == EXIT_NOT_DEPLOYED


def test_an_ignored_count_is_set_by_a_call_and_written(
    account: Stepped, stack: Stack, capsys: Printed
) -> None:
    stack.write(service__ignore_changes=IGNORED)
    account.update(desiredCount=2)
    assert scale(stack, 3, "--yes") == 0
    out = capsys.readouterr().out
    assert "The service is now set to 2 tasks, unlike the directory." in out
    assert "Terraform ignores the desired count of this service" in out
    assert account.service["desiredCount"] == 3
    assert "desired_count = 3" in stack.read()
    assert stack.states == [RunStatus.SUCCEEDED], "the plan of the maximum size"
    assert scale(stack, 1, "--yes") == 0
    assert account.service["desiredCount"] == 1
    assert len(stack.states) == 1


def test_autoscaling_keeps_the_new_count_and_its_schedule_is_named(
    account: Stepped, stack: Stack, capsys: Printed
) -> None:
    stack.write(service__ignore_changes=IGNORED, fleet__max_size=20)
    scaling = account.client("application-autoscaling")
    scaling.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=2)
    scaling.put_scheduled_action(
        **TARGET, ScheduledActionName="night", Schedule="cron(0 20 * * ? *)",
        ScalableTargetAction={"MinCapacity": 1},
    )  # fmt: skip
    try:
        assert scale(stack, 3, "--yes") == 0
        out = capsys.readouterr().out
        assert "keeps the service between 1 and 2 tasks" in out
        assert "The scheduled action night (cron(0 20 * * ? *)) also changes it." in out
        assert "The limits of Application Auto Scaling become 3 to 3 tasks." in out
        (found,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
        assert (found["MinCapacity"], found["MaxCapacity"]) == (3, 3)
        assert account.service["desiredCount"] == 3
    finally:
        scaling.deregister_scalable_target(**TARGET)


@pytest.mark.parametrize("scheduled", [False, True])
def test_own_task_scaling_gets_the_limits_that_keep_the_count(
    account: Stepped, stack: Stack, capsys: Printed, scheduled: bool
) -> None:
    night: Value = {"night": "cron(0 20 * * ? *) min 1 max 2"} if scheduled else {}
    stack.write(
        autoscaling__enabled=True, autoscaling__requests_per_target=60, fleet__max_size=20,
        autoscaling__schedules=night,
    )  # fmt: skip
    scaling = account.client("application-autoscaling")
    scaling.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=2)
    try:
        assert scale(stack, 3, "--yes") == 0
        out = capsys.readouterr().out
        (found,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    finally:
        scaling.deregister_scalable_target(**TARGET)
    assert (found["MinCapacity"], found["MaxCapacity"]) == (3, 3)
    assert account.service["desiredCount"] == 3
    assert "With task scaling, Terraform ignores the desired count" in out
    assert "The next apply sets" not in out
    # The directory has the same limits, so the next apply changes nothing.
    lines = "autoscaling.min_tasks: 1 → 3\nautoscaling.max_tasks: 2 → 3\n"
    assert (lines in out) is not scheduled
    limits = ("min_tasks     = 3", "max_tasks     = 3")
    assert all((it in stack.read()) is not scheduled for it in limits)
    assert "desired_count = 3" in stack.read()


def test_suspended_task_scaling_is_named_with_what_resumes_it(
    account: Stepped, stack: Stack, capsys: Printed
) -> None:
    stack.write(autoscaling__enabled=True, autoscaling__requests_per_target=60)
    scaling = account.client("application-autoscaling")
    place = {**TARGET, "MinCapacity": 1, "MaxCapacity": 2}
    scaling.register_scalable_target(**place, SuspendedState={"DynamicScalingInSuspended": True})
    try:
        assert scale(stack, 1, "--yes") == 0
        out = capsys.readouterr().out
        words = "Task scaling of the service is suspended, and stays so."
        assert f"{words} The next apply resumes it." in out
        # A directory of an earlier day, whose Terraform resumes nothing.
        stack.edit("suspended_state", "timeouts", "autoscaling.tf")
        assert scale(stack, 1, "--yes") == 0
        command = "aws application-autoscaling register-scalable-target --region"
        out = capsys.readouterr().out
        assert f"{words} To resume it: {command}" in out and "ScalingSuspended=false" in out
    finally:
        scaling.deregister_scalable_target(**TARGET)


@pytest.mark.usefixtures("account")
def test_task_scaling_in_the_directory_may_raise_the_count_again(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.write(autoscaling__enabled=True, autoscaling__requests_per_target=60, fleet__max_size=20)
    asked: list[Asked] = []

    def after_change(_here: object, _wait: object, it: Asked) -> int:
        asked.append(it)
        return 0

    monkeypatch.setattr("gpuecs_tui.commands.change.scale.after_change", after_change)
    assert scale(stack, 2, "--yes") == 0
    assert asked == [Asked(tasks=2, is_autoscaled=True)]


def test_limits_that_changed_are_named_if_the_count_is_refused(
    account: Stepped, stack: Stack, capsys: Printed, monkeypatch: Any
) -> None:
    from gpuecs_tui.aws.errors import AwsProblem
    from gpuecs_tui.operations import service

    def denied(*_any: object) -> None:
        raise AwsProblem("denied", "No.", "Ask.", "ecs:UpdateService")

    stack.write(service__ignore_changes=IGNORED, fleet__max_size=20)
    scaling = account.client("application-autoscaling")
    scaling.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=2)
    monkeypatch.setattr(service, "set_desired_count", denied)
    try:
        assert scale(stack, 3, "--yes") == EXIT_FAILED
    finally:
        scaling.deregister_scalable_target(**TARGET)
    err = capsys.readouterr().err
    assert "The limits of Application Auto Scaling are now 3 to 3 tasks." in err
    assert "--resource-id service/llm/llm --min-capacity 1 --max-capacity 2" in err
    assert "Restored the earlier value: service.desired_count = 1." in err


def test_ctrl_c_during_the_call_keeps_the_value_because_its_effect_is_unknown(
    stack: Stack, capsys: Printed, monkeypatch: Any
) -> None:
    from gpuecs_tui.commands.change.scale import scale as run
    from gpuecs_tui.commands.parser import parse_command_line
    from gpuecs_tui.operations import service

    def press(*_any: object) -> None:
        # A kill at this moment leaves the note as it is now.
        killed = value_change.interrupted_change
        with monkeypatch.context() as dead:
            dead.setattr(value_change, "is_alive", lambda _process: False)
            note = state_file("changes", stack.directory)
            text = note.read_text()
            assert killed(stack.directory, {}) is None and not note.exists()
            note.write_text(text)
        raise KeyboardInterrupt

    stack.write(service__ignore_changes=IGNORED, fleet__max_size=4)
    monkeypatch.setattr(service, "set_desired_count", press)
    words = ["scale", str(stack.directory), "2", "--yes", "--offline"]
    with pytest.raises(KeyboardInterrupt):
        run(parse_command_line(words)[1])
    err = capsys.readouterr().err
    assert "is unknown, so the directory keeps service.desired_count = 2." in err
    assert "desired_count = 2" in stack.read()
    assert not state_file("changes", stack.directory).exists()


def test_a_refused_call_restores_the_value(
    account: Stepped, stack: Stack, capsys: Printed, monkeypatch: Any
) -> None:
    from gpuecs_tui.aws.errors import AwsProblem
    from gpuecs_tui.operations import service

    def denied(*_any: object) -> None:
        raise AwsProblem("denied", "No.", "Ask.", "ecs:UpdateService")

    stack.write(service__ignore_changes=IGNORED, fleet__max_size=4)
    before = stack.read()
    monkeypatch.setattr(service, "set_desired_count", denied)
    assert scale(stack, 2, "--yes") == EXIT_FAILED
    assert "Ask for the permission ecs:UpdateService." in capsys.readouterr().err
    assert stack.read() == before
    assert account.service["desiredCount"] == 1
