"""Exit when the terminal is closed: on SIGHUP, and at the end of stdin.

After the terminal is closed, Textual's input thread reads the end of stdin again and again, with
more than half a core (textual PR#6690). Its writer thread fails at its first write, so the app can
block forever on the queue to it. The screen is no longer visible, and answers are already saved. So
the app is asked to exit, and soon afterwards the process ends in any case.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from textual.app import App

EXIT_CODE = 128 + signal.SIGHUP
"""The exit code that a shell reports for a program ended by SIGHUP."""
GRACE_SECONDS = 1.0
"""Seconds for the app to exit by itself; then the process ends immediately."""
_POLL_MILLISECONDS = 500
"""Interval of the checks, for systems whose poll() does not report a hang-up while it waits."""


def install_hangup_exit(app: App[Any], last_words: Callable[[], None] | None = None) -> None:
    """Make ``app`` exit within two seconds after it lost its terminal, with code EXIT_CODE.

    ``last_words`` is called once before that, in another thread: it may write a file, but must not
    use widgets. Call this from the main thread, in ``on_mount`` or later.
    """
    once = threading.Lock()

    def leave() -> None:
        if not once.acquire(blocking=False):
            return
        threading.Thread(target=_end, args=(app, last_words), daemon=True).start()

    signal.signal(signal.SIGHUP, lambda _number, _frame: leave())
    if sys.__stdin__ is not None:
        watcher = threading.Thread(
            target=_watch, args=(sys.__stdin__.fileno(), leave), name="hangup", daemon=True
        )
        watcher.start()


def _end(app: App[Any], last_words: Callable[[], None] | None) -> None:
    """Ask the app to exit, and end the process whether the app exits or not."""
    timer = threading.Timer(GRACE_SECONDS, os._exit, (EXIT_CODE,))
    timer.daemon = True
    timer.start()
    try:
        if last_words is not None:
            last_words()
    finally:
        app.call_later(app.exit, None, EXIT_CODE)


def _watch(terminal: int, leave: Callable[[], None]) -> None:
    """Wait, without reading any input, until the other end of ``terminal`` is closed."""
    poll = select.poll()
    # Without requested events, poll reports only a hang-up or an error: no key wakes this thread.
    poll.register(terminal, 0)
    gone = select.POLLHUP | select.POLLERR | select.POLLNVAL
    while True:
        for _fd, event in poll.poll(_POLL_MILLISECONDS):
            if event & gone:
                leave()
                return
