"""The steps before a destroy, on the demo account in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.aws.error_kinds import TRANSIENT, ProblemKind
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.demo.model import metrics
from gpuecs_tui.terraform.plan.details import plan_tree
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from gpuecs_tui.terraform.teardown import carry_out
from gpuecs_tui.terraform.teardown.carry_out import Stopped, Teardown
from gpuecs_tui.terraform.teardown.steps import Step, TakeProtectionOff, steps_of
from tests.demo.simulator.stepped import REGION, Stepped, stepped
from tests.support.terraform.destroy_plan import destroy_plan, scaled_plan
from tests.support.terraform.run_folders import stage

INSTANCES = 2
ZERO = "The desired count of the service llm was changed from 2 to 0."


@pytest.fixture(scope="module")
def playing() -> Iterator[Stepped]:
    with stepped(count=2, size=INSTANCES, balanced=False) as account:
        account.until(account.steady)
        yield account


@pytest.fixture
def account(playing: Stepped, monkeypatch: pytest.MonkeyPatch) -> Stepped:
    """Two tasks, and instances that are protected from scale-in."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    playing.update(desiredCount=2)
    playing.until(lambda: playing.steady() and len(playing.tasks) == len(ids(playing)) == INSTANCES)
    playing.scaling.set_instance_protection(
        AutoScalingGroupName="llm", InstanceIds=ids(playing), ProtectedFromScaleIn=True
    )
    return playing


class Run:
    """The journal, and the pause that moves the account on."""

    def __init__(self, directory: Path, account: Stepped) -> None:
        self.notes: list[tuple[str, str]] = []
        self.pause: Callable[[float], None] = account.step
        self.cancelled: Callable[[], bool] = lambda: False
        self._directory, self._account = directory, account

    def carry_out(self, steps: tuple[Step, ...]) -> None:
        Teardown(
            self._directory,
            None,
            lambda text, level: self.notes.append((level, text)),
            self.cancelled,
            self.pause,
            lambda: self._account.clock.seconds,
        ).carry_out(steps)

    @property
    def texts(self) -> list[str]:
        """The notes, without those that only begin a step."""
        return [text for _level, text in self.notes if not text.startswith("Step ")]

    @property
    def warnings(self) -> list[str]:
        return [text for level, text in self.notes if level == "warn"]


@pytest.fixture
def run(account: Stepped, tmp_path: Path) -> Run:
    return Run(tmp_path, account)


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Step, ...]:
    return planned(tmp_path, monkeypatch, "llm")


def planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, **service: Any
) -> tuple[Step, ...]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    run = stage(tmp_path / "stack", RunStatus.PLANNED, operation=Operation.DESTROY)
    return steps_of(run, plan_tree(destroy_plan(name, REGION, **service)))


def ids(account: Stepped) -> list[str]:
    return [it["InstanceId"] for it in account.fleet["Instances"]]


def protected(account: Stepped) -> int:
    return sum(bool(it["ProtectedFromScaleIn"]) for it in account.fleet["Instances"])


def refuse(monkeypatch: pytest.MonkeyPatch, action: str, kind: ProblemKind = "denied") -> None:
    """Let AWS refuse an action, or not answer it."""
    call = AccountReader.call

    def refusing(self: AccountReader, service: str, operation: str, /, **parameters: Any) -> Any:
        if f"{service}:{operation}" == action:
            raise AwsProblem(kind, "Not done.", call=action)
        return call(self, service, operation, **parameters)

    monkeypatch.setattr(AccountReader, "call", refusing)


def test_tasks_stop_before_the_protection_goes_and_a_repetition_finds_both_done(
    account: Stepped, run: Run, steps: tuple[Step, ...]
) -> None:
    seen: list[int] = []

    def pause(seconds: float) -> None:
        seen.append(protected(account))
        account.step(seconds)

    run.pause = pause
    run.carry_out(steps)
    assert account.service["desiredCount"] == 0 and account.tasks == []
    assert protected(account) == 0 and set(seen) == {INSTANCES}
    assert [text.partition(" before")[0] for _level, text in run.notes if text[:4] == "Step"] == [
        "Step 1 of 2",
        "Step 2 of 2",
    ]
    assert run.texts == [
        ZERO,
        "2 tasks of the service llm still run.",
        "No task of the service llm runs.",
        "2 instances of the Auto Scaling group llm are no longer protected from scale-in.",
    ]
    run.notes.clear()
    run.carry_out(steps)
    assert run.texts == [
        "The desired count of the service llm is already 0.",
        "No task of the service llm runs.",
        "No instance of the Auto Scaling group llm is protected from scale-in.",
    ]
    assert not run.warnings


def test_suspended_scaling_leaves_the_count_at_zero(
    account: Stepped,
    run: Run,
    steps: tuple[Step, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(metrics, "values", {"Depth": 100.0})
    scaling = account.client("application-autoscaling")
    place = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/llm/llm",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    scaling.register_scalable_target(**place, MinCapacity=0, MaxCapacity=2)
    custom = {"MetricName": "Depth", "Namespace": "Jobs", "Statistic": "Sum", "Dimensions": []}
    scaling.put_scaling_policy(
        **place,
        PolicyName="depth",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 10.0, "ScaleOutCooldown": 0, "CustomizedMetricSpecification": custom,
        },
    )  # fmt: skip
    staged = stage(tmp_path / "s", RunStatus.PLANNED, operation=Operation.DESTROY)
    (suspend, *_others) = steps_of(staged, plan_tree(scaled_plan("llm", REGION)))
    try:
        # Without the first step, the metric starts the tasks again.
        account.update(desiredCount=0)
        account.until(lambda: account.service["desiredCount"])
        run.carry_out((suspend, *steps))
        assert run.texts[0] == "Task scaling of the service llm is suspended."
        account.step(60)
        assert account.service["desiredCount"] == 0
        run.notes.clear()
        run.carry_out((suspend,))
        assert run.texts == ["Task scaling of the service llm is suspended."]
        # What the destroy leaves if it ends here, and how to take it back.
        run.cancelled = lambda: len(run.notes) > 2
        with pytest.raises(Stopped) as stopped:
            run.carry_out((suspend, *steps))
        command = "To resume it: aws application-autoscaling register-scalable-target --region"
        assert f"is suspended. {command} {REGION} " in str(stopped.value)
        (tmp_path / "autoscaling.tf").write_text("suspended_state {}")
        run.notes.clear()
        with pytest.raises(Stopped) as stopped:
            run.carry_out((suspend, *steps))
        assert "llm is suspended. The next apply resumes it." in str(stopped.value)
        run.cancelled = lambda: False
    finally:
        scaling.deregister_scalable_target(**place)
    run.notes.clear()
    run.carry_out((suspend,))
    assert run.texts == ["The service llm has no scalable target."]
    refuse(monkeypatch, "application-autoscaling:DescribeScalableTargets")
    run.carry_out((suspend,))
    assert "may raise the desired count again until Terraform" in run.warnings[0]


def test_only_protected_instances_are_named_and_in_batches(
    account: Stepped, run: Run, steps: tuple[Step, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = ids(account)
    account.scaling.set_instance_protection(
        AutoScalingGroupName="llm", InstanceIds=[first], ProtectedFromScaleIn=False
    )
    monkeypatch.setattr(carry_out, "PROTECTION_BATCH", 1)
    named: list[list[str]] = []
    call = AccountReader.call

    def noting(self: AccountReader, service: str, operation: str, /, **parameters: Any) -> Any:
        if operation == "SetInstanceProtection":
            named.append(parameters["InstanceIds"])
        return call(self, service, operation, **parameters)

    monkeypatch.setattr(AccountReader, "call", noting)
    run.carry_out(steps[1:])
    assert named == [[it] for it in others]
    assert protected(account) == 0


def test_a_group_that_changes_while_it_is_read_is_read_again(
    account: Stepped, run: Run, steps: tuple[Step, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    call = AccountReader.call
    refused: list[str] = []

    def once(self: AccountReader, service: str, operation: str, /, **parameters: Any) -> Any:
        if operation == "SetInstanceProtection" and not refused:
            refused.append(operation)
            raise AwsProblem("other", "The instance i-1 is not in InService.", call=operation)
        return call(self, service, operation, **parameters)

    monkeypatch.setattr(AccountReader, "call", once)
    pauses: list[float] = []
    run.pause = pauses.append
    run.carry_out(steps[1:])
    assert refused and protected(account) == 0 and not run.warnings
    assert pauses == [carry_out.POLL_SECONDS]


def test_a_missing_target_counts_as_done(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.carry_out(planned(tmp_path, monkeypatch, "gone"))
    assert run.texts == [
        "The service gone in the cluster gone is already deleted.",
        "No task of the service gone runs.",
        "No instance of the Auto Scaling group gone is protected from scale-in.",
    ]
    assert not run.warnings


def test_a_wait_has_an_end(account: Stepped, run: Run, steps: tuple[Step, ...]) -> None:
    run.pause = lambda seconds: setattr(
        account.clock, "seconds", account.clock.seconds + 30 * seconds
    )
    run.carry_out(steps)
    assert run.warnings == [
        "2 tasks of the service llm still run after 5 min. Terraform continues and waits for them "
        "when it deletes the service."
    ]
    assert protected(account) == 0


def test_a_cancel_ends_the_wait_and_names_what_has_changed(
    account: Stepped, run: Run, steps: tuple[Step, ...]
) -> None:
    run.cancelled = lambda: account.service["desiredCount"] == 0
    with pytest.raises(Stopped) as stopped:
        run.carry_out(steps)
    assert str(stopped.value) == ZERO
    assert protected(account) == INSTANCES
    # Cancelled before the first step: nothing was read yet.
    with pytest.raises(Stopped) as stopped:
        run.carry_out(steps)
    assert str(stopped.value) == ""
    # The service runs no task: the user must know that, although another run has stopped them.
    run.notes.clear()
    run.cancelled = lambda: bool(run.texts)
    with pytest.raises(Stopped) as stopped:
        run.carry_out(steps)
    assert str(stopped.value) == "The desired count of the service llm is already 0."


def test_a_service_that_is_being_deleted_is_waited_for_and_not_updated(
    account: Stepped, run: Run, steps: tuple[Step, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    call = AccountReader.call
    called: list[str] = []

    def draining(self: AccountReader, service: str, operation: str, /, **parameters: Any) -> Any:
        called.append(operation)
        if operation == "DescribeServices":
            return {"services": [{"status": "DRAINING", "desiredCount": 0}]}
        return call(self, service, operation, **parameters)

    monkeypatch.setattr(AccountReader, "call", draining)
    run.cancelled = lambda: len(run.texts) > 1
    with pytest.raises(Stopped) as stopped:
        run.carry_out(steps)
    words = "The service llm in the cluster llm is already being deleted."
    assert str(stopped.value) == words and run.texts[0] == words
    assert run.texts[1] == "2 tasks of the service llm still run."
    assert "UpdateService" not in called


def test_a_refused_service_still_lets_the_protection_go(
    account: Stepped, run: Run, steps: tuple[Step, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "ecs:UpdateService")
    run.carry_out(steps)
    assert run.warnings == [
        "Step 1 is not complete for the service llm in the cluster llm: not allowed to call "
        "ecs:UpdateService. Terraform sets the desired count to 0 itself when it deletes the "
        "service, and waits until its tasks have stopped."
    ]
    assert account.service["desiredCount"] == 2 and protected(account) == 0


@pytest.mark.parametrize("kind", sorted(TRANSIENT))
def test_a_call_without_an_answer_may_have_changed_something(
    account: Stepped,
    run: Run,
    steps: tuple[Step, ...],
    monkeypatch: pytest.MonkeyPatch,
    kind: ProblemKind,
) -> None:
    for action in ("ecs:UpdateService", "autoscaling:SetInstanceProtection"):
        refuse(monkeypatch, action, kind)
    run.cancelled = lambda: len(run.warnings) == len(steps)
    with pytest.raises(Stopped) as stopped:
        run.carry_out(steps)
    assert str(stopped.value) == (
        "Whether the desired count of the service llm was changed to 0 is unknown. Whether "
        "instances of the Auto Scaling group llm are still protected from scale-in is unknown."
    )
    # A read changes nothing.
    run.notes.clear()
    refuse(monkeypatch, "ecs:DescribeServices", kind)
    run.cancelled = lambda: bool(run.warnings)
    with pytest.raises(Stopped) as stopped:
        run.carry_out(steps[:1])
    assert str(stopped.value) == ""


@pytest.mark.parametrize("kind", ["denied", *sorted(TRANSIENT)])
def test_task_scaling_may_be_suspended_after_a_call_without_an_answer(
    account: Stepped, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: ProblemKind
) -> None:
    monkeypatch.setattr(carry_out, "scalable_target", lambda *_given: {})
    refuse(monkeypatch, "application-autoscaling:RegisterScalableTarget", kind)
    staged = stage(tmp_path / "s", RunStatus.PLANNED, operation=Operation.DESTROY)
    (suspend, *_others) = steps_of(staged, plan_tree(scaled_plan("llm", REGION)))
    run.cancelled = lambda: bool(run.warnings)
    with pytest.raises(Stopped) as stopped:
        run.carry_out((suspend,))
    unknown = "Whether task scaling of the service llm was suspended is unknown."
    assert str(stopped.value) == ("" if kind == "denied" else unknown)


@pytest.mark.parametrize(
    ("forced", "consequence"),
    [
        (True, "The group has force_delete, so its deletion also terminates protected instances."),
        (
            False,
            "The group does not have force_delete, so Terraform may wait for protected instances "
            "until its time for the deletion is over.",
        ),
    ],
)
def test_a_refused_group_says_what_its_deletion_does(
    forced: bool,
    consequence: str,
    account: Stepped,
    run: Run,
    steps: tuple[Step, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    group = steps[1]
    assert isinstance(group, TakeProtectionOff)
    refuse(monkeypatch, "autoscaling:SetInstanceProtection")
    run.carry_out((replace(group, is_forced=forced),))
    (words,) = run.warnings
    assert words.startswith("Step 1 is not complete for the Auto Scaling group llm: not allowed")
    assert words.endswith(consequence)
    assert protected(account) == INSTANCES


def test_credentials_of_another_account_change_nothing(
    account: Stepped, run: Run, steps: tuple[Step, ...]
) -> None:
    other = tuple(replace(it, place=replace(it.place, account="999999999999")) for it in steps)
    run.carry_out(other)
    assert [it.partition(": ")[2].partition(".")[0] for it in run.warnings] == [
        "The credentials are for the account 123456789012, not 999999999999"
    ] * 2
    assert account.service["desiredCount"] == 2 and protected(account) == INSTANCES
