"""The end of an apply: whether the service is healthy, or how to see it."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import NoReturn

from gpuecs_tui.commands.failure import EXIT_FAILED, Failure, harmless
from gpuecs_tui.commands.service.here import EXIT_NOT_DEPLOYED, source_of
from gpuecs_tui.commands.status.command import exit_code, unknown_for_failures, watch
from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.plan.details import Action, load_plan, runs_no_task
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation

EXIT_TIME_OVER = 75
"""EX_TEMPFAIL of sysexits.h: try again later."""
_MINUTE = 60.0
"""Seconds."""
_SERVICE = "aws_ecs_service"
_FAILED_READS = 2
"""Reads in a row that must show a failure: the answers of ECS may be older than the apply
("Eventual consistency" in the ECS API reference)."""


def after_apply(run: Run, wait: float | None) -> int:
    """Return the exit code of a command whose ``run`` succeeded.

    ``wait``: minutes to follow the deployment to its end: 0 healthy, 1 failed or rolled back, 4
    unknown. Raises Failure with EXIT_TIME_OVER if it has not ended then. None: only a line says
    that the service is not healthy yet, if the run changed the service.
    """
    if run.operation is not Operation.APPLY:
        return 0
    if wait is not None:
        return follow_deployment(run.directory, wait)
    if words := _not_yet(run):
        print(harmless(words.format(directory=shell_word(run.directory))))
    return 0


def _not_yet(run: Run) -> str:
    """Return that the service of ``run`` is not healthy yet; empty if it was not changed."""
    tree = load_plan(run)
    if tree is None or runs_no_task(tree):
        return ""
    actions = {it.action for it in tree.changes if it.type == _SERVICE}
    if actions & {Action.CREATE, Action.REPLACE}:
        return _("Created. Not yet healthy: gpuecs-tui status {directory}")
    if Action.UPDATE in actions:
        return _("Updated. Not yet healthy: gpuecs-tui status {directory}")
    return ""


def follow_deployment(directory: Path, minutes: float) -> int:
    """Print what changes until the deployment of ``directory`` has ended; return an exit code.

    0 healthy, 1 failed or rolled back, 4 unknown. Raises Failure with EXIT_TIME_OVER if it has not
    ended after ``minutes``.
    """
    try:
        with unknown_for_failures():
            source = source_of(directory)
            until = time.monotonic() + minutes * _MINUTE
            found = watch(source, until=until, failed_reads=_FAILED_READS)
            if found is None:
                _refuse_time_over(directory, minutes)
            code = exit_code(found, source.read())
    except (KeyboardInterrupt, BrokenPipeError):
        words = _("The deployment continues. To look again: gpuecs-tui status {directory}")
        print(harmless(words.format(directory=shell_word(directory))), file=sys.stderr)
        raise
    return EXIT_FAILED if code == EXIT_NOT_DEPLOYED else code


def _refuse_time_over(directory: Path, minutes: float) -> NoReturn:
    raise Failure(
        _("The deployment has not ended after {n} minutes. It continues.").format(n=f"{minutes:g}"),
        _("To look again: gpuecs-tui status {directory}").format(directory=shell_word(directory)),
        EXIT_TIME_OVER,
    )
