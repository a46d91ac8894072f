"""``migrate``: moves the state to the backend that the Terraform in the directory declares."""

from __future__ import annotations

import argparse
from pathlib import Path

from gpuecs_tui.call_options import with_call_options
from gpuecs_tui.commands.account import choose_account
from gpuecs_tui.commands.failure import EXIT_USAGE, Failure, harmless
from gpuecs_tui.commands.stack_here import refuse_no_directory
from gpuecs_tui.commands.waiting import waiting
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.migration import lifecycle
from gpuecs_tui.terraform.migration.record import Phase, last_migration_time


def migrate(arguments: argparse.Namespace) -> int:
    """Move the state, or continue an interrupted move. Without --yes print what it would do.

    The move is a separate process, which continues if this command ends or is killed.
    """
    choose_account(arguments)
    directory: Path = arguments.directory
    refuse_no_directory(directory)
    try:
        wanted = lifecycle.due(directory)
        if wanted is not None and not arguments.yes:
            print(harmless(wanted.sentence))
            raise Failure(
                _("The state was not moved: --yes is required to move it."),
                code=EXIT_USAGE,
            )
        begun = lifecycle.start(
            directory, plugin_dir=arguments.plugin_dir, profile=arguments.profile
        )
    except TerraformProblem as problem:
        raise Failure(problem.message, problem.remedy) from None
    print(harmless(f"{begun.source} → {begun.target}"), flush=True)
    with waiting(_("Moving the state …"), last=last_migration_time(directory)):
        ended = lifecycle.wait(begun)
    if ended.phase is not Phase.DONE:
        raise Failure(
            ended.message or _("The move was interrupted."),
            ended.remedy or _("Run the command again: it continues where it stopped."),
        )
    count = ngettext("{n} resource moved.", "{n} resources moved.", ended.resources)
    print(harmless(f"{count.format(n=ended.resources)} {ended.message}"))
    return 0


def tell_due(directory: Path) -> None:
    """Print that the state must be moved, if the Terraform that was written requires it."""
    try:
        with waiting(_("Looking for the state …")):
            wanted = lifecycle.due(directory)
    except TerraformProblem:
        # The next command on the directory reports the problem of its state.
        return
    if wanted is not None:
        print(harmless(f"!  {wanted.sentence}"))
        print(harmless(with_call_options(f"→  gpuecs-tui migrate {shell_word(directory)} --yes")))
