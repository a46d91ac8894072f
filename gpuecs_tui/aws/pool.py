"""Threads for calls that may hang. The end of the program never waits for them.

``concurrent.futures.ThreadPoolExecutor`` joins its threads when the interpreter ends, so one
endpoint that does not respond would block the terminal for minutes after the user quits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")


class DaemonPool:
    """A fixed number of daemon threads, started on demand."""

    def __init__(self, size: int) -> None:
        """Allow ``size`` calls at once."""
        self._size = size
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._waiting = 0
        self._closed = False

    def submit(self, function: Callable[[], T]) -> Future[T]:
        """Run ``function`` in a thread; its result or exception is the future's.

        After ``close`` the returned future is cancelled.
        """
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = function()
            except BaseException as error:  # noqa: BLE001 - the caller gets it with the result
                future.set_exception(error)
            else:
                future.set_result(result)

        with self._lock:
            if self._closed:
                future.cancel()
                return future
            self._waiting += 1
            if self._waiting > self._threads < self._size:
                self._threads += 1
                name = f"aws-{self._threads}"
                threading.Thread(target=self._serve, name=name, daemon=True).start()
        self._work.put(run)
        return future

    def close(self) -> None:
        """Accept no more work and let idle threads end; running calls are not stopped."""
        with self._lock:
            self._closed = True
            threads = self._threads
        for _thread in range(threads):
            self._work.put(None)

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            work()
            with self._lock:
                self._waiting -= 1
