"""Output that the terminal driver has not sent yet."""

from __future__ import annotations

from typing import Any

from textual.app import App

BACKLOG_WRITES = 4
"""Writes waiting for the terminal beyond which it counts as behind: two frames' worth."""


def writer_backlog(app: App[Any]) -> bool:
    """Tell whether the terminal receives output slower than it is produced.

    Textual's driver hands its writes to a thread over a queue (``_writer_thread``); another
    driver, such as the headless one, has none and is never behind.
    """
    thread = getattr(app._driver, "_writer_thread", None)
    queue = getattr(thread, "_queue", None)
    return queue is not None and queue.qsize() > BACKLOG_WRITES
