"""Words of the command line that are neither a command nor a directory, and unknown Regions."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path

from gpuecs_tui.commands.failure import EXIT_USAGE, Failure
from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word


def refuse_misspelt(word: str, commands: Iterable[str]) -> None:
    """Raise Failure if ``word`` has no separator, is not a directory, and is similar to a command.

    Otherwise the wizard would open a new directory of that name.
    """
    meant = nearly(word, commands)
    if meant and not Path(word).is_dir():
        raise Failure(
            _("{word} is not a command and not a directory.").format(word=word),
            _(
                "Did you mean `gpuecs-tui {command}`? To open a directory of that name: "
                "gpuecs-tui {path}"
            ).format(command=meant, path=shell_word(f"{os.curdir}/{word}")),
            EXIT_USAGE,
        )


def refuse_extra_words(word: str, more: Iterable[str]) -> None:
    """Raise Failure if ``word`` has no separator and is not a directory; ``more`` words follow it.

    The wizard takes one directory only, so the user meant a command.
    """
    if os.sep not in word and not Path(word).is_dir():
        raise Failure(
            _("{word} is not a command; unrecognized arguments: {more}.").format(
                word=word, more=" ".join(more)
            ),
            _("To list the commands: gpuecs-tui --help"),
            EXIT_USAGE,
        )


def refuse_apart(option: str, word: str) -> None:
    """Raise Failure if ``word``, a value for the ``option`` before it, is not a directory.

    It would be used as the directory otherwise.
    """
    if not Path(word).is_dir():
        raise Failure(
            _("The value of {option} must be in the same word.").format(option=option),
            _("Write {option}={value}.").format(option=option, value=word),
            EXIT_USAGE,
        )


def refuse_malformed(region: str) -> None:
    """Raise Failure if ``region`` is set and does not have the form of a Region's name."""
    if not region:
        return
    from gpuecs_tui.aws.region_names import is_region_name

    if not is_region_name(region):
        raise unknown_region(region)


def unknown_region(region: str) -> Failure:
    """Return the failure for a ``region`` that AWS does not have."""
    return Failure(
        _("The AWS Region {region} does not exist.").format(region=region),
        _("Use the name of a Region, such as us-east-1."),
        EXIT_USAGE,
    )


def nearly(word: str, commands: Iterable[str]) -> str:
    """Return the command that is one edit away from ``word``; empty if there is none.

    An edit adds, removes or replaces a character, or swaps two adjacent ones. Words with a
    separator are paths.
    """
    if os.sep in word:
        return ""
    return next((command for command in commands if _is_one_edit(word, command)), "")


def _is_one_edit(word: str, command: str) -> bool:
    if word == command:
        return False
    same = takewhile(lambda pair: pair[0] == pair[1], zip(word, command, strict=False))
    start = sum(1 for _pair in same)
    left, right = word[start:], command[start:]
    return (
        left[1:] == right[1:]
        or left[1:] == right
        or left == right[1:]
        or (left[1::-1] == right[:2] and left[2:] == right[2:] and len(left) > 1)
    )
