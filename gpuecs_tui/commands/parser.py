"""Takes a command line apart; one that is wrong ends with one sentence and exit code 64."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

from gpuecs_tui import __version__
from gpuecs_tui.columns import cells, pad
from gpuecs_tui.commands.arguments import Argument
from gpuecs_tui.commands.command_table import COMMANDS, WIZARD, Command
from gpuecs_tui.commands.failure import EXIT_USAGE, harmless
from gpuecs_tui.i18n import N_, _, adopt_standard_texts

COMMON: tuple[Argument, ...] = (
    (
        ("--demo",),
        {"action": "store_true", "help": N_("use the embedded account instead of AWS")},
    ),
    (
        ("--demo-fault",),
        {
            "metavar": "NAME",
            "action": "append",
            "default": [],
            "help": N_("with --demo: let the account be wrong in this way (repeatable; or: list)"),
        },
    ),
    (("--profile",), {"metavar": "NAME", "help": N_("a profile of the AWS configuration")}),
    (
        ("--plugin-dir",),
        {"metavar": "PATH", "type": Path, "help": N_("a filesystem mirror of Terraform providers")},
    ),
)
"""What the wizard and every command take."""


class Parser(argparse.ArgumentParser):
    """argparse's, but with our words and our exit code."""

    def error(self, message: str) -> NoReturn:
        """Print one sentence, in which nothing acts on the terminal; exit with EXIT_USAGE."""
        words = _("gpuecs-tui: {message}; see {prog} --help.")
        self.exit(EXIT_USAGE, words.format(message=harmless(message), prog=self.prog) + "\n")


def parse(words: Sequence[str]) -> tuple[Command, argparse.Namespace]:
    """Return the command that ``words`` name (the wizard where they name none) and its arguments.

    Options may stand before the command. Exits on a command line that is wrong, and for --help.
    """
    adopt_standard_texts()
    rest = list(words)
    name = _command_in(rest)
    command = COMMANDS.get(name, WIZARD)
    if name in COMMANDS:
        rest.remove(name)
    parser = _parser(command)
    arguments = parser.parse_args(rest)
    if arguments.profile is not None and arguments.demo:
        parser.error(_("--demo has its own credentials: leave --profile out"))
    if arguments.demo_fault:
        _faults(parser, arguments)
    return command, arguments


def _command_in(words: Sequence[str]) -> str:
    """Return the first word that is neither an option nor an option's value; empty if none."""
    told = [
        *COMMON,
        *(argument for it in (*COMMANDS.values(), WIZARD) for argument in it.arguments),
    ]
    takes_value = {
        flag
        for flags, options in told
        if options.get("action", "append") == "append"
        for flag in flags
    }
    value = False
    for word in words:
        if value:
            value = False
        elif word == "--":
            return ""
        elif not word.startswith("-"):
            return word
        else:
            value = word in takes_value
    return ""


def _faults(parser: Parser, arguments: argparse.Namespace) -> None:
    from gpuecs_tui.demo import fault_names

    if fault_names.LIST in arguments.demo_fault:
        print(fault_names.overview())
        parser.exit()
    if not arguments.demo:
        parser.error(_("--demo-fault is for the embedded account: add --demo"))
    try:
        arguments.demo_fault = list(fault_names.told(arguments.demo_fault))
    except fault_names.UnknownFault as error:
        parser.error(str(error))


def _parser(command: Command) -> Parser:
    wizard = not command.name
    parser = Parser(
        prog=f"gpuecs-tui {command.name}".strip(),
        description=_(command.help),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        epilog=_overview(COMMANDS.values()) if wizard else None,
    )
    if wizard:
        shown = _("show program's version number and exit")
        version = f"gpuecs-tui {__version__}"
        parser.add_argument("--version", "-V", action="version", version=version, help=shown)
    for flags, options in (*COMMON, *command.arguments):
        told = {**options, "help": _(options["help"])}
        parser.add_argument(*flags, **told)
    return parser


def _overview(commands: Iterable[Command]) -> str:
    rows = [(f"{command.name} {command.operands}", _(command.help)) for command in commands]
    width = max(cells(left) for left, _right in rows)
    lines = "\n".join(f"  {pad(left, width)}  {right}" for left, right in rows)
    return _("commands (each has a --help of its own):") + "\n" + lines
