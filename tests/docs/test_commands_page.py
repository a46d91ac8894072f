"""docs/commands.md lists every command with its operands and options.

``python -m tests.docs.test_commands_page`` writes the page from the table that the parser of the
command line is made of.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from gpuecs_tui.commands.arguments import Argument
from gpuecs_tui.commands.command_table import COMMANDS, WIZARD, Command
from gpuecs_tui.commands.parser import COMMON, parse

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "commands.md"

HEAD = """\
# Commands

Every command prints one sentence on stderr when it fails. The sentence names the cause and one
action. `gpuecs-tui COMMAND --help` prints the text of this page for one command.

## Exit codes

| code | meaning |
|---|---|
| 0 | success; for `plan`: no changes |
| 1 | failure; for `check`, `doctor` and `state`: at least one problem was found |
| 2 | for `plan` and `state --recover`: the plan succeeded and has changes, as `terraform plan -detailed-exitcode` |
| 64 | the command line is wrong, or the command needs a confirmation such as `--yes` (`EX_USAGE` of sysexits.h) |
| 128 + N | signal N ended the command; Ctrl+C is 130 |

Ctrl+C ends the command only. The run continues: see [runs.md](runs.md).

## Environment variables

| variable | effect |
|---|---|
| `AWS_PROFILE`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, … | credentials and region, as the AWS CLI reads them |
| `GPUECS_TUI_ENGINE` | the Terraform or OpenTofu binary to use instead of the first one on `PATH` |
| `TF_CLI_CONFIG_FILE`, `TF_DATA_DIR`, `TF_WORKSPACE`, `TF_VAR_…` | as Terraform reads them |
| `XDG_STATE_HOME`, `XDG_CACHE_HOME` | where runs, drafts and caches are stored: see [security.md](security.md) |
| `NO_COLOR` | no colors |
| `LANGUAGE`, `LC_ALL`, `LC_MESSAGES`, `LANG` | the language of all texts, as gettext reads them |

`python -m tests.docs.test_commands_page` writes this page from `gpuecs_tui/commands/`; a test
compares it.
"""  # noqa: E501


def page() -> str:
    """Return the page as it should be."""
    parts = [HEAD, "\n## Options of every command\n\n", _table(COMMON)]
    parts += [_section(it) for it in (WIZARD, *COMMANDS.values())]
    return "".join(parts)


def _section(command: Command) -> str:
    line = f"gpuecs-tui {command.name} {command.operands}".replace("  ", " ").strip()
    title = command.name or "The wizard"
    return f"\n## {title}\n\n```console\n{line}\n```\n\n{_sentence(command.help)}\n" + (
        "\n" + _table(command.arguments) if command.arguments else ""
    )


def _table(arguments: Iterable[Argument]) -> str:
    rows = [f"| {_cell(_written(it))} | {_cell(_sentence(it[1]['help']))} |\n" for it in arguments]
    return "| argument | meaning |\n|---|---|\n" + "".join(rows)


def _written(argument: Argument) -> str:
    flags, options = argument
    value = options.get("metavar", "")
    if choices := options.get("choices"):
        value = "|".join(choices)
    value = " ".join(value) if isinstance(value, tuple) else value
    if not flags[0].startswith("-"):
        return f"`{value or flags[0]}`"
    return ", ".join(f"`{flag} {value}`".replace(" `", "`") for flag in flags)


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
        parse([*filter(None, [command.name]), "--help"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    for flags, options in (*COMMON, *command.arguments):
        names = flags if flags[0].startswith("-") else [options.get("metavar") or "status"]
        assert all(name in printed for name in names), flags


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda it: it.name)
def test_the_module_of_every_command_has_its_function(command: Command) -> None:
    module, _colon, function = command.target.partition(":")
    path = ROOT / "gpuecs_tui" / f"{module.replace('.', '/')}.py"
    assert f"\ndef {function}(" in path.read_text(encoding="utf-8")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
