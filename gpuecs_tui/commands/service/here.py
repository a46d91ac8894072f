"""The deployed service of a directory, as the commands that act on it need it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gpuecs_tui.assessment.deployed import Deployed, deployed_from
from gpuecs_tui.commands import stack_source
from gpuecs_tui.commands.account import choose_account
from gpuecs_tui.commands.failure import EXIT_FAILED, EXIT_USAGE, Failure
from gpuecs_tui.commands.stack_here import refuse_no_directory
from gpuecs_tui.commands.waiting import waiting
from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.run_status import Operation, operation_title, status_title

if TYPE_CHECKING:
    from gpuecs_tui.aws.deployment.facts import DeployedNames
    from gpuecs_tui.aws.session import AccountReader

EXIT_NOT_DEPLOYED = 3


@dataclass(frozen=True, slots=True)
class ServiceHere:
    """A deployed service and a reader for its account."""

    directory: Path
    stack: Stack
    names: DeployedNames
    task_definition: str
    """Family and revision that was applied; empty if it is unknown."""
    reader: AccountReader

    @property
    def watch_line(self) -> str:
        """The command that follows what was started."""
        return _("To follow it: gpuecs-tui status {directory} --watch").format(
            directory=shell_word(self.directory)
        )


def read_deployed(arguments: argparse.Namespace) -> tuple[Deployed, Stack]:
    """Return what the directory has deployed, and its decisions. Chooses the account.

    Raises Failure with EXIT_USAGE if it is not a directory.
    """
    directory: Path = arguments.directory
    try:
        refuse_no_directory(directory)
    except Failure as failure:
        raise Failure(str(failure), code=EXIT_USAGE) from None
    choose_account(arguments)
    written = stack_source.written_in(directory)
    stack = stack_source.subject_of(written.answers).stack
    with waiting(_("Reading the state …")):
        return deployed_from(directory, stack, os.environ, written.unknown), stack


@contextmanager
def service_here(arguments: argparse.Namespace, *, changes: bool = True) -> Iterator[ServiceHere]:
    """Give the service that ``arguments.directory`` has deployed.

    Raises Failure: with EXIT_USAGE if it is not a directory, EXIT_NOT_DEPLOYED if nothing is
    deployed, during an apply or destroy of the stack if the command ``changes`` the service, and
    for a problem of the block.
    """
    from gpuecs_tui.aws.errors import AwsProblem
    from gpuecs_tui.aws.session import connect
    from gpuecs_tui.operations.refused import Refused, UnknownId

    deployed, stack = read_deployed(arguments)
    directory: Path = arguments.directory
    if changes:
        _refuse_live_run(directory)
    end = deployed.end
    if deployed.names is None or (end is not None and end.ended_well and end.left == 0):
        gone = end is not None and end.is_gone
        sentence = (
            end.sentences[0] if end and gone else _("Nothing is deployed from this directory.")
        )
        raise Failure(sentence, code=EXIT_NOT_DEPLOYED)
    reader = connect(region=stack.stack.region)
    try:
        yield ServiceHere(
            directory, stack, deployed.names, deployed.applied.task_definition, reader
        )
    except AwsProblem as problem:
        remedy = problem.remedy
        if problem.kind == "denied":
            remedy = _("Ask for the permission {call}.").format(call=problem.call)
        raise Failure(problem.sentence, remedy) from None
    except Refused as refused:
        code = EXIT_USAGE if isinstance(refused, UnknownId) else EXIT_FAILED
        raise Failure(refused.sentence, refused.remedy, code) from None
    finally:
        reader.close()


def _refuse_live_run(directory: Path) -> None:
    run = run_list.live_run(directory)
    if run is None or run.operation is Operation.PLAN:
        return
    raise Failure(
        _("A run of this stack is in progress ({operation}, {state}).").format(
            operation=operation_title(run.operation), state=status_title(run.state)
        ),
        _("To follow it to its end: gpuecs-tui attach {directory}").format(
            directory=shell_word(directory)
        ),
    )
