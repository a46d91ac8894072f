"""Which commands there are, what they take, and where each is done; imports none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from gpuecs_tui.commands.arguments import (
    CONFIRM,
    DESPITE,
    DIRECTORY,
    DIRECTORY_OR_HERE,
    JSON,
    OFFLINE,
    REGION,
    SIFTING,
    YES,
    Argument,
)
from gpuecs_tui.i18n import N_

if TYPE_CHECKING:
    import argparse


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of the command line."""

    name: str
    """Empty for the wizard."""
    help: str
    """Untranslated."""
    target: str
    """``module:function`` below gpuecs_tui; the function takes the parsed arguments and returns an
    exit code."""
    operands: str = ""
    arguments: tuple[Argument, ...] = ()

    def load(self) -> Callable[[argparse.Namespace], int]:
        """Import the function that does it."""
        module, _colon, function = self.target.partition(":")
        loaded: Callable[[argparse.Namespace], int] = getattr(
            import_module(f"gpuecs_tui.{module}"), function
        )
        return loaded


WIZARD = Command(
    name="",
    help=N_(
        "Stand up a GPU service on Amazon ECS: decide, check, write Terraform, plan and apply."
    ),
    target="opening:open_wizard",
    operands="[DIR]",
    arguments=(
        (
            ("directory",),
            {
                "metavar": "DIR",
                "type": Path,
                "nargs": "?",
                "default": Path(),
                "help": N_("the stack's directory (default: this one)"),
            },
        ),
        (
            ("--mouse",),
            {"action": "store_true", "default": None, "help": N_("use the mouse, also over SSH")},
        ),
    ),
)

_ALL = (
    Command(
        name="render",
        operands="ANSWERS.toml|DIR DIR",
        help=N_("write the Terraform of an answers file, or bring a directory's up to date"),
        target="commands.render_show:render",
        arguments=(
            (
                ("answers",),
                {
                    "metavar": "ANSWERS.toml|DIR",
                    "type": Path,
                    "help": N_("the answers file, or a stack's directory"),
                },
            ),
            DIRECTORY,
            (
                ("--yes",),
                {
                    "action": "store_true",
                    "help": N_("overwrite manual changes; write an upgrade with other changes"),
                },
            ),
            (
                ("--up-to-date",),
                {
                    "action": "store_true",
                    "help": N_("set today's defaults where an earlier version left a key unset"),
                },
            ),
        ),
    ),
    Command(
        name="show",
        operands="[DIR]",
        help=N_("print the stack that the Terraform in DIR says"),
        target="commands.render_show:show",
        arguments=(DIRECTORY_OR_HERE, JSON),
    ),
    Command(
        name="check",
        operands="[DIR|ANSWERS.toml]",
        help=N_("tell what will not work before it costs money"),
        target="commands.check:check",
        arguments=(
            (
                ("subject",),
                {
                    "metavar": "DIR|ANSWERS.toml",
                    "type": Path,
                    "nargs": "?",
                    "help": N_(
                        "a stack's directory (default: the current directory) or an answers file"
                    ),
                },
            ),
            JSON,
            OFFLINE,
        ),
    ),
    Command(
        name="plan",
        operands="[DIR]",
        help=N_("plan; exit 0: no changes, 2: changes, 1: failed"),
        target="commands.runs:plan",
        arguments=(DIRECTORY_OR_HERE, JSON),
    ),
    Command(
        name="apply",
        operands="DIR --yes [--confirm NAME]",
        help=N_("plan, then apply just that plan"),
        target="commands.runs:apply",
        arguments=(DIRECTORY, YES, CONFIRM, OFFLINE, DESPITE),
    ),
    Command(
        name="approve",
        operands="DIR --yes [--run RUN]",
        help=N_("apply exactly the plan that waits in DIR, whoever made it"),
        target="commands.approve:approve",
        arguments=(
            DIRECTORY,
            YES,
            (("--run",), {"metavar": "RUN", "help": N_("only if it is this run's plan")}),
            CONFIRM,
            OFFLINE,
            DESPITE,
        ),
    ),
    Command(
        name="destroy",
        operands="DIR --yes --confirm NAME",
        help=N_("plan the end of the stack, then apply just that plan"),
        target="commands.runs:destroy",
        arguments=(DIRECTORY, YES, CONFIRM, DESPITE),
    ),
    Command(
        name="runs",
        operands="DIR",
        help=N_("list the runs of a stack"),
        target="commands.runs:runs",
        arguments=(DIRECTORY, JSON),
    ),
    Command(
        name="attach",
        operands="DIR",
        help=N_("follow the live run, or print the latest"),
        target="commands.runs:attach",
        arguments=(DIRECTORY,),
    ),
    Command(
        name="cancel",
        operands="DIR [--end-now RUN]",
        help=N_("ask the live run to stop: one interrupt to Terraform"),
        target="commands.runs:cancel",
        arguments=(
            DIRECTORY,
            (
                ("--end-now",),
                {
                    "metavar": "RUN",
                    "help": N_(
                        "end a run that is stopping without its state being saved; RUN is its id, "
                        "as runs --json says it"
                    ),
                },
            ),
        ),
    ),
    Command(
        name="state",
        operands="DIR [--unlock ID|--restore|--push|--recover|--forget RUN]",
        help=N_("list what the state holds and what is amiss with it, and mend that"),
        target="commands.state:state",
        arguments=(
            DIRECTORY,
            (
                ("--unlock",),
                {"metavar": "ID", "help": N_("release a lock whose holder has ended")},
            ),
            (
                ("--confirm",),
                {
                    "metavar": "USER@HOST",
                    "help": N_(
                        "with --unlock: the holder of the lock, to release it although it is not "
                        "known whether that holder still works"
                    ),
                },
            ),
            (
                ("--restore",),
                {
                    "action": "store_true",
                    "help": N_("replace a damaged local state by the copy before it"),
                },
            ),
            (
                ("--push",),
                {"action": "store_true", "help": N_("store what errored.tfstate holds")},
            ),
            (
                ("--recover",),
                {
                    "action": "store_true",
                    "help": N_("plan the import of what the state lacks; with --yes apply it"),
                },
            ),
            (
                ("--forget",),
                {
                    "metavar": "RUN",
                    "help": N_(
                        "list what a run created and the state lacks; with --yes dismiss it"
                    ),
                },
            ),
            YES,
            JSON,
            DESPITE,
        ),
    ),
    Command(
        name="migrate",
        operands="DIR --yes",
        help=N_("move the state to where the Terraform in DIR says that it belongs"),
        target="commands.migrate:migrate",
        arguments=(DIRECTORY, YES),
    ),
    Command(
        name="buckets",
        operands="[NAME --yes]",
        help=N_("list the S3 buckets, or make one for Terraform's state"),
        target="commands.buckets:buckets",
        arguments=(
            (
                ("name",),
                {"metavar": "NAME", "nargs": "?", "help": N_("the bucket to make")},
            ),
            REGION,
            YES,
            JSON,
        ),
    ),
    Command(
        name="gpus",
        operands="[--region R]",
        help=N_("list the GPU instance types with prices; sift, sort, compare, fit a stack"),
        target="commands.gpus:gpus",
        arguments=(REGION, *SIFTING, JSON, OFFLINE),
    ),
    Command(
        name="doctor",
        help=N_("tell what was found on this machine, and what to do about what wasn't"),
        target="commands.doctor:doctor",
    ),
    Command(
        name="demo",
        operands="status|stop [--yes]|tour [DIR]",
        help=N_("the embedded account: is it there, end it, or go the whole way on it"),
        target="commands.demo:demo",
        arguments=(
            (
                ("action",),
                {
                    "choices": ("status", "stop", "tour"),
                    "help": N_("status, stop, or tour: from answers to a destroyed stack"),
                },
            ),
            (
                ("directory",),
                {
                    "metavar": "DIR",
                    "type": Path,
                    "nargs": "?",
                    "default": Path("demo-stack"),
                    "help": N_("where the tour writes its stack (default: demo-stack)"),
                },
            ),
            (
                ("--yes",),
                {
                    "action": "store_true",
                    "help": N_("with stop: stop it although a run is at work on it"),
                },
            ),
        ),
    ),
)

COMMANDS: Mapping[str, Command] = {command.name: command for command in _ALL}
