"""``logs``: lines of one or all tasks, followed or not, and why there are none."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpuecs_tui.aws.deployment import logs as reading
from gpuecs_tui.aws.deployment.logs import POLL_SECONDS, SLOWEST_SECONDS
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import AccountReader, action
from gpuecs_tui.cli import main
from gpuecs_tui.commands.failure import EXIT_FAILED, EXIT_USAGE
from gpuecs_tui.commands.service import logs as module
from gpuecs_tui.commands.service.here import EXIT_NOT_DEPLOYED
from tests.demo.simulator.stepped import GROUP, Stepped


def short(task: dict[str, Any]) -> str:
    return str(task["taskArn"]).rpartition("/")[2][:8]


def log_elsewhere(monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any] | None) -> None:
    """Let every task definition have these log settings."""
    call = AccountReader.call

    def described(self: AccountReader, service: str, operation: str, /, **given: Any) -> Any:
        answer = call(self, service, operation, **given)
        if operation == "DescribeTaskDefinition":
            answer["taskDefinition"]["containerDefinitions"][0]["logConfiguration"] = settings
        return answer

    monkeypatch.setattr(AccountReader, "call", described)


def test_all_tasks_are_shown_by_time_with_ids_that_begin_as_in_status(
    account: Stepped, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", str(directory)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {it.split()[2] for it in lines} == {short(it) for it in account.tasks}
    assert [it[:19] for it in lines] == sorted(it[:19] for it in lines)
    assert any("Listening on 0.0.0.0:8000" in it for it in lines)


def test_one_task_by_the_start_of_its_id_and_one_expression(
    account: Stepped, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = account.tasks[0]
    words = ["logs", str(directory), "--task", short(task), "--grep", r"shard \d of"]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(short(task) in it and "shard" in it for it in lines)


def test_json_is_one_document_a_line(
    account: Stepped, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", str(directory), "--json", "--grep", "Listening"]) == 0
    trees = [json.loads(it) for it in capsys.readouterr().out.splitlines()]
    assert len(trees) == 2 and {it["container"] for it in trees} == {"server"}


def test_a_stopped_task_s_last_lines_are_there_at_once(
    account: Stepped, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = account.tasks[0]
    account.ecs.stop_task(cluster="llm", task=task["taskArn"])
    ended = [task["taskArn"], "STOPPED"]
    account.until(lambda: ended in [[it["taskArn"], it["lastStatus"]] for it in account.stopped])
    assert main(["logs", str(directory), "--task", short(task)]) == 0
    assert "SIGTERM" in capsys.readouterr().out.splitlines()[-1]
    # ECS has forgotten the task; its stream remains.
    account.until(lambda: task["taskArn"] not in {it["taskArn"] for it in account.stopped})
    assert main(["logs", str(directory), "--task", short(task)]) == 0
    assert "SIGTERM" in capsys.readouterr().out


def test_an_unknown_task_is_refused_with_the_ids_that_exist(
    account: Stepped, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", str(directory), "--task", "nope"]) == EXIT_USAGE
    said = capsys.readouterr().err
    assert "No id begins with nope. Tasks: " in said
    assert all(short(it) in said for it in account.tasks)


@pytest.mark.parametrize("text", ["(", "*", "[a"])
def test_a_wrong_expression_is_one_sentence(
    directory: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", str(directory), "--grep", text]) == EXIT_USAGE
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "is not a regular expression" in said


@pytest.mark.parametrize("text", ["10", "m", "-5m", "1.5h", "10 m", ""])
def test_a_wrong_time_is_a_usage_error(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["logs", "d", f"--since={text}"])
    assert ended.value.code == EXIT_USAGE
    assert "is not a duration" in capsys.readouterr().err


def test_control_characters_are_escaped(
    account: Stepped, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = account.client("logs").describe_log_streams(logGroupName=GROUP)["logStreams"][0]
    account.client("logs").put_log_events(
        logGroupName=GROUP,
        logStreamName=stream["logStreamName"],
        logEvents=[{"timestamp": int(time.time() * 1000), "message": "\x1b[2J\x07 wiped"}],
    )
    assert main(["logs", str(directory), "--grep", "wiped"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and r"\x1b[2J\x07 wiped" in out


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"logDriver": "awsfirelens"}, "has the log driver awsfirelens"),
        (None, "has no log driver: its log is on its instance only"),
        (
            {"logDriver": "awslogs", "options": {"awslogs-group": GROUP}},
            "has no awslogs-stream-prefix",
        ),
        (
            {
                "logDriver": "awslogs",
                "options": {"awslogs-group": "/gone", "awslogs-stream-prefix": "llm"},
            },
            "The log group /gone does not exist in us-west-2.",
        ),
    ],
)
def test_a_log_that_is_elsewhere_is_one_sentence(
    account: Stepped,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, Any] | None,
    sentence: str,
) -> None:
    log_elsewhere(monkeypatch, change)
    for more in ([], ["--task", short(account.tasks[0])]):
        assert main(["logs", str(directory), *more]) == EXIT_FAILED
        said = capsys.readouterr()
        assert said.out == "" and said.err.count("\n") == 1 and sentence in said.err


def test_a_missing_permission_is_named(
    account: Stepped,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def denied(_self: AccountReader, service: str, operation: str, /, **_given: Any) -> Any:
        name = action(service, operation)
        raise AwsProblem("denied", f"Not allowed to call {name}: no.", "", call=name)

    monkeypatch.setattr(AccountReader, "pages", denied)
    assert main(["logs", str(directory)]) == EXIT_FAILED
    assert "Ask for the permission" in capsys.readouterr().err


def test_no_line_yet_and_no_line_of_late_are_told_apart(
    account: Stepped,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["logs", str(directory), "--since", "0s"]) == 0
    assert "No log line of the last 0 s to show." in capsys.readouterr().err
    options = {"awslogs-group": GROUP, "awslogs-stream-prefix": "quiet"}
    log_elsewhere(monkeypatch, {"logDriver": "awslogs", "options": options})
    assert main(["logs", str(directory)]) == 0
    assert "No task of the service has written a log line yet." in capsys.readouterr().err
    assert main(["logs", str(directory), "--task", short(account.tasks[0])]) == 0
    assert "has not written a log line yet." in capsys.readouterr().err
    task = account.tasks[0]
    name = f"quiet/server/{task['taskArn'].rpartition('/')[2]}"
    account.client("logs").create_log_stream(logGroupName=GROUP, logStreamName=name)
    assert main(["logs", str(directory), "--task", short(task)]) == 0
    assert f"The log stream of task {short(task)} is empty: " in capsys.readouterr().err


def test_lines_that_do_not_match_are_no_missing_lines(
    account: Stepped, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["logs", str(directory), "--task", short(account.tasks[0]), "--grep", "nowhere"]
    assert main(words) == 0
    assert capsys.readouterr().err.endswith("None of the last 100 lines matches.\n")


class Follower:
    """The waits of ``--follow``: each runs one step of the story; the last is Ctrl-C."""

    def __init__(self, *steps: Callable[[], None]) -> None:
        self.steps, self.waits = [*steps], list[float]()

    def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)
        if not self.steps:
            raise KeyboardInterrupt
        self.steps.pop(0)()


def test_follow_prints_each_line_once_and_ends_with_ctrl_c(
    account: Stepped,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    story = Follower(lambda: account.step(6), lambda: None, lambda: account.step(6))
    monkeypatch.setattr(module, "_wait", story)
    assert main(["logs", str(directory), "--follow", "--json"]) == 130
    before = account.lines()
    shown = [json.loads(it)["message"] for it in capsys.readouterr().out.splitlines()]
    assert len(shown) == len(before) and sorted(shown) == sorted(before)
    assert story.waits == [POLL_SECONDS] * 4


def test_follow_of_one_task_begins_with_its_last_lines(
    account: Stepped,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(reading, "LAST_LINES", 1)
    monkeypatch.setattr(module, "_wait", Follower())
    assert main(["logs", str(directory), "--follow", "--task", short(account.tasks[0])]) == 130
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_follow_reads_less_often_while_it_is_throttled(
    account: Stepped,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pages = AccountReader.pages

    def throttled(_self: AccountReader, *_names: str, **_given: Any) -> Any:
        raise AwsProblem("throttled", "AWS throttled logs:FilterLogEvents.", "Try again.")

    def begins() -> None:
        monkeypatch.setattr(AccountReader, "pages", throttled)

    def ends() -> None:
        monkeypatch.setattr(AccountReader, "pages", pages)

    nothing = [lambda: None] * 5
    story = Follower(begins, *nothing, ends, lambda: None)
    monkeypatch.setattr(module, "_wait", story)
    assert main(["logs", str(directory), "--follow"]) == 130
    assert story.waits == [3, 6, 12, 24, 48, SLOWEST_SECONDS, SLOWEST_SECONDS, 3, 3]
    assert capsys.readouterr().err.count("AWS throttled") == 1


def test_a_closed_pipe_ends_the_wait_of_a_quiet_log(tmp_path: Path) -> None:
    code = (
        "import sys; from gpuecs_tui.commands.service.logs import _wait\n"
        "try: _wait(600)\n"
        "except BrokenPipeError: sys.stderr.write('closed')\n"
    )
    read, write = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=write, stderr=subprocess.PIPE, text=True
    ) as program:
        os.close(write)
        os.close(read)
        assert program.stderr is not None and program.stderr.read() == "closed"


def test_a_closed_output_ends_the_command(
    account: Stepped, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

        def fileno(self) -> int:
            return os.open(os.devnull, os.O_WRONLY)

    monkeypatch.setattr(sys, "stdout", Closed())
    assert main(["logs", str(directory), "--follow"]) == 128 + 13


def test_nothing_deployed_is_3(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (directory / "terraform.tfstate").unlink()
    assert main(["logs", str(directory)]) == EXIT_NOT_DEPLOYED
    assert "Nothing is deployed" in capsys.readouterr().err
