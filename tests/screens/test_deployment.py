"""The deployment screen: AWS's words in columns, read repeatedly, even if one call fails."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.content import Content
from textual.pilot import Pilot

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.deployment import schedule
from gpuecs_tui.aws.deployment.parts import PARTS
from gpuecs_tui.aws.deployment.schedule import Pace
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.screens import deployment
from gpuecs_tui.screens.deployment import DeploymentScreen
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from gpuecs_tui.widgets.base.text_pane import TextPane
from gpuecs_tui.wizard.decisions import decide
from gpuecs_tui.wizard.drafts import Draft
from gpuecs_tui.wizard.opened import of_files
from tests.support import fakes
from tests.support.aws.deployment_answers import ANSWERS, AnsweredReader
from tests.support.screens.driving import settle, until, wizard_app
from tests.support.screens.shown import line_of
from tests.support.screens.whole_texts import WHOLE
from tests.support.terraform.run_folders import applied, stage


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stack's directory with separate runs."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("TZ", "UTC")
    return tmp_path / "llama"


def read_each(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Read each part that often."""
    monkeypatch.setattr(Pace, "seconds", lambda _pace, moving: seconds)


@asynccontextmanager
async def on_deployment(
    directory: Path,
    reader: AnsweredReader | None,
    size: tuple[int, int] = (120, 40),
    *,
    waits: bool = True,
) -> AsyncIterator[Pilot[int]]:
    """A wizard on the deployment screen of an account with the responses of ``reader``.

    ``waits``: until all parts were read.
    """
    with pytest.MonkeyPatch.context() as patch:
        # All parts take two refreshes, of which the second one follows after this time.
        patch.setattr(schedule, "GAP_SECONDS", 0.02)
        patch.setattr(fakes.FakeFeed, "reader", property(lambda _self: reader))
        app = wizard_app(directory)
        app.wizard.adopt(Draft(WHOLE, "deployment", ("start", "review", "run")))
        try:
            async with app.run_test(size=size) as pilot:
                app.go("deployment")
                await until(pilot, lambda: pilot.app.screen.is_mounted)
                if waits:
                    await settle(pilot)
                if reader is not None and waits:
                    await until(pilot, lambda: is_read(pilot))
                yield pilot
        finally:
            app.wizard.close()
            if reader is not None:
                reader.close()


def is_read(pilot: Pilot[int]) -> bool:
    """Tell whether all parts were read, which takes two refreshes."""
    facts = screen(pilot)._facts
    return facts is not None and facts.read_at.keys() >= PARTS.keys() and not screen(pilot)._is_busy


def screen(pilot: Pilot[int]) -> DeploymentScreen:
    found = pilot.app.screen
    assert isinstance(found, DeploymentScreen)
    return found


def text(pilot: Pilot[int]) -> str:
    return screen(pilot).query_one(TextPane).text


def summed_up(pilot: Pilot[int]) -> str:
    return line_of(screen(pilot).query_one("#summary"))


def answers(**changed: Any) -> dict[str, Any]:
    return {**ANSWERS, **{name.replace("__", ":"): it for name, it in changed.items()}}


async def test_everything_stands_in_columns(directory: Path) -> None:
    applied(directory)
    async with on_deployment(directory, AnsweredReader(ANSWERS)) as pilot:
        shown = text(pilot)
        for part in (
            "The service will answer, once a target is healthy, at http://llama-1.elb.amazonaws",
            "s: ACTIVE; desired 2, running 1, pending 1",
            "PRIMARY s:4  IN_PROGRESS  2        1        1        3",
            "i-0123:32768  unhealthy  Target.Timeout",
            "Task failed ELB health checks",
            "i-0123    us-east-1a  ACTIVE  1      1/2",
            "minimum 0, desired 2, maximum 4",
            "Failed  no capacity",
            "12:00:00  (service s) was unable",
            "token         (sensitive)",
        ):
            assert part in shown, shown
        assert summed_up(pilot).startswith(
            "1/2 tasks running · 0/1 targets healthy · 1 instance registered"
        )
        assert "as of " in summed_up(pilot)
        assert "deployment" in screen(pilot).progress().unfinished


async def test_a_denied_call_is_said_and_the_rest_is_there(directory: Path) -> None:
    denied = AwsProblem("denied", "No.", "Ask for it.", "ecs:DescribeServices")
    async with on_deployment(
        directory, AnsweredReader(answers(ecs__DescribeServices=denied))
    ) as pilot:
        assert "unknown: not allowed to call ecs:DescribeServices" in text(pilot)
        assert "Ask for it." in text(pilot)
        assert "i-0123:32768" in text(pilot)


async def test_a_stack_that_is_not_there_says_so(directory: Path) -> None:
    gone = AwsProblem("not_found", "ClusterNotFoundException.")
    reader = AnsweredReader(
        answers(
            ecs__DescribeServices=gone,
            ecs__ListTasks=gone,
            ecs__ListContainerInstances=gone,
            autoscaling__DescribeAutoScalingGroups={"AutoScalingGroups": []},
            elasticloadbalancing__DescribeTargetGroups=gone,
        )
    )
    async with on_deployment(directory, reader) as pilot:
        assert summed_up(pilot).startswith("The service does not exist yet.")
        assert "none: nothing was applied from this directory yet" in text(pilot)


async def test_it_is_read_again_and_only_changes_are_drawn(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_each(monkeypatch, 0.1)
    reader = AnsweredReader(dict(ANSWERS))
    async with on_deployment(directory, reader) as pilot:
        pane = screen(pilot).query_one(TextPane)
        drawn: list[object] = []
        show = pane.show

        def noted(lines: Sequence[Content], *, keep_place: bool = False) -> None:
            drawn.append(lines)
            show(lines, keep_place=keep_place)

        monkeypatch.setattr(pane, "show", noted)
        asked = len(reader.asked)
        await pilot.pause(0.5)
        assert len(reader.asked) > asked
        assert drawn == []
        reader.answers["elasticloadbalancing:DescribeTargetHealth"] = {
            "TargetHealthDescriptions": [
                {"Target": {"Id": "i-0123", "Port": 32768}, "TargetHealth": {"State": "healthy"}}
            ]
        }
        await pilot.pause(0.5)
        assert len(drawn) == 1
        assert "1/1 targets healthy" in summed_up(pilot)


@pytest.mark.parametrize("is_applied", [True, False])
async def test_a_run_that_ends_meanwhile_is_marked_among_the_steps(
    directory: Path, monkeypatch: pytest.MonkeyPatch, is_applied: bool
) -> None:
    run = stage(directory, RunStatus.APPLYING)
    judged = []

    def judge(newest: Run) -> bool:
        judged.append(newest.id)
        return is_applied

    monkeypatch.setattr(deployment, "is_applied", judge)
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
            await until(pilot, lambda: "Task failed ELB health checks" in text(pilot))
            assert text(pilot).split("Targets\n")[1].splitlines()[0] == "  loading …"
            assert summed_up(pilot).startswith("1/2 tasks running")
            release.set()
            await until(pilot, lambda: "i-0123:32768  unhealthy" in text(pilot))
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
        assert summed_up(pilot).startswith("Reading the deployment")


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
        assert "[bold]s␛[31m" in text(pilot)
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
        assert f"at https://{balancer}:8443" in text(pilot)
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
        (RunStatus.APPLYING, 2, "The stack is being destroyed (since", "being"),
        (RunStatus.SUCCEEDED, 0, "The state contains no resources.", "was destroyed"),
        # The remaining resources may still serve requests: they are shown like those of any stack.
        (RunStatus.SUCCEEDED, 3, "The state holds 3 resources: it was changed", "tasks running"),
        (RunStatus.FAILED, 2, "The state still holds 2 resources.", "tasks running"),
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
    async with on_deployment(directory, AnsweredReader(ANSWERS)) as pilot:
        first = text(pilot).split("\n\n")[0]
        assert words in first and f"Run {run.id} by ada@bastion." in first
        assert max(map(len, first.splitlines())) < 78, "whole at 80 columns"
        assert "nothing was applied" not in text(pilot)
        assert short in summed_up(pilot)
        if "destroyed" not in summed_up(pilot):
            return
        assert "service will answer" not in text(pilot)
        pane = screen(pilot).query_one(TextPane)
        styles = {str(span.style) for line in pane._lines for span in line.spans}
        assert not any("error" in style for style in styles)


async def test_a_stack_that_was_applied_again_is_a_stack(directory: Path) -> None:
    stage(directory, RunStatus.SUCCEEDED, operation="destroy", changes=(0, 0, 2))
    applied(directory)
    async with on_deployment(directory, AnsweredReader(ANSWERS)) as pilot:
        assert "estroyed" not in text(pilot)
