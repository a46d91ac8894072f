"""Approval of a plan: the checks before it, and ``approve`` for a waiting plan."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from gpuecs_tui.commands import plan_report
from gpuecs_tui.commands.account import choose_account
from gpuecs_tui.commands.failure import EXIT_USAGE, Failure, harmless
from gpuecs_tui.commands.follow import follow
from gpuecs_tui.commands.output import continue_unread
from gpuecs_tui.commands.run_end import outcome
from gpuecs_tui.commands.stack_here import refuse_no_directory
from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.applied import why_not_of_present_files
from gpuecs_tui.terraform.runs.follower import Follower
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus


@dataclass(frozen=True, slots=True)
class ApprovalChecks:
    """The checks of an apply between its plan and its approval."""

    check: Callable[[], object] | None = None
    """Reads the account again; raises Failure."""
    asks_name: bool = False
    """Whether the stack's name is required if the plan destroys or replaces resources."""
    confirm: str | None = None
    """The name that was given."""
    despite_findings: bool = False
    """Whether the files may have changed since the plan was created, and the credentials may expire
    before the apply ends."""

    def refuse(self, run: Run) -> datetime | None:
        """Raise Failure if the plan of ``run`` doesn't pass; the plan is not changed.

        Returns when the credentials expire, None if that is unknown.
        """
        if self.asks_name:
            plan_report.refuse_unconfirmed(run, self.confirm)
        if run.operation is Operation.APPLY and (why := why_not_of_present_files(run)):
            self._refuse_edits(why)
        elif self.check is not None:
            self.check()
        # Imported late, so that the plan starts at once.
        from gpuecs_tui.commands.credentials import refuse_short_credentials

        return refuse_short_credentials(run, despite=self.despite_findings)

    def _refuse_edits(self, why: str) -> None:
        if not self.despite_findings:
            raise Failure(
                _("Nothing was applied. {reason}").format(reason=why),
                _("Run a new plan. With --despite-findings, edited files are no reason to refuse."),
            )
        print(harmless(f"!  {why}"), file=sys.stderr)


def needs_yes(arguments: argparse.Namespace, look: str) -> None:
    """Raise Failure without ``--yes``; ``look`` is the command that shows the pending change."""
    if not arguments.yes:
        raise Failure(
            _("Nothing was changed: this command changes the account, so --yes is required."),
            _("To look at it first: gpuecs-tui {look} {directory}").format(
                look=look, directory=shell_word(arguments.directory)
            ),
            EXIT_USAGE,
        )


def with_discarded(refused: Failure) -> Failure:
    """Return ``refused``, the refusal to apply a plan, with the fact that the plan is discarded."""
    words = _("The plan was discarded; the command creates a new one.")
    return Failure(str(refused), words, refused.code)


def carry_out(
    run: Run, follower: Follower | None = None, *, credentials_end: datetime | None
) -> Run:
    """Approve the plan of ``run``, follow the run to its end, and return it. Raises Failure."""
    try:
        approved = runs.approve(run, credentials_end=credentials_end)
    except TerraformProblem as problem:
        raise Failure(problem.message, problem.remedy) from None
    ended = follow(approved, lambda present: present.is_final, follower=follower)
    outcome(ended, reads_account=True)
    return ended


def approve(arguments: argparse.Namespace) -> int:
    """Apply exactly the plan that is waiting in a directory, also another user's."""
    run = run_list.unfinished_run(arguments.directory)
    if run is None or run.state is not RunStatus.PLANNED:
        refuse_no_directory(arguments.directory)
        raise Failure(
            _("No plan is waiting for approval in {directory}.").format(
                directory=arguments.directory
            )
        )
    needs_yes(arguments, "attach")
    if arguments.run is not None and arguments.run != run.id:
        raise Failure(
            _("The waiting plan belongs to run {id}, not {named}.").format(
                id=run.id, named=arguments.run
            ),
            _("To look at it: gpuecs-tui attach {directory}").format(
                directory=shell_word(run.directory)
            ),
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
        follower = Follower(run)
        preface = plan_report.warn_once(run)
        # The user sees the plan with its effects on the running service before approving it.
        follow(run, lambda _present: True, follower=follower, preface=preface)
        ended = carry_out(run, follower, credentials_end=gates.refuse(run))
    # Imported late, so that the plan is printed at once.
    from gpuecs_tui.commands.status.after_apply import after_apply

    return after_apply(ended, arguments.wait)
