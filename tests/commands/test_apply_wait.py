"""``--wait`` follows the deployment after the change; without it, a line says how."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.aws import session
from gpuecs_tui.aws.deployment.watch import DeploymentWatch
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.cli import main
from gpuecs_tui.commands.arguments import BY_STRATEGY
from gpuecs_tui.commands.failure import EXIT_FAILED, EXIT_USAGE, Failure
from gpuecs_tui.commands.status import after_apply
from gpuecs_tui.commands.status import command as module
from gpuecs_tui.commands.status.asked import Asked
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.deployment.scene import NOW, Scene, deployment, target
from tests.support.screens.written_stack import write_stack
from tests.support.terraform import fake_engine
from tests.support.terraform.applied_stack import DEFINITION, state
from tests.support.terraform.waiting import until_state

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stack whose Terraform replays, and whose state is that of the applied service."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(module, "_now", lambda: NOW)
    found = tmp_path / "a stack"
    write_stack(found)
    (found / "terraform.tfstate").write_text(state())
    replay(found, monkeypatch)
    return found


def replay(stack: Path, monkeypatch: pytest.MonkeyPatch, **change: Any) -> None:
    """Let the plan make this change of the service, given as in ``show -json``."""
    service = {"address": "aws_ecs_service.this", "type": "aws_ecs_service", "change": change}
    tree = {"format_version": "1.2", "resource_changes": [service] if change else []}
    show = fake_engine.Command([json.dumps(tree)])
    engine = fake_engine.install(stack.parent / "engine", show=show)
    monkeypatch.setenv("GPUECS_TUI_ENGINE", str(engine))


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    """The account after the apply, which each test changes; every read reads all of it."""
    found = Scene()
    refresh = DeploymentWatch.refresh
    monkeypatch.setattr(session, "connect", lambda *_given, **_named: found.reader())
    monkeypatch.setattr(DeploymentWatch, "next_in", lambda _self: 0.0)
    monkeypatch.setattr(DeploymentWatch, "refresh", lambda it, **_given: refresh(it, whole=True))
    return found


def after_each_read(monkeypatch: pytest.MonkeyPatch, *steps: Callable[[], None]) -> None:
    """Change the account after each read; a read after the last step fails."""
    left = [*steps]
    monkeypatch.setattr(DeploymentWatch, "next_in", lambda _self: left.pop(0)() or 0.0)


def apply(stack: Path, *more: str) -> int:
    return main(["apply", "--yes", "--offline", *more, str(stack)])


def test_it_ends_with_the_healthy_service(
    stack: Path, scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    scene.wait()

    def starts() -> None:
        scene.tasks.pop()
        scene.service |= {"desiredCount": 1, "pendingCount": 0}
        scene.service["deployments"] = [deployment("demo:4", "COMPLETED", created=12)]
        scene.history[0] |= {"status": "SUCCESSFUL", "finishedAt": NOW}

    after_each_read(monkeypatch, lambda: None, starts)
    assert apply(stack, "--wait") == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum("under way: The deployment of demo:4" in it for it in lines) == 1
    assert any("healthy: 1 task of demo:4 runs" in it for it in lines)


@pytest.mark.parametrize(
    ("arrange", "code", "said"),
    [
        (Scene.rolled_back, EXIT_FAILED, "rolled back: The deployment of demo:4 failed"),
        (lambda it: it.service.update(status="INACTIVE"), EXIT_FAILED, "not deployed: "),
        (
            lambda it: it.denied.update(
                {"ecs:DescribeServices": AwsProblem("denied", "No.", call="ecs:DescribeServices")}
            ),
            module.EXIT_UNKNOWN,
            "unknown: Could not read the service",
        ),
    ],
)
def test_the_exit_code_is_the_verdict(
    stack: Path, scene: Scene, capsys: Printed, arrange: Callable[[Scene], None], code: int,
    said: str,
) -> None:  # fmt: skip
    arrange(scene)
    assert apply(stack, "--wait=5") == code
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("before", [lambda _it: None, Scene.rolled_back], ids=["failed", "back"])
def test_an_answer_that_is_older_than_the_apply_is_no_failure(
    stack: Path, scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: Printed,
    before: Callable[[Scene], None],
) -> None:  # fmt: skip
    new = state().replace(f"{DEFINITION}demo:4", f"{DEFINITION}demo:5")
    (stack / "terraform.tfstate").write_text(new)
    before(scene)

    def replaced() -> None:
        scene.service["deployments"] = [deployment("demo:5", "COMPLETED", created=1)]
        scene.tasks[0]["taskDefinitionArn"] = f"{DEFINITION}demo:5"
        scene.history.clear()

    after_each_read(monkeypatch, replaced)
    assert apply(stack, "--wait") == 0
    out = capsys.readouterr().out
    assert "failed: " not in out and "rolled back: " not in out
    assert "healthy: 1 task of demo:5 runs" in out


@pytest.mark.parametrize("applied", ["task_definition", "count"])
def test_an_answer_that_is_older_than_the_apply_is_not_healthy(
    stack: Path, scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: Printed, applied: str
) -> None:
    if applied == "count":
        (stack / "terraform.tfstate").write_text(state(desired=2))
    else:
        # No revision is compared.
        write_stack(stack, service__ignore_changes="task_definition")
    after_each_read(monkeypatch, scene.rolled_back, lambda: None)
    assert apply(stack, "--wait") == EXIT_FAILED
    said = capsys.readouterr().out
    assert "healthy: 1 task" not in said and "rolled back: " in said


STALE = deployment("demo:4", "COMPLETED", created=120)
"""As before the change."""


def to_the_revision(scene: Scene) -> None:
    scene.service["deployments"] = [deployment("demo:5", "COMPLETED", created=1)]
    scene.tasks[0]["taskDefinitionArn"] = f"{DEFINITION}demo:5"
    scene.history.clear()


def to_zero(scene: Scene) -> None:
    scene.service |= {"desiredCount": 0, "runningCount": 0}
    scene.tasks, scene.targets = [], []


def to_a_deployment(scene: Scene) -> None:
    scene.service["deployments"] = [{**STALE, "id": "ecs-svc/2"}]


@pytest.mark.parametrize(
    ("asked", "change", "said"),
    [
        (Asked(revision="demo:5"), to_the_revision, "The service runs demo:4, and demo:5"),
        (Asked(tasks=0), to_zero, "The desired count of the service is 1, not 0."),
        (
            Asked(deployment="ecs-svc/2"),
            to_a_deployment,
            "The newest deployment of the service is not ecs-svc/2.",
        ),
    ],
    ids=["revision", "tasks", "deployment"],
)
@pytest.mark.parametrize("changes", [True, False])
def test_only_a_service_as_the_command_asked_for_it_is_a_success(
    stack: Path, scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: Printed, asked: Asked,
    change: Callable[[Scene], None], said: str, changes: bool,
) -> None:  # fmt: skip
    # Another program deploys the revisions and sets the count, so nothing applied is compared.
    write_stack(stack, service__ignore_changes="task_definition desired_count")
    scene.service["deployments"] = [{**STALE, "id": "ecs-svc/1"}]
    after_each_read(monkeypatch, (lambda: change(scene)) if changes else lambda: None, lambda: None)
    code = after_apply.follow_deployment(stack, 1, asked)
    out = capsys.readouterr().out
    assert code == (0 if changes else EXIT_FAILED)
    assert (said in out) is not changes
    assert "healthy: 1 task of demo:4" not in out or (changes and asked.deployment)


def to_two(scene: Scene) -> None:
    scene.task("t2", "RUNNING")
    scene.tasks[-1]["containers"][0]["networkBindings"][0]["hostPort"] = 32769
    scene.targets.append(target("i-0a1", 32769, "healthy"))
    scene.service |= {"desiredCount": 2, "runningCount": 2}
    scene.service["deployments"] = [{**STALE, "desiredCount": 2, "runningCount": 2}]


@pytest.mark.parametrize(
    ("asked", "change", "said"),
    [
        # A metric or a schedule may have raised the count.
        (1, to_two, "healthy: 2 tasks"),
        (1, lambda _it: None, "healthy: 1 task"),
        (1, to_zero, "The desired count of the service is 0, not 1."),
        (2, lambda _it: None, "The desired count of the service is 1, not 2."),
        (0, lambda _it: None, "The desired count of the service is 1, not 0."),
        (0, to_zero, "scaled to zero: "),
    ],
)
def test_autoscaling_may_only_raise_the_count_that_was_asked_for(
    stack: Path, scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: Printed, asked: int,
    change: Callable[[Scene], None], said: str,
) -> None:  # fmt: skip
    write_stack(stack, service__ignore_changes="desired_count")
    change(scene)
    after_each_read(monkeypatch, lambda: None, lambda: None)
    code = after_apply.follow_deployment(stack, 1, Asked(tasks=asked, is_autoscaled=True))
    out = capsys.readouterr().out
    assert said in out and code == (EXIT_FAILED if ", not " in said else 0)


def test_another_revision_of_a_service_without_tasks_is_no_success(
    stack: Path, scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    to_zero(scene)
    after_each_read(monkeypatch, lambda: None)
    assert after_apply.follow_deployment(stack, 1, Asked(revision="demo:5")) == EXIT_FAILED
    assert "The service has the revision demo:4, not demo:5." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (Asked(revision="demo:3", rolls_back=True), 0),
        # The revision to which ECS returns was not known.
        (Asked(rolls_back=True), 0),
        (Asked(revision="demo:2", rolls_back=True), EXIT_FAILED),
        (Asked(), EXIT_FAILED),
    ],
)
def test_a_rollback_is_a_success_only_for_the_command_that_asked_for_it(
    stack: Path, scene: Scene, monkeypatch: pytest.MonkeyPatch, asked: Asked, code: int
) -> None:
    scene.rolled_back()
    monkeypatch.setattr(module, "UNKNOWN_MAX", 1)
    assert after_apply.follow_deployment(stack, 1, asked) == code


@pytest.mark.parametrize(
    ("strategy", "minutes"), [("rolling", 30), ("blue_green", 40), ("linear", 94), ("canary", 50)]
)
def test_without_a_time_it_waits_for_the_shifts_and_the_bake_time_too(
    stack: Path, monkeypatch: pytest.MonkeyPatch, strategy: str, minutes: int
) -> None:
    write_stack(stack, service__deployment_strategy=strategy)
    monkeypatch.setattr(after_apply, "watch", lambda *_given, **_named: None)
    with pytest.raises(Failure, match=f"has not ended after {minutes} minutes"):
        after_apply.follow_deployment(stack, BY_STRATEGY, Asked())


def test_wait_alone_gives_no_time(
    stack: Path, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    monkeypatch.setattr(after_apply, "watch", lambda *_given, **_named: None)
    assert apply(stack, "--wait") == after_apply.EXIT_TIME_OVER
    assert "has not ended after 30 minutes" in capsys.readouterr().err


def test_when_the_time_is_over_it_says_how_to_look_again(
    stack: Path, scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    scene.wait()
    monkeypatch.setattr(DeploymentWatch, "next_in", lambda _self: 3600.0)
    assert apply(stack, "--wait=1.5") == after_apply.EXIT_TIME_OVER == 75
    err = capsys.readouterr().err
    assert "The deployment has not ended after 1.5 minutes. It continues." in err
    assert f"To look again: gpuecs-tui status '{stack}'" in err


def test_ctrl_c_ends_the_wait_and_not_the_deployment(
    stack: Path, scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    scene.wait()
    after_each_read(monkeypatch, interrupted)
    assert apply(stack, "--wait") == 130
    words = f"The deployment continues. To look again: gpuecs-tui status '{stack}'\n"
    assert capsys.readouterr().err.endswith(words)


def test_a_reader_that_closes_the_output_ends_the_wait(
    stack: Path, scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    class Closing(io.StringIO):
        def write(self, text: str) -> int:
            if "under way" in text:
                raise BrokenPipeError
            return len(text)

        def fileno(self) -> int:
            return os.open(os.devnull, os.O_WRONLY)

    scene.wait()
    monkeypatch.setattr(sys, "stdout", Closing())
    assert apply(stack, "--wait") == 128 + 13
    assert "The deployment continues. To look again: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("actions", "count", "waits", "said"),
    [
        (["create"], 1, False, "Created. Not yet healthy: gpuecs-tui status "),
        (["create"], 1, True, "Created. Whether it is healthy: gpuecs-tui status "),
        (["delete", "create"], 1, True, "Created. Whether it is healthy: gpuecs-tui status "),
        (["update"], 1, False, "Updated. Whether it is healthy: gpuecs-tui status "),
        (["no-op"], 1, False, ""),
        (["update"], 0, False, ""),
    ],
)
def test_without_it_the_last_line_says_how_to_see_the_service(
    stack: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Printed,
    actions: list[str],
    count: int,
    waits: bool,
    said: str,
) -> None:
    waiting = {"wait_for_steady_state": waits}
    before = None if actions == ["create"] else {"desired_count": 2, **waiting}
    after = {"desired_count": count, **waiting}
    replay(stack, monkeypatch, actions=actions, before=before, after=after)
    confirmed = ("--confirm", "llama") if "delete" in actions else ()
    assert apply(stack, *confirmed) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"{said}'{stack}'" if said else "ealthy" not in last


def test_approve_waits_too(stack: Path, scene: Scene, capsys: Printed) -> None:
    until_state(runs.start(stack, "apply"), RunStatus.PLANNED)
    assert main(["approve", "--wait", str(stack), "--yes", "--offline"]) == 0
    assert "healthy: 1 task of demo:4 runs" in capsys.readouterr().out


@pytest.mark.parametrize("time", ["0", "-1", "soon", "inf", "nan"])
def test_a_time_that_is_none_is_a_wrong_command_line(
    stack: Path, capsys: Printed, time: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        apply(stack, f"--wait={time}")
    assert ended.value.code == EXIT_USAGE
    assert "is not a number of minutes" in capsys.readouterr().err
