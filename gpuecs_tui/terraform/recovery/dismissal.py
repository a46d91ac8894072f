"""Dismiss what a run created and is missing from the state: no plan imports it any more.

The resources remain in the account and are in no state.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.recovery.shared_runs import shelf_of
from gpuecs_tui.terraform.runs.orphan_candidates import forget_run
from gpuecs_tui.terraform.runs.run_list import records_of


def dismiss(directory: Path, run_id: str, environ: Mapping[str, str]) -> None:
    """Dismiss what run ``run_id`` created: in its record here, and in the one next to the state.

    Blocks: with a state in S3 one call. Raises ShelfProblem, RunProblem.
    """
    shelf = shelf_of(directory, environ)
    run = next((it for it in records_of(directory) if it.id == run_id), None)
    if run is not None:
        try:
            forget_run(run)
        except OSError as error:
            raise RunProblem(
                _("Could not write the record of run {run}: {reason}.").format(
                    run=run_id, reason=error.strerror or error
                )
            ) from None
    if shelf is not None:
        try:
            shelf.delete(run_id)
        finally:
            shelf.close()
