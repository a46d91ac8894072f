"""The table of commands: name, arguments, and the function of each. Imports none of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gpuecs_tui.commands.arguments import (
    CONFIRM,
    DESPITE,
    DIRECTORY,
    DIRECTORY_OR_HERE,
    FILTERING,
    JSON,
    OFFLINE,
    REGION,
    WAIT,
    YES,
    Command,
    path,
)
from gpuecs_tui.commands.change.table import CHANGE_COMMANDS
from gpuecs_tui.commands.service.table import SERVICE_COMMANDS
from gpuecs_tui.i18n import N_

WIZARD = Command(
    name="",
    help=N_(
        "Create a GPU service on Amazon ECS: configure it, check it, write Terraform, plan and "
        "apply."
    ),
    target="opening:open_wizard",
    operands="[DIR]",
    arguments=(
        (
            ("directory",),
            {
                "metavar": "DIR",
                "type": path,
                "nargs": "?",
                "default": Path(),
                "help": N_("stack directory (default: the current directory)"),
            },
        ),
        (
            ("--mouse",),
            {"action": "store_true", "default": None, "help": N_("use the mouse, even over SSH")},
        ),
    ),
)

_ALL = (
    Command(
        name="render",
        operands="ANSWERS.toml|DIR DIR",
        help=N_(
            "write Terraform from an answers file, or update the Terraform of a stack directory"
        ),
        target="commands.render_show:render",
        arguments=(
            (
                ("answers",),
                {
                    "metavar": "ANSWERS.toml|DIR",
                    "type": path,
                    "help": N_("answers file, or a stack directory"),
                },
            ),
            DIRECTORY,
            (
                ("--yes",),
                {
                    "action": "store_true",
                    "help": N_(
                        "overwrite manual changes, and write an upgrade together with other changes"
                    ),
                },
            ),
            (
                ("--up-to-date",),
                {
                    "action": "store_true",
                    "help": N_("use today's defaults for keys that an earlier version left unset"),
                },
            ),
        ),
    ),
    Command(
        name="show",
        operands="[DIR]",
        help=N_("print the answers that the Terraform in DIR contains"),
        target="commands.render_show:show",
        arguments=(DIRECTORY_OR_HERE, JSON),
    ),
    Command(
        name="check",
        operands="[DIR|ANSWERS.toml]",
        help=N_("find errors in a stack before it is applied"),
        target="commands.check:check",
        arguments=(
            (
                ("subject",),
                {
                    "metavar": "DIR|ANSWERS.toml",
                    "type": path,
                    "nargs": "?",
                    "help": N_("stack directory (default: the current directory) or answers file"),
                },
            ),
            JSON,
            OFFLINE,
        ),
    ),
    Command(
        name="plan",
        operands="[DIR]",
        help=N_("run a plan; exit code 0: no changes, 2: changes, 1: failed"),
        target="commands.runs:plan",
        arguments=(DIRECTORY_OR_HERE, JSON),
    ),
    Command(
        name="apply",
        operands="DIR --yes [--confirm NAME] [--wait[=MINUTES]]",
        help=N_("run a plan, then apply exactly that plan"),
        target="commands.runs:apply",
        arguments=(DIRECTORY, YES, CONFIRM, OFFLINE, DESPITE, WAIT),
    ),
    Command(
        name="approve",
        operands="DIR --yes [--run RUN] [--wait[=MINUTES]]",
        help=N_("apply exactly the plan that is waiting for approval in DIR, also another user's"),
        target="commands.approve:approve",
        arguments=(
            DIRECTORY,
            YES,
            (
                ("--run",),
                {"metavar": "RUN", "help": N_("apply the plan only if it belongs to this run")},
            ),
            CONFIRM,
            OFFLINE,
            DESPITE,
            WAIT,
        ),
    ),
    Command(
        name="destroy",
        operands="DIR --yes --confirm NAME [--deregister]",
        help=N_("plan the destruction of the stack, then apply exactly that plan"),
        target="commands.runs:destroy",
        arguments=(
            DIRECTORY,
            YES,
            CONFIRM,
            DESPITE,
            (
                ("--deregister",),
                {
                    "action": "store_true",
                    "help": N_(
                        "then deregister the task definition revisions of the stack that nothing "
                        "uses; also for a stack that is destroyed already, without --confirm"
                    ),
                },
            ),
        ),
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
        help=N_("follow the run in progress, or print the latest run"),
        target="commands.runs:attach",
        arguments=(DIRECTORY,),
    ),
    Command(
        name="status",
        operands="DIR [--watch]",
        help=N_(
            "tell whether the deployed service is healthy, and if not, why; exit code 0: healthy "
            "and current or scaled to zero, 1: failed or rolled back, 2: under way, 3: not "
            "deployed, 4: unknown"
        ),
        target="commands.status.command:status",
        arguments=(
            DIRECTORY,
            (
                ("--watch",),
                {
                    "action": "store_true",
                    "help": N_("print what changes until the deployment has ended"),
                },
            ),
            JSON,
        ),
    ),
    *CHANGE_COMMANDS,
    *SERVICE_COMMANDS,
    Command(
        name="cancel",
        operands="DIR [--end-now RUN]",
        help=N_(
            "cancel the run in progress (sends Terraform one interrupt), or discard a waiting plan"
        ),
        target="commands.runs:cancel",
        arguments=(
            DIRECTORY,
            (
                ("--end-now",),
                {
                    "metavar": "RUN",
                    "help": N_(
                        "end a stopping run at once, without saving its state; RUN is the run ID "
                        "from runs --json"
                    ),
                },
            ),
        ),
    ),
    Command(
        name="state",
        operands="DIR [--unlock ID|--restore|--push|--recover|--forget RUN]",
        help=N_("list the resources of the state and problems with it, or fix a problem"),
        target="commands.state:state",
        arguments=(
            DIRECTORY,
            (
                ("--unlock",),
                {"metavar": "ID", "help": N_("release a state lock whose holder has ended")},
            ),
            (
                ("--confirm",),
                {
                    "metavar": "USER@HOST",
                    "help": N_(
                        "with --unlock: the holder of the lock; releases the lock although the "
                        "holder may still be running"
                    ),
                },
            ),
            (
                ("--restore",),
                {
                    "action": "store_true",
                    "help": N_(
                        "show which copy would replace a damaged local state; with --yes replace it"
                    ),
                },
            ),
            (
                ("--push",),
                {
                    "action": "store_true",
                    "help": N_("store the contents of errored.tfstate as the state"),
                },
            ),
            (
                ("--recover",),
                {
                    "action": "store_true",
                    "help": N_(
                        "plan the import of resources that are missing from the state; with --yes "
                        "apply that plan"
                    ),
                },
            ),
            (
                ("--forget",),
                {
                    "metavar": "RUN",
                    "help": N_(
                        "list resources that this run created and that are missing from the "
                        "state; with --yes dismiss them"
                    ),
                },
            ),
            (
                ("--yes",),
                {
                    "action": "store_true",
                    "help": N_(
                        "with --restore, --recover or --forget: confirm the change; without it "
                        "these options change nothing"
                    ),
                },
            ),
            JSON,
            DESPITE,
        ),
    ),
    Command(
        name="migrate",
        operands="DIR --yes",
        help=N_("move the state to the backend that the Terraform in DIR declares"),
        target="commands.migrate:migrate",
        arguments=(DIRECTORY, YES),
    ),
    Command(
        name="buckets",
        operands="[NAME --yes]",
        help=N_("list the S3 buckets, or create a bucket for the Terraform state"),
        target="commands.buckets:buckets",
        arguments=(
            (
                ("name",),
                {"metavar": "NAME", "nargs": "?", "help": N_("name of the bucket to create")},
            ),
            REGION,
            YES,
            JSON,
        ),
    ),
    Command(
        name="gpus",
        operands="[--region R]",
        help=N_("list GPU instance types with prices; filter, sort, compare, or fit a stack"),
        target="commands.gpus:gpus",
        arguments=(REGION, *FILTERING, JSON, OFFLINE),
    ),
    Command(
        name="doctor",
        help=N_("check the setup of this machine, and tell how to fix it"),
        target="commands.doctor:doctor",
    ),
    Command(
        name="demo",
        operands=(
            "status|stop [--yes]|fault [NAME] [--in SECONDS|--clear]|metric [NAME [VALUE|--clear]]"
            "|tour [DIR]"
        ),
        help=N_(
            "show or stop the demo account, change its faults and metrics, or take a tour on it"
        ),
        target="commands.demo:demo",
        arguments=(
            (
                ("action",),
                {
                    "choices": ("status", "stop", "fault", "metric", "tour"),
                    "help": N_(
                        "show the account (status), stop it (stop), start or end a simulated fault "
                        "(fault), set a CloudWatch metric that tasks are scaled by (metric), or "
                        "create and destroy a stack on it (tour)"
                    ),
                },
            ),
            (
                ("operand",),
                {
                    "metavar": "NAME|DIR",
                    "nargs": "?",
                    "help": N_(
                        "with fault: the fault (--demo-fault list prints all of them); with "
                        "metric: RequestCount (of the load balancer, per minute), CPUUtilization, "
                        "MemoryUtilization, nvidia_smi_utilization_gpu (GPU use), the name of "
                        "the stack's own metric, or that of an alarm (1: ALARM, 0: OK); with tour: "
                        "the directory for its stack (default: demo-stack)"
                    ),
                },
            ),
            (
                ("value",),
                {
                    "metavar": "VALUE",
                    "nargs": "?",
                    "type": float,
                    "help": N_("with metric: its value, which it keeps until it is set again"),
                },
            ),
            (
                ("--in",),
                {
                    "metavar": "SECONDS",
                    "type": float,
                    "help": N_("with fault: start the fault after this time"),
                },
            ),
            (
                ("--clear",),
                {
                    "action": "store_true",
                    "help": N_(
                        "with fault: end the fault NAME, or every fault without NAME; with metric: "
                        "NAME, or every metric, has no data from now on"
                    ),
                },
            ),
            (
                ("--yes",),
                {
                    "action": "store_true",
                    "help": N_("with stop: stop the account even if a run is using it"),
                },
            ),
        ),
    ),
)

COMMANDS: Mapping[str, Command] = {command.name: command for command in _ALL}
