"""The upgrade of a directory that an earlier version wrote: a separate change, applied first.

The protection of running instances and of the revision for a rollback is in the state only after
the upgrade is applied. In one plan with another change it would be too late for that change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.problems import with_values
from gpuecs_tui.terraform.read.configuration import load_configuration
from gpuecs_tui.terraform.read.directory import ReadBack, read
from gpuecs_tui.terraform.read.past import past_in
from gpuecs_tui.terraform.recovery.own_state import own_state
from gpuecs_tui.terraform.write.rewrite import files_for
from gpuecs_tui.terraform.write.stack import WriteChanges, WriteProblem, compare


@dataclass(frozen=True, slots=True)
class TwoChanges:
    """Answers that would be applied in one plan with the upgrade of their directory."""

    written: bool
    """Whether the directory already has the upgrade, so that only its apply is missing."""
    obstacle: str = ""
    """Why the upgrade alone can't be written, in sentences; empty if it can be, or is already."""
    unread: str = ""
    """Why the state is not read, so that it is unknown whether a written upgrade was applied."""


def two_changes(directory: Path, stack: Stack, environ: Mapping[str, str]) -> TwoChanges | None:
    """Return the combined changes if ``stack`` is written into ``directory`` now; None if none.

    Reads the state if an upgrade may be missing; blocks, for about a second with a
    remote state. Raises ReadProblem.
    """
    found = read(directory)
    if found.stack == stack or not (
        found.earlier or past_in(load_configuration(found.texts)).moves
    ):
        return None
    own = own_state(directory, environ)
    if found.earlier:
        # An unread state may contain running resources.
        return None if own.owned == frozenset() else TwoChanges(False, obstacle(found))
    if own.owned is None:
        return TwoChanges(True, unread=own.facts.unread)
    return TwoChanges(True) if own.facts.unapplied else None


def obstacle(found: ReadBack) -> str:
    """Return why the upgrade of the directory that was read can't be written; empty if it can."""
    if found.stack is not None:
        return ""
    if found.unknown or not found.problems:
        return _("Some of the Terraform in the directory could not be read. The findings list it.")
    reasons = " ".join(with_values(it, found.answers) for it in found.problems)
    return _("The Terraform in the directory has values that are not valid: {reasons}").format(
        reasons=reasons
    )


def upgrade_of(directory: Path, environ: Mapping[str, str]) -> WriteChanges:
    """Return the changes of the upgrade alone: every answer of ``directory`` stays the same.

    Raises ReadProblem, WriteProblem.
    """
    found = read(directory)
    if found.stack is None:
        if found.unknown or not found.problems:
            remedy = _("Write the values that the findings list as literal values, then try again.")
        else:
            remedy = _("Correct these values in the Terraform files, then try again.")
        raise WriteProblem(
            _("Could not upgrade {directory}. {reason}").format(
                directory=directory, reason=obstacle(found)
            ),
            remedy,
        )
    return compare(directory, files_for(found.stack, directory), environ=environ)
