"""Values that a killed command wrote into a directory and that were not applied."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gpuecs_tui.commands.failure import Failure, harmless
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.write.value_change import (
    in_words,
    interrupted_change,
    interrupted_words,
    refuse_another,
    restore,
)


def restore_interrupted(directory: Path) -> None:
    """Restore and name the values that a killed command wrote and that were not applied."""
    with worded():
        change = interrupted_change(directory, os.environ)
        if change is None:
            return
        restored = restore(change, os.environ)
    print(
        harmless(
            _(
                "A gpuecs-tui {command} was interrupted before it was applied. Its values were "
                "restored: {values}."
            ).format(command=change.command, values=in_words(restored))
        ),
        file=sys.stderr,
    )


def tell_interrupted(directory: Path) -> None:
    """Name on stderr the values that a killed command wrote and that were not applied.

    Raises Failure while another command changes the directory.
    """
    with worded():
        refuse_another(directory)
    try:
        change = interrupted_change(directory, os.environ)
    except TerraformProblem:
        # The plan reports the file that can't be read.
        return
    if change is not None:
        print(harmless(f"!  {interrupted_words(change)}"), file=sys.stderr)


@contextmanager
def worded() -> Iterator[None]:
    """Raise a problem with the directory's files as Failure."""
    try:
        yield
    except TerraformProblem as problem:
        raise Failure(problem.message, problem.remedy) from None
