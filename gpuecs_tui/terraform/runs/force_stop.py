"""Force-stop: end a Terraform that was interrupted and does not end.

Nothing here happens automatically. After a second interrupt, Terraform exits at once: it saves no
state and keeps its lock, and operations in progress continue in the account. The next plan imports
the resources that the journal lists (plan_with_imports.py).
"""

from __future__ import annotations

import contextlib
import os
import signal
import time

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.atomic_files import create_json, now
from gpuecs_tui.terraform.base.liveness import ProcessIdentity, host_name, is_alive
from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.runs.journal import read_recorded
from gpuecs_tui.terraform.runs.launch import who
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus

SECOND_INTERRUPT_SECONDS = 5.0
"""How long Terraform may take to exit after its second interrupt (it takes 0.1 s) before it is
killed."""
_LOOK_SECONDS = 0.05
_KILLED_SECONDS = 5.0
"""How long the system may take to end a killed process."""


def end_now(run: Run) -> Run:
    """End the Terraform of a stopping run without saving its state.

    Sends a second interrupt, then SIGKILL if Terraform does not end; a second call kills at once.
    Blocks for at most ten seconds. Raises RunProblem if the run isn't stopping here, OSError if the
    request can't be written (then nothing was done).
    """
    present = run.refresh()
    if present.state is not RunStatus.STOPPING:
        raise RunProblem(
            _("This run is not stopping."), _("Cancel the run first. Cancelling loses nothing.")
        )
    if present.host != host_name():
        raise RunProblem(
            _("This run is in progress on {host}.").format(host=present.host), _("End it there.")
        )
    recorded = read_recorded(present.files)
    child = recorded.child if recorded is not None else None
    # Written first, so that the record always shows why the state was not saved.
    first = create_json(present.files.forced, {"by": who(), "at": now()})
    if child is not None:
        if first:
            _send(signal.SIGINT, child)
            _wait(child, SECOND_INTERRUPT_SECONDS)
        _send(signal.SIGKILL, child)
        _wait(child, _KILLED_SECONDS)
    return present.refresh()


def _send(number: signal.Signals, process: ProcessIdentity) -> None:
    # It may end between the check and the signal, which is fine.
    with contextlib.suppress(ProcessLookupError):
        if is_alive(process):
            os.kill(process.pid, number)


def _wait(process: ProcessIdentity, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while is_alive(process) and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
