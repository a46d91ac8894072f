"""A command line in a message can be pasted into a shell, whatever the directory is called."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from botocore.exceptions import NoCredentialsError

from gpuecs_tui.aws.errors import problem_of
from gpuecs_tui.cli import main
from gpuecs_tui.commands.command_table import COMMANDS
from gpuecs_tui.shell_words import shell_word, shell_words
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.base.tflock import STATE_NAME
from gpuecs_tui.terraform.engine.diagnosis import diagnose
from gpuecs_tui.terraform.engine.events import Diagnostic
from gpuecs_tui.terraform.recovery import damaged_state, errored_state
from gpuecs_tui.terraform.runner.orphan_import import left_behind
from gpuecs_tui.terraform.runner.unsaved_state import looked_at
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.support.sources import modules
from tests.support.terraform.apply_events import hook
from tests.support.terraform.run_folders import PLAN, PLAN_ENDS, stage

NAME = """it's $(id) a "stack\""""

COMMAND = re.compile(
    rf"(?:gpuecs-tui (?:{'|'.join(COMMANDS)}|\{{[a-z]\w*\}})|(?:terraform|tofu|aws) [a-z-]+)"
    r"(?: ?(?:[\w./=-]+|\{[^{}]+\}))*"
)
"""A command line in a text, to the first character that is neither a word nor a placeholder."""
QUOTED_BEFORE: Mapping[str, str] = {
    "option": "starts with an option, whose value is quoted where it is made",
    "confirm": "is empty, or an option whose value is quoted",
    "command": "the name of a command",
    "look": "the name of a command",
    "platform": "the name of a platform, such as linux_amd64",
    "ID": "is passed with other values in a mapping, quoted there",
    "kind.value": "the name of an option",
}
"""Placeholders of command lines that need no call of ``shell_word``, each with the reason."""


def test_a_shell_reads_back_each_name() -> None:
    names = [NAME, "plain", "-rf", "a b", "a\nb", "#x", "*", "~"]
    line = shell_words(map(Path, names))
    read = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, text=True, check=True
    )
    assert read.stdout.split("\0")[:-1] == [*names[:2], "./-rf", *names[3:]]
    assert shell_word(Path("/srv/llm-7")) == "/srv/llm-7", "as it is where nothing needs quotes"


def test_every_command_line_of_a_text_quotes_what_is_put_in() -> None:
    bare = [
        f"{path.name}:{line}: {{{name}}} in {command!r}"
        for path, tree in modules().items()
        for line, command, name, values in _placeholders(tree)
        if name not in QUOTED_BEFORE and not (values and all(map(_is_quoted, values)))
    ]
    assert not bare, "\n".join(bare)


def _placeholders(tree: ast.Module) -> Iterator[tuple[int, str, str, list[ast.expr]]]:
    """Yield line, command line, placeholder and the values that its function formats it with."""
    for scope, text, line in _texts(tree):
        for command in COMMAND.findall(text):
            for name in re.findall(r"\{([^{}]+)\}", command):
                if "(" in name:
                    yield line, command, name, [ast.parse(name, mode="eval").body]
                    continue
                yield (
                    line,
                    command,
                    name,
                    [
                        word.value
                        for call in ast.walk(scope)
                        if isinstance(call, ast.Call)
                        and isinstance(call.func, ast.Attribute)
                        and call.func.attr == "format"
                        and _formats(call.func.value, text)
                        for word in call.keywords
                        if word.arg == name
                    ],
                )


def _formats(base: ast.expr, text: str) -> bool:
    """Tell whether ``base`` may be ``text``: it is in it, or ``base`` holds another text."""
    held = [it.value for it in ast.walk(base) if isinstance(it, ast.Constant)]
    return text in held or not any(isinstance(it, str) for it in held)


def _texts(tree: ast.Module) -> Iterator[tuple[ast.AST, str, int]]:
    """Yield each text with the outermost function that it is in, else the module."""
    documented = {
        id(it.value)
        for it in ast.walk(tree)
        if isinstance(it, ast.Expr) and isinstance(it.value, ast.Constant)
    }
    for top in tree.body:
        scope = top if isinstance(top, ast.FunctionDef | ast.ClassDef) else tree
        parts = {id(it) for joined in ast.walk(top) if isinstance(joined, ast.JoinedStr)
                 for it in joined.values}  # fmt: skip
        for node in ast.walk(top):
            if isinstance(node, ast.JoinedStr):
                yield scope, _joined(node), node.lineno
            elif isinstance(node, ast.Constant) and id(node) not in documented | parts:
                yield scope, str(node.value), node.lineno


def _joined(node: ast.JoinedStr) -> str:
    return "".join(
        str(it.value) if isinstance(it, ast.Constant) else f"{{{ast.unparse(it.value)}}}"
        for it in node.values
        if isinstance(it, ast.Constant | ast.FormattedValue)
    )


def _is_quoted(value: ast.expr) -> bool:
    made = ast.unparse(value.func) if isinstance(value, ast.Call) else ""
    return made in ("shell_word", "shell_words")


# Real messages: the directory comes back as one word.


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory whose name a shell would read as something else."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (made := tmp_path / NAME).mkdir()
    return made


def named(text: str) -> list[str]:
    """Return the third word of each command line of the program in ``text``, as a shell reads it.

    That is the directory; what ends a sentence after it is left out.
    """
    found = []
    for match in re.finditer(rf"gpuecs-tui (?:{'|'.join(COMMANDS)}) ", text):
        words = shlex.shlex(text[match.start() :], posix=True, punctuation_chars="")
        words.whitespace_split = True
        found.append([next(words) for _n in range(3)][-1].rstrip(".,;)`"))
    assert found, text
    return found


def _unsaved(directory: Path) -> str:
    why = diagnose([_error("Failed to save state", "no space left on device")], directory)
    assert why is not None
    return f"{why.remedy} {looked_at(why, directory, None).remedy}"


def _locked(directory: Path) -> str:
    detail = "Lock Info:\n  ID:        7c\n  Who:       ops@gate\n"
    why = diagnose([_error("Error acquiring the state lock", detail)], directory)
    assert why is not None
    return why.remedy


def _damaged(directory: Path) -> str:
    (directory / STATE_NAME).write_text('{"version": 4, "ser', encoding="utf-8")
    with pytest.raises(RunProblem, match="truncated") as refused:
        damaged_state.refuse(directory, {})
    return refused.value.remedy


def _error(summary: str, detail: str) -> Diagnostic:
    return Diagnostic(severity="error", summary=summary, detail=detail, message="Error")


@pytest.mark.parametrize(
    "message",
    [
        _unsaved,
        _locked,
        _damaged,
        errored_state.restore_remedy,
        lambda it: left_behind(it, ["aws_lb.this"]).remedy,
    ],
)
def test_terraforms_messages(directory: Path, message: Callable[[Path], str]) -> None:
    assert set(named(message(directory))) == {str(directory)}


def test_the_messages_of_commands(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage(directory, RunStatus.PLANNED, PLAN[:PLAN_ENDS])
    created = [hook("aws_lb.b", "start"), hook("aws_lb.b", "complete", id_="arn:b")]
    failed = stage(directory / "failed 2", RunStatus.FAILED, created)
    for words, at in (
        (["attach"], directory),
        (["approve"], directory),
        (["approve", "--yes", "--run", "x"], directory),
        (["apply"], directory / "none yet"),
        (["show"], directory),
        (["state"], failed.directory),
        (["state", "--forget", failed.id], failed.directory),
        (["state", "--forget", "another"], failed.directory),
    ):
        main([*words, str(at)])
        said = "".join(capsys.readouterr())
        commands = said[said.index("gpuecs-tui ") :]
        assert set(named(commands)) <= {str(at), "ANSWERS.toml"}, (words, said)


def test_a_profile_is_one_word() -> None:
    problem = problem_of(NoCredentialsError(), profile="my team's")
    assert problem.remedy.startswith("Run: ")
    assert shlex.split(problem.remedy)[-2:] == ["--profile", "my team's"]
