"""The deployed service of a directory, as the commands that act on it need it."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gpuecs_tui.assessment.deployed_source import DeployedSource
from gpuecs_tui.commands import stack_source
from gpuecs_tui.commands.account import choose_account
from gpuecs_tui.commands.failure import EXIT_FAILED, EXIT_USAGE, Failure
from gpuecs_tui.commands.stack_here import refuse_no_directory
from gpuecs_tui.commands.waiting import waiting
from gpuecs_tui.i18n import _
from gpuecs_tui.operations.change_words import in_account_words, watch_words
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.run_status import Operation, operation_title, status_title

if TYPE_CHECKING:
    from gpuecs_tui.aws.deployment.facts import DeployedNames
    from gpuecs_tui.aws.session import AccountReader
    from gpuecs_tui.operations.replacement import ServiceNow

EXIT_NOT_DEPLOYED = 3
_DENIED = re.compile(r"not authorized to perform: ([\w-]+:\w+)")
"""AWS's words for the action that a caller may not perform (IAM user guide, "Troubleshoot access
denied error messages")."""


@dataclass(frozen=True, slots=True)
class ServiceHere:
    """A deployed service and a reader for its account."""

    directory: Path
    stack: Stack
    names: DeployedNames
    task_definition: str
    """Family and revision that was applied; empty if it is unknown."""
    reader: AccountReader
    account: str
    """The account of the reader's credentials, 12 digits."""

    def asked(self, question: str) -> str:
        """Return a question with the account and the Region in which the answer acts."""
        return in_account_words(question, self.account, self.reader.region)

    @property
    def watch_line(self) -> str:
        """The command that follows what was started."""
        return watch_words(self.directory)


def source_here(arguments: argparse.Namespace) -> DeployedSource:
    """Return what follows the deployment of the directory, and choose the account.

    Raises Failure with EXIT_USAGE if it is not a directory. Its reading may raise Failure, too.
    """
    try:
        refuse_no_directory(arguments.directory)
    except Failure as failure:
        raise Failure(str(failure), code=EXIT_USAGE) from None
    choose_account(arguments)
    return source_of(arguments.directory)


def source_of(directory: Path) -> DeployedSource:
    """Return what follows the deployment of ``directory``. Its reading may raise Failure."""

    def present() -> tuple[Stack, Collection[str]]:
        written = stack_source.written_in(directory)
        return stack_source.subject_of(written.answers).stack, written.unknown

    return DeployedSource(directory, lambda: os.environ, present)


@contextmanager
def service_here(arguments: argparse.Namespace, *, changes: bool = True) -> Iterator[ServiceHere]:
    """Give the service that ``arguments.directory`` has deployed.

    Raises Failure: with EXIT_USAGE if it is not a directory, EXIT_NOT_DEPLOYED if nothing is
    deployed, if only the files tell what that may be, during an apply or destroy of the stack if
    the command ``changes`` the service, if the credentials are those of another account than the
    applied one, and for a problem of the block.
    """
    from gpuecs_tui.aws.discovery.identity import read_identity
    from gpuecs_tui.aws.errors import AwsProblem
    from gpuecs_tui.aws.session import connect
    from gpuecs_tui.operations.refused import Refused, UnknownId, refuse_other_account

    source = source_here(arguments)
    with waiting(_("Reading the state …")):
        deployed = source.read()
    directory: Path = arguments.directory
    if changes:
        _refuse_live_run(directory)
    if (known := deployed.not_read(datetime.now(UTC))) is not None or deployed.names is None:
        sentence = known.verdict.sentence if known else ""
        raise Failure(sentence, code=EXIT_NOT_DEPLOYED)
    if (problem := deployed.problem) is not None and not deployed.outputs:
        # The names in the files may be those of a later change.
        raise Failure(problem.message, problem.remedy)
    reader = connect(region=deployed.stack.stack.region)
    try:
        account = read_identity(reader).account
        refuse_other_account(deployed.account, account)
        yield ServiceHere(
            directory,
            deployed.stack,
            deployed.names,
            deployed.applied.task_definition,
            reader,
            account,
        )
    except AwsProblem as problem:
        remedy = problem.remedy
        if problem.kind == "denied":
            # A call can need the permission for another action too, such as iam:PassRole.
            named = _DENIED.search(problem.sentence)
            call = named[1] if named else problem.call
            remedy = _("Ask for the permission {call}.").format(call=call)
        raise Failure(problem.sentence, remedy) from None
    except Refused as refused:
        code = EXIT_USAGE if isinstance(refused, UnknownId) else EXIT_FAILED
        raise Failure(refused.sentence, refused.remedy, code) from None
    finally:
        reader.close()


def read_service(here: ServiceHere) -> ServiceNow:
    """Read the service, its tasks and its fleet. Raises AwsProblem and Refused."""
    from gpuecs_tui.operations.reading import read_now

    with waiting(_("Reading the deployment …")):
        return read_now(here.reader, here.names)


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
