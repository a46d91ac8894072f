"""Words of the command lines in messages, quoted so that they can be pasted into a shell."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from pathlib import Path


def shell_word(value: str | Path) -> str:
    """Return ``value``, such as a directory or a lock's ID, as one word for a POSIX shell.

    A relative directory that starts with ``-`` gets ``./`` before it: a program would take it
    for an option. Prose names a directory as it is.
    """
    text = str(value)
    if isinstance(value, Path) and text.startswith("-"):
        text = f"{os.curdir}{os.sep}{text}"
    return shlex.quote(text)


def shell_words(values: Iterable[str | Path]) -> str:
    """Return ``values`` as words for a POSIX shell, separated by spaces."""
    return " ".join(map(shell_word, values))
