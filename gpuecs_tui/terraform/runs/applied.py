"""Whether a run used the files that are in its directory now, and whether they are applied."""

from __future__ import annotations

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.runs.fingerprint import (
    changed,
    configuration_files,
    files_below,
    used_by_terraform,
)
from gpuecs_tui.terraform.runs.journal import read_recorded
from gpuecs_tui.terraform.runs.run import NO_CHANGES, Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus


def edited_since_plan(run: Run) -> tuple[str, ...] | None:
    """Return the names of the files that were edited, added or removed since ``run`` planned them.

    Files that the Terraform does not use, such as a log, are left out; those of local modules
    count. Reads all these files. None if this is unknown: the record does not name the files, or
    the directory can't be read.
    """
    recorded = read_recorded(run.files)
    planned = recorded.values.get("configuration") if recorded else None
    if not isinstance(planned, dict):
        return None
    try:
        edited = changed(planned, configuration_files(run.directory))
        used = used_by_terraform(edited, run.directory)
        below = recorded.values.get("below") if recorded else None
        if isinstance(below, dict):  # Earlier versions did not record it.
            used += changed(below, files_below(run.directory))
        return tuple(used)
    except OSError:
        return None


def is_of_present_files(run: Run) -> bool:
    """Tell whether ``run`` planned exactly the files that are in its directory now."""
    return edited_since_plan(run) == ()


def why_not_of_present_files(run: Run) -> str:
    """Return why findings and cost of the files are not those of the plan of ``run``, in sentences.

    Empty if the plan was created from exactly these files.
    """
    edited = edited_since_plan(run)
    if edited is None:
        return _(
            "It is unknown whether the files are still those that this plan was created from. Its "
            "findings and its cost are unknown."
        )
    if not edited:
        return ""
    return _(
        "The files have changed since this plan was created: {files}. The plan does not contain "
        "these changes. Its findings and its cost are unknown."
    ).format(files=", ".join(edited))


def is_applied(run: Run) -> bool:
    """Tell whether the files in the directory are applied by ``run``, its newest run."""
    if run.state is not RunStatus.SUCCEEDED or run.only_bring_back:
        return False
    ended = run.operation is Operation.APPLY or (
        run.operation is Operation.PLAN and run.returncode == NO_CHANGES
    )
    return ended and is_of_present_files(run)
