"""Command lines in messages carry the global options of the call that prints them."""

import ast
import os
import re
from pathlib import Path

import pytest

import gpuecs_tui
from gpuecs_tui.call_options import (
    COMMANDS_WITH_OPTIONS,
    VARIABLE,
    aws_options,
    call_with,
    option_words,
    with_call_options,
    with_call_variable,
)
from gpuecs_tui.cli import main
from gpuecs_tui.commands.command_table import COMMANDS
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.runs.directory_lock import DirectoryBusy
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support.terraform import fake_engine
from tests.support.terraform.fake_engine import Command
from tests.support.terraform.run_folders import stage
from tests.support.terraform.waiting import until_state


def test_every_command_but_demo_repeats_the_options() -> None:
    assert {*COMMANDS_WITH_OPTIONS} == COMMANDS.keys() - {"demo"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Run: gpuecs-tui plan {directory}", "Run: gpuecs-tui --profile p plan {directory}"),
        ("`gpuecs-tui doctor` shows it", "`gpuecs-tui --profile p doctor` shows it"),
        ("→  gpuecs-tui {look} {directory}", "→  gpuecs-tui --profile p {look} {directory}"),
        ("This version of gpuecs-tui checks it", "This version of gpuecs-tui checks it"),
        ("reset it: gpuecs-tui demo stop", "reset it: gpuecs-tui demo stop"),
        ("gpuecs-tui --profile p plan x", "gpuecs-tui --profile p plan x"),
    ],
)
def test_only_command_lines_are_changed(text: str, told: str) -> None:
    assert _(text) == text
    with call_with(lambda: ["--profile", "p"]):
        assert _(text) == told == ngettext(text, "", 1)
        assert with_call_options(told) == told
    assert _(text) == text


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--profile", "my team"], "aws --profile 'my team' ecs stop-task --task {id}"),
        (["--plugin-dir", "/mirror"], "aws ecs stop-task --task {id}"),
        (["--demo"], "aws --endpoint-url http://localhost:1 ecs stop-task --task {id}"),
    ],
)
def test_the_aws_cli_gets_the_account_of_the_call(
    monkeypatch: pytest.MonkeyPatch, options: list[str], told: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:1")
    text = "aws ecs stop-task --task {id}"
    assert _(text) == text and aws_options("ops") == "--profile ops "
    with call_with(lambda: options):
        assert _(text) == told and with_call_options(told) == told
        assert _("The aws ecs service is {id}.") == "The aws ecs service is {id}."


def test_every_aws_command_in_the_sources_gets_the_account_of_the_call() -> None:
    commands = {
        found[0]
        for file in Path(gpuecs_tui.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for found in re.finditer(r"\baws [a-z0-9-]+ [a-z0-9]+-[a-z0-9-]+[^`]*", node.value)
        # It reads the credentials of this machine and calls nothing.
        if not found[0].startswith("aws configure ")
    }
    assert len(commands) > 10
    with call_with(lambda: ["--profile", "ops"]):
        assert [it for it in commands if not _(it).startswith("aws --profile ops ")] == []
    regional = {it for it in commands if " --" in it and not it.startswith("aws iam ")}
    assert len(regional) > 6
    assert [it for it in regional if "--region " not in it] == []


def test_options_are_quoted_and_braces_are_no_placeholder() -> None:
    words = option_words(
        demo=False, faults=(), profile="my team", plugin_dir=Path("/mirror/{directory}")
    )
    with call_with(lambda: words):
        line = _("gpuecs-tui plan {directory}").format(directory="d")
        assert with_call_variable({"A": "b"})[VARIABLE] in line
    assert line == "gpuecs-tui --profile 'my team' --plugin-dir '/mirror/{directory}' plan d"
    assert with_call_variable({VARIABLE: "--demo"}) == {}, "without options a child has none"


def test_a_command_prints_its_options(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The command sets it for its children, here for all later tests.
    monkeypatch.setenv("AWS_PROFILE", "")
    stage(tmp_path, RunStatus.PLANNED)
    assert main(["approve", str(tmp_path), "--profile", "ops"]) == 64
    assert f"gpuecs-tui --profile ops attach {tmp_path}" in capsys.readouterr().err
    (tmp_path / "terraform.tfstate").write_text("{")
    assert main(["--profile", "ops", "state", str(tmp_path)]) == 1
    assert f"→  gpuecs-tui --profile ops state {tmp_path} --restore" in capsys.readouterr().out


def test_the_runner_words_its_messages_for_the_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = fake_engine.install(tmp_path / "engine", plan=Command(code=1))
    monkeypatch.setenv("GPUECS_TUI_ENGINE", str(engine))
    stack = tmp_path / "stack"
    stack.mkdir()
    (stack / "main.tf").write_text("")
    (stack / "errored.tfstate").write_text("{")
    with call_with(lambda: ["--profile", "ops"]):
        ended = until_state(runs.start(stack, "apply", environ=os.environ), RunStatus.FAILED)
    assert f"gpuecs-tui --profile ops state {stack} --restore" in ended.files.journal.read_text()


def test_a_busy_directory_names_itself_in_the_command() -> None:
    remedy = DirectoryBusy(Path("/srv/my stack"), None).remedy
    assert "`gpuecs-tui attach '/srv/my stack'`" in remedy
