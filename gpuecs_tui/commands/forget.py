"""``state DIR --forget RUN``: dismisses resources of a run that are missing from the state."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from gpuecs_tui.assessment import remedies
from gpuecs_tui.commands.failure import EXIT_USAGE, Failure, harmless
from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.recovery.remedies import Recovery, read_lacking
from gpuecs_tui.terraform.recovery.shared_run import SharedRun
from gpuecs_tui.terraform.recovery.shared_runs import Shelf, ShelfProblem, shelf_of
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.orphan_candidates import Candidate, told_by
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation
from gpuecs_tui.terraform.runs.unread_run import UnreadRun
from gpuecs_tui.terraform.state.backend import workspace


def forget(directory: Path, run_id: str, *, yes: bool) -> int:
    """List resources of run ``run_id`` that are missing from the state; with ``yes``, dismiss them.

    The run may be one of this machine, or of another machine with a record next to the state.
    Raises Failure if the run does not exist, and without ``yes``.
    """
    try:
        workspace(directory, os.environ)
    except TerraformProblem as problem:
        # It is unknown next to which state the record would be.
        raise Failure(problem.message, problem.remedy) from None
    shelf = shelf_of(directory, os.environ)
    run = next((it for it in run_list.records_of(directory) if it.id == run_id), None)
    if run is not None:
        created = _created_by(directory, run)
        _dismiss(directory, run_id, created, yes=yes)
        return 0
    shared = next((it for it in _records(shelf) if it.id == run_id), None)
    if shared is None:
        raise Failure(
            _("{directory} has no run {run}.").format(directory=directory, run=run_id),
            _("To list its runs: gpuecs-tui runs {directory}").format(
                directory=shell_word(directory)
            ),
            EXIT_USAGE,
        )
    _dismiss(directory, run_id, shared.created, yes=yes)
    return 0


def not_looked_at(found: Recovery) -> str:
    """Return why missing resources are unknown, one sentence; empty if they are known."""
    if found.at_work:
        return _("A run is in progress in this directory.")
    # Until these problems are fixed, the state isn't compared with the resources that runs created.
    first = found.broken or found.move
    if first is not None:
        return first.sentence
    return next(iter((*found.unknown, *found.problems)), "")


def nothing_to_recover(directory: Path, found: Recovery) -> str:
    """Return why no missing resource is known on this machine."""
    if found.unread_records:
        return _("No record on this machine. {reason}").format(reason=found.unread_records)
    own = run_list.records_of(directory)
    if all(isinstance(it, Run) and it.operation is Operation.PLAN for it in own):
        return _(
            "This machine has no record of a run that created resources, so no missing resource "
            "is known here. If a run was killed on another machine, recover there."
        )
    return _("No resource of an earlier run is missing from the state.")


def _created_by(directory: Path, run: Run | UnreadRun) -> list[Candidate]:
    if isinstance(run, Run) and not run.is_final:
        raise Failure(
            _("Run {run} has not ended.").format(run=run.id),
            _("To follow it: gpuecs-tui attach {directory}").format(
                directory=shell_word(directory)
            ),
        )
    return [it for it in told_by(run).values() if it is not None]


def _records(shelf: Shelf | None) -> Sequence[SharedRun]:
    try:
        return shelf.read() if shelf is not None else ()
    except ShelfProblem as problem:
        raise Failure(problem.message, problem.remedy) from None


def _dismiss(
    directory: Path,
    run_id: str,
    created: Sequence[Candidate],
    *,
    yes: bool,
) -> None:
    try:
        missing: Sequence[Candidate] = read_lacking(directory, created)
    except TerraformProblem as problem:
        # The content of the state is unknown, so list all created resources.
        print(harmless(f"!  {problem}"))
        missing = created
    _list(run_id, missing)
    if not yes:
        words = _("To dismiss the run: gpuecs-tui state {directory} --forget {run} --yes")
        if missing:
            words = _(
                "To dismiss them: gpuecs-tui state {directory} --forget {run} --yes; to import "
                "them instead: gpuecs-tui state {directory} --recover"
            )
        raise Failure(
            _("Nothing was dismissed: --forget needs --yes."),
            words.format(directory=shell_word(directory), run=shell_word(run_id)),
            EXIT_USAGE,
        )
    try:
        print(remedies.dismiss(directory, run_id, os.environ))
    except TerraformProblem as problem:
        raise Failure(problem.message, problem.remedy) from None


def _list(run_id: str, missing: Sequence[Candidate]) -> None:
    if not missing:
        words = _("The journal of run {run} has no resource that is missing from the state.")
        print(words.format(run=run_id))
        return
    print(
        _("Resources that run {run} created and that are missing from the state:").format(
            run=run_id
        )
    )
    for it in missing:
        print(harmless(f"   {it.address}  {it.id or _('perhaps')}"))
    print(_("If you dismiss them, they stay in the account without being in any state."))
