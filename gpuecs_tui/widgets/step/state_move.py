"""The question before a state is moved, and the move, for the screens that offer it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.migration import lifecycle
from gpuecs_tui.terraform.migration.lifecycle import Due
from gpuecs_tui.terraform.migration.record import Phase
from gpuecs_tui.terraform.migration.refusals import MigrationProblem
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.base.styles import MUTED
from gpuecs_tui.wizard.run_environment import environment_for
from gpuecs_tui.wizard.session import WizardSession

if TYPE_CHECKING:
    from gpuecs_tui.aws.session import AccountReader


def move_question(due: Due) -> Confirm:
    """Ask whether to move the state now."""
    title = _("Continue moving the state?") if due.interrupted else _("Move the state?")
    lines = [Content(escape_controls(due.sentence)), Content("")]
    if due.moves:
        lines += [
            Content.assemble((_("from  "), MUTED), (escape_controls(due.source), "bold")),
            Content.assemble((_("to    "), MUTED), (escape_controls(due.target), "bold")),
            Content(""),
            Content(
                _(
                    "A backup copy is kept, and the moved state is compared with it. No "
                    "resources change. A plan that is waiting for approval is discarded."
                )
            ),
        ]
    return Confirm(title, lines, yes=_("Move state") if due.moves else _("Save settings"))


def move_state(wizard: WizardSession, reader: AccountReader | None) -> str:
    """Move the state and return the finished move; blocks for seconds. Raises TerraformProblem.

    The move is a separate process and continues if this program ends.
    """
    environ, profile = environment_for(wizard.profile, reader)
    options = wizard.options
    begun = lifecycle.start(
        options.directory, plugin_dir=options.plugin_dir, profile=profile, environ=environ
    )
    ended = lifecycle.wait(begun)
    if ended.phase is not Phase.DONE:
        raise MigrationProblem(
            ended.message or _("The move was interrupted."),
            ended.remedy or _("Start the move again. It continues where it stopped."),
        )
    return ended.message
