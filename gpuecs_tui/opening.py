"""Opens the wizard, if the terminal can show it."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

from gpuecs_tui.call_options import global_options
from gpuecs_tui.commands.account import choose_account
from gpuecs_tui.commands.command_table import COMMANDS
from gpuecs_tui.commands.failure import Failure
from gpuecs_tui.commands.misspelt import nearly
from gpuecs_tui.i18n import _
from gpuecs_tui.program_name import program_name


def open_wizard(arguments: argparse.Namespace) -> int:
    """Open the wizard on a directory, which may not exist yet."""
    _needs_terminal()
    directory: Path = arguments.directory
    if directory.exists() and not directory.is_dir():
        raise Failure(_("{path} is not a directory.").format(path=directory))
    choose_account(arguments)
    from gpuecs_tui import terminal

    # Textual reads its settings when it is imported.
    terminal.prepare(os.environ)
    from gpuecs_tui.app import run

    return run(
        directory,
        demo=arguments.demo,
        faults=tuple(arguments.demo_fault),
        profile=arguments.profile,
        plugin_dir=arguments.plugin_dir,
        mouse=arguments.mouse,
        command=again(arguments),
    )


def again(arguments: argparse.Namespace) -> str:
    """Return the command line that opens the same wizard again, quoted for a POSIX shell."""
    words = [program_name(), *global_options(arguments)]
    words += ["--mouse"] if arguments.mouse else []
    name = str(arguments.directory)
    if name != os.curdir:
        # A directory's name can be similar to a command or look like an option.
        misread = name in COMMANDS or nearly(name, COMMANDS) or name.startswith("-")
        words.append(f"{os.curdir}/{name}" if misread else name)
    return shlex.join(words)


def _needs_terminal() -> None:
    instead = _("To use the commands instead: gpuecs-tui --help")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Failure(_("The wizard needs a terminal."), instead)
    if os.environ.get("TERM", "dumb") in {"dumb", ""}:
        raise Failure(
            _("The wizard needs a terminal that can move its cursor, but TERM is dumb or not set."),
            instead,
        )
