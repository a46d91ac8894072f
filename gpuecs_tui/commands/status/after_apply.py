"""The end of an apply or of another change: whether the service is healthy, or how to see it."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import NoReturn

from gpuecs_tui.commands.arguments import BY_STRATEGY
from gpuecs_tui.commands.failure import EXIT_FAILED, Failure, harmless
from gpuecs_tui.commands.service.here import EXIT_NOT_DEPLOYED, ServiceHere, source_of
from gpuecs_tui.commands.status.asked import Asked
from gpuecs_tui.commands.status.command import exit_code, unknown_for_failures, watch
from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.plan.details import Action, ResourceChange, load_plan, runs_no_task
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation

EXIT_TIME_OVER = 75
"""EX_TEMPFAIL of sysexits.h: try again later."""
ROLLING_MINUTES = 30.0
"""The longest wait for a rolling deployment without a given time: instances start in this time, and
images are pulled."""
_MINUTE = 60.0
"""Seconds."""
_SERVICE = "aws_ecs_service"
_WAITS = "wait_for_steady_state"
_READS = 2
"""Reads in a row that must show the end of the deployment: the answers of ECS may be older than the
change ("Eventual consistency" in the ECS API reference)."""


def after_apply(run: Run, wait: float | None) -> int:
    """Return the exit code of a command whose ``run`` succeeded.

    ``wait``: ``minutes`` of ``follow_deployment``: 0 healthy, 1 failed or rolled back, 4
    unknown. Raises Failure with EXIT_TIME_OVER if it has not ended then. None: only a line says
    how to see whether the service is healthy, if the run changed the service.
    """
    if run.operation is not Operation.APPLY:
        return 0
    if wait is not None:
        return follow_deployment(run.directory, wait, Asked())
    if words := _next(run):
        print(harmless(words))
    return 0


def _next(run: Run) -> str:
    """Return what ``run`` did to the service and how to see it; empty if it was not changed."""
    tree = load_plan(run)
    if tree is None or runs_no_task(tree):
        return ""
    changes = [it for it in tree.changes if it.type == _SERVICE]
    created = [it for it in changes if it.action in (Action.CREATE, Action.REPLACE)]
    if created and not all(map(_is_steady, created)):
        words = _("Created. Not yet healthy: gpuecs-tui status {directory}")
    elif created:
        words = _("Created. Whether it is healthy: gpuecs-tui status {directory}")
    elif any(it.action is Action.UPDATE for it in changes):
        words = _("Updated. Whether it is healthy: gpuecs-tui status {directory}")
    else:
        return ""
    return words.format(directory=shell_word(run.directory))


def _is_steady(service: ResourceChange) -> bool:
    """Return whether Terraform has waited until the tasks of the service ran."""
    changed = next((it.after for it in service.attributes if it.path == _WAITS), None)
    return changed == "true" if changed is not None else service.before.get(_WAITS) is True


def after_change(here: ServiceHere, wait: float | None, asked: Asked) -> int:
    """Return the exit code of a command that has ``asked`` for a change of the service.

    ``wait``: as for ``after_apply``; None: only a line says how to follow the change.
    """
    if wait is None:
        print(harmless(here.watch_line))
        return 0
    return follow_deployment(here.directory, wait, asked)


def follow_deployment(directory: Path, minutes: float, asked: Asked) -> int:
    """Print what changes until the deployment of ``directory`` has ended; return an exit code.

    ``minutes``: the longest wait; BY_STRATEGY: ROLLING_MINUTES and the time in which old and new
    tasks run.
    0 healthy and as ``asked``, 1 failed or rolled back, 4 unknown. Raises Failure with
    EXIT_TIME_OVER if it has not ended after ``minutes``.
    """
    try:
        with unknown_for_failures():
            source = source_of(directory)
            if minutes == BY_STRATEGY:
                both = source.read().stack.service.both_minutes
                minutes = ROLLING_MINUTES + (both or 0)
            until = time.monotonic() + minutes * _MINUTE
            found = watch(source, until=until, reads=_READS, judge=asked.status)
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
