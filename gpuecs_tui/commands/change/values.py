"""Decisions that a command writes for one change of the service, and restores if it is refused."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from gpuecs_tui.commands.approve import needs_yes
from gpuecs_tui.commands.change.expected import other_changes
from gpuecs_tui.commands.change.interrupted import worded
from gpuecs_tui.commands.failure import Failure, harmless
from gpuecs_tui.commands.service.question import confirm
from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.plan.details import wait_for_plan
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_list import lock_directory
from gpuecs_tui.terraform.runs.run_status import Operation
from gpuecs_tui.terraform.write.value_change import (
    ValueChange,
    close,
    has_begun,
    in_words,
    mark_called,
    put_values,
    refuse_another,
    restore,
    was_called,
)

_UNCLEAR = ("timeout", "throttled", "unreachable")
"""Kinds of an AwsProblem after which a call, or an earlier try of it, may have had an effect."""


def needs_an_answer(arguments: argparse.Namespace) -> None:
    """Raise Failure without ``--yes`` if no terminal can answer the question."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        needs_yes(arguments, "status")


@contextmanager
def written_values(
    directory: Path, values: Mapping[str, Value], command: str
) -> Iterator[ValueChange]:
    """Write ``values`` for the block. If it fails, the earlier values are written back.

    They stay if an apply of them has begun: then part of it may be in the account.
    """
    with worded():
        # First, because taking the lock ends the reading of the details of another command's plan.
        refuse_another(directory)
        # A run would read the files while they change.
        lock = lock_directory(directory)
        try:
            change = put_values(directory, values, command, os.environ)
        finally:
            lock.release()
    try:
        yield change
    except BaseException:
        if has_begun(change):
            if change.before:
                _tell_kept(change)
            close(directory)
        else:
            _restore(change)
        raise
    close(directory)


@contextmanager
def calling(change: ValueChange) -> Iterator[None]:
    """Call AWS in the block to make a change of ``written_values``.

    If AWS refuses, the earlier values are written back. After another failure it is unknown whether
    the call had an effect, so the values stay.
    """
    with worded():
        mark_called(change, called=True)
    try:
        yield
    except BaseException as error:
        if is_refused(error):
            # If this fails, the values stay.
            with suppress(TerraformProblem):
                mark_called(change, called=False)
        raise


def is_refused(error: BaseException) -> bool:
    """Tell whether ``error`` of a call, or of ``calling``, means that the call had no effect."""
    from gpuecs_tui.aws.errors import AwsProblem

    if isinstance(error, AwsProblem):
        return error.kind not in _UNCLEAR
    # The call is not made if it can't be recorded.
    return isinstance(error, Failure)


def apply_values(
    arguments: argparse.Namespace,
    values: Mapping[str, Value],
    command: str,
    *,
    question: str,
    container: str = "",
    hides: Collection[str] = (),
) -> None:
    """Write ``values``, plan, ask, and apply exactly that plan.

    Uses the checks and the runs of ``apply``. ``container``: the serving one, for values of the
    task. Raises Failure if the plan is refused or fails; then the earlier values are written back.
    Warnings of the rules ``hides`` are not printed.
    """
    # Imported late, because they import all rules.
    from gpuecs_tui.commands.check import refuse_errors
    from gpuecs_tui.commands.runs import plan_and_apply

    directory: Path = arguments.directory
    with written_values(directory, values, command) as change:
        for file in change.files:
            print(harmless(_("Changed {file}.").format(file=directory / file)))
        check = again = None
        if not arguments.despite_findings:
            check = partial(refuse_errors, directory, offline=arguments.offline, hides=hides)
            again = partial(check, told=check())
        plan_and_apply(
            directory,
            Operation.APPLY,
            arguments.plugin_dir,
            arguments.profile,
            despite_findings=arguments.despite_findings,
            check=again,
            confirm=arguments.confirm,
            consent=partial(_consent, arguments, values, container, question),
        )


def check_values(arguments: argparse.Namespace, hides: Collection[str] = ()) -> None:
    """Check the directory before a call that is not in a plan, as ``apply`` does.

    Raises Failure on an error, unless ``--despite-findings`` was given.
    """
    from gpuecs_tui.commands.check import refuse_errors

    if not arguments.despite_findings:
        refuse_errors(arguments.directory, offline=arguments.offline, hides=hides)


def ask(arguments: argparse.Namespace, effects: Iterator[str], question: str) -> None:
    """Print ``effects`` and ask. Raises Failure unless the answer is yes, also after Ctrl-C."""
    try:
        confirm(effects, question, arguments)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        raise Failure(_("Nothing was changed.")) from None


def _consent(
    arguments: argparse.Namespace,
    values: Mapping[str, Value],
    container: str,
    question: str,
    run: Run,
) -> None:
    """Ask for the approval of the plan of ``run``, which may contain other changes."""
    others = other_changes(wait_for_plan(run), values, container)
    if others is None:
        words = _("What the plan changes is unknown: its details could not be read.")
    elif others:
        words = _("The plan also contains other changes: {addresses}.").format(
            addresses=", ".join(others)
        )
    else:
        words = ""
    if words and arguments.yes:
        raise Failure(
            _("Nothing was applied. {reason}").format(reason=words),
            _(
                "To look at all changes: gpuecs-tui plan {directory}; to apply them: gpuecs-tui "
                "apply {directory} --yes"
            ).format(directory=shell_word(arguments.directory)),
        )
    ask(arguments, iter([f"!  {words}"] if words else []), question)


def _restore(change: ValueChange) -> None:
    if not change.before:
        return
    try:
        restored = restore(change, os.environ)
    except TerraformProblem as problem:
        words = _("Could not restore {values}: {reason}").format(
            values=in_words(change.before), reason=problem
        )
        print(harmless(words), file=sys.stderr)
        return
    if restored:
        words = _("Restored the earlier value: {values}.").format(values=in_words(restored))
        print(harmless(words), file=sys.stderr)
    for key in [it for it in change.before if it not in restored]:
        words = _("{key} was changed in {directory} in the meantime, so it stays as it is.")
        print(harmless(words.format(key=key, directory=change.directory)), file=sys.stderr)


def _tell_kept(change: ValueChange) -> None:
    if was_called(change):
        words = _(
            "Whether AWS made the change is unknown, so the directory keeps {values}. What the "
            "service runs: gpuecs-tui status {directory}"
        )
    else:
        words = _(
            "The apply had begun, so the directory keeps {values}. What is applied: gpuecs-tui "
            "status {directory}"
        )
    print(
        harmless(
            words.format(values=in_words(change.after), directory=shell_word(change.directory))
        ),
        file=sys.stderr,
    )
