"""The upgrade of a directory that an earlier version wrote, as the wizard knows of it.

It is a change of its own, applied before any other (terraform/recovery/upgrade.py).
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
    """Tell whether the earlier version wrote the directory, as far as it was looked at."""
    return wizard.state is not None and bool(wizard.state.earlier)


def rewritten(wizard: WizardSession) -> None:
    """Note that this version wrote the directory; what was applied of it still lacks the upgrade.

    Nothing is open where the state is known to be empty.
    """
    own = wizard.own
    if own is not None and own.state.earlier:
        directory = "" if own.owned == frozenset() else own.state.earlier
        state = replace(own.state, earlier="", unapplied=directory)
        wizard.own = replace(own, state=state)


def read_again(wizard: WizardSession, own: Own) -> None:
    """Take what was read of the directory since.

    A state that could not be read doesn't say that an upgrade was applied.
    """
    before, facts = wizard.state, own.state
    if facts.unread and not facts.earlier and before is not None and before.unapplied:
        own = replace(own, state=replace(facts, unapplied=before.unapplied))
    wizard.own = own


def meets_another_change(wizard: WizardSession, stack: Stack) -> TwoChanges | None:
    """Return what meets if ``stack`` is written: the upgrade, not applied yet, and other answers.

    None where nothing meets. Reads the directory, and its state where an upgrade may be open:
    blocks. Raises ReadProblem.
    """
    from gpuecs_tui.terraform.recovery.upgrade import two_changes
    from gpuecs_tui.wizard.run_environment import state_environment

    found = two_changes(wizard.options.directory, stack, state_environment(wizard.profile))
    written_here = wizard.state is not None and bool(wizard.state.unapplied)
    # An upgrade of long ago is not asked about because its state can't be read today.
    return found if found is None or not found.unread or written_here else None
