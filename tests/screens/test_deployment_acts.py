"""The keys of the deployment screen for logs and shells."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from gpuecs_tui.app import WizardApp
from gpuecs_tui.aws.deployment import logs
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import Closed
from gpuecs_tui.operations import plugin
from gpuecs_tui.operations.refused import Refused
from gpuecs_tui.screens import deployment
from gpuecs_tui.screens.deployment import DeploymentScreen
from gpuecs_tui.terraform.render.stack_files import render
from gpuecs_tui.widgets.deployment import acts
from gpuecs_tui.widgets.deployment.menu import ChoiceMenu
from gpuecs_tui.widgets.deployment.task_log import TaskLog
from gpuecs_tui.widgets.log.panel import LogPanel
from tests.deployment.scene import NOW, Scene, ago
from tests.support.aws.deployment_answers import AnsweredReader
from tests.support.screens.deployment_screen import on_deployment
from tests.support.screens.driving import settle, until
from tests.support.screens.shown import screen_text
from tests.support.terraform.applied_stack import state
from tests.support.terraform.written_files import made, put

LOG_SETTINGS = {
    "logDriver": "awslogs",
    "options": {"awslogs-group": "/ecs/llm", "awslogs-stream-prefix": "llm"},
}


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stack that another user applied."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(deployment, "_now", lambda: NOW)
    found = tmp_path / "llama"
    put(found, render(made()))
    (found / "terraform.tfstate").write_text(state())
    return found


def logged(scene: Scene, settings: object = LOG_SETTINGS) -> tuple[AnsweredReader, list[Any]]:
    """Return a reader of the scene, and the events of its log, which a test may extend."""
    reader, events = scene.reader(), list[Any]()

    def filtered(given: dict[str, Any]) -> dict[str, Any]:
        found = [
            it for it in events if it["logStreamName"].startswith(given["logStreamNamePrefix"])
        ]
        return {"events": [it for it in found if it["timestamp"] >= given["startTime"]]}

    def last(given: dict[str, Any]) -> dict[str, Any]:
        return {"events": [it for it in events if it["logStreamName"] == given["logStreamName"]]}

    container = {"name": "app", "logConfiguration": settings}
    definition = {"taskDefinition": {"containerDefinitions": [container]}}
    reader.answers |= {
        "ecs:DescribeTaskDefinition": definition,
        "logs:FilterLogEvents": filtered,
        "logs:GetLogEvents": last,
    }
    return reader, events


def line(task: str, message: str, *, earlier: float = 0) -> dict[str, Any]:
    return {
        "eventId": f"{task} {message}",
        "timestamp": int((time.time() - earlier) * 1000),
        "logStreamName": f"llm/app/{task}",
        "message": message,
    }


def shown_lines(pilot: Pilot[int]) -> list[str]:
    store = pilot.app.screen.query_one(LogPanel).view.contents.source
    return [store.line(n).decode() for n in range(store.first, store.end)]


async def log_open(pilot: Pilot[int]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, TaskLog))
    await pilot.pause()


async def test_the_log_follows_while_it_is_open_and_escape_returns(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "POLL_SECONDS", 0.02)
    reader, events = logged(Scene())
    events.append(line("t1", "ERROR first\x1b[2J\nand more"))
    async with on_deployment(directory, reader) as pilot:
        await pilot.press("l")
        await log_open(pilot)
        await until(pilot, lambda: len(shown_lines(pilot)) == 2)
        first, more = shown_lines(pilot)
        assert first.endswith(" t1 ERROR first␛[2J") and more.endswith("and more")
        events.append(line("t1", "second"))
        await until(pilot, lambda: len(shown_lines(pilot)) == 3)
        log = pilot.app.screen
        # The keys of the log panel apply: this one is for the regular expression.
        await pilot.press("x")
        assert pilot.app.screen.query_one(LogPanel).has_class("-asking")
        await pilot.press("escape")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, DeploymentScreen))
        # Its timers end with it.
        assert not log.is_attached


async def test_one_of_several_tasks_is_chosen_and_a_stopped_one_shows_its_last_lines(
    directory: Path,
) -> None:
    scene = Scene()
    scene.task("dead", "STOPPED", stoppedAt=ago(40), stopCode="EssentialContainerExited")
    reader, events = logged(scene)
    events += [line("t1", "runs"), line("dead", "CUDA out of memory", earlier=3600)]
    async with on_deployment(directory, reader) as pilot:
        await pilot.press("l")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceMenu))
        menu = pilot.app.screen.query_one(OptionList)
        assert [it.id for it in menu.options] == ["", "t1", "dead"]
        await pilot.press("down", "down", "enter")
        await log_open(pilot)
        await until(pilot, lambda: bool(shown_lines(pilot)))
        assert [it.endswith("dead CUDA out of memory") for it in shown_lines(pilot)] == [True]
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, DeploymentScreen))
        # All tasks: the last lines of the stopped one too.
        await pilot.press("l", "enter")
        await log_open(pilot)
        await until(pilot, lambda: len(shown_lines(pilot)) == 2)
        await pilot.press("escape")
        await pilot.press("l", "escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, DeploymentScreen))


@pytest.mark.parametrize(
    ("settings", "failing", "sentence"),
    [
        ({"logDriver": "awsfirelens"}, None, "has the log driver awsfirelens"),
        (LOG_SETTINGS, AwsProblem("denied", "Not allowed to call it.", "Ask."), "Not allowed"),
        (LOG_SETTINGS, None, "No log lines yet."),
    ],
)
async def test_why_there_is_no_log_is_shown(
    directory: Path, settings: object, failing: AwsProblem | None, sentence: str
) -> None:
    reader, _events = logged(Scene(), settings)
    if failing is not None:
        reader.answers["logs:FilterLogEvents"] = failing
    async with on_deployment(directory, reader) as pilot:
        await pilot.press("l")
        await log_open(pilot)
        app = pilot.app
        assert isinstance(app, WizardApp)
        await until(pilot, lambda: sentence in screen_text(app))


async def test_lines_before_a_page_that_fails_are_shown_and_the_log_is_followed(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "POLL_SECONDS", 0.02)
    reader, events = logged(Scene())
    events.append(line("t1", "first"))
    throttled = AwsProblem("throttled", "AWS throttled it.", "Try again.")
    definition = reader.answers["ecs:DescribeTaskDefinition"]
    pages = AnsweredReader.pages
    reads = list[int]()

    def paged(self: AnsweredReader, *names: str, **given: Any) -> Iterator[dict[str, Any]]:
        yield from pages(self, *names, **given)
        if names[0] == "logs":
            reads.append(len(reads))
            if len(reads) == 1:
                raise throttled

    def described(_given: dict[str, Any]) -> Any:
        reader.answers["ecs:DescribeTaskDefinition"] = definition
        raise throttled

    # The first read fails before the log is known, the second one after a page.
    reader.answers["ecs:DescribeTaskDefinition"] = described
    async with on_deployment(directory, reader) as pilot:
        monkeypatch.setattr(AnsweredReader, "pages", paged)
        await pilot.press("l")
        await log_open(pilot)
        await until(pilot, lambda: len(reads) > 1)
        events.append(line("t1", "second"))
        await until(pilot, lambda: len(shown_lines(pilot)) == 2)
        assert [it.rpartition(" ")[2] for it in shown_lines(pilot)] == ["first", "second"]


async def test_a_log_whose_account_was_switched_says_so(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "POLL_SECONDS", 0.02)
    reader, events = logged(Scene())
    events.append(line("t1", "first"))
    async with on_deployment(directory, reader) as pilot:
        await pilot.press("l")
        await log_open(pilot)
        await until(pilot, lambda: bool(shown_lines(pilot)))
        reader.answers["logs:FilterLogEvents"] = Closed()
        app = pilot.app
        assert isinstance(app, WizardApp)
        await until(pilot, lambda: "The account was switched." in screen_text(app))


class Terminal:
    """Records what happens to the terminal."""

    def __init__(self) -> None:
        self.log: list[str] = []

    @contextmanager
    def suspended(self) -> Iterator[None]:
        self.log.append("suspended")
        yield
        self.log.append("restored")

    def connect(self, _plugin: str, session: plugin.Session) -> int:
        self.log.append(f"connected to {session.parameters}")
        return 0


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A terminal that can be handed over, and a plugin."""
    found = Terminal()
    monkeypatch.setattr(acts, "driver_of", lambda _app: SimpleNamespace(can_suspend=True))
    monkeypatch.setattr(WizardApp, "suspend", lambda _self: found.suspended())
    monkeypatch.setattr(plugin, "find_plugin", lambda: "/bin/plugin")
    monkeypatch.setattr(plugin, "connect_terminal", found.connect)
    monkeypatch.setattr(AnsweredReader, "endpoint_of", lambda _self, _service: "https://x")
    return found


def ready(scene: Scene) -> AnsweredReader:
    """Return an account that opens every session."""
    for task in scene.tasks:
        task["enableExecuteCommand"] = True
        agent = {"name": "ExecuteCommandAgent", "lastStatus": "RUNNING"}
        task["containers"][0] |= {"runtimeId": "r-1", "managedAgents": [agent]}
    reader = scene.reader()
    started = {"SessionId": "s", "TokenValue": "t", "StreamUrl": "u"}
    reader.answers |= {
        "ecs:ExecuteCommand": {"session": {"sessionId": "s"}},
        "ssm:DescribeInstanceInformation": {"InstanceInformationList": [{"PingStatus": "Online"}]},
        "ssm:StartSession": started,
    }
    return reader


@pytest.mark.parametrize(("key", "target"), [("x", "ecs:c_t1_r-1"), ("X", "i-0a1")])
async def test_a_shell_gets_the_terminal_and_gives_it_back(
    directory: Path, terminal: Terminal, key: str, target: str
) -> None:
    async with on_deployment(directory, ready(Scene())) as pilot:
        await pilot.press(key)
        await until(pilot, lambda: "restored" in terminal.log)
        connected = f'connected to {{"Target": "{target}"}}'
        assert terminal.log == ["suspended", connected, "restored"]


async def test_one_of_several_instances_is_chosen(directory: Path, terminal: Terminal) -> None:
    scene = Scene()
    scene.instance("i-0a2")
    async with on_deployment(directory, ready(scene)) as pilot:
        await pilot.press("X")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceMenu))
        await pilot.press("down", "enter")
        await until(pilot, lambda: "restored" in terminal.log)
        assert "i-0a2" in terminal.log[1]


async def test_what_is_missing_for_a_shell_is_said_and_the_screen_stays(
    directory: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = ready(Scene())

    def said(pilot: Pilot[int]) -> str:
        return " ".join(it.message for it in pilot.app._notifications)

    async with on_deployment(directory, reader) as pilot:
        reader.answers["ecs:ExecuteCommand"] = AwsProblem("denied", "Not allowed.", "Ask for it.")
        await pilot.press("x")
        await until(pilot, lambda: "Not allowed. Ask for it." in said(pilot))

        def missing() -> str:
            raise Refused("The plugin is not installed.")

        monkeypatch.setattr(plugin, "find_plugin", missing)
        await pilot.press("X")
        await until(pilot, lambda: "The plugin is not installed." in said(pilot))
        assert "ssm:StartSession" not in [name for name, _given in reader.asked]
        monkeypatch.setattr(acts, "driver_of", lambda _app: None)
        await pilot.press("x")
        await until(pilot, lambda: "can't be handed to another program" in said(pilot))
        assert terminal.log == []
        assert isinstance(pilot.app.screen, DeploymentScreen)


async def test_nothing_is_offered_without_a_task_an_instance_or_an_account(
    directory: Path,
) -> None:
    scene = Scene()
    scene.lose()
    scene.group["Instances"] = []
    for reader in (scene.reader(), None):
        async with on_deployment(directory, reader) as pilot:
            keys = {
                name
                for name, it in pilot.app.screen.active_bindings.items()
                if it.enabled and it.binding.action.startswith("act(")
            }
            assert keys == ({"l"} if reader else set())


@pytest.mark.parametrize(("key", "field"), [("s", "service.desired_count"), ("i", "task.image")])
async def test_a_key_opens_the_field_that_terraform_applies(
    directory: Path, key: str, field: str
) -> None:
    async with on_deployment(directory, Scene().reader()) as pilot:
        await pilot.press(key)
        await settle(pilot)
        focused = pilot.app.focused
        assert focused is not None
        assert any(getattr(it, "key", "") == field for it in focused.ancestors_with_self)


async def test_what_terraform_ignores_is_a_command(directory: Path) -> None:
    ignored = ("desired_count", "task_definition")
    put(directory, render(made(service__ignore_changes=ignored)))
    async with on_deployment(directory, Scene().reader()) as pilot:
        for key, command in (("s", "scale"), ("i", "deploy")):
            await pilot.press(key)
            await settle(pilot)
            said = " ".join(it.message for it in pilot.app._notifications)
            assert f"gpuecs-tui {command} " in said
            assert isinstance(pilot.app.screen, DeploymentScreen)
