"""The commands that change a decision together with the running service."""

from __future__ import annotations

from gpuecs_tui.commands.arguments import CONFIRM, DESPITE, DIRECTORY, OFFLINE, WAIT, Command, tasks
from gpuecs_tui.commands.service.table import YES_OR_ASKED
from gpuecs_tui.i18n import N_

_GATE = (YES_OR_ASKED, CONFIRM, OFFLINE, DESPITE)
"""The options of the checks before an apply."""

CHANGE_COMMANDS = (
    Command(
        name="scale",
        operands="DIR N [--yes] [--wait[=MINUTES]]",
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
            WAIT,
        ),
    ),
    Command(
        name="deploy",
        operands="DIR --image IMAGE [--yes] [--wait[=MINUTES]]",
        help=N_("set the container image in the directory, and deploy it to the service"),
        target="commands.change.deploy:deploy",
        arguments=(
            DIRECTORY,
            (
                ("--image",),
                {
                    "metavar": "IMAGE",
                    "help": N_(
                        "a tag or @sha256:DIGEST in the repository of the present image, or a "
                        "whole reference"
                    ),
                },
            ),
            *_GATE,
            WAIT,
        ),
    ),
    Command(
        name="rollback",
        operands="DIR [--to REVISION] [--yes] [--wait[=MINUTES]]",
        help=N_(
            "stop the deployment that is under way and return to the last completed one, or deploy "
            "an earlier revision; the directory keeps up"
        ),
        target="commands.change.rollback:rollback",
        arguments=(
            DIRECTORY,
            (
                ("--to",),
                {
                    "metavar": "REVISION",
                    "help": N_("number of the revision, or FAMILY:NUMBER (default: the last one)"),
                },
            ),
            *_GATE,
            WAIT,
        ),
    ),
)
"""In the order in which the help lists them."""
