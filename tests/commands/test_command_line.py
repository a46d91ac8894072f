"""The command in a command line: options before it, misspelt commands, directories."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpuecs_tui.cli import main
from gpuecs_tui.commands.command_table import COMMANDS
from gpuecs_tui.commands.failure import EXIT_FAILED, EXIT_USAGE
from gpuecs_tui.commands.misspelt import nearly
from gpuecs_tui.commands.parser import parse_command_line
from gpuecs_tui.opening import again

NEEDS_A_TERMINAL = "gpuecs-tui: The wizard needs a terminal."


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("aply", "apply"),
        ("applly", "apply"),
        ("Apply", "apply"),
        ("appyl", "apply"),
        ("gpu", "gpus"),
        ("sate", "state"),
        ("edmo", "demo"),
        ("apply", ""),
        ("aplpyy", ""),
        ("speech", ""),
        ("./aply", ""),
        ("", ""),
        ("a", ""),
    ],
)
def test_what_is_one_edit_away(word: str, meant: str) -> None:
    assert nearly(word, COMMANDS) == meant


@pytest.mark.parametrize(
    "words", [["chekc"], ["chekc", "--json"], ["--demo", "chekc", "x", "--yes"]], ids=str
)
def test_a_word_that_is_nearly_a_command_is_refused_with_both_ways_on(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == EXIT_USAGE
    assert capsys.readouterr().err == (
        "gpuecs-tui: chekc is not a command and not a directory. Did you mean `gpuecs-tui check`? "
        "To open a directory of that name: gpuecs-tui ./chekc\n"
    )
    for explicit in (["./chekc"], ["--", "chekc"], ["--demo", "--", "chekc"]):
        assert main(explicit) == EXIT_FAILED
        assert capsys.readouterr().err.startswith(NEEDS_A_TERMINAL)
    Path("chekc").mkdir()
    assert main(words[:1]) == EXIT_FAILED
    assert capsys.readouterr().err.startswith(NEEDS_A_TERMINAL)


@pytest.mark.parametrize("name", ["chekc", "runs", "--x"])
def test_the_wizard_names_such_a_directory_so_that_it_opens_again(name: str) -> None:
    _wizard, given = parse_command_line([f"./{name}"])
    line = again(given)
    assert line == f"gpuecs-tui ./{name}"
    assert parse_command_line(["--", str(Path.cwd())])[1].directory == Path.cwd()
    _wizard, once_more = parse_command_line(line.split()[1:])
    assert once_more == given and once_more.directory == Path(name)


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        (["--json", "--offline", "check", "d"], ["check", "d", "--json", "--offline"]),
        (["--profile", "plan", "show", "d"], ["show", "d", "--profile", "plan"]),
        (["--region", "eu-west-1", "gpus"], ["gpus", "--region", "eu-west-1"]),
        (["--compare", "a", "b", "gpus"], ["gpus", "--compare", "a", "b"]),
        (["--zone", "a", "gpus", "--zone", "b"], ["gpus", "--zone", "a", "--zone", "b"]),
        (["--max-price=2", "gpus"], ["gpus", "--max-price", "2"]),
        (["--demo", "--mouse", "d"], ["d", "--mouse", "--demo"]),
    ],
)
def test_options_may_stand_before_and_behind(before: list[str], behind: list[str]) -> None:
    assert parse_command_line(before) == parse_command_line(behind)


@pytest.mark.parametrize(
    ("words", "strange"),
    [
        (["--json", "apply", "d"], "--json; see gpuecs-tui apply --help."),
        (["--end-now", "r", "runs", "d", "e"], "--end-now e; see gpuecs-tui runs --help."),
        (["--mouse", "plan"], "--mouse; see gpuecs-tui plan --help."),
        (["d", "plan"], "plan; see gpuecs-tui --help."),
    ],
)
def test_an_option_of_another_command_is_refused(
    words: list[str], strange: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        parse_command_line(words)
    assert left.value.code == EXIT_USAGE
    assert capsys.readouterr().err == f"gpuecs-tui: unrecognized arguments: {strange}\n"


@pytest.mark.parametrize(
    "words", [["apply", "--wait", "5", "llm"], ["--wait", "5", "apply", "llm"]], ids=str
)
def test_a_value_in_the_next_word_is_refused_with_how_it_is_written(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == EXIT_USAGE
    assert capsys.readouterr().err == (
        "gpuecs-tui: The value of --wait must be in the same word. Write --wait=5.\n"
    )
    with pytest.raises(SystemExit):
        main(["apply", "--help"])
    assert "--wait[=MINUTES]" in capsys.readouterr().out
    # A directory with such a name is no value.
    Path("5").mkdir()
    assert parse_command_line(["apply", "--wait", "5"])[1].directory == Path("5")


def test_help_is_about_the_command_that_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for words in (["--help", "approve"], ["approve", "-h"], ["--demo", "-h", "approve"]):
        with pytest.raises(SystemExit):
            parse_command_line(words)
        told.append(capsys.readouterr().out)
    assert len({*told}) == 1 and told[0].startswith("usage: gpuecs-tui approve ")
    for words in (["--help"], [".", "--help"], ["-h", "."]):
        with pytest.raises(SystemExit):
            parse_command_line(words)
        shown = capsys.readouterr().out
        assert shown.startswith("usage: gpuecs-tui [-h]") and "  destroy DIR --yes" in shown


@pytest.mark.parametrize(
    ("words", "more"),
    [
        (["launch", "llm"], "llm"),
        (["--demo", "launch", "llm", "now"], "llm now"),
        (["launch", "--json"], "--json"),
    ],
)
def test_an_unknown_command_is_named_before_its_arguments(
    words: list[str],
    more: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == EXIT_USAGE
    assert capsys.readouterr().err == (
        f"gpuecs-tui: launch is not a command; unrecognized arguments: {more}. "
        "To list the commands: gpuecs-tui --help\n"
    )
    Path("launch").mkdir()
    with pytest.raises(SystemExit):
        main(words)
    assert f"unrecognized arguments: {more}" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [[""], ["plan", ""], ["render", "answers.toml", ""], ["destroy", "", "--yes"], ["status", ""]],
)
def test_an_empty_directory_is_refused(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # As from an unset variable of a script; it would mean the current directory.
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == EXIT_USAGE
    assert "argument DIR: is empty (write . for the current directory)" in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]
