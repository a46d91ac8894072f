"""A directory that the earlier version wrote: its upgrade is a change of its own, applied first.

What protects running instances and the revision to roll back to is in the state only from the
apply after the upgrade. In one plan with another change it comes too late for that change.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gpuecs_tui.i18n import _

if TYPE_CHECKING:
    from gpuecs_tui.stack.model import Stack
    from gpuecs_tui.terraform.write import Changes
    from gpuecs_tui.wizard.memory import Wizard


def is_earlier(wizard: Wizard) -> bool:
    """Tell whether the earlier version wrote the directory, as far as it was looked at."""
    return wizard.state is not None and bool(wizard.state.earlier)


def rewritten(wizard: Wizard) -> None:
    """Note that this version wrote the directory."""
    if wizard.state is not None:
        wizard.state = replace(wizard.state, earlier="")


def meets_another_change(wizard: Wizard, stack: Stack) -> bool:
    """Tell whether writing ``stack`` upgrades a stack that may be applied and changes it as well.

    Reads the directory. Raises ReadProblem.
    """
    from gpuecs_tui.terraform.read import read

    if not is_earlier(wizard) or wizard.owned == frozenset():
        return False
    return read(wizard.options.directory).stack != stack


def upgrade_of(directory: Path) -> Changes:
    """Return what the upgrade alone changes: every answer stays as ``directory`` has it.

    Raises ReadProblem, WriteProblem.
    """
    from gpuecs_tui.terraform.read import read
    from gpuecs_tui.terraform.rewrite import files_for
    from gpuecs_tui.terraform.write import WriteProblem, compare

    stack = read(directory).stack
    if stack is None:
        raise WriteProblem(
            _("Could not bring {directory} up to date: not all of it is read.").format(
                directory=directory
            ),
            _("The findings name what is not read."),
        )
    return compare(directory, files_for(stack, directory), environ=os.environ)
