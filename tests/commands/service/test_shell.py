"""``exec`` and ``ssm``: what is missing, and how the terminal is handed to the plugin."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.aws.deployment import reader as deployment_reader
from gpuecs_tui.aws.deployment.facts import DeployedTask
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import AccountReader, action
from gpuecs_tui.cli import main
from gpuecs_tui.commands.failure import EXIT_FAILED, EXIT_USAGE
from gpuecs_tui.commands.parser import parse_command_line
from tests.demo.simulator.stepped import Stepped
from tests.support.pty_program import PtyProgram

SESSION = {"sessionId": "s-1", "streamUrl": "wss://x", "tokenValue": "secret"}
STARTED = {"SessionId": "s-2", "StreamUrl": "wss://y", "TokenValue": "secret", "extra": 1}


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Put a plugin on PATH that writes its arguments to a file and ends with a code."""

    def put(version: str = "1.2.707.0", code: int = 0) -> Path:
        folder, record = tmp_path / "bin", tmp_path / "called.json"
        folder.mkdir(exist_ok=True)
        program = folder / "session-manager-plugin"
        program.write_text(
            f"#!{sys.executable}\n"
            "import json, os, sys\n"
            f"if sys.argv[1:] == ['--version']: print({version!r}); raise SystemExit\n"
            "response = os.environ.get('AWS_SSM_START_SESSION_RESPONSE')\n"
            f"open({str(record)!r}, 'w').write(json.dumps([sys.argv[1:], response]))\n"
            f"raise SystemExit({code})\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder), prepend=":")
        return record

    return put


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Let AWS open every session; returns the calls that open one."""
    call, made = AccountReader.call, list[tuple[str, dict[str, Any]]]()

    def answered(self: AccountReader, service: str, operation: str, /, **given: Any) -> Any:
        if operation == "DescribeInstanceInformation":
            return {"InstanceInformationList": [{"PingStatus": "Online"}]}
        if operation in ("ExecuteCommand", "StartSession"):
            made.append((operation, given))
            return {"session": SESSION} if operation == "ExecuteCommand" else STARTED
        return call(self, service, operation, **given)

    monkeypatch.setattr(AccountReader, "call", answered)
    return made


def tasks_as(
    monkeypatch: pytest.MonkeyPatch, *, on: bool = True, agent: str = "RUNNING", switch: bool = True
) -> None:
    """Read every task with ECS Exec ``on`` and this status of its agent."""
    read = deployment_reader.read_service_and_tasks

    def changed(it: DeployedTask) -> DeployedTask:
        containers = tuple(
            dataclasses.replace(each, runtime_id="r-1", exec_agent=agent) for each in it.containers
        )
        return dataclasses.replace(it, execute_command=on, containers=containers)

    def reads(*given: Any) -> Any:
        service, tasks = read(*given)
        assert service is not None
        found = tuple(changed(it) for it in tasks)
        return dataclasses.replace(service, execute_command=switch), found

    monkeypatch.setattr(deployment_reader, "read_service_and_tasks", reads)


def identity_of(task: dict[str, Any]) -> str:
    return str(task["taskArn"]).rpartition("/")[2]


def test_the_plugin_gets_what_the_aws_cli_passes_and_its_code_is_the_result(
    account: Stepped,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    plugin: Callable[..., Path],
    opened: list[tuple[str, dict[str, Any]]],
) -> None:
    tasks_as(monkeypatch)
    record = plugin(code=7)
    task = identity_of(account.tasks[0])
    words = ["exec", str(directory), "--task", task[:8], "--", "ls", "-la", "a b", "--json"]
    assert main(words) == 7
    arguments, response = json.loads(record.read_text())
    assert arguments == [
        "AWS_SSM_START_SESSION_RESPONSE",
        "us-west-2",
        "StartSession",
        "",
        json.dumps({"Target": f"ecs:llm_{task}_r-1"}),
        "https://ssm.us-west-2.amazonaws.com",
    ]
    assert json.loads(response) == SESSION, "no other user of the machine sees the token"
    [(_operation, given)] = opened
    assert given == {
        "cluster": "llm", "task": task, "container": "server",
        "command": "ls -la 'a b' --json", "interactive": True,
    }  # fmt: skip


@pytest.mark.parametrize("version", ["1.2.497.0", "1.1.17.0", "unknown"])
def test_an_earlier_plugin_gets_the_response_as_an_argument(
    account: Stepped,
    directory: Path,
    plugin: Callable[..., Path],
    opened: list[tuple[str, dict[str, Any]]],
    version: str,
) -> None:
    record = plugin(version)
    identity = account.instances[0]["ec2InstanceId"]
    assert main(["ssm", str(directory), "--instance", identity]) == 0
    arguments, response = json.loads(record.read_text())
    assert response is None
    assert json.loads(arguments[0]) == {it: STARTED[it] for it in STARTED if it != "extra"}
    assert json.loads(arguments[4]) == {"Target": identity}
    assert opened == [("StartSession", {"Target": identity})]


def test_without_a_task_the_newest_running_one_is_named(
    account: Stepped,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    plugin: Callable[..., Path],
    opened: list[tuple[str, dict[str, Any]]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    tasks_as(monkeypatch)
    plugin()
    assert main(["exec", str(directory)]) == 0
    [(_operation, given)] = opened
    assert given["command"] == "/bin/sh"
    assert f"Task {given['task']}, container server:" in capsys.readouterr().err


def test_an_instance_in_service_is_preferred_to_one_that_ends(
    account: Stepped,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    plugin: Callable[..., Path],
    opened: list[tuple[str, dict[str, Any]]],
) -> None:
    plugin()
    read, ending_ids = deployment_reader.read_fleet_alone, list[str]()

    def ending(*given: Any) -> Any:
        fleet = read(*given)
        assert fleet is not None
        first, *more = fleet.instances
        assert more
        ending_ids.append(first.ec2_instance_id)
        ends = dataclasses.replace(first, lifecycle="Terminating:Wait")
        return dataclasses.replace(fleet, instances=(ends, *more))

    monkeypatch.setattr(deployment_reader, "read_fleet_alone", ending)
    assert main(["ssm", str(directory)]) == 0
    [(_operation, given)] = opened
    assert given["Target"] not in ending_ids


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"on": False, "switch": False}, "ECS Exec is off for the service llm. Set service."),
        ({"on": False}, "is older than the switch of ECS Exec in its service."),
        ({"agent": "STOPPED"}, "container server, is STOPPED: ECS gives no reason."),
        ({"agent": ""}, "is not reported: ECS gives no reason."),
        ({}, "session-manager-plugin is not installed or not on PATH. To install it: https://"),
    ],
)
def test_what_is_missing_is_named_before_the_call(
    account: Stepped,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    opened: list[tuple[str, dict[str, Any]]],
    capsys: pytest.CaptureFixture[str],
    state: dict[str, Any],
    sentence: str,
) -> None:
    tasks_as(monkeypatch, **state)
    monkeypatch.setenv("PATH", "/nonexistent")
    assert main(["exec", str(directory)]) == EXIT_FAILED
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1
    assert opened == []


def test_a_missing_permission_is_named(
    account: Stepped,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    plugin: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    tasks_as(monkeypatch)
    record = plugin()
    call = AccountReader.call

    def denied(self: AccountReader, service: str, operation: str, /, **given: Any) -> Any:
        if service == "ssm" or operation == "ExecuteCommand":
            name = action(service, operation)
            raise AwsProblem("denied", f"Not allowed to call {name}: no.", "", call=name)
        return call(self, service, operation, **given)

    monkeypatch.setattr(AccountReader, "call", denied)
    for command, permission in (("exec", "ecs:ExecuteCommand"), ("ssm", "ssm:StartSession")):
        assert main([command, str(directory)]) == EXIT_FAILED
        assert f"Ask for the permission {permission}." in capsys.readouterr().err
    assert not record.exists()


def test_unknown_ids_are_refused_with_those_that_exist(
    account: Stepped, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["exec", str(directory), "--task", "nope"]) == EXIT_USAGE
    assert identity_of(account.tasks[0]) in capsys.readouterr().err
    assert main(["ssm", str(directory), "--instance", "nope"]) == EXIT_USAGE
    assert account.instances[0]["ec2InstanceId"] in capsys.readouterr().err


def test_the_demo_account_says_that_it_has_no_shell(
    account: Stepped,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    account.update(enableExecuteCommand=True, forceNewDeployment=True)
    account.step(2)
    account.until(account.steady)
    assert main(["exec", str(directory)]) == EXIT_FAILED
    assert "The demo account runs no containers" in capsys.readouterr().err
    assert main(["ssm", str(directory)]) == EXIT_FAILED
    assert "The demo account runs no instances" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["exec", "d"], []),
        (["exec", "d", "--", "ls", "--", "-la"], ["ls", "--", "-la"]),
        (["--demo", "exec", "--task", "t", "d", "--", "plan", "--help"], ["plan", "--help"]),
        (["exec", "d", "nvidia-smi"], ["nvidia-smi"]),
    ],
)
def test_words_behind_two_dashes_are_the_command(words: list[str], command: list[str]) -> None:
    assert parse_command_line(words)[1].command == command


SHELL = """
import sys
from gpuecs_tui.operations.plugin import Session, connect_terminal
code = connect_terminal(sys.argv[1], Session("{}", "r", "", "{}", "https://x"))
print("ended with", code, flush=True)
import termios
print("echo", bool(termios.tcgetattr(0)[3] & termios.ECHO), flush=True)
"""
PLUGIN = """#!{python}
import signal, sys, termios
if sys.argv[1:] == ["--version"]:
    raise SystemExit
signal.signal(signal.SIGINT, lambda *_: print("remote interrupt", flush=True))
settings = termios.tcgetattr(0)
settings[3] &= ~termios.ECHO
termios.tcsetattr(0, termios.TCSANOW, settings)
print("connected", flush=True)
sys.stdin.readline()
raise SystemExit(3)
"""


def test_ctrl_c_reaches_the_remote_program_and_the_terminal_is_restored(tmp_path: Path) -> None:
    program = tmp_path / "session-manager-plugin"
    program.write_text(PLUGIN.format(python=sys.executable))
    program.chmod(0o755)
    terminal = PtyProgram(SHELL, str(program))
    try:
        terminal.wait_for("connected")
        terminal.type("\x03")
        terminal.wait_for("remote interrupt")
        terminal.type("\r")
        terminal.wait_for("ended with 3")
        terminal.wait_for("echo True")
    finally:
        terminal.clean_up()
