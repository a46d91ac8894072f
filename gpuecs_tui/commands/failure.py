"""How a command ends that can't do its work: one sentence on stderr and an exit code."""

from __future__ import annotations

import sys

EXIT_FAILED = 1
EXIT_USAGE = 64
"""sysexits.h EX_USAGE: the command line itself is wrong."""


class Failure(Exception):
    """What went wrong, where and what to do, in one sentence; the exit code to end with."""

    def __init__(self, sentence: str, remedy: str = "", code: int = EXIT_FAILED) -> None:
        super().__init__(f"{sentence} {remedy}".strip())
        self.code = code


def say(failure: Failure) -> int:
    """Print a failure and return its exit code."""
    print(f"gpuecs-tui: {harmless(str(failure))}", file=sys.stderr)
    return failure.code


def harmless(text: str) -> str:
    """Return ``text`` with control characters made visible: it may quote a name tag or a file."""
    return "".join(
        character if character.isprintable() or character in "\n\t" else repr(character)[1:-1]
        for character in text
    )
