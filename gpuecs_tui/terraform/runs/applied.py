"""Whether a run used the files that are in its directory now, and whether they are applied."""

from __future__ import annotations

from gpuecs_tui.terraform.runs.fingerprint import changed, configuration_files
from gpuecs_tui.terraform.runs.journal import read_recorded
from gpuecs_tui.terraform.runs.run import NO_CHANGES, Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus


def is_of_present_files(run: Run) -> bool:
    """Tell whether ``run`` planned exactly the files that are in its directory now; reads them
    all."""
    recorded = read_recorded(run.files)
    planned = recorded.values.get("configuration") if recorded else None
    if not isinstance(planned, dict) or not planned:
        return False
    try:
        return not changed(planned, configuration_files(run.directory))
    except OSError:
        return False


def is_applied(run: Run) -> bool:
    """Tell whether the files in the directory are applied by ``run``, its newest run."""
    if run.state is not RunStatus.SUCCEEDED or run.only_bring_back:
        return False
    ended = run.operation is Operation.APPLY or (
        run.operation is Operation.PLAN and run.returncode == NO_CHANGES
    )
    return ended and is_of_present_files(run)
