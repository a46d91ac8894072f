"""The commands that act on the deployed service without a Terraform run."""

from __future__ import annotations

from gpuecs_tui.commands.arguments import DIRECTORY, JSON, WAIT, Argument, Command, duration
from gpuecs_tui.i18n import N_

YES_OR_ASKED: Argument = (
    ("--yes",),
    {
        "action": "store_true",
        "help": N_("do not ask; required without a terminal"),
    },
)

_INSTANCE: Argument = (
    ("instance",),
    {"metavar": "INSTANCE", "help": N_("EC2 instance id, or its first characters")},
)

SERVICE_COMMANDS = (
    Command(
        name="logs",
        operands="DIR [--follow] [--since 10m] [--task ID] [--grep RE]",
        help=N_("print the log lines of the service's tasks from CloudWatch Logs"),
        target="commands.service.logs:logs",
        arguments=(
            DIRECTORY,
            (
                ("--follow",),
                {"action": "store_true", "help": N_("print new lines until Ctrl+C")},
            ),
            (
                ("--since",),
                {
                    "metavar": "TIME",
                    "type": duration,
                    "help": N_(
                        "how far back, such as 30s, 10m, 2h or 1d (default: 10m; with --task, the "
                        "last 100 lines)"
                    ),
                },
            ),
            (
                ("--task",),
                {
                    "metavar": "ID",
                    "help": N_(
                        "only this task, running or stopped; the first characters of its id suffice"
                    ),
                },
            ),
            (
                ("--grep",),
                {"metavar": "RE", "help": N_("only lines that match this regular expression")},
            ),
            JSON,
        ),
    ),
    Command(
        name="exec",
        operands="DIR [--task ID] [--container NAME] [-- COMMAND]",
        help=N_(
            "run a command in a container with ECS Exec and session-manager-plugin; the exit code "
            "is the plugin's"
        ),
        target="commands.service.shell:exec_",
        arguments=(
            DIRECTORY,
            (
                ("--task",),
                {
                    "metavar": "ID",
                    "help": N_(
                        "task id, or its first characters (default: the newest running one)"
                    ),
                },
            ),
            (
                ("--container",),
                {
                    "metavar": "NAME",
                    "help": N_(
                        "container, or the first characters of its name (default: the stack's "
                        "task.container_name)"
                    ),
                },
            ),
            (
                ("command",),
                {
                    "metavar": "COMMAND",
                    "nargs": "*",
                    "help": N_("program and arguments after -- (default: /bin/sh)"),
                },
            ),
        ),
    ),
    Command(
        name="ssm",
        operands="DIR [--instance ID]",
        help=N_("open a shell on an instance with Session Manager and session-manager-plugin"),
        target="commands.service.shell:ssm",
        arguments=(
            DIRECTORY,
            (
                ("--instance",),
                {
                    "metavar": "ID",
                    "help": N_(
                        "EC2 instance id, or its first characters (default: one that is in service)"
                    ),
                },
            ),
        ),
    ),
    Command(
        name="restart",
        operands="DIR [--yes] [--wait[=MINUTES]]",
        help=N_("replace every task of the service with a task of the same revision"),
        target="commands.service.act:restart",
        arguments=(DIRECTORY, YES_OR_ASKED, WAIT),
    ),
    Command(
        name="stop-task",
        operands="DIR TASK [--yes]",
        help=N_("stop one task of the service, which starts a replacement"),
        target="commands.service.act:stop_task",
        arguments=(
            DIRECTORY,
            (("task",), {"metavar": "TASK", "help": N_("task id, or its first characters")}),
            YES_OR_ASKED,
        ),
    ),
    Command(
        name="drain",
        operands="DIR INSTANCE [--yes]",
        help=N_("move the tasks off one instance, which keeps running"),
        target="commands.service.act:drain",
        arguments=(DIRECTORY, _INSTANCE, YES_OR_ASKED),
    ),
    Command(
        name="replace",
        operands="DIR INSTANCE [--yes]",
        help=N_("drain one instance, then terminate it; the Auto Scaling group replaces it"),
        target="commands.service.act:replace",
        arguments=(DIRECTORY, _INSTANCE, YES_OR_ASKED),
    ),
)
"""In the order in which the help lists them."""
