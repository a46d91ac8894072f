"""``state DIR --forget RUN``: dismiss what a run created and the state lacks."""

from __future__ import annotations

from pathlib import Path

from gpuecs_tui.commands.failure import EXIT_USAGE, Failure, harmless
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform import runs
from gpuecs_tui.terraform.candidates import Candidate, forget_run, told_by
from gpuecs_tui.terraform.problems import TerraformProblem
from gpuecs_tui.terraform.recovery import lacking
from gpuecs_tui.terraform.run import Run


def forget(directory: Path, run_id: str, *, yes: bool) -> int:
    """List what run ``run_id`` created and the state lacks; with ``yes`` dismiss it.

    Raises Failure where there is no such run, and without ``yes``.
    """
    run = next((it for it in runs.records_of(directory) if it.id == run_id), None)
    if run is None:
        raise Failure(
            _("{directory} has no run {run}.").format(directory=directory, run=run_id),
            _("To list its runs: gpuecs-tui runs {directory}").format(directory=directory),
            EXIT_USAGE,
        )
    if isinstance(run, Run) and not run.is_final:
        raise Failure(
            _("Run {run} has not ended.").format(run=run_id),
            _("To follow it: gpuecs-tui attach {directory}").format(directory=directory),
        )
    created = [it for it in told_by(run).values() if it is not None]
    try:
        missing = lacking(directory, created)
    except TerraformProblem as problem:
        # What the state holds is not known, so all of it is listed.
        print(harmless(f"!  {problem}"))
        missing = tuple(created)
    _list(run_id, missing)
    if not yes:
        raise Failure(
            _("Nothing was dismissed: this asks for --yes."),
            _("To import them instead: gpuecs-tui state {directory} --recover").format(
                directory=directory
            ),
            EXIT_USAGE,
        )
    try:
        forget_run(run)
    except OSError as error:
        raise Failure(
            _("Could not write {path}: {reason}.").format(
                path=run.files.forgotten, reason=error.strerror or error
            )
        ) from None
    print(_("Run {run} is dismissed. No plan imports what it created.").format(run=run_id))
    return 0


def _list(run_id: str, missing: tuple[Candidate, ...]) -> None:
    if not missing:
        print(_("The state lacks nothing that run {run} created.").format(run=run_id))
        return
    print(_("Created by run {run}, not in the state:").format(run=run_id))
    for it in missing:
        print(harmless(f"   {it.address}  {it.id or _('perhaps')}"))
    print(_("Once dismissed, they stay in the account and no state holds them."))
