"""Why a stage of a run failed, from Terraform's output, the disk and its files."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.base.disk_space import (
    NoSpace,
    file_at_limit,
    full_folder,
    past_limit,
)
from gpuecs_tui.terraform.engine.diagnosis import NEEDS_NEW_PLAN, Diagnosis
from gpuecs_tui.terraform.engine.event_summary import KILLED, failure
from gpuecs_tui.terraform.engine.events import Event
from gpuecs_tui.terraform.runner.disk_reserve import Reserve
from gpuecs_tui.terraform.runner.unsaved_state import Stamp, looked_at
from gpuecs_tui.terraform.runs.interrupted_words import continue_remedy, plan_remedy
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation


def why_failed(
    events: Sequence[Event], code: int, run: Run, *, before: Stamp, reserve: Reserve | None
) -> Diagnosis:
    """Return why a command of ``run`` ended with exit code ``code``. Never raises.

    ``before``: the stamp of errored.tfstate before an apply. ``reserve``: the space that an apply
    reserves on the disk; None without an apply.
    """
    why = _of_destroy(failure(events, code, run.directory), run)
    why = looked_at(why, run.directory, before)
    if why.kind != "other":
        return why
    look = _("Free some space, then check the state: gpuecs-tui state {directory}").format(
        directory=shell_word(run.directory)
    )
    if (large := file_at_limit(run.files.journal, run.files.plan)) is not None:
        limit = past_limit(large)
        return Diagnosis("file-size-limit", limit.message, limit.remedy)
    if reserve is not None and reserve.given_up:
        # Terraform could not even write its error.
        return Diagnosis("disk-full", _("The disk is full: Terraform could not write."), look)
    folder = full_folder(run.directory, run.files.folder, Path(tempfile.gettempdir()))
    if folder is None:
        return why
    # Terraform reports only a consequence, such as a truncated file.
    return Diagnosis(
        "disk-full",
        _("The disk of {folder} is full. {words}").format(folder=folder, words=why.message),
        _("Free some space, then run this again.") if reserve is None else look,
    )


def why_incomplete(run: Run) -> NoSpace:
    """Return why the last line in the journal of ``run`` is incomplete."""
    if (large := file_at_limit(run.files.journal)) is not None:
        return past_limit(large)
    again = _("Free some space, then run this again.")
    if (folder := full_folder(run.files.folder)) is not None:
        return NoSpace(_("The disk of {folder} is full.").format(folder=folder), again)
    words = _("Could not write all output of Terraform to {path}.")
    return NoSpace(words.format(path=run.files.journal), again)


def _of_destroy(why: Diagnosis, run: Run) -> Diagnosis:
    """Return ``why`` with the remedy of a destroy where the remedy is a new plan of an apply."""
    if run.operation is not Operation.DESTROY:
        return why
    if why.kind == KILLED:
        return replace(why, remedy=continue_remedy(run.operation, run.directory))
    if why.kind in NEEDS_NEW_PLAN:
        return replace(why, remedy=plan_remedy(run.operation, run.directory))
    return why
