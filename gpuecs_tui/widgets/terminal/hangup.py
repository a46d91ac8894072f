"""Leaving when the terminal goes away: on SIGHUP, and on the end of stdin.

After a terminal has gone, Textual's input thread reads the end of stdin over and over at more than
half a core (textual PR#6690), and its writer thread dies of its first write, so that the app can
block for ever on the queue to it. Nothing that is shown matters any more: what must not be lost
was saved before. So the app is told to exit, and shortly after the process ends in any case.
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
"""Time for the app to exit by itself; then the process ends at once."""
_POLL_MILLISECONDS = 500
"""Only for systems whose poll() keeps silent about a hang-up while it waits."""


def install_hangup_exit(app: App[Any], last_words: Callable[[], None] | None = None) -> None:
    """Make ``app`` leave within two seconds of losing its terminal, with code EXIT_CODE.

    ``last_words`` runs first, once, in another thread: it may write a file, but touch no widget.
    Call it from the main thread, in ``on_mount`` or later.
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
    """Ask the app to exit, and end the process whether it does or not."""
    timer = threading.Timer(GRACE_SECONDS, os._exit, (EXIT_CODE,))
    timer.daemon = True
    timer.start()
    try:
        if last_words is not None:
            last_words()
    finally:
        app.call_later(app.exit, None, EXIT_CODE)


def _watch(terminal: int, leave: Callable[[], None]) -> None:
    """Wait, without reading any input, until the other end of ``terminal`` is gone."""
    poll = select.poll()
    # With no event requested, only a hang-up or an error is reported: no key wakes this thread.
    poll.register(terminal, 0)
    gone = select.POLLHUP | select.POLLERR | select.POLLNVAL
    while True:
        for _fd, event in poll.poll(_POLL_MILLISECONDS):
            if event & gone:
                leave()
                return
