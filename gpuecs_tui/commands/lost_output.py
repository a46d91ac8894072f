"""Output that could not be written, for example to a file on a full disk."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any, TextIO, cast


class OutputLost(OSError):
    """stdout could not be written. The system's error has no name of a file."""


class _Checked:
    """stdout, whose errors are OutputLost. A pipe that its reader has closed stays
    BrokenPipeError."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write ``text``; return its length in characters."""
        with _as_lost():
            return self._stream.write(text)

    def flush(self) -> None:
        """Write what is buffered."""
        with _as_lost():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        """Return any other attribute of the stream."""
        return getattr(self._stream, name)


@contextmanager
def _as_lost() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputLost(error.errno, error.strerror) from error


@contextmanager
def checked_output() -> Iterator[None]:
    """Raise OutputLost in the block, or at its end, if stdout can't be written."""
    checked = _Checked(sys.stdout)
    with redirect_stdout(cast(TextIO, checked)):
        yield
        checked.flush()


def discard_output() -> None:
    """Discard what stdout still buffers: the interpreter writes it at its exit and must not
    fail."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
