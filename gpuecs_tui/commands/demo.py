"""``demo``: shows and stops the demo account, changes its faults, and takes a tour on it."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gpuecs_tui.commands.account import choose_account
from gpuecs_tui.commands.failure import EXIT_USAGE, Failure, harmless
from gpuecs_tui.i18n import _
from gpuecs_tui.program_name import program_name
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.stack.answers import dump_answers
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.terraform.runs.run_status import operation_title, status_title

if TYPE_CHECKING:
    from gpuecs_tui.demo.account import DemoAccount

STACK = "demo-llm"
VPC_NAME = "ml-platform"
SUBNET_NAMES = "ml-platform-private-"
REPOSITORY = "llm-server"
TAG = "2.4.1"
INSTANCE_TYPE = "g4dn.xlarge"
"""What the tour's stack uses. The demo account contains all of it from its start."""
DEFAULT_DIRECTORY = "demo-stack"
"""The directory of the tour's stack."""
LONGEST_WAIT = 86400
"""Seconds after which a fault can start at most: a day."""
METRIC_MAX = 10**12
_NOT_IN_TAGS = re.compile(r"[^\w .:/=+@-]")
"""AWS's general rule for tag values: letters, digits, spaces and these signs."""
_LONGEST_TAG = 256
"""Characters of a tag's value (same source)."""


def demo(arguments: argparse.Namespace) -> int:
    """Show or stop the demo account, change its faults, or take a tour on it."""
    from gpuecs_tui.demo import account

    _refuse_useless_options(arguments)

    try:
        match arguments.action:
            case "status":
                return _status(account.find())
            case "stop":
                _refuse_under_runs(account.find(), yes=arguments.yes)
                stopped = account.stop()
                print(
                    _("The demo account was stopped.")
                    if stopped
                    else _("The demo account is not running.")
                )
                return 0
            case "fault":
                return _fault(account.find(), arguments)
            case "metric":
                return _metric(account.find(), arguments)
    except account.DemoProblem as problem:
        raise Failure(str(problem)) from None
    arguments.directory = Path(arguments.operand or DEFAULT_DIRECTORY)
    return tour(arguments)


def _refuse_useless_options(arguments: argparse.Namespace) -> None:
    """Raise Failure for options that don't belong to the action."""
    fault, name, seconds = arguments.action == "fault", arguments.operand, _seconds(arguments)
    if arguments.action in ("status", "stop") and name:
        words = _("demo {action} takes no further argument: {name}.")
        raise Failure(words.format(action=arguments.action, name=name), "", EXIT_USAGE)
    metric, value = arguments.action == "metric", arguments.value
    if value is not None and not metric:
        raise Failure(_("A value requires the action metric."), "", EXIT_USAGE)
    if metric and name and (value is None) is not arguments.clear:
        raise Failure(
            _("A metric requires a value, or --clear."),
            _("For example: gpuecs-tui demo metric RequestCount 600"),
            EXIT_USAGE,
        )
    if value is not None and not 0 <= value <= METRIC_MAX:
        words = _("A metric requires a number from 0 to {most}.")
        raise Failure(words.format(most=METRIC_MAX), "", EXIT_USAGE)
    if not fault and seconds is not None:
        raise Failure(_("--in requires the action fault."), "", EXIT_USAGE)
    if not (fault or metric) and arguments.clear:
        raise Failure(_("--clear requires the action fault or metric."), "", EXIT_USAGE)
    if seconds is None:
        return
    if arguments.clear or not name:
        raise Failure(
            _("--in requires a fault to start."),
            _("For example: gpuecs-tui demo fault exits --in 30"),
            EXIT_USAGE,
        )
    if not 1 <= seconds <= LONGEST_WAIT:
        raise Failure(
            _("--in requires a number of seconds from 1 to {most}.").format(most=LONGEST_WAIT),
            "",
            EXIT_USAGE,
        )


def _seconds(arguments: argparse.Namespace) -> float | None:
    """Return the value of ``--in``, whose name is a keyword of Python; None without it."""
    given: float | None = getattr(arguments, "in")
    return given


def _fault(found: DemoAccount | None, arguments: argparse.Namespace) -> int:
    """Start or end a fault of the running account; without either, show the faults."""
    from gpuecs_tui.demo import account, fault_names

    if arguments.operand == fault_names.LIST:
        print(fault_names.overview())
        return 0
    try:
        names = fault_names.told([arguments.operand] if arguments.operand else ())
    except fault_names.UnknownFault as error:
        raise Failure(harmless(str(error)), "", EXIT_USAGE) from None
    found = _running(found)
    if arguments.clear:
        found = account.clear_faults(found, names)
    elif names:
        found = account.start_faults(found, names, _seconds(arguments) or 0.0)
    for line in _fault_lines(found):
        print(line)
    return 0


def _running(found: DemoAccount | None) -> DemoAccount:
    """Return the running account. Raises Failure without one."""
    if found is None:
        raise Failure(
            _("The demo account is not running."), _("To start it: gpuecs-tui --demo"), EXIT_USAGE
        )
    return found


def _metric(found: DemoAccount | None, arguments: argparse.Namespace) -> int:
    """Set or clear a metric of the running account, and show all."""
    from gpuecs_tui.demo import account

    found, name = _running(found), arguments.operand
    present = account.set_metrics(found, {})
    if name:
        present = account.set_metrics(found, {name: arguments.value})
    elif arguments.clear:
        present = account.set_metrics(found, dict.fromkeys(present))
    if not present:
        print(_("No metric has data."))
    for each, value in sorted(present.items()):
        print(harmless(f"{each} = {value:g}"))
    return 0


def _fault_lines(found: DemoAccount) -> list[str]:
    lines = []
    if found.faults:
        lines.append(_("Simulated faults: {faults}").format(faults=", ".join(found.faults)))
    lines += [
        _("Starts in {seconds} s: {fault}").format(seconds=round(left), fault=name)
        for name, left in found.waiting
    ]
    if not lines:
        return [_("No fault is simulated.")]
    if found.lasting or found.waiting:
        lines.append(_("To end the faults: gpuecs-tui demo fault --clear"))
    return lines


def _refuse_under_runs(found: DemoAccount | None, *, yes: bool) -> None:
    """Print which runs use the account; if there are any, raise Failure unless ``yes``."""
    if found is None:
        return
    from gpuecs_tui.terraform.runs.run_list import all_runs

    endpoint = "AWS_ENDPOINT_URL"
    working = [
        run
        for run in all_runs()
        if run.is_live and run.origin.variables.get(endpoint) == found.endpoint
    ]
    for run in working:
        words = _(
            "!  A run in {directory} is using the demo account ({operation}, {state}). The run "
            "fails if the account is stopped."
        ).format(
            directory=run.directory,
            operation=operation_title(run.operation),
            state=status_title(run.state),
        )
        print(harmless(words), file=sys.stderr)
    if working and not yes:
        raise Failure(
            _("The demo account was not stopped: a run is using it, so --yes is required."),
            _("To cancel the run first: gpuecs-tui cancel {directory}").format(
                directory=shell_word(working[0].directory)
            ),
            EXIT_USAGE,
        )


def _status(found: object | None) -> int:
    from gpuecs_tui.demo.account import DemoAccount
    from gpuecs_tui.demo.protocol import LOG_FILE

    if not isinstance(found, DemoAccount):
        print(_("The demo account is not running."))
        return 1
    print(
        _("The demo account is running at {endpoint} (process {pid}).").format(
            endpoint=found.endpoint, pid=found.pid
        )
    )
    if found.playing:
        print(_("Instances join clusters and tasks start, as on AWS."))
    else:
        print(
            _(
                "The simulation has stopped: instances do not join clusters and tasks do not "
                "start. The error is in {log}. To reset the demo account: gpuecs-tui demo stop"
            ).format(log=found.folder / LOG_FILE)
        )
    if found.faults or found.waiting:
        for line in _fault_lines(found):
            print(line)
    return 0


def tour(arguments: argparse.Namespace) -> int:
    """Render, check, plan, apply, plan again and destroy a stack; apply and destroy it again.

    Prints each command before it runs. Exits with 0 only if the second plan is empty, the destroyed
    stack can be created again, and no resource is left at the end.
    """
    arguments.demo = True
    choose_account(arguments)
    decided = dump_answers(answers_for(tag_of(arguments.directory)))
    # In a temporary folder, because a file of that name next to the stack could be the user's.
    with tempfile.TemporaryDirectory(prefix="gpuecs-tui-tour-") as folder:
        answers = Path(folder) / "answers.toml"
        answers.write_text(decided, encoding="utf-8")
        return _go(arguments, answers)


def _go(arguments: argparse.Namespace, answers: Path) -> int:
    from gpuecs_tui.commands.parser import parse_command_line
    from gpuecs_tui.commands.runs import EXIT_CHANGES

    directory: Path = arguments.directory
    steps = (
        (["render", str(answers), str(directory)], 0),
        (["check", str(directory)], 0),
        (["plan", str(directory)], EXIT_CHANGES),
        (["apply", str(directory), "--yes", "--confirm", STACK], 0),
        (["plan", str(directory)], 0),
        (["destroy", str(directory), "--yes", "--confirm", STACK], 0),
        # AWS reserves some names for a while after a destroy; the names of a stack must be free.
        (["check", str(directory)], 0),
        (["apply", str(directory), "--yes", "--confirm", STACK], 0),
        (["destroy", str(directory), "--yes", "--confirm", STACK], 0),
    )
    mirror = ["--plugin-dir", str(arguments.plugin_dir)] if arguments.plugin_dir else []
    faults = [word for fault in arguments.demo_fault for word in ("--demo-fault", fault)]
    common = ["--demo", *faults, *mirror]
    for number, (words, expected) in enumerate(steps, start=1):
        line = shlex.join([program_name(), *common, *words])
        print(f"\n[{number}/{len(steps)}] {line}", flush=True)
        command, given = parse_command_line([*common, *words])
        code = command.load()(given)
        sys.stdout.flush()
        if code != expected:
            raise Failure(
                _(
                    "The tour stopped: `{command}` exited with code {code} instead of {expected}."
                ).format(command=line, code=code, expected=expected),
                _(
                    "If an earlier tour left resources behind, reset the demo account: gpuecs-tui "
                    "demo stop"
                ),
            )
    wizard = shlex.join([program_name(), "--demo", str(directory)])
    print()
    print(
        _(
            "The tour is complete. Its resources are destroyed; its Terraform is in {directory}. "
            "To open it in the wizard: {command}"
        ).format(directory=directory, command=wizard)
    )
    return 0


def tag_of(directory: Path) -> str:
    """Return a directory's name as a tag value; characters that AWS refuses become dashes."""
    name = _NOT_IN_TAGS.sub("-", directory.resolve().name)
    return name[:_LONGEST_TAG] or STACK


def answers_for(name: str) -> dict[str, Value]:
    """Choose a small stack from what the account contains, as a user would in the wizard."""
    from gpuecs_tui.aws.discovery.account import read_account
    from gpuecs_tui.aws.errors import AwsProblem
    from gpuecs_tui.aws.profiles import default_region
    from gpuecs_tui.aws.reading import value_or
    from gpuecs_tui.aws.session import connect

    reader = connect(region=default_region())
    try:
        account = read_account(reader)
    except AwsProblem as problem:
        raise Failure(problem.sentence, problem.remedy) from None
    finally:
        reader.close()
    vpcs = [it.id for it in value_or(account.vpcs, ()) if it.name == VPC_NAME]
    subnets = tuple(
        it.id for it in value_or(account.subnets, ()) if it.name.startswith(SUBNET_NAMES)
    )
    images = [it.uri for it in value_or(account.repositories, ()) if it.name == REPOSITORY]
    if not vpcs or not subnets or not images:
        raise Failure(
            _(
                "The demo account lacks the VPC, the subnets, or the ECR repository that the tour "
                "uses."
            ),
            _("To reset the demo account: gpuecs-tui demo stop"),
        )
    return {
        "stack.name": STACK,
        "stack.region": account.region,
        "stack.tags": {"project": name},
        "network.vpc_id": vpcs[0],
        "network.instance_subnet_ids": subnets,
        "fleet.instance_type": INSTANCE_TYPE,
        "task.image": f"{images[0]}:{TAG}",
        "service.health_check_grace_seconds": 300,
    }
