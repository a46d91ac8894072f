"""How a command ends that can't do its work: one sentence on stderr and an exit code."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from gpuecs_tui.i18n import _

EXIT_FAILED = 1
EXIT_USAGE = 64
"""sysexits.h EX_USAGE: the command line itself is wrong."""

_ENDS = (".", "!", "?", ":", "…", "。")


class Failure(Exception):
    """What went wrong, where and what to do, in one sentence; the exit code to end with."""

    def __init__(self, sentence: str, remedy: str = "", code: int = EXIT_FAILED) -> None:
        super().__init__(f"{_ended(sentence)} {remedy}" if remedy else sentence)
        self.code = code


def failure_from_os_error(error: OSError) -> Failure:
    """Return what the system refused, with the file's name, as a failure."""
    reason = error.strerror or str(error)
    if error.filename is None:
        return Failure(_("It can't be done: {reason}.").format(reason=reason))
    name = os.fsdecode(error.filename) if isinstance(error.filename, bytes) else error.filename
    return Failure(_("{file} can't be used: {reason}.").format(file=name, reason=reason))


def _ended(sentence: str) -> str:
    """Return a sentence with a full stop: what Terraform says often has none."""
    last = sentence.rstrip().rstrip("\"')»”`")[-1:]
    return sentence if last in _ENDS else f"{sentence}."


def say(failure: Failure) -> int:
    """Print a failure and return its exit code."""
    # The exit code is returned even if stderr was closed early.
    with suppress(BrokenPipeError):
        print(f"gpuecs-tui: {harmless(str(failure))}", file=sys.stderr)
    return failure.code


def harmless(text: str) -> str:
    """Return ``text`` with control characters made visible: it may quote a name tag or a file.

    Whatever a command prints of its arguments, of files, of AWS or of Terraform goes through here.
    """
    return "".join(
        character if character.isprintable() or character in "\n\t" else repr(character)[1:-1]
        for character in text
    )
