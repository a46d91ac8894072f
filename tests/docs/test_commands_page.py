"""docs/commands.md lists every command with its operands and options.

``python -m tests.docs.test_commands_page`` writes the page from the table of commands, which the
command line parser also uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from gpuecs_tui.commands.arguments import JOINED, Argument, Command
from gpuecs_tui.commands.command_table import COMMANDS, WIZARD
from gpuecs_tui.commands.parser import COMMON, parse_command_line
from gpuecs_tui.demo.answer_check import ANSWERS_VARIABLE
from gpuecs_tui.demo.protocol import PACE_RANGE, PACE_VARIABLE
from gpuecs_tui.terraform.base.extra_arguments import PREFIX as EXTRA_ARGUMENTS
from gpuecs_tui.terraform.engine.binary import ENGINE_VARIABLE

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "commands.md"
_OPTION = re.compile(r"(?<![\w-])--?[a-zA-Z][\w-]*")

HEAD = """\
# Commands

Every command prints one sentence on stderr when it fails. The sentence names the cause and one
action. `gpuecs-tui COMMAND --help` prints the text of this page for one command.

## Exit codes

| code | meaning |
|---|---|
| 0 | success; for `plan`: no changes |
| 1 | failure; for `check`: at least one finding is an error; for `doctor`: something is missing; for `state`: a problem was found, or could not be ruled out; for `status` and `--wait`: the deployment failed or was rolled back |
| 2 | for `plan` and `state --recover`: the plan succeeded and has changes, as `terraform plan -detailed-exitcode`; for `status`: the deployment is under way |
| 3 | for `status` and the commands that act on the deployed service: nothing is deployed |
| 4 | for `status` and `--wait`: the state of the service is unknown; stderr has the reason |
| 64 | the command line is wrong, or the command needs a confirmation such as `--yes` (`EX_USAGE` of sysexits.h) |
| 75 | for `--wait`: the time is over, and the deployment has not ended (`EX_TEMPFAIL` of sysexits.h) |
| 128 + N | signal N ended the command; Ctrl+C is 130 |

Ctrl+C ends the command only. The run continues: see [runs.md](runs.md).

## Environment variables

| variable | effect |
|---|---|
| `AWS_PROFILE`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, … | credentials and region, as the AWS CLI reads them |
| `GPUECS_TUI_ENGINE` | the Terraform or OpenTofu binary to use instead of the first one on `PATH` |
| `TF_CLI_CONFIG_FILE`, `TF_DATA_DIR`, `TF_WORKSPACE`, `TF_VAR_…` | as Terraform reads them |
| `TF_CLI_ARGS`, `TF_CLI_ARGS_…` | only `-backend-config` in `TF_CLI_ARGS_init` is used; a run reports each other option that would change it, and refuses a `-state` or `-state-out` that names another file |
| `GPUECS_TUI_DEMO_PACE` | factor for all waits of the demo account, from 0.001 to 1000: with 0.1, everything takes a tenth of its time |
| `GPUECS_TUI_CALL_OPTIONS` | set by the program for its runs: options that messages repeat |
| `XDG_STATE_HOME`, `XDG_CACHE_HOME` | where runs, drafts and caches are stored: see [security.md](security.md) |
| `NO_COLOR` | no colors |
| `LANGUAGE`, `LC_ALL`, `LC_MESSAGES`, `LANG` | the language of all texts, as gettext reads them |

`python -m tests.docs.test_commands_page` writes this page from `gpuecs_tui/commands/`; a test
compares it.
"""  # noqa: E501


def page() -> str:
    """Return the page as it should be."""
    parts = [HEAD, "\n## Options of every command\n\n", _table(COMMON, ALWAYS)]
    parts += [_section(it) for it in (WIZARD, *COMMANDS.values())]
    return "".join(parts)


ALWAYS = ((("--help", "-h"), "Print the arguments of the command, and exit."),)
OF_WIZARD = ((("--version", "-V"), "Print the version, and exit."),)
"""Options that the parser adds itself."""


def _section(command: Command) -> str:
    line = f"gpuecs-tui {command.name} {command.operands}".replace("  ", " ").strip()
    title = command.name or "The wizard"
    own = () if command.name else OF_WIZARD
    return f"\n## {title}\n\n```console\n{line}\n```\n\n{_sentence(command.help)}\n" + (
        "\n" + _table(command.arguments, own) if command.arguments else ""
    )


def _table(arguments: Iterable[Argument], own: Iterable[tuple[tuple[str, ...], str]] = ()) -> str:
    rows = [f"| {_cell(_written(it))} | {_cell(_sentence(it[1]['help']))} |\n" for it in arguments]
    rows += [f"| {', '.join(f'`{it}`' for it in flags)} | {text} |\n" for flags, text in own]
    return "| argument | meaning |\n|---|---|\n" + "".join(rows)


def _written(argument: Argument) -> str:
    flags, options = argument
    value = options.get("metavar", "")
    if choices := options.get("choices"):
        value = "|".join(choices)
    value = " ".join(value) if isinstance(value, tuple) else value
    if not flags[0].startswith("-"):
        return f"`{value or flags[0]}`"
    value = f"[{value}]" if value.startswith(JOINED) else f" {value}"
    return ", ".join(f"`{flag}{value}`".replace(" `", "`") for flag in flags)


def _sentence(text: str) -> str:
    sentence = text[:1].upper() + text[1:]
    return sentence if sentence.endswith((".", "?", "…")) else f"{sentence}."


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.docs.test_commands_page"


@pytest.mark.parametrize(
    "command", [WIZARD, *COMMANDS.values()], ids=lambda it: it.name or "wizard"
)
def test_the_parser_knows_every_argument_of_the_page(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_command_line([*filter(None, [command.name]), "--help"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    for flags, options in (*COMMON, *command.arguments):
        names = flags if flags[0].startswith("-") else [options.get("metavar") or "status"]
        assert all(name in printed for name in names), flags
    options_of_help = printed.partition("options:")[2].partition("commands (")[0]
    listed = _section(command) + _table(COMMON, ALWAYS)
    assert {"--demo"} < {*_OPTION.findall(options_of_help)} <= {*_OPTION.findall(listed)}


def test_every_environment_variable_of_this_program_is_listed() -> None:
    """Variables whose name begins with the program's; ``ANSWERS_VARIABLE`` is for tests only."""
    paths = (ROOT / "gpuecs_tui").rglob("*.py")
    texts = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    named = {*re.findall(r'"(GPUECS_TUI_\w+)"', texts)} - {ANSWERS_VARIABLE}
    assert {ENGINE_VARIABLE, PACE_VARIABLE} <= named
    assert {it for it in (*named, EXTRA_ARGUMENTS) if f"`{it}`" not in HEAD} == set()
    low, high = PACE_RANGE
    assert f"from {low} to {high:g}" in HEAD


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda it: it.name)
def test_the_module_of_every_command_has_its_function(command: Command) -> None:
    module, _colon, function = command.target.partition(":")
    path = ROOT / "gpuecs_tui" / f"{module.replace('.', '/')}.py"
    assert f"\ndef {function}(" in path.read_text(encoding="utf-8")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
