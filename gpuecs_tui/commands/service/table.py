"""The commands that act on the deployed service without a Terraform run."""

from __future__ import annotations

from gpuecs_tui.commands.arguments import DIRECTORY, Argument, Command
from gpuecs_tui.i18n import N_

_YES: Argument = (
    ("--yes",),
    {
        "action": "store_true",
        "help": N_("do not ask; required without a terminal"),
    },
)

SERVICE_COMMANDS = (
    Command(
        name="restart",
        operands="DIR [--yes]",
        help=N_("replace every task of the service with a task of the same revision"),
        target="commands.service.restart:restart",
        arguments=(DIRECTORY, _YES),
    ),
)
"""In the order in which the help lists them."""
