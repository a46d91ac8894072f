"""Yes to a plan: what must be right first, and ``approve`` for one that waits already."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from gpuecs_tui.commands import plan_report
from gpuecs_tui.commands.account import choose_account
from gpuecs_tui.commands.failure import EXIT_USAGE, Failure
from gpuecs_tui.commands.follow import follow
from gpuecs_tui.commands.output import continue_unread
from gpuecs_tui.commands.run_end import outcome
from gpuecs_tui.commands.stack_here import refuse_no_directory
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.follower import Follower
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus


@dataclass(frozen=True, slots=True)
class ApprovalChecks:
    """What an apply must pass between its plan and its yes."""

    check: Callable[[], object] | None = None
    """Looks at the account once more; raises Failure."""
    asks_name: bool = False
    """Whether the stack's name is asked for where the plan destroys or replaces."""
    confirm: str | None = None
    """The name that was given."""
    despite_credentials: bool = False
    """Whether credentials may end before the apply does."""

    def refuse(self, run: Run) -> datetime | None:
        """Raise Failure where the plan of ``run`` doesn't pass; the plan stays as it is.

        Returns when the credentials end, None where no end is known.
        """
        if self.asks_name:
            plan_report.refuse_unconfirmed(run, self.confirm)
        if self.check is not None:
            self.check()
        # Late, like the rest that only follows a plan: the plan is to start at once.
        from gpuecs_tui.commands.credentials import refuse_short_credentials

        return refuse_short_credentials(run, despite=self.despite_credentials)


def needs_yes(arguments: argparse.Namespace, look: str) -> None:
    """Raise Failure without ``--yes``; ``look`` is the command that shows what it would be for."""
    if not arguments.yes:
        raise Failure(
            _("Nothing was done: this changes the account and asks for --yes."),
            _("To look first: gpuecs-tui {look} {directory}").format(
                look=look, directory=arguments.directory
            ),
            EXIT_USAGE,
        )


def carry_out(
    run: Run, follower: Follower | None = None, *, credentials_end: datetime | None
) -> int:
    """Say yes to the plan of ``run``, follow it to its end, and return a command's exit code."""
    try:
        approved = runs.approve(run, credentials_end=credentials_end)
    except TerraformProblem as problem:
        raise Failure(problem.message, problem.remedy) from None
    ended = follow(approved, lambda present: present.is_final, follower=follower)
    return outcome(ended, finds_domain=True)


def approve(arguments: argparse.Namespace) -> int:
    """Apply exactly the plan that waits in a directory, whoever made it."""
    run = run_list.unfinished_run(arguments.directory)
    if run is None or run.state is not RunStatus.PLANNED:
        refuse_no_directory(arguments.directory)
        raise Failure(
            _("No plan waits for approval in {directory}.").format(directory=arguments.directory)
        )
    needs_yes(arguments, "attach")
    if arguments.run is not None and arguments.run != run.id:
        raise Failure(
            _("The plan that waits is of run {id}, not {named}.").format(
                id=run.id, named=arguments.run
            ),
            _("Look at it first: gpuecs-tui attach {directory}").format(directory=run.directory),
            EXIT_USAGE,
        )
    choose_account(arguments)
    applies = run.operation is Operation.APPLY
    check = None
    if applies and not arguments.despite_findings:
        from gpuecs_tui.commands.check import refuse_errors

        check = partial(refuse_errors, run.directory, offline=arguments.offline)
    gates = ApprovalChecks(check, True, arguments.confirm, arguments.despite_findings)
    with continue_unread(run.directory):
        return carry_out(run, credentials_end=gates.refuse(run))
