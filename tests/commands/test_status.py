"""``status``: the verdict as an exit code, and the report about a deployed service."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest

from gpuecs_tui.aws import session
from gpuecs_tui.aws.deployment.watch import DeploymentWatch
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.cli import main
from gpuecs_tui.commands.failure import EXIT_USAGE
from gpuecs_tui.commands.service.here import EXIT_NOT_DEPLOYED
from gpuecs_tui.commands.status import command as module
from gpuecs_tui.demo import account
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.runs.journal import record
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.deployment.scene import DEFINITION, NOW, Scene, ago, deployment
from tests.support.terraform.applied_stack import OUTPUTS, state
from tests.support.terraform.run_folders import stage
from tests.support.terraform.written_files import made, put


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stack that was applied by this user."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(module, "_now", lambda: NOW)
    found = tmp_path / "llm"
    put(found, render(made()))
    (found / "terraform.tfstate").write_text(state())
    stage(found, RunStatus.SUCCEEDED, outputs=OUTPUTS)
    return found


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    """The account that a command connects to."""
    found = Scene()
    monkeypatch.setattr(session, "connect", lambda *_given, **_named: found.reader())
    return found


def rolled_back(it: Scene) -> None:
    it.rolled_back()


def scaled_to_zero(it: Scene) -> None:
    it.service |= {"desiredCount": 0, "runningCount": 0}


def waiting(it: Scene) -> None:
    it.wait()


def gone(it: Scene) -> None:
    it.service["status"] = "INACTIVE"


def denied(it: Scene) -> None:
    call = "ecs:DescribeServices"
    it.denied[call] = AwsProblem("denied", "No.", "Ask for it.", call=call)


@pytest.mark.parametrize(
    ("arrange", "code", "first"),
    [
        (lambda _it: None, 0, "healthy: 1 task of demo:4 runs, and 1 target is healthy."),
        (scaled_to_zero, 0, "scaled to zero: The service is scaled to zero: no task runs."),
        (rolled_back, 1, "rolled back: The deployment of demo:4 failed"),
        (waiting, 2, "under way: The deployment of demo:4 is in progress: 1 of 2 tasks run."),
        (gone, 3, "not deployed: The service does not exist."),
        (denied, 4, "unknown: Could not read the service: not allowed to call"),
    ],
)
def test_the_exit_code_is_the_verdict(
    directory: Path,
    scene: Scene,
    capsys: pytest.CaptureFixture[str],
    arrange: Callable[[Scene], None],
    code: int,
    first: str,
) -> None:
    arrange(scene)
    assert main(["status", str(directory)]) == code
    out, err = capsys.readouterr()
    assert out.startswith(first)
    # What is unknown is on stderr, and only that.
    assert bool(err) == (code == module.EXIT_UNKNOWN)
    assert main(["status", str(directory), "--json"]) == code
    tree = json.loads(capsys.readouterr().out)
    assert module.EXITS[tree["state"]] == code
    assert tree["sentence"] in first + out


def test_the_cause_comes_before_the_stages_and_the_rows(
    directory: Path, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.stop("CannotPullContainerError: manifest for llm:2 not found: manifest unknown")
    assert main(["status", str(directory)]) == module.EXIT_UNDER_WAY
    out = capsys.readouterr().out
    parts = ["under way:", "[pull-notfound]", "    AWS: CannotPull", "    → Set image", "Stages",
             "  Image pulled          failed", "Stopped tasks", "  3 tasks  demo:4"]  # fmt: skip
    places = [out.index(part) for part in parts]
    assert places == sorted(places)


def test_a_row_ends_with_the_id_of_its_task(
    directory: Path, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", str(directory)]) == 0
    rows = capsys.readouterr().out.splitlines()
    row = next(it for it in rows if it.startswith("  RUNNING"))
    assert row.split() == [
        "RUNNING",
        "demo:4",
        "4",
        "min",
        "ago",
        "i-0a1",
        ":32768",
        "healthy",
        "t1",
    ]


def test_texts_of_aws_reach_no_terminal_as_control_characters(
    directory: Path, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.stop(stoppedReason="Task \x1b[2J stopped")
    main(["status", str(directory)])
    assert "\x1b" not in capsys.readouterr().out


def test_a_stack_that_another_user_applied_is_known_from_its_state(
    directory: Path,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
    (directory / "terraform.tfstate").write_text(state(desired=3))
    assert main(["status", str(directory), "--json"]) == 0
    tree = json.loads(capsys.readouterr().out)
    assert tree["applied"] == {"task_definition": "demo:4", "desired": 3}
    assert [it["id"] for it in tree["causes"]] == ["scaled-by-other"]


def test_a_later_apply_of_another_user_counts_and_not_the_own_outputs(
    directory: Path, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    # The own run left the outputs of demo:4.
    later = state().replace(f"{DEFINITION}demo:4", f"{DEFINITION}demo:5")
    (directory / "terraform.tfstate").write_text(later)
    assert main(["status", str(directory), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["applied"]["task_definition"] == "demo:5"


def test_a_service_without_a_load_balancer_needs_no_target(
    directory: Path, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = json.loads(state())
    (service,) = (it for it in tree["resources"] if it["type"] == "aws_ecs_service")
    service["instances"][0]["attributes"]["load_balancer"] = []
    (directory / "terraform.tfstate").write_text(json.dumps(tree))
    scene.targets = []
    assert main(["status", str(directory)]) == 0
    assert capsys.readouterr().out.startswith("healthy: 1 task of demo:4 runs.\n")


def test_without_the_state_the_applied_revision_is_unknown(
    directory: Path, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    (directory / "terraform.tfstate").write_text("{")
    assert main(["status", str(directory)]) == module.EXIT_UNKNOWN
    said = capsys.readouterr()
    assert "the revision that was applied is unknown" in said.out
    assert "terraform.tfstate" in said.err, "with the reason"


def test_no_default_replaces_a_decision_that_could_not_be_read(
    directory: Path, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    service = directory / "service.tf"
    text = service.read_text()
    lines = [
        "  desired_count = length(data.aws_availability_zones.all.names)"
        if it.strip().startswith("desired_count")
        else it
        for it in text.splitlines()
    ]
    service.write_text("\n".join(lines) + "\n")
    (directory / "terraform.tfstate").write_text(state(desired=7))
    main(["status", str(directory), "--json"])
    assert json.loads(capsys.readouterr().out)["applied"]["desired"] == 7


def test_a_directory_without_an_apply_is_not_deployed_and_not_looked_up(
    directory: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
    (directory / "terraform.tfstate").unlink()
    monkeypatch.setattr(session, "connect", lambda *_given, **_named: pytest.fail("connected"))
    assert main(["status", str(directory)]) == EXIT_NOT_DEPLOYED
    assert capsys.readouterr().out == "not deployed: Nothing is deployed from this directory.\n"


def test_a_wrong_command_line_is_not_a_failed_service(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", str(tmp_path / "nowhere")]) == EXIT_USAGE
    # Terraform that describes no service leaves the state unknown.
    assert main(["status", str(tmp_path)]) == module.EXIT_UNKNOWN
    with pytest.raises(SystemExit) as ended:
        main(["status"])
    assert ended.value.code == EXIT_USAGE
    assert "does not exist" in capsys.readouterr().err


@pytest.fixture
def story(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Callable[[], None]]]:
    """Changes of the account: one after each reading."""
    steps: list[Callable[[], None]] = []

    def sleep(_seconds: float) -> None:
        assert steps, "the command reads again after the end of the story"
        steps.pop(0)()

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(DeploymentWatch, "next_in", lambda _self: 0.0)
    refresh = DeploymentWatch.refresh
    # All parts are due after each pause.
    monkeypatch.setattr(DeploymentWatch, "refresh", lambda it, **_given: refresh(it, whole=True))
    yield steps
    assert not steps, "the command ended too early"


def test_watch_prints_what_changes_and_ends_with_the_deployment(
    directory: Path,
    scene: Scene,
    story: list[Callable[[], None]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    scene.wait()

    def places() -> None:
        scene.instance("i-0a2")
        scene.registered[1]["runningTasksCount"] = 1
        scene.tasks[1] |= {
            "containerInstanceArn": scene.registered[1]["containerInstanceArn"],
            "lastStatus": "PENDING",
        }

    def ends() -> None:
        scene.service |= {"desiredCount": 1, "pendingCount": 0}
        scene.service["deployments"] = [deployment("demo:4", "COMPLETED", created=12)]
        scene.tasks.pop()
        scene.history[0] |= {"status": "SUCCESSFUL", "finishedAt": ago(0)}

    story += [lambda: None, places, ends]
    assert main(["status", str(directory), "--watch"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [it for it in lines if "under way" in it] == lines[:1]
    assert sum("[provisioning]" in it for it in lines) == 1
    assert any("Task placed: done" in it for it in lines)
    assert any("healthy: 1 task of demo:4 runs" in it for it in lines)


def test_watch_prints_one_json_document_a_line(
    directory: Path,
    scene: Scene,
    story: list[Callable[[], None]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    scene.lose()

    def fails() -> None:
        del scene.history[0]
        scene.rolled_back()

    story += [lambda: None, fails]
    assert main(["status", str(directory), "--watch", "--json"]) == 1
    trees = [json.loads(it) for it in capsys.readouterr().out.splitlines()]
    assert [it["state"] for it in trees] == ["under_way", "rolled_back"]


def test_watch_knows_of_an_apply_that_ends_meanwhile(
    directory: Path,
    scene: Scene,
    story: list[Callable[[], None]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = stage(directory, RunStatus.APPLYING)

    def applies() -> None:
        new = state().replace(f"{DEFINITION}demo:4", f"{DEFINITION}demo:5")
        (directory / "terraform.tfstate").write_text(new)
        record(run.files, RunStatus.SUCCEEDED, runner=None)
        scene.service["deployments"] = [deployment("demo:5", "IN_PROGRESS", created=0)]
        scene.history.clear()

    def ends() -> None:
        scene.service["deployments"] = [deployment("demo:5", "COMPLETED", created=1)]

    story += [lambda: None, applies, ends]
    assert main(["status", str(directory), "--watch"]) == 0
    lines = capsys.readouterr().out.splitlines()
    said = [it.split(maxsplit=1)[1] for it in lines]
    assert [it for it in said if it.startswith(("under way", "healthy"))] == [
        "under way: An apply is in progress.",
        "under way: The deployment of demo:5 is in progress: 1 of 1 tasks run.",
        "healthy: 1 task of demo:5 runs, and 1 target is healthy.",
    ]


def test_watch_gives_up_on_a_service_that_stays_unknown(
    directory: Path, scene: Scene, story: list[Callable[[], None]]
) -> None:
    denied(scene)
    story += [lambda: None] * (module.UNKNOWN_MAX - 1)
    assert main(["status", str(directory), "--watch"]) == module.EXIT_UNKNOWN


def test_a_reader_that_closes_the_output_ends_the_watch(
    directory: Path, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

        def fileno(self) -> int:
            return os.open(os.devnull, os.O_WRONLY)

    monkeypatch.setattr(sys, "stdout", Closed())
    assert main(["status", str(directory), "--watch"]) == 128 + 13


def test_ctrl_c_ends_the_watch(
    directory: Path, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    scene.lose()
    monkeypatch.setattr(time, "sleep", interrupted)
    assert main(["status", str(directory), "--watch"]) == 130


def test_the_command_imports_no_screen() -> None:
    code = (
        "import sys; from gpuecs_tui.commands.status import command; "
        "assert not {'textual', 'boto3', 'botocore'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_service_of_the_emulated_account_from_its_first_task_to_its_end(
    on_demo_account: account.DemoAccount,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is faked: the calls reach an endpoint, and its answers are parsed."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    stack = tmp_path / "llm"
    put(stack, render(made()))
    ecs = boto3.client("ecs", region_name="us-east-1")
    ecs.create_cluster(clusterName="status-cluster")
    container = {"name": "app", "image": "app:1", "memory": 512, "essential": True}
    registered = ecs.register_task_definition(
        family="status-family", requiresCompatibilities=["EC2"], containerDefinitions=[container]
    )
    arn = registered["taskDefinition"]["taskDefinitionArn"]
    text = state(cluster="status-cluster", service="status-service")
    (stack / "terraform.tfstate").write_text(text.replace(f"{DEFINITION}demo:4", arn))
    words = ["status", str(stack), "--json"]
    place = {"cluster": "status-cluster", "service": "status-service"}
    ecs.create_service(
        cluster="status-cluster",
        serviceName="status-service",
        taskDefinition=arn,
        desiredCount=1,
        launchType="EC2",
    )
    assert main(words) == module.EXIT_UNDER_WAY
    tree = json.loads(capsys.readouterr().out)
    assert tree["applied"]["task_definition"] == arn.rpartition("/")[2]
    assert {it["id"]: it["state"] for it in tree["stages"]}["revision"] == "waiting"
    ecs.delete_service(**place, force=True)
    # The service drains until the account has stopped its task.
    codes = iter(lambda: main(words), EXIT_NOT_DEPLOYED)
    assert {*codes} <= {module.EXIT_UNDER_WAY}
