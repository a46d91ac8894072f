"""Parses the command line. A wrong command line ends with one message and exit code 64."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any, NoReturn

from gpuecs_tui import __version__
from gpuecs_tui.columns import cells, pad
from gpuecs_tui.commands.arguments import JOINED, Argument, Command, path
from gpuecs_tui.commands.command_table import COMMANDS, WIZARD
from gpuecs_tui.commands.failure import EXIT_USAGE, harmless
from gpuecs_tui.commands.misspelt import refuse_apart, refuse_extra_words, refuse_misspelt
from gpuecs_tui.i18n import N_, _, adopt_standard_texts

COMMON: tuple[Argument, ...] = (
    (
        ("--demo",),
        {"action": "store_true", "help": N_("use the local demo account instead of AWS")},
    ),
    (
        ("--demo-fault",),
        {
            "metavar": "NAME",
            "action": "append",
            "default": [],
            "help": N_("with --demo: simulate this fault (repeatable; list prints all faults)"),
        },
    ),
    (("--profile",), {"metavar": "NAME", "help": N_("AWS named profile")}),
    (
        ("--plugin-dir",),
        {"metavar": "PATH", "type": path, "help": N_("filesystem mirror with Terraform providers")},
    ),
)
"""Options of the wizard and of every command."""
PROGRAM = "gpuecs-tui"
_END = "--"
"""No word after it is an option."""
_HELP = ("-h", "--help")
_WORD, _BEFORE = "(word)", "(before)"
"""Names of the first word and of the options before it in the namespace; no option has them."""
_APART = re.compile(rf" (\[{JOINED}\w+\])(  +)?")
"""An optional value as argparse writes it, with the spaces before the next column."""
_UNSET: dict[str, Any] = {"default": argparse.SUPPRESS, "help": argparse.SUPPRESS}
"""Settings of an option that is stored only if it was given."""


class CommandLineParser(argparse.ArgumentParser):
    """argparse's parser with this program's error message and exit code."""

    def format_usage(self) -> str:
        """Return the usage, with each optional value written as ``_unambiguous`` needs it."""
        return _joined(super().format_usage())

    def format_help(self) -> str:
        """Return the help, likewise."""
        return _joined(super().format_help())

    def error(self, message: str) -> NoReturn:
        """Print one message without control characters; exit with EXIT_USAGE."""
        words = _("gpuecs-tui: {message}; see {prog} --help.")
        self.exit(EXIT_USAGE, words.format(message=harmless(message), prog=self.prog) + "\n")


def parse_command_line(words: Sequence[str]) -> tuple[Command, argparse.Namespace]:
    """Return the command that ``words`` name (the wizard if they name none) and its arguments.

    Options may precede the command. Exits on a wrong command line, and for --help.
    Raises Failure for a word that is not a directory, if it is nearly a command, other words follow
    it, or it is the value of the option before it.
    """
    adopt_standard_texts()
    words, behind = _without_rest(words)
    rest = _unambiguous(words)
    line, parsers = _whole_line(rest)
    found, unknown = line.parse_known_args(rest)
    word: str | None = vars(found).pop(_WORD)
    if word is not None and word in COMMANDS:
        command, parser = COMMANDS[word], parsers[word]
        _complete(found, command, parser, unknown)
        if name := _rest_of(command):
            setattr(found, name, [*getattr(found, name), *behind])
    else:
        if word is not None:
            refuse_misspelt(word, COMMANDS)
        command, parser = WIZARD, CommandLineParser(**_words_of(WIZARD))
        version = f"{PROGRAM} {__version__}"
        shown = _("show program's version number and exit")
        parser.add_argument("--version", "-V", action="version", version=version, help=shown)
        for flags, options in _declared(WIZARD).items():
            parser.add_argument(*flags, **{**options, "help": _(options["help"])})
        found, unknown = parser.parse_known_args(rest)
        if unknown:
            if word is not None and not COMMANDS.keys() & {*unknown}:
                refuse_extra_words(word, unknown)
            parser.error(_("unrecognized arguments: %s") % " ".join(unknown))
    if found.profile is not None and found.demo:
        parser.error(_("--demo has its own credentials: remove --profile"))
    if found.demo_fault:
        _faults(parser, found)
    return command, found


def _without_rest(words: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Return ``words``, and those behind "--" apart if they are the words of another program.

    They would be parsed as options and operands otherwise.
    """
    end = words.index(_END) if _END in words else len(words)
    takes_rest = any(_rest_of(COMMANDS[word]) for word in words[:end] if word in COMMANDS)
    return (words[:end], words[end + 1 :]) if takes_rest else (words, ())


def _rest_of(command: Command) -> str:
    """Return the name of the operand that takes all words behind "--"; empty if there is none."""
    found = (flags for flags, options in command.arguments if options.get("nargs") == "*")
    return next((_name(flags) for flags in found), "")


def _unambiguous(words: Sequence[str]) -> list[str]:
    """Return ``words`` with --help moved after its command, and each option with its value.

    argparse would take the directory for the value of an option that may have none. A word after
    "--" is a directory, unless a command precedes it.
    """
    end = words.index(_END) if _END in words else len(words)
    _refuse_apart(words[:end])
    # No option accepts a value that begins with a dash.
    first = sorted(map(_with_value, words[:end]), key=lambda word: word in _HELP)
    if COMMANDS.keys() & {*first}:
        return [*first, *words[end:]]
    return [*first, *(_as_path(word) for word in words[end + 1 :])]


def _with_value(word: str) -> str:
    """Return ``word``, with the value that an option without its optional value has."""
    value = _optional(word).get("const")
    return word if value is None else f"{word}={value}"


def _optional(word: str) -> dict[str, Any]:
    """Return the settings of the option ``word`` if its value is optional, else nothing."""
    every = (it for command in COMMANDS.values() for it in command.arguments)
    return next((it for flags, it in every if word in flags and "const" in it), {})


def _refuse_apart(words: Sequence[str]) -> None:
    """Raise Failure for an optional value that is a word of its own."""
    for option, word in pairwise(words):
        if is_value := _optional(option).get("type"):
            with suppress(argparse.ArgumentTypeError):
                is_value(word)
                refuse_apart(option, word)


def _joined(text: str) -> str:
    """Return a usage or help without the space before optional values; columns stay aligned."""
    return _APART.sub(lambda it: f"{it[1]}{it[2]} " if it[2] else it[1], text)


def _as_path(word: str) -> str:
    return word if word.startswith(os.sep) else f"{os.curdir}/{word}"


def _whole_line(words: Sequence[str]) -> tuple[CommandLineParser, dict[str, CommandLineParser]]:
    """Return the parser of a command line with ``words``, and the parsers of its commands.

    The first word that isn't the value of an option is the command, or else the wizard's directory.
    Options of all commands may precede it.
    """
    line = CommandLineParser(prog=PROGRAM, add_help=False, allow_abbrev=False)
    every = [_declared(command) for command in (*COMMANDS.values(), WIZARD)]
    options_of = {flags: it for declared in every for flags, it in declared.items()}
    given = {word.partition("=")[0] for word in words}
    for flags, options in options_of.items():
        # Adding options that are not in the command line would only cost time.
        if _is_option(flags) and given & {*flags}:
            line.add_argument(*flags, **{**options, **_UNSET}, dest=_BEFORE + _name(flags))
    subparsers = line.add_subparsers(dest=_WORD)
    parsers: dict[str, CommandLineParser] = {}
    for word in dict.fromkeys(words):
        if word not in COMMANDS:
            subparsers.add_parser(word, add_help=False)
            continue
        parsers[word] = subparsers.add_parser(word, **_words_of(COMMANDS[word]))
        for flags, options in _declared(COMMANDS[word]).items():
            told = {**options, **_UNSET} if _is_option(flags) else options
            parsers[word].add_argument(*flags, **{**told, "help": _(options["help"])})
    return line, parsers


def _complete(
    found: argparse.Namespace, command: Command, parser: CommandLineParser, unknown: Sequence[str]
) -> None:
    """Merge the options before and after ``command``; add the defaults of missing options.

    Exits if the command doesn't have an option.
    """
    values = vars(found)
    for flags, options in _declared(command).items():
        name = _name(flags)
        before = values.pop(_BEFORE + name, None)
        if options.get("action") == "append":
            values[name] = [*(before or ()), *values.get(name, ())]
        elif before is not None:
            values.setdefault(name, before)
        else:
            is_flag = options.get("action") == "store_true"
            values.setdefault(name, options.get("default", False if is_flag else None))
    strange = [
        f"--{name.removeprefix(_BEFORE).replace('_', '-')}"
        for name in values
        if name.startswith(_BEFORE)
    ]
    if strange or unknown:
        parser.error(_("unrecognized arguments: %s") % " ".join((*strange, *unknown)))


def _declared(command: Command) -> dict[tuple[str, ...], dict[str, Any]]:
    """Return flags → options of all that ``command`` takes."""
    return dict((*COMMON, *command.arguments))


def _is_option(flags: tuple[str, ...]) -> bool:
    return flags[0].startswith("-")


def _name(flags: tuple[str, ...]) -> str:
    """Return the name under which argparse stores an argument."""
    return flags[0].lstrip("-").replace("-", "_")


def _words_of(command: Command) -> dict[str, Any]:
    """Return the settings of the argparse parser of ``command``."""
    return {
        "prog": f"{PROGRAM} {command.name}".strip(),
        "description": _(command.help),
        "formatter_class": argparse.RawDescriptionHelpFormatter,
        "allow_abbrev": False,
        "epilog": None if command.name else _overview(COMMANDS.values()),
    }


def _faults(parser: CommandLineParser, arguments: argparse.Namespace) -> None:
    from gpuecs_tui.demo import fault_names

    if fault_names.LIST in arguments.demo_fault:
        print(fault_names.overview())
        parser.exit()
    if not arguments.demo:
        parser.error(_("--demo-fault requires --demo"))
    try:
        arguments.demo_fault = list(fault_names.told(arguments.demo_fault))
    except fault_names.UnknownFault as error:
        parser.error(str(error))


def _overview(commands: Iterable[Command]) -> str:
    rows = [(f"{command.name} {command.operands}", _(command.help)) for command in commands]
    width = max(cells(left) for left, _right in rows)
    lines = "\n".join(f"  {pad(left, width)}  {right}" for left, right in rows)
    return _("commands (each has its own --help):") + "\n" + lines
