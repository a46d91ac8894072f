"""Faults at random moments of plan and apply: the verdict is always true, and the next run
converges.

The moments follow from a fixed seed; what is in progress then depends on the machine.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gpuecs_tui.terraform.base.problems import RunProblem
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus
from tests.e2e.slow_stack import assert_converges, make_stack, resources
from tests.support.terraform.waiting import journal_of, until

pytestmark = pytest.mark.e2e

SEED = 20261123
MOMENTS = 3
"""Number of times that each fault occurs."""
LATEST = 1.3
"""Seconds after the start within which the fault occurs: plan and apply take 1.1 on an idle
machine."""


def kill_runner(run: Run) -> None:
    _signal(signal.SIGKILL, run.pid)


def kill_terraform(run: Run) -> None:
    _signal(signal.SIGKILL, run.terraform_pid)


def kill_both(run: Run) -> None:
    _signal(signal.SIGKILL, run.pid, run.terraform_pid)


def terminate_both(run: Run) -> None:
    _signal(signal.SIGTERM, run.pid, run.terraform_pid)


def hang_up_both(run: Run) -> None:
    _signal(signal.SIGHUP, run.pid, run.terraform_pid)


def cancel(run: Run) -> None:
    runs.cancel(run)


FAULTS: dict[Callable[[Run], None], set[RunStatus]] = {
    kill_runner: {RunStatus.LOST, RunStatus.SUCCEEDED},
    kill_terraform: {RunStatus.FAILED, RunStatus.SUCCEEDED},
    kill_both: {RunStatus.LOST, RunStatus.FAILED, RunStatus.SUCCEEDED},
    terminate_both: {RunStatus.CANCELLED, RunStatus.SUCCEEDED},
    hang_up_both: {RunStatus.SUCCEEDED},
    cancel: {RunStatus.CANCELLED, RunStatus.DISCARDED, RunStatus.SUCCEEDED},
}
"""Fault → the possible results of an affected run."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_at_any_moment(tmp_path: Path, fault: Callable[[Run], None]) -> None:
    draw = random.Random(f"{SEED} {fault.__name__}")
    struck = 0
    for number in range(MOMENTS):
        stack = make_stack(tmp_path / str(number), 0.4)
        moment = draw.uniform(0, LATEST)
        ended, in_time = _through(runs.start(stack, "apply"), fault, moment)
        struck += in_time
        words = (moment, ended.message, journal_of(ended)[-1500:])
        assert ended.state in FAULTS[fault], words
        if ended.state is RunStatus.SUCCEEDED:
            assert len(resources(stack)) == 3, words
        assert journal_of(ended).count("Two interrupts received") == 0
        _until_quiet(stack)
        assert_converges(stack)
    assert struck, "no fault came before the run had ended"


def _until_quiet(stack: Path) -> None:
    until(lambda: run_list.live_run(stack) is None, "the end of all of it")


def _through(run: Run, fault: Callable[[Run], None], moment: float) -> tuple[Run, bool]:
    """Approve and watch a run to its end, with a fault at the given moment.

    Returns the run, and whether the fault occurred before the end.
    """
    began, struck = time.monotonic(), False

    def ended() -> Run | None:
        nonlocal struck
        present = run.refresh()
        if not struck and time.monotonic() - began >= moment:
            struck = True
            fault(present)
        elif present.state is RunStatus.PLANNED:
            # Another process may have decided at this moment: then that decision counts.
            with contextlib.suppress(RunProblem):
                runs.approve(present)
        return present if present.is_final else None

    last = until(ended, f"the end after {fault.__name__} at {moment:.2f} s")
    return last, struck


def _signal(number: signal.Signals, *processes: int) -> None:
    for process in processes:
        # There is no process yet, or it has ended since the listing.
        if process:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
