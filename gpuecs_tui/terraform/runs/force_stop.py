"""The harder stop: ends a Terraform that was interrupted and doesn't come to an end.

Nothing here happens by itself. Terraform's second interrupt makes it leave at once: it saves no
state, keeps its lock, and what is in flight goes on in the account without it (double-signal).
What the journal knows is brought back by the next plan (plan_with_imports.py).
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
"""How long Terraform may take to leave after its second interrupt (it answers in 0.1 s) before it
is killed."""
_LOOK_SECONDS = 0.05
_KILLED_SECONDS = 5.0
"""How long the system may take to end a process that was killed."""


def end_now(run: Run) -> Run:
    """End the Terraform of a run that is stopping, without its state being saved.

    A second interrupt first, SIGKILL where that ends nothing; asking again kills at once. Blocks
    for ten seconds at most. Raises RunProblem when the run isn't stopping here, OSError when the
    wish can't be written down (then nothing was done).
    """
    present = run.refresh()
    if present.state is not RunStatus.STOPPING:
        raise RunProblem(_("This run is not stopping."), _("Cancel it first: that loses nothing."))
    if present.host != host_name():
        raise RunProblem(
            _("This run works on {host}.").format(host=present.host), _("End it there.")
        )
    recorded = read_recorded(present.files)
    child = recorded.child if recorded is not None else None
    # Written before it is done: whoever reads the run later knows why its state was not saved.
    first = create_json(present.files.forced, {"by": who(), "at": now()})
    if child is not None:
        if first:
            _send(signal.SIGINT, child)
            _wait(child, SECOND_INTERRUPT_SECONDS)
        _send(signal.SIGKILL, child)
        _wait(child, _KILLED_SECONDS)
    return present.refresh()


def _send(number: signal.Signals, process: ProcessIdentity) -> None:
    # It may end between the look and the signal, which is as good.
    with contextlib.suppress(ProcessLookupError):
        if is_alive(process):
            os.kill(process.pid, number)


def _wait(process: ProcessIdentity, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while is_alive(process) and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
