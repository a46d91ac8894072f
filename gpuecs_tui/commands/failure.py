"""Failure of a command: a message on stderr and an exit code."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

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
    reason = error.strerror or str(error)
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
