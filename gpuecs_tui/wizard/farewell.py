"""The line that the shell shows after the wizard ends: what was saved, and how to continue."""

from __future__ import annotations

from gpuecs_tui.i18n import _
from gpuecs_tui.wizard.session import WizardSession


def farewell(wizard: WizardSession, unsaved: str, command: str) -> str:
    """Return the line; empty if nothing was typed or written and no run is active.

    ``unsaved``: why the last answers are not on disk, a sentence; empty if they are. ``command``
    opens the same wizard again.
    """
    said = [_saved(wizard, unsaved), _run(wizard)]
    sentences = [sentence for sentence in said if sentence]
    if not sentences:
        return ""
    return " ".join([*sentences, _("To continue: {command}").format(command=command)])


def _saved(wizard: WizardSession, unsaved: str) -> str:
    if wizard.is_as_opened:
        if not wizard.has_written:
            return ""
        return _("Files written in {directory}.").format(directory=wizard.options.directory)
    if not wizard.texts.keys() - wizard.suggested.keys():
        return ""
    if unsaved:
        return _("Your last answers are not saved: {reason}").format(reason=unsaved)
    return _("Draft saved.")


def _run(wizard: WizardSession) -> str:
    # Imported late: a wizard that ends immediately does not need it.
    from gpuecs_tui.terraform.runs import run_list
    from gpuecs_tui.terraform.runs.run_status import RunStatus

    directory = wizard.options.directory
    run = run_list.unfinished_run(directory) if directory.is_dir() else None
    if run is None:
        return ""
    if run.state is RunStatus.PLANNED:
        return _("A plan is waiting for approval.")
    return _("Terraform continues in the background.")
