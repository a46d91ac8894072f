"""The commands that change a decision together with the running service."""

from __future__ import annotations

from gpuecs_tui.commands.arguments import CONFIRM, DESPITE, DIRECTORY, OFFLINE, Command, tasks
from gpuecs_tui.commands.service.table import YES_OR_ASKED
from gpuecs_tui.i18n import N_

_GATE = (YES_OR_ASKED, CONFIRM, OFFLINE, DESPITE)
"""The options of the checks before an apply."""

CHANGE_COMMANDS = (
    Command(
        name="scale",
        operands="DIR N [--yes]",
        help=N_(
            "set the desired count in the directory and in the service, and the maximum size of "
            "the fleet if it is too small"
        ),
        target="commands.change.scale:scale",
        arguments=(
            DIRECTORY,
            (
                ("tasks",),
                {"metavar": "N", "type": tasks, "help": N_("number of tasks, from 0 on")},
            ),
            *_GATE,
        ),
    ),
)
"""In the order in which the help lists them."""
