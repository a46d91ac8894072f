"""Failure of a command: a message on stderr and an exit code; output that can't be written."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import Any, TextIO, cast

from gpuecs_tui.i18n import _

EXIT_FAILED = 1
EXIT_USAGE = 64
"""sysexits.h EX_USAGE: the command line is wrong."""

_ENDS = (".", "!", "?", ":", "…", "。")


class Failure(Exception):
    """What is wrong, where, and what to do; with the exit code of the command."""

    def __init__(self, sentence: str, remedy: str = "", code: int = EXIT_FAILED) -> None:
        super().__init__(f"{_ended(sentence)} {remedy}" if remedy else sentence)
        self.code = code


def failure_from_os_error(error: OSError) -> Failure:
    """Return an error of the operating system as a failure, with the file's name."""
    # Imported late: the first frame has no error.
    from gpuecs_tui.terraform.base.disk_space import no_space

    reason = error.strerror or str(error)
    if error.errno == errno.EFBIG and (limit := no_space(error, Path())) is not None:
        return Failure(limit.message, limit.remedy)
    if error.filename is None:
        return Failure(_("Could not run the command: {reason}.").format(reason=reason))
    name = os.fsdecode(error.filename) if isinstance(error.filename, bytes) else error.filename
    return Failure(_("Could not use {file}: {reason}.").format(file=name, reason=reason))


def _ended(sentence: str) -> str:
    """Return a sentence with its period, which Terraform's messages often lack."""
    last = sentence.rstrip().rstrip("\"')»”`")[-1:]
    return sentence if last in _ENDS else f"{sentence}."


def print_failure(failure: Failure) -> int:
    """Print a failure and return its exit code."""
    # The exit code is returned even if stderr was closed early.
    with suppress(BrokenPipeError):
        print(f"gpuecs-tui: {harmless(str(failure))}", file=sys.stderr)
    return failure.code


def harmless(text: str) -> str:
    """Return ``text`` with control characters escaped: it may quote a name tag or a file.

    Commands pass all text from arguments, files, AWS and Terraform through this function.
    """
    return "".join(
        character if character.isprintable() or character in "\n\t" else repr(character)[1:-1]
        for character in text
    )


class OutputLost(OSError):
    """stdout could not be written. The system's error has no name of a file."""


def output_lost_sentence(error: OutputLost) -> str:
    """Return a sentence that stdout could not be written, with the reason."""
    reason = error.strerror or str(error)
    return _("Could not write the output: {reason}.").format(reason=reason)


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
