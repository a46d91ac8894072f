"""The action to take after a run that ended before Terraform had made all changes.

After an apply, a new plan imports what was created and is missing from the state. After a destroy,
a plan of an apply would create everything again, so the action is another destroy.
"""

from __future__ import annotations

from pathlib import Path

from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.runs.run_status import Operation


def continue_remedy(operation: Operation, directory: Path) -> str:
    """Return the action that completes an interrupted ``operation`` in ``directory``."""
    if operation is Operation.DESTROY:
        return destroy_again(directory, _("Resources that are already destroyed stay destroyed."))
    return _(
        "Run a new plan. It imports the resources that were created but are missing from the state."
    )


def plan_remedy(operation: Operation, directory: Path) -> str:
    """Return the action after a plan that can't be applied any more."""
    if operation is Operation.DESTROY:
        return destroy_again(directory)
    return _("Run a new plan.")


def destroy_again(directory: Path, fact: str = "") -> str:
    """Return how to destroy again, in the wizard and as a command; ``fact`` is a sentence that
    follows."""
    words = _("Destroy again: press D in the wizard, or run gpuecs-tui destroy {directory}.")
    return f"{words.format(directory=shell_word(directory))} {fact}".rstrip()
