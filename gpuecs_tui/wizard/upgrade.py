"""The facts of the wizard about the upgrade of a directory that an earlier version wrote.

The upgrade is a separate change, applied before any other (terraform/recovery/upgrade.py).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuecs_tui.assessment.own import Own
    from gpuecs_tui.stack.model import Stack
    from gpuecs_tui.terraform.recovery.upgrade import TwoChanges
    from gpuecs_tui.wizard.session import WizardSession


def is_earlier(wizard: WizardSession) -> bool:
    """Tell whether the directory is known to be written by the earlier version."""
    return wizard.state is not None and bool(wizard.state.earlier)


def rewritten(wizard: WizardSession) -> None:
    """Record that this version wrote the directory; the applied resources still need the upgrade.

    If the state is known to be empty, no upgrade is needed.
    """
    own = wizard.own
    if own is not None and own.state.earlier:
        directory = "" if own.owned == frozenset() else own.state.earlier
        state = replace(own.state, earlier="", unapplied=directory)
        wizard.own = replace(own, state=state)


def read_again(wizard: WizardSession, own: Own) -> None:
    """Use the latest facts of the directory.

    A state that could not be read does not prove that an upgrade was applied.
    """
    before, facts = wizard.state, own.state
    if facts.unread and not facts.earlier and before is not None and before.unapplied:
        own = replace(own, state=replace(facts, unapplied=before.unapplied))
    wizard.own = own


def meets_another_change(wizard: WizardSession, stack: Stack) -> TwoChanges | None:
    """Return the upgrade and the other changes if writing ``stack`` would combine them.

    None if it would not. Reads the directory, and its state if an upgrade may be open: blocks.
    Raises ReadProblem.
    """
    from gpuecs_tui.terraform.recovery.upgrade import two_changes
    from gpuecs_tui.wizard.run_environment import state_environment

    found = two_changes(wizard.options.directory, stack, state_environment(wizard.profile))
    written_here = wizard.state is not None and bool(wizard.state.unapplied)
    # The question about an old upgrade is not repeated only because the state could not be read
    # this time.
    return found if found is None or not found.unread or written_here else None
