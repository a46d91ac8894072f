"""How a command that followed a run ends."""

from __future__ import annotations

import sys
from typing import NoReturn

from gpuecs_tui.commands.failure import EXIT_FAILED, Failure, harmless
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.run import Run
from gpuecs_tui.terraform.states import Operation, State, title


def outcome(run: Run) -> int:
    """Return the exit code of a command that followed ``run``; Failure where it ended badly."""
    if run.state is State.PLANNED:
        words = _(
            "To apply exactly this plan: gpuecs-tui approve {directory} --run {id} --yes; to "
            "decline it: gpuecs-tui cancel {directory}"
        )
        print(harmless(words.format(directory=run.directory, id=run.id)))
    if run.state is State.SUCCEEDED and run.remedy:
        print(harmless(run.remedy))
    if run.state in (State.SUCCEEDED, State.PLANNED):
        return 0
    tell_failure(run)


def tell_failure(run: Run) -> NoReturn:
    """Print what a bad end left and raise Failure with why it was."""
    words = run.message or _("The run is {state}.").format(state=title(run.state))
    if run.operation is not Operation.PLAN:
        from gpuecs_tui.terraform.recovery import examine

        amiss = [it for it in examine(run.directory).sentences() if it != words]
        for sentence in amiss:
            print(harmless(f"!  {sentence}"), file=sys.stderr)
        if amiss:
            print(harmless(f"→  gpuecs-tui state {run.directory}"), file=sys.stderr)
    raise Failure(words, run.remedy, EXIT_FAILED)
