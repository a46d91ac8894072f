"""The command line: usage, fast paths, and one message for each error."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from gpuecs_tui import __version__
from gpuecs_tui.cli import main
from gpuecs_tui.commands.command_table import COMMANDS, WIZARD
from gpuecs_tui.commands.failure import EXIT_USAGE
from gpuecs_tui.stack.answers import dump_answers
from gpuecs_tui.terraform.render.stack_files import render
from tests.support.terraform.written_files import ANSWERS, made, put


def gpuecs(*words: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gpuecs_tui", *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environ},
        check=False,
    )


def modules_of(*words: str) -> set[str]:
    """Return the modules that a command has imported when it ends."""
    script = (
        "import sys; from gpuecs_tui.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, check=True
    )
    return set(done.stderr.splitlines()[-1].split())


def test_version() -> None:
    done = gpuecs("--version")
    assert (done.returncode, done.stdout) == (0, f"gpuecs-tui {__version__}\n")


def test_version_imports_next_to_nothing() -> None:
    assert not modules_of("--version") & {"argparse", "gettext", "gpuecs_tui.i18n"}


@pytest.mark.parametrize(
    "words", [("--help",), ("show", "/nonexistent"), ("runs", "/tmp"), ("gpus", "--offline")]
)
def test_no_command_imports_textual(words: tuple[str, ...]) -> None:
    heavy = {"textual", "rich", "moto", "boto3", "botocore"}
    assert not modules_of(*words) & heavy


@pytest.mark.parametrize(
    "words",
    [
        ("--nope",),
        ("plan",),
        ("plan", "a", "b"),
        ("show", "--nope", "."),
        ("render", "only-one"),
        ("demo", "dance"),
        (".", "another"),
        ("--demo", "--profile", "x", "plan", "."),
        ("--plugin-dir",),
    ],
)
def test_a_usage_error_is_one_sentence_and_64(words: tuple[str, ...]) -> None:
    done = gpuecs(*words)
    assert done.returncode == EXIT_USAGE
    assert done.stdout == ""
    assert done.stderr.startswith("gpuecs-tui: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_is_there(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([name, "--help"])
    assert left.value.code == 0
    assert "--plugin-dir" in capsys.readouterr().out
    assert callable(COMMANDS[name].load())


def test_options_may_stand_before_the_command(tmp_path: Path) -> None:
    done = gpuecs("--plugin-dir", tmp_path, "show", tmp_path / "absent")
    assert done.returncode == 1
    assert "absent does not exist." in done.stderr


def test_the_wizard_needs_a_terminal(tmp_path: Path) -> None:
    done = gpuecs(tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        "gpuecs-tui: The wizard needs a terminal. To use the commands instead: gpuecs-tui --help\n"
    )
    assert callable(WIZARD.load())


@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_what_changes_the_account_asks_for_yes(command: str, tmp_path: Path) -> None:
    done = gpuecs(command, tmp_path)
    assert done.returncode == EXIT_USAGE
    assert "--yes" in done.stderr


def test_a_reader_that_leaves_is_no_error() -> None:
    done = subprocess.run(
        ["bash", "-c", '"$0" -m gpuecs_tui gpus --offline | head -n 1', sys.executable],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""


def test_answers_that_are_wrong(tmp_path: Path) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text('[stack]\nname = "llm"\nregoin = "us-east-1"\n')
    done = gpuecs("render", answers, tmp_path / "out")
    assert done.returncode == 1
    assert done.stderr == (
        f"gpuecs-tui: {answers}:3: stack.regoin is not a key of a stack; "
        "the closest key is stack.region.\n"
    )
    assert not (tmp_path / "out").exists()


def test_answers_that_lack_much(tmp_path: Path) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text('[stack]\nname = "llm"\nregion = "us-east-1"\n')
    done = gpuecs("render", answers, tmp_path / "out")
    assert done.returncode == 1
    assert "network.vpc_id is required." in done.stderr
    assert "task.image is required." in done.stderr


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_answers_that_cant_be_read(content: bytes | None, tmp_path: Path) -> None:
    answers = tmp_path / "answers.toml"
    if content is not None:
        answers.write_bytes(content)
    done = gpuecs("render", answers, tmp_path / "out")
    assert done.returncode == 1
    assert str(answers) in done.stderr
    assert "Traceback" not in done.stderr


def test_values_changed_by_hand_need_a_yes(tmp_path: Path) -> None:
    answers, directory = tmp_path / "answers.toml", tmp_path / "out"
    answers.write_text(dump_answers({**ANSWERS, "service.desired_count": 2}))
    environ = {"XDG_STATE_HOME": str(tmp_path / "state")}
    assert gpuecs("render", answers, directory, **environ).returncode == 0
    values, balancer = directory / "terraform.tfvars", directory / "load_balancer.tf"
    values.write_text(values.read_text().replace("desired_count = 2", "desired_count = 5"))
    text = balancer.read_text()
    balancer.write_text(text.replace("idle_timeout               = 60", "idle_timeout = 90"))
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    done = gpuecs("render", answers, directory, **environ)
    assert done.returncode == 1
    assert "-desired_count = 5\n+desired_count = 2\n" in done.stdout
    assert "service.desired_count is 5 in the directory and 2 in the answers" in done.stderr
    assert "load_balancer.idle_timeout_seconds is 90" in done.stderr and "--yes" in done.stderr
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == before
    # Without a record of the last write, the values still differ.
    clone = gpuecs("render", answers, directory, XDG_STATE_HOME=str(tmp_path / "other"))
    assert clone.returncode == 1 and "service.desired_count is 5" in clone.stderr
    assert "whether these values were changed by hand is unknown" in clone.stderr
    assert "did not write these values" in done.stderr
    assert "did not write these values" not in clone.stderr
    assert gpuecs("render", answers, directory, "--yes", **environ).returncode == 0
    assert "desired_count = 2" in values.read_text()
    # Values that gpuecs-tui wrote are changed without a question.
    answers.write_text(dump_answers({**ANSWERS, "service.desired_count": 3}))
    assert gpuecs("render", answers, directory, **environ).returncode == 0


def test_a_file_that_can_t_be_read_is_to_be_corrected_not_shown(tmp_path: Path) -> None:
    answers, directory = tmp_path / "answers.toml", tmp_path / "out"
    answers.write_text(dump_answers({**ANSWERS, "service.desired_count": 2}))
    environ = {"XDG_STATE_HOME": str(tmp_path / "state")}
    assert gpuecs("render", answers, directory, **environ).returncode == 0
    service = directory / "service.tf"
    lines = service.read_text().splitlines()
    number = next(n for n, line in enumerate(lines) if line.strip().startswith("cluster "))
    service.write_text("\n".join([*lines[:number], lines[number], *lines[number:]]) + "\n")
    answers.write_text(dump_answers({**ANSWERS, "service.desired_count": 3}))
    done = gpuecs("render", answers, directory, **environ)
    assert done.returncode == 1
    assert "service.tf" in done.stderr and "gpuecs-tui show" not in done.stderr
    assert "by hand" in done.stderr and "--yes" in done.stderr


@pytest.mark.parametrize("command", ["show", "check", "plan"])
def test_a_command_without_a_directory_is_about_the_present_one(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = gpuecs(command)
    assert done.returncode == EXIT_USAGE
    assert done.stderr == (
        f"gpuecs-tui: No Terraform files found in {tmp_path}. "
        f"Add the stack directory: gpuecs-tui {command} DIR\n"
    )
    inner = tmp_path / "modules" / "inner"
    inner.mkdir(parents=True)
    put(tmp_path, render(made()))
    for given in ((), (inner,)):
        monkeypatch.chdir(tmp_path if given else inner)
        done = gpuecs(command, *given)
        above = str(tmp_path) if given else "../.."
        assert done.returncode == (1 if given else EXIT_USAGE)
        assert f"No Terraform files found in {inner}." in done.stderr
        assert f"gpuecs-tui {command} {above}\n" in done.stderr
    monkeypatch.chdir(tmp_path)
    if command != "plan":
        words = [command, "--offline"] if command == "check" else [command]
        assert "No Terraform files" not in gpuecs(*words).stderr
    if command == "show":
        assert 'name = "llm"' in gpuecs(command).stdout


@pytest.mark.parametrize("closing", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_closed_output_is_no_error(tmp_path: Path, closing: str) -> None:
    put(tmp_path, render(made()))
    program = shlex.join([sys.executable, "-m", "gpuecs_tui", "show", str(tmp_path)])
    ended = subprocess.run(
        ["bash", "-c", f"{program} {closing}"], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
