"""``plan``, ``apply``, ``destroy``, ``runs``, ``attach`` and ``cancel``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from gpuecs_tui.commands import plan_report
from gpuecs_tui.commands.account import choose_account
from gpuecs_tui.commands.approve import ApprovalChecks, carry_out, needs_yes, with_discarded
from gpuecs_tui.commands.failure import EXIT_USAGE, Failure, harmless
from gpuecs_tui.commands.follow import follow
from gpuecs_tui.commands.output import continue_unread, print_json
from gpuecs_tui.commands.run_end import outcome, tell_failure
from gpuecs_tui.commands.run_list import lines_of_runs, run_tree, unread_tree
from gpuecs_tui.commands.stack_here import refuse_no_directory, stack_directory
from gpuecs_tui.durations import in_words
from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.control import runs as store
from gpuecs_tui.terraform.control.protection import refuse_protected
from gpuecs_tui.terraform.migration.moved_marker import moved_away
from gpuecs_tui.terraform.plan.words import changes_only_outputs
from gpuecs_tui.terraform.read.files import is_configuration
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.follower import Follower
from gpuecs_tui.terraform.runs.force_stop import end_now
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus, status_title
from gpuecs_tui.terraform.runs.unread_run import UnreadRun
from gpuecs_tui.terraform.write.change_note import noted

EXIT_CHANGES = 2
"""As ``terraform plan -detailed-exitcode``: the plan succeeded and there are changes."""


def plan(arguments: argparse.Namespace) -> int:
    """Run a plan; the exit code shows whether there are changes."""
    arguments.directory = stack_directory(arguments.directory, "plan")
    choose_account(arguments)
    run = _start(arguments, Operation.PLAN)
    out = sys.stderr if arguments.json else sys.stdout
    ended = follow(run, _is_over, out, preface=plan_report.warn_once(run))
    if arguments.json:
        print_json(run_tree(ended) | plan_report.as_json(ended))
    if ended.state is not RunStatus.SUCCEEDED:
        return tell_failure(ended)
    if ended.returncode != EXIT_CHANGES:
        return 0
    if not ended.changes or not ended.changes.total:
        print(changes_only_outputs(), file=out)
    return EXIT_CHANGES


def apply(arguments: argparse.Namespace) -> int:
    """Run a plan, then apply exactly that plan."""
    needs_yes(arguments, "plan")
    choose_account(arguments)
    from gpuecs_tui.commands.check import refuse_errors

    if arguments.despite_findings:
        return _plan_and_apply(arguments, Operation.APPLY, confirm=arguments.confirm)
    check = partial(refuse_errors, arguments.directory, offline=arguments.offline)
    found = check()
    # A plan takes a while, and others may have used up a name or a quota in that time.
    again = partial(check, told=found)
    return _plan_and_apply(arguments, Operation.APPLY, again, confirm=arguments.confirm)


def destroy(arguments: argparse.Namespace) -> int:
    """Plan the destruction of everything in the state, then apply exactly that plan.

    With ``--deregister``, deregister the revisions that are left, also if the state is empty.
    """
    if arguments.deregister:
        # Imported late, because it imports botocore.
        from gpuecs_tui.commands.status.left import deregister_left, is_destroyed

        if is_destroyed(arguments):
            return deregister_left(arguments)
    needs_yes(arguments, "state")
    choose_account(arguments)
    try:
        refuse_protected(arguments.directory)
    except TerraformProblem as problem:
        raise Failure(problem.message, problem.remedy) from None
    name = plan_report.stack_name(arguments.directory)
    if arguments.directory.is_dir() and arguments.confirm != name:
        raise Failure(
            _("Nothing was destroyed: a destroy deletes everything in the stack's state."),
            _("To destroy it, add --confirm {name}.").format(name=shell_word(name)),
            EXIT_USAGE,
        )
    code = _plan_and_apply(arguments, Operation.DESTROY, confirm=arguments.confirm)
    return deregister_left(arguments) if arguments.deregister and not code else code


def runs(arguments: argparse.Namespace) -> int:
    """List the runs of a directory, newest first."""
    directory: Path = arguments.directory
    refuse_no_directory(directory)
    _need_home()
    found = run_list.records_of(directory)
    if arguments.json:
        print_json([unread_tree(it) if isinstance(it, UnreadRun) else run_tree(it) for it in found])
    else:
        if not found:
            print(harmless(_("No runs of {directory} yet.").format(directory=directory)))
        for line in lines_of_runs(found):
            print(harmless(line))
    # These runs may belong to any stack, so the list for each stack contains them.
    for line in lines_of_runs(run_list.unassigned()):
        print(harmless(f"!  {line}"), file=sys.stderr)
    return 0


def attach(arguments: argparse.Namespace) -> int:
    """Follow the run in progress to its end, or print the latest run."""
    run = _live_or_latest(arguments.directory)
    # Every user who may approve the plan is informed of its effects, not only the user who made it.
    warns = run.operation is not Operation.PLAN and not run.is_final
    preface = plan_report.warn_once(run) if warns else None
    return outcome(follow(run, lambda present: not present.is_live, preface=preface))


def cancel(arguments: argparse.Namespace) -> int:
    """Cancel the run in progress, or discard a waiting plan."""
    _need_home()
    run = run_list.unfinished_run(arguments.directory)
    if run is None:
        _refuse_unread(arguments.directory)
        refuse_no_directory(arguments.directory)
        raise Failure(
            _("No run is in progress in {directory}.").format(directory=arguments.directory)
        )
    if arguments.end_now is not None and arguments.end_now != run.id:
        raise Failure(
            _("The run in progress is {id}, not {named}.").format(
                id=run.id, named=arguments.end_now
            ),
            _(
                "Use the ID of the run to end: ending a run at once loses what Terraform has not "
                "saved."
            ),
            EXIT_USAGE,
        )
    try:
        present = store.cancel(run) if arguments.end_now is None else end_now(run)
    except TerraformProblem as problem:
        raise Failure(problem.message, problem.remedy) from None
    except OSError as error:
        raise Failure(_("Could not cancel the run: {reason}.").format(reason=error)) from None
    if arguments.end_now is not None:
        present = follow(present, lambda it: not it.is_live)
        return outcome(present)
    full = present.full_disk
    if full is not None:
        print(harmless(f"{full.message} {full.remedy}"))
    if full is not None and full.waits:
        # There is nothing to stop.
        return 0
    if run.state is RunStatus.STOPPING and present.state is RunStatus.STOPPING:
        print(
            _(
                "The run has been stopping for {time}. To follow it: gpuecs-tui attach "
                "{directory}; to end it without saving its state, which may lose what it created "
                "since the last save: gpuecs-tui cancel {directory} --end-now {id}"
            ).format(
                time=in_words(datetime.now(UTC) - run.state_since),
                directory=shell_word(arguments.directory),
                id=shell_word(run.id),
            )
        )
    elif present.is_live and not present.terraform_pid:
        print(
            _("The run was asked to stop. To follow it: gpuecs-tui attach {directory}").format(
                directory=shell_word(arguments.directory)
            )
        )
    elif present.is_live:
        print(
            _(
                "Terraform was asked to stop. It finishes the operations in progress, which can "
                "take minutes. To follow it: gpuecs-tui attach {directory}"
            ).format(directory=shell_word(arguments.directory))
        )
    else:
        print(_("The run is {state}.").format(state=status_title(present.state)))
    return 0


def plan_and_apply(
    directory: Path,
    operation: Operation,
    plugin_dir: Path | None,
    profile: str | None,
    *,
    despite_findings: bool = False,
    only_bring_back: bool = False,
    go_ahead: bool = True,
    check: Callable[[], object] | None = None,
    confirm: str | None = None,
    consent: Callable[[Run], object] | None = None,
    then: Callable[[Run], int] | None = None,
) -> int:
    """Run ``operation`` to its end, printing it, and return the exit code of a command.

    Unless ``despite_findings``, nothing is applied with credentials that expire before the apply
    ends, or to the old copy of a migrated state. Without ``go_ahead`` nothing is applied. ``check``
    reads the account again before the plan is applied; if it raises Failure, the plan is discarded.
    ``consent`` gets the run before that and does the same; Ctrl-C during its plan then cancels it.
    ``then`` gets the run that succeeded and returns the exit code.
    A destroy, and an apply that destroys or replaces, need the stack's name as ``confirm``. All
    this is the same after the output was closed early.
    """
    if not despite_findings:
        _refuse_moved(directory)
    run = start(directory, operation, plugin_dir, profile, only_bring_back=only_bring_back)
    # The user has already approved: the plan must not wait for a decision if the output is closed.
    with continue_unread(run.directory):
        follower = Follower(run)
        preface = plan_report.warn_once(run)
        try:
            waiting = follow(
                run,
                _is_decidable,
                follower=follower,
                preface=preface,
                outlives=consent is None,
            )
        except KeyboardInterrupt:
            if consent is not None:
                store.cancel(run)
            raise
        if waiting.state is not RunStatus.PLANNED:
            return outcome(waiting)
        if not go_ahead:
            store.discard(waiting)
            print(_("Nothing was changed: this was only a plan. To apply it, add --yes."))
            return EXIT_CHANGES
        gates = ApprovalChecks(check, not only_bring_back, confirm, despite_findings)
        try:
            if consent is not None:
                consent(waiting)
            credentials_end = gates.refuse(waiting)
        except (Failure, KeyboardInterrupt) as stopped:
            if consent is not None or isinstance(stopped, Failure):
                store.discard(waiting)
            if isinstance(stopped, Failure):
                raise with_discarded(stopped) from None
            raise
        ended = carry_out(waiting, follower, credentials_end=credentials_end)
    return then(ended) if then is not None else 0


def start(
    directory: Path,
    operation: Operation,
    plugin_dir: Path | None,
    profile: str | None,
    *,
    only_bring_back: bool = False,
) -> Run:
    """Start a run. Raises Failure with the reason, for example another run."""
    if operation is not Operation.DESTROY and _is_empty(directory):
        raise Failure(
            _("{directory} has no Terraform files.").format(directory=directory),
            _("To write a stack: gpuecs-tui render ANSWERS.toml {directory}").format(
                directory=shell_word(directory)
            ),
        )
    if operation is not Operation.DESTROY and not only_bring_back and noted(directory):
        # Imported late, because few directories have a note, and it reads the whole directory.
        from gpuecs_tui.commands.change.interrupted import tell_interrupted

        tell_interrupted(directory)
    try:
        return store.start(
            directory,
            operation,
            plugin_dir=plugin_dir,
            profile=profile,
            only_bring_back=only_bring_back,
        )
    except TerraformProblem as problem:
        raise Failure(problem.message, problem.remedy) from None


def _is_empty(directory: Path) -> bool:
    """Tell whether a directory has no file that Terraform loads."""
    try:
        return not any(is_configuration(it.name) for it in directory.iterdir())
    except OSError:
        # The start of the run reports the reason.
        return False


def _start(arguments: argparse.Namespace, operation: Operation) -> Run:
    return start(arguments.directory, operation, arguments.plugin_dir, arguments.profile)


def _plan_and_apply(
    arguments: argparse.Namespace,
    operation: Operation,
    check: Callable[[], object] | None = None,
    *,
    confirm: str | None = None,
) -> int:
    return plan_and_apply(
        arguments.directory,
        operation,
        arguments.plugin_dir,
        arguments.profile,
        despite_findings=arguments.despite_findings,
        check=check,
        confirm=confirm,
        then=partial(_after_apply, arguments) if operation is Operation.APPLY else None,
    )


def _after_apply(arguments: argparse.Namespace, run: Run) -> int:
    # Imported late, so that the plan starts at once.
    from gpuecs_tui.commands.status.after_apply import after_apply

    return after_apply(run, arguments.wait)


def _refuse_moved(directory: Path) -> None:
    """Raise Failure if another checkout has migrated the state of ``directory``."""
    moved = moved_away(directory, os.environ) if directory.is_dir() else None
    if moved is not None:
        raise Failure(moved.sentence, moved.remedy)


def _need_home() -> None:
    if (problem := run_list.unreadable_home()) is not None:
        raise Failure(problem.message, problem.remedy)


def _refuse_unread(directory: Path) -> None:
    """Raise Failure if the newest run of ``directory`` is unreadable and not dismissed."""
    newest = next(iter(run_list.records_of(directory)), None)
    if isinstance(newest, UnreadRun) and (newest.newer or newest.is_open):
        raise Failure(newest.message, newest.remedy)


def _live_or_latest(directory: Path) -> Run:
    _need_home()
    run = run_list.unfinished_run(directory)
    if run is None:
        _refuse_unread(directory)
        run = next(iter(run_list.runs_of(directory)), None)
    if run is None:
        refuse_no_directory(directory)
        raise Failure(_("No runs of {directory} yet.").format(directory=directory))
    return run


def _is_over(run: Run) -> bool:
    return run.is_final


def _is_decidable(run: Run) -> bool:
    return run.is_final or run.state is RunStatus.PLANNED
