"""The deployment screen: verdict, stages, diagnosis and rows, even if one call fails."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.content import Content
from textual.pilot import Pilot

from gpuecs_tui.app import WizardApp
from gpuecs_tui.assessment import deployed
from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.deployment.schedule import Pace
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.deployment.stage_words import TITLES
from gpuecs_tui.screens import deployment
from gpuecs_tui.screens.deployment import DeploymentScreen
from gpuecs_tui.screens.fleet import FleetScreen
from gpuecs_tui.screens.run import RunScreen
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.terraform.state import reader as reader_of_state
from gpuecs_tui.terraform.state.stored_state import StoredState
from gpuecs_tui.widgets.deployment.pane import DeploymentPane
from gpuecs_tui.widgets.run.decisions import RunDecisions
from gpuecs_tui.wizard.decisions import decide
from gpuecs_tui.wizard.opened import of_files
from tests.deployment.scene import NOW, Scene, target
from tests.support import fakes
from tests.support.aws.deployment_answers import ANSWERS, AnsweredReader
from tests.support.screens.deployment_screen import on_deployment, screen
from tests.support.screens.driving import settle, until
from tests.support.screens.shown import line_of, screen_text
from tests.support.screens.whole_texts import WHOLE
from tests.support.terraform.applied_stack import OUTPUTS, state
from tests.support.terraform.run_folders import applied, stage
from tests.support.terraform.written_files import made, put


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An applied stack with separate runs."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setattr(deployment, "_now", lambda: NOW)
    found = tmp_path / "llama"
    put(found, render(made()))
    (found / "terraform.tfstate").write_text(state())
    return found


def read_each(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Read each part that often."""
    monkeypatch.setattr(Pace, "seconds", lambda _pace, moving: seconds)


def text(pilot: Pilot[int]) -> str:
    return screen(pilot).query_one(DeploymentPane).text


def verdict(pilot: Pilot[int]) -> str:
    return line_of(screen(pilot).query_one("#verdict"))


def colours(pilot: Pilot[int]) -> set[str]:
    """The styles of the verdict and of all lines."""
    shown = screen(pilot).query_one("#verdict").render()
    assert isinstance(shown, Content)
    lines = [shown, *screen(pilot).query_one(DeploymentPane)._lines]
    return {str(span.style) for line in lines for span in line.spans}


def answers(**changed: Any) -> dict[str, Any]:
    return {**ANSWERS, **{name.replace("__", ":"): it for name, it in changed.items()}}


async def test_a_healthy_service_is_green_and_done(directory: Path) -> None:
    stage(directory, RunStatus.SUCCEEDED, outputs=OUTPUTS)
    async with on_deployment(directory, Scene().reader(), (80, 24)) as pilot:
        assert verdict(pilot) == "healthy: 1 task of demo:4 runs, and 1 target is healthy."
        assert "bold $text-success" in colours(pilot)
        assert text(pilot).startswith("✓ Group size            done\n✓ Instances launched")
        assert "✓ Image pulled          done in 2 min" in text(pilot)
        assert "  RUNNING  demo:4  4 min ago  i-0a1  :32768 healthy  t1" in text(pilot)
        assert "  SUCCESSFUL  demo:4  2 h ago  10 min" in text(pilot)
        progress = screen(pilot).progress()
        assert "deployment" not in progress.unfinished or not screen(pilot).wizard.is_as_opened
        assert "deployment" in screen(pilot).wizard.done


def scaled_to_zero(it: Scene) -> None:
    it.service |= {"desiredCount": 0, "runningCount": 0}
    it.tasks, it.targets = [], []


def pulls_nothing(it: Scene) -> None:
    it.stop("CannotPullContainerError: manifest for llm:2 not found: manifest unknown")


@pytest.mark.parametrize(
    ("arrange", "first", "style"),
    [
        (scaled_to_zero, "scaled to zero: The service is scaled to zero: no task runs.", "bold"),
        (Scene.rolled_back, "rolled back: The deployment of demo:4 failed", "bold $text-error"),
        (Scene.wait, "under way: The deployment of demo:4 is in", "bold $text-warning"),
        (pulls_nothing, "under way: The deployment of demo:4 is in", "bold $text-warning"),
    ],
)
async def test_nothing_but_a_healthy_service_is_green(
    directory: Path, arrange: Callable[[Scene], None], first: str, style: str
) -> None:
    scene = Scene()
    arrange(scene)
    async with on_deployment(directory, scene.reader()) as pilot:
        assert verdict(pilot).startswith(first)
        assert style in colours(pilot) and not any("success" in it for it in colours(pilot))
        assert "deployment" not in screen(pilot).wizard.done


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_the_stages_the_diagnosis_and_the_keys_fit_on_the_first_screen(
    directory: Path, size: tuple[int, int]
) -> None:
    scene = Scene()
    reason = (
        "CannotPullContainerError: Error response from daemon: pull access denied for acme/llm, "
        "repository does not exist or may require 'docker login': denied: requested access to the "
        "resource is denied"
    )
    scene.stop(reason)
    async with on_deployment(directory, scene.reader(), size) as pilot:
        app = pilot.app
        assert isinstance(app, WizardApp)
        shown = screen_text(app)
        for title in TITLES:
            assert title == "note" or str(TITLES[title]) in shown
        assert "✓ Task placed           done" in shown, "the tasks stopped on an instance"
        assert "✗ Image pulled          failed: pull-denied" in shown
        pane, lines = screen(pilot).query_one(DeploymentPane), text(pilot).splitlines()
        whole = " ".join(" ".join(lines[: pane.size.height]).split())
        # No diagnosis is longer than this one.
        for part in ("resource is denied”", "→ Allow the execution role", "then its credentials."):
            assert part in whole, shown
        assert "r read now" in shown and "D destroy" in shown
        assert max(map(len, lines)) <= pane.size.width
        group = lines[lines.index("Stopped tasks") + 1 :][:4]
        assert group[0].startswith("  3 tasks  demo:4  1 min ago")
        assert reason in " ".join(" ".join(group).split()), "it is wrapped and not cut"


async def test_the_key_fixes_the_answer_that_the_diagnosis_names(directory: Path) -> None:
    scene = Scene()
    scene.wait()
    scene.group["MaxSize"] = 1
    async with on_deployment(directory, scene.reader()) as pilot:
        assert "→ Set maximum size to 2" in text(pilot)
        assert "f opens the field with this value." in " ".join(text(pilot).split())
        await pilot.press("f")
        await settle(pilot)
        form = pilot.app.screen
        assert isinstance(form, FleetScreen)
        assert form.wizard.text("fleet.max_size") == "2"
        assert "suggested" in screen_text(pilot.app).lower()  # type: ignore[arg-type]


async def test_no_key_fixes_what_is_no_answer(directory: Path) -> None:
    async with on_deployment(directory, Scene().reader()) as pilot:
        assert not screen(pilot).check_action("fix", ())
        assert "opens the field" not in text(pilot)
        await pilot.press("f")
        await settle(pilot)
        assert isinstance(pilot.app.screen, DeploymentScreen)


async def test_destroy_is_reached_without_a_plan(directory: Path) -> None:
    async with on_deployment(directory, Scene().reader()) as pilot:
        names = {it.title for it in pilot.app.get_system_commands(pilot.app.screen)}
        assert "Plan a destroy" in names
        wanted = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(RunDecisions, "look", lambda _self, it: wanted.append(it))
            await pilot.press("D")
            await settle(pilot)
        assert isinstance(pilot.app.screen, RunScreen) and wanted == ["destroy"]


async def test_a_denied_call_makes_one_row_unknown(directory: Path) -> None:
    scene = Scene()
    call = "autoscaling:DescribeAutoScalingGroups"
    scene.denied[call] = AwsProblem("denied", "No.", "Or enter the value manually.", call)
    async with on_deployment(directory, scene.reader()) as pilot:
        assert verdict(pilot).startswith("healthy: ")
        assert "? Group size            unknown" in text(pilot)
        assert "✓ Task placed           done" in text(pilot)
        assert f"unknown: not allowed to call {call}. Ask for the permission {call}." in " ".join(
            text(pilot).split()
        )
        assert "manually" not in text(pilot)


async def test_a_service_that_can_not_be_read_is_unknown_and_the_rest_is_there(
    directory: Path,
) -> None:
    scene = Scene()
    call = "ecs:DescribeServices"
    scene.denied[call] = AwsProblem("denied", "No.", call=call)
    async with on_deployment(directory, scene.reader()) as pilot:
        assert verdict(pilot).startswith("unknown: Could not read the service: not allowed to")
        assert "RUNNING  demo:4" in text(pilot)


async def test_a_stack_that_is_not_there_says_so(directory: Path) -> None:
    scene = Scene()
    scene.service["status"] = "INACTIVE"
    async with on_deployment(directory, scene.reader()) as pilot:
        assert verdict(pilot) == "not deployed: The service does not exist."
        assert not any("success" in it for it in colours(pilot))


async def test_a_directory_without_resources_makes_no_call(directory: Path) -> None:
    (directory / "terraform.tfstate").unlink()
    reader = Scene().reader()
    async with on_deployment(directory, reader, waits=False) as pilot:
        await until(pilot, lambda: verdict(pilot).startswith("not deployed: Nothing is deployed"))
        assert reader.asked == []


async def test_it_is_read_again_and_only_changes_are_drawn(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_each(monkeypatch, 0.1)
    scene = Scene()
    scene.targets[0]["TargetHealth"] = {"State": "initial", "Reason": "Elb.RegistrationInProgress"}
    reader = scene.reader()
    reads: list[str] = []
    async with on_deployment(directory, reader) as pilot:
        pane = screen(pilot).query_one(DeploymentPane)
        drawn: list[object] = []
        show = pane.show

        def noted(lines: Sequence[Content], *, keep_place: bool = False) -> None:
            drawn.append(lines)
            show(lines, keep_place=keep_place)

        monkeypatch.setattr(pane, "show", noted)
        read_runs, read_state = run_list.runs_of, reader_of_state.read_state

        def runs_of(directory: Path) -> list[Run]:
            reads.append("runs")
            return read_runs(directory)

        def state_of(directory: Path, environ: Mapping[str, str]) -> StoredState:
            reads.append("state")
            return read_state(directory, environ)

        monkeypatch.setattr(run_list, "runs_of", runs_of)
        monkeypatch.setattr(deployed, "read_state", state_of)
        asked = len(reader.asked)
        await until(pilot, lambda: len(reader.asked) > asked + 20)
        assert drawn == [] and reads == [], "nothing has changed, and no file is read"
        scene.targets = [target("i-0a1", 32768, "healthy")]
        await until(pilot, lambda: verdict(pilot).startswith("healthy"))
        assert len(drawn) == 1 and reads == []
        # Another user's apply changes the state.
        (directory / "terraform.tfstate").write_text(state().replace("demo:4", "demo:5"))
        await until(pilot, lambda: verdict(pilot).startswith("failed: The service runs demo:4"))
        assert reads


async def test_ages_are_shown_in_steps_and_drawn_when_the_step_changes(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = NOW
    monkeypatch.setattr(deployment, "_now", lambda: now)
    scene = Scene()
    scene.tasks[0]["startedAt"] = NOW
    async with on_deployment(directory, scene.reader()) as pilot:
        pane = screen(pilot).query_one(DeploymentPane)
        seen = []
        for seconds in (0, 5, 14, 15, 29, 30, 59, 60, 119, 120):
            now = NOW + timedelta(seconds=seconds)
            before = pane._lines
            screen(pilot)._show()
            row = next(it for it in text(pilot).splitlines() if it.startswith("  RUNNING"))
            seen.append((row.split("demo:4  ")[1].split("  ")[0], pane._lines is before))
        assert seen == [
            ("now", True), ("now", True), ("now", True), ("15 s ago", False), ("15 s ago", True),
            ("30 s ago", False), ("30 s ago", True), ("1 min ago", False), ("1 min ago", True),
            ("2 min ago", False),
        ]  # fmt: skip


async def test_a_live_apply_leaves_nothing_final(directory: Path) -> None:
    stage(directory, RunStatus.APPLYING)
    async with on_deployment(directory, Scene().reader()) as pilot:
        assert verdict(pilot) == "under way: An apply is in progress."


@pytest.mark.parametrize("is_applied", [True, False])
async def test_a_run_that_ends_meanwhile_is_marked_among_the_steps(
    directory: Path, monkeypatch: pytest.MonkeyPatch, is_applied: bool
) -> None:
    run = stage(directory, RunStatus.APPLYING)
    judged = []

    def judge(newest: Run) -> bool:
        judged.append(newest.id)
        return is_applied

    monkeypatch.setattr(deployed, "is_applied", judge)
    async with on_deployment(directory, AnsweredReader(ANSWERS)) as pilot:
        screen(pilot).wizard.open_directory(WHOLE, of_files(WHOLE, {}))
        screen(pilot).wizard.note_done("run", not is_applied)
        await pilot.press("r")
        await settle(pilot)
        assert judged[-1] == run.id
        assert ("run" in screen(pilot).progress().unfinished) is not is_applied


async def test_leaving_ends_the_reading(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_each(monkeypatch, 0.05)
    reader = AnsweredReader(ANSWERS)
    async with on_deployment(directory, reader) as pilot:
        pilot.app.go("load_balancer")  # type: ignore[attr-defined]
        await settle(pilot)
        asked = len(reader.asked)
        await pilot.pause(0.3)
        assert len(reader.asked) == asked


async def test_one_hanging_call_leaves_the_rest_readable(directory: Path) -> None:
    release = threading.Event()

    def hangs(_given: dict[str, Any]) -> Any:
        release.wait(30)
        return ANSWERS["elasticloadbalancing:DescribeTargetHealth"]

    reader = AnsweredReader(answers(elasticloadbalancing__DescribeTargetHealth=hangs))
    applied(directory)
    try:
        async with on_deployment(directory, reader, waits=False) as pilot:
            await until(pilot, lambda: "OutOfMemoryError" in text(pilot))
            assert "· Target healthy        loading …" in text(pilot)
            assert verdict(pilot).startswith("under way")
            release.set()
            await until(pilot, lambda: "unhealthy  Target.Timeout  i-0123:32768" in text(pilot))
    finally:
        release.set()


async def test_everything_is_read_at_the_key_even_what_is_not_due(directory: Path) -> None:
    reader = AnsweredReader(ANSWERS)
    async with on_deployment(directory, reader) as pilot:
        asked = len(reader.asked)
        await pilot.press("r")
        calls = "elasticloadbalancing:DescribeTargetGroups", "ecs:ListServiceDeployments"
        await until(pilot, lambda: {*calls} <= {name for name, _given in reader.asked[asked:]})


async def test_without_an_account_it_waits(directory: Path) -> None:
    async with on_deployment(directory, None) as pilot:
        assert verdict(pilot).startswith("Reading the deployment")


async def test_names_are_never_markup(directory: Path) -> None:
    service = {
        "services": [
            {
                "serviceName": "[bold]s\x1b[31m",
                "events": [{"id": "1", "message": "[/aws/ecs] \x07 日本"}],
            }
        ]
    }
    reader = AnsweredReader(answers(ecs__DescribeServices=service))
    async with on_deployment(directory, reader) as pilot:
        assert "[/aws/ecs] ␇ 日本" in text(pilot)


async def test_with_a_certificate_its_domain_is_the_url(directory: Path) -> None:
    arn = f"arn:aws:acm:{fakes.REGION}:{fakes.ACCOUNT}:certificate/one"
    balancer = "llama-2.elb.amazonaws.com"
    outputs = {
        "url": {"value": f"https://{balancer}:8443"},
        "load_balancer_dns_name": {"value": balancer},
    }
    stage(directory, RunStatus.SUCCEEDED, outputs=outputs)
    async with on_deployment(directory, AnsweredReader(ANSWERS)) as pilot:
        wizard = screen(pilot).wizard
        # It is unknown as long as the directory's certificate is unknown.
        assert f"at https://{balancer}:8443" in " ".join(text(pilot).split())
        # The sentence is longer than one line.
        assert f"certificate covers: NAME CNAME {balancer}" in " ".join(text(pilot).split())
        https = {"load_balancer.protocol": "HTTPS", "load_balancer.certificate_arn": arn}
        texts = {**WHOLE, **https}
        wizard.account.facts = fakes.facts()
        wizard.open_directory(texts, of_files(texts, decide(texts, catalogue.find).answers))
        screen(pilot).action_read_now()
        await settle(pilot)
        assert "URL, once its DNS record exists: https://a.example:8443" in text(pilot)
        assert f"a.example CNAME {balancer}" in text(pilot)
        wizard.put("load_balancer.certificate_arn", arn.replace("one", "two"))
        screen(pilot).action_read_now()
        await settle(pilot)
        assert "a.example" not in text(pilot)


@pytest.mark.parametrize(
    ("state", "held", "words", "short"),
    [
        (RunStatus.APPLYING, 2, "The stack is being destroyed (since", "is being destroyed."),
        (RunStatus.SUCCEEDED, 0, "The state contains no resources.", "not deployed: Destroyed"),
        # The remaining resources may still serve requests: they are shown like those of any stack.
        (RunStatus.SUCCEEDED, 3, "The state holds 3 resources: it was changed", "rolled back"),
        (RunStatus.FAILED, 2, "The state still holds 2 resources.", "rolled back"),
    ],
)
async def test_a_destroy_is_named_and_what_is_gone_is_not_unhealthy(
    directory: Path, state: RunStatus, held: int, words: str, short: str
) -> None:
    applied(directory)
    run = stage(directory, state, operation="destroy", changes=(0, 0, 2))
    resources = [
        {"mode": "managed", "type": "aws_lb", "name": f"n{n}", "instances": [{"attributes": {}}]}
        for n in range(held)
    ]
    kept = {"version": 4, "serial": 3, "lineage": "l", "resources": resources}
    (directory / "terraform.tfstate").write_text(json.dumps(kept))
    is_read = held > 0
    async with on_deployment(directory, AnsweredReader(ANSWERS), waits=is_read) as pilot:
        await until(pilot, lambda: "Run " in text(pilot))
        first = text(pilot).split("\n\n")[0]
        assert words in first and f"Run {run.id} by ada@bastion." in first
        assert max(map(len, first.splitlines())) < 78, "whole at 80 columns"
        assert "nothing was applied" not in text(pilot)
        assert short in verdict(pilot)
        if "estroyed" not in verdict(pilot):
            return
        assert "service will answer" not in text(pilot)
        assert not any("error" in style for style in colours(pilot))


async def test_a_stack_that_was_applied_again_is_a_stack(directory: Path) -> None:
    stage(directory, RunStatus.SUCCEEDED, operation="destroy", changes=(0, 0, 2))
    applied(directory)
    async with on_deployment(directory, AnsweredReader(ANSWERS)) as pilot:
        assert "estroyed" not in text(pilot)
