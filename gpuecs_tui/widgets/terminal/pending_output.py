"""Output that the terminal driver has not sent yet."""

from __future__ import annotations

from typing import Any

from textual.app import App

BACKLOG_WRITES = 4
"""Number of waiting writes above which the terminal counts as slow: two frames."""


def writer_backlog(app: App[Any]) -> bool:
    """Tell whether the terminal receives output slower than it is produced.

    Textual's driver passes its writes to a thread through a queue (``_writer_thread``). Other
    drivers, such as the headless one, have no queue and never count as slow.
    """
    thread = getattr(app._driver, "_writer_thread", None)
    queue = getattr(thread, "_queue", None)
    return queue is not None and queue.qsize() > BACKLOG_WRITES
