"""Run one Terraform at a time, wait for it, and interrupt it at most once."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import IO

from gpuecs_tui.terraform.base.atomic_files import create_json, now
from gpuecs_tui.terraform.base.liveness import ProcessIdentity, identify
from gpuecs_tui.terraform.base.process import Child, spawn
from gpuecs_tui.terraform.runs.journal import RunFiles

_LOOK_SECONDS = 0.1
"""Interval of the checks of the disk and of cancel.json, in case the signal is not delivered. A
hundred checks take 5 ms of processor time."""
_SHARED_SIGNAL_SECONDS = 1.0
"""How long to wait, after a SIGTERM without a cancel request, for Terraform's message that it
received a SIGTERM too. The message takes 0.1 s."""
_QUICK_LOOK_SECONDS = 0.05
_HEARD = rb'"@message":"\nInterrupt received.'
"""Terraform and OpenTofu print these words first after any interrupt."""


class Cancelled(Exception):
    """The run was cancelled while no Terraform was running."""


class Supervisor:
    """Starts Terraform and translates any request to end into a single SIGINT.

    SIGTERM (cancel, or a shutdown) and SIGINT to this process both mean: interrupt only Terraform,
    once, and wait. A shutdown also sends SIGTERM to Terraform, and a second signal would lose the
    state. That SIGTERM then counts as the interrupt. This process ignores SIGHUP, and Terraform
    inherits that: SIGHUP would kill Terraform without any message.
    """

    def __init__(self, files: RunFiles, stopping: Callable[[], None]) -> None:
        self._files = files
        self._stopping = stopping
        self._wake, wake_end = os.pipe()
        for end in (self._wake, wake_end):
            os.set_blocking(end, False)
        self._asked = False
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        # This handler only interrupts the wait below: without a Python handler the signal writes no
        # byte.
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(wake_end)

    def is_cancelled(self) -> bool:
        """Tell whether an end was requested."""
        return self._asked or self._files.cancel.exists()

    def pause(self, seconds: float) -> None:
        """Wait while no Terraform is running; a signal to this process ends the wait."""
        deadline = time.monotonic() + seconds
        while not self.is_cancelled() and (left := deadline - time.monotonic()) > 0:
            select.select([self._wake], [], [], min(left, _LOOK_SECONDS))
            self._drain()

    def run(
        self,
        arguments: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        output: int | IO[bytes],
        errors: int | None = None,
        started: Callable[[ProcessIdentity], None] | None = None,
        looked: Callable[[], None] | None = None,
    ) -> int:
        """Run a command to its end and return its exit code, negative for a signal.

        ``started`` is called with the process once it runs; a command without it only reads, and
        its interrupt doesn't count as the interrupt of the run. ``looked`` is called at every
        check. Raises Cancelled, without starting anything, if an end was requested before;
        ProcessProblem if it can't be started.
        """
        if self.is_cancelled():
            raise Cancelled
        begin = self._files.journal.stat().st_size
        child = spawn(arguments, cwd=cwd, environment=environment, output=output, errors=errors)
        if started is not None:
            started(identify(child.pid))
        interrupted, asked_at = False, 0.0
        while child.poll() is None:
            patience = _LOOK_SECONDS
            if self.is_cancelled() and not interrupted:
                asked_at = asked_at or time.monotonic()
                if started is None:
                    child.terminate()
                    interrupted = True
                elif self._was_heard(begin):
                    self._stopping()
                    interrupted = True
                elif self._is_ours_to_send(asked_at):
                    self._interrupt(child)
                    interrupted = True
                else:
                    patience = _QUICK_LOOK_SECONDS
            select.select([self._wake], [], [], patience)
            self._drain()
            if looked is not None:
                looked()
        code = child.wait()
        # Either a signal from outside ended Terraform before the next check, or the signal came
        # before Terraform handled signals, and Terraform ended before it had done anything.
        ended = self._was_heard(begin) or (code == -signal.SIGTERM and self.is_cancelled())
        if started is not None and not interrupted and ended:
            self._stopping()
        return code

    def _was_heard(self, begin: int) -> bool:
        with self._files.journal.open("rb") as journal:
            journal.seek(begin)
            return _HEARD in journal.read()

    def _is_ours_to_send(self, asked_at: float) -> bool:
        waited = time.monotonic() - asked_at >= _SHARED_SIGNAL_SECONDS
        return waited or self._files.cancel.exists()

    def _interrupt(self, child: Child) -> None:
        self._stopping()
        try:
            ours = create_json(self._files.interrupted, {"by": "runner", "at": now()})
        except OSError:
            # The disk is full. Only this process sends signals while it lives.
            ours = True
        if ours and child.poll() is None:
            os.kill(child.pid, signal.SIGINT)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True

    def _drain(self) -> None:
        try:
            while os.read(self._wake, 512):
                pass
        except BlockingIOError:
            return
