"""The question before a state is moved, and the moving, for the screens that offer it."""

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


def question(due: Due) -> Confirm:
    """Ask whether the state is moved now."""
    title = _("Go on moving the state?") if due.interrupted else _("Move the state?")
    lines = [Content(escape_controls(due.sentence)), Content("")]
    if due.moves:
        lines += [
            Content.assemble((_("from  "), MUTED), (escape_controls(due.source), "bold")),
            Content.assemble((_("to    "), MUTED), (escape_controls(due.target), "bold")),
            Content(""),
            Content(
                _(
                    "A copy is kept first, and what arrived is compared with it. Nothing in the "
                    "account is changed but the state's place; a plan that waits is discarded."
                )
            ),
        ]
    return Confirm(title, lines, yes=_("Move it") if due.moves else _("Note them"))


def carry_out(wizard: WizardSession, reader: AccountReader | None) -> str:
    """Move the state and return how it is now; blocks for seconds. Raises TerraformProblem.

    The move is a process of its own and goes on without us.
    """
    environ, profile = environment_for(wizard.profile, reader)
    options = wizard.options
    begun = lifecycle.start(
        options.directory, plugin_dir=options.plugin_dir, profile=profile, environ=environ
    )
    ended = lifecycle.wait(begun)
    if ended.phase is not Phase.DONE:
        raise MigrationProblem(
            ended.message or _("The move was cut off."),
            ended.remedy or _("Start it again: it goes on where it stopped."),
        )
    return ended.message
