"""What the journal of a run that ended without a word says of its end."""

from __future__ import annotations

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.candidates import events_of
from gpuecs_tui.terraform.events import ChangeSummary, Version
from gpuecs_tui.terraform.run import Run
from gpuecs_tui.terraform.states import State


def had_finished(run: Run) -> bool:
    """Tell whether Terraform's last word was that all was applied, whatever became of its runner.

    Reads the whole journal, some 10 ms a megabyte.
    """
    finished = False
    for event in events_of(run):
        if isinstance(event, Version):
            finished = False
        elif isinstance(event, ChangeSummary):
            finished = event.operation != "plan"
    return finished


def last_words(run: Run) -> str:
    """Return a sentence on the end of a lost run that went better than its verdict; else empty."""
    if run.state is State.LOST and had_finished(run):
        return _("Terraform's last word was that everything was applied.")
    return ""
