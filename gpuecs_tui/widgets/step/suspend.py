"""Ctrl+Z: suspend the program until the shell's ``fg``.

A shell with job control waits for the whole process group (POSIX, "Job Control"), so the group is
stopped, including the program that started this one. Without such a shell, no key could continue a
stopped program: then the program keeps running and shows a message.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from types import FrameType
from typing import Any

from textual.app import App

from gpuecs_tui.i18n import _
from gpuecs_tui.widgets.step.say import say
from gpuecs_tui.widgets.terminal.textual_private import driver_of

SETTLE_SECONDS = 0.05
"""Seconds for the signal to stop every thread of this process: the kernel may deliver it to any
thread."""


def suspend(app: App[Any]) -> None:
    """Return the terminal to the shell and stop, or show why that is not possible."""
    terminal = sys.__stdin__.fileno() if sys.__stdin__ is not None else -1
    driver = driver_of(app)
    if driver is None or not driver.can_suspend or not shell_waits(terminal):
        say(app, _("Could not suspend: no shell with job control waits for this program."))
        return
    with app.suspend():
        stopped = stop_group(terminal)
    if not stopped:
        say(app, _("Could not suspend: the system did not stop this program."))


def shell_waits(terminal: int) -> bool:
    """Tell whether a shell with job control started this program on ``terminal`` (a descriptor).

    Such a shell leads the session. Each job has a process group of its own, and one of the groups
    has the terminal (tcsetpgrp(3)). A program that an SSH command, a terminal emulator or tmux
    started directly leads the session or is in the group of the leader.
    """
    try:
        group, session = os.getpgrp(), os.getsid(0)
        return group == os.tcgetpgrp(terminal) and group != os.getpgid(session)
    except OSError:
        # This is not a terminal, or not that of this session.
        return False


def stop_group(terminal: int) -> bool:
    """Stop this process group until it has the ``terminal`` again; False if it did not stop.

    The kernel stops no orphaned process group by SIGTSTP, since no process could continue it
    (signal(7), setpgid(2)).
    """
    continued = []

    def note(_number: int, _frame: FrameType | None) -> None:
        continued.append(True)

    before = signal.signal(signal.SIGTSTP, signal.SIG_DFL), signal.signal(signal.SIGCONT, note)
    try:
        os.killpg(os.getpgrp(), signal.SIGTSTP)
        time.sleep(SETTLE_SECONDS)
        while continued and not _in_foreground(terminal):
            # ``bg`` continued the group: it may not write to the terminal.
            continued.clear()
            os.killpg(os.getpgrp(), signal.SIGTSTP)
            time.sleep(SETTLE_SECONDS)
        return bool(continued)
    finally:
        signal.signal(signal.SIGTSTP, before[0])
        signal.signal(signal.SIGCONT, before[1])


def _in_foreground(terminal: int) -> bool:
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        # The terminal was closed, so there is nothing to wait for.
        return True
