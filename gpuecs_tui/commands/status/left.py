"""What a destroy left in the account, and ``destroy --deregister``."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import closing

from gpuecs_tui.assessment.leftovers import Left, read_left
from gpuecs_tui.aws.discovery.identity import read_identity
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import AccountReader, connect
from gpuecs_tui.commands.account import choose_account
from gpuecs_tui.commands.failure import EXIT_FAILED, Failure, harmless
from gpuecs_tui.commands.service.question import confirm
from gpuecs_tui.commands.stack_here import refuse_no_directory
from gpuecs_tui.commands.waiting import waiting
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.operations.deregister import (
    Revisions,
    deregister,
    read_revisions,
    user_words,
)
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.plan.destroyed import destroyed_names
from gpuecs_tui.terraform.plan.revisions import ranges
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_list import live_run, runs_of
from gpuecs_tui.terraform.state.reader import read_state


def print_left(run: Run) -> None:
    """Print what the completed destroy ``run`` left in the account.

    A Ctrl-C ends only the reading: the destroy is complete, and its exit code stays.
    """
    readers: list[AccountReader] = []

    def reader_for(region: str) -> AccountReader:
        readers.append(connect(run.profile or "", region))
        return readers[-1]

    try:
        with waiting(_("Reading what is left in the account …")):
            left = read_left(run, reader_for)
    except KeyboardInterrupt:
        words = _("What is left in the account was not read: the reading was interrupted.")
        left = Left((words,), False, 0, 1)
    finally:
        for reader in readers:
            reader.close()
    if not left.has_revisions and run.remedy:
        print(harmless(run.remedy))
    for line in left.lines:
        print(harmless(line))


def is_destroyed(arguments: argparse.Namespace) -> bool:
    """Tell whether the directory has a state without resources, and no run changes it."""
    refuse_no_directory(arguments.directory)
    choose_account(arguments)
    if live_run(arguments.directory) is not None:
        # The start of another run names it.
        return False
    try:
        return not read_state(arguments.directory, os.environ).resources
    except TerraformProblem:
        # Terraform reports the reason.
        return False


def deregister_left(arguments: argparse.Namespace) -> int:
    """Deregister the revisions that the destroyed stack registered and that nothing uses.

    The exit code is 1 if a revision of the stack is in use. Raises Failure.
    """
    runs = tuple(runs_of(arguments.directory))
    names = destroyed_names(runs)
    if not names.families:
        raise Failure(
            _(
                "Nothing was deregistered: no recorded destroy of {directory} has a task family."
            ).format(directory=arguments.directory),
            _("Deregister a revision with: aws ecs deregister-task-definition"),
        )
    with closing(connect(region=names.region)) as reader:
        done: list[str] = []
        try:
            account = read_identity(reader).account
            if account != names.account:
                raise Failure(
                    _(
                        "Nothing was deregistered: the stack was in the account {applied}, and "
                        "the credentials are for the account {present}."
                    ).format(applied=names.account, present=account),
                    _("Use credentials for the account {applied}.").format(applied=names.account),
                )
            with waiting(_("Reading the revisions and what uses them …")):
                found = read_revisions(reader, names)
            if not found.free:
                for line in _effects(found):
                    print(harmless(line))
                print(_("There is no revision to deregister."))
                return EXIT_FAILED if found.used else 0
            question = _("Deregister {names}? (account {account}, {region})").format(
                names=ranges(found.free), account=account, region=names.region
            )
            confirm(_effects(found), question, arguments)
            for revision in found.free:
                deregister(reader, revision)
                done.append(revision)
        except AwsProblem as problem:
            raise Failure(_not_all(done, problem), problem.remedy) from None
    print(harmless(_("Deregistered: {names}.").format(names=ranges(done))))
    return EXIT_FAILED if found.used else 0


def _not_all(done: list[str], problem: AwsProblem) -> str:
    if not done:
        return _("Nothing was deregistered: {reason}").format(reason=problem.sentence)
    return _("Only {names} were deregistered: {reason}").format(
        names=ranges(done), reason=problem.sentence
    )


def _effects(found: Revisions) -> Iterator[str]:
    if found.free:
        yield ngettext(
            "{n} revision that no service and no task uses becomes INACTIVE: {names}. It starts no "
            "new task, also none of a schedule, and can't become ACTIVE again.",
            "{n} revisions that no service and no task uses become INACTIVE: {names}. They start "
            "no new tasks, also none of a schedule, and can't become ACTIVE again.",
            len(found.free),
        ).format(n=len(found.free), names=ranges(found.free))
    for revision, users in found.used.items():
        yield _("{revision} is not deregistered: {users} uses it.").format(
            revision=revision, users=", ".join(map(user_words, users))
        )
    for revision, by in found.foreign.items():
        yield _(
            "{revision} is not deregistered: neither a plan of this stack nor its tags show that "
            "the stack registered it (registered by {who})."
        ).format(revision=revision, who=by or _("unknown"))
