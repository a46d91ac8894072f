"""The cost of the stack: one line that is updated while sizes are typed, and a page for the
review."""

from __future__ import annotations

from textual.content import Content

from gpuecs_tui.aws.facts import AccountFacts
from gpuecs_tui.checks.context import Context, context_of
from gpuecs_tui.checks.pricing.cost import cost
from gpuecs_tui.checks.pricing.cost_words import in_one_line, text_lines
from gpuecs_tui.i18n import _
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.partial import NotKnown
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.base.styles import MUTED
from gpuecs_tui.wizard.session import WizardSession

NEEDED = {
    "fleet.instance_type",
    "fleet.min_size",
    "fleet.max_size",
    "fleet.root_volume_gib",
    "fleet.target_capacity",
    "service.desired_count",
    "autoscaling.min_tasks",
    "autoscaling.max_tasks",
    "autoscaling.schedules",
}
"""Keys from which the cost is calculated."""


def cost_line(wizard: WizardSession) -> Content:
    """Return the line for the present answers; empty while a key of NEEDED is missing."""
    resolved = wizard.decisions.resolved
    if NEEDED & {*resolved.missing, *wizard.decisions.problems}:
        return Content("")
    return cost_of(wizard.decisions.stack, wizard.account.facts)


def cost_of(stack: Stack, facts: AccountFacts | None) -> Content:
    """Return the line for ``stack`` with the prices in ``facts``."""
    try:
        paid = cost(context_of(stack, facts))
    except NotKnown as unknown:
        return Content.styled(_("Cost unknown: {key} is unknown.").format(key=unknown.key), MUTED)
    line = paid.lines[0]
    if line.each is None:
        return Content.styled(_("Price unknown: {reason}.").format(reason=line.unknown), MUTED)
    where = [_("as of {day}").format(day=line.since)] if line.since else []
    # The note is last and in brackets: if there is only room for one row, it is cut as a whole.
    where += [f"({line.note})"] if line.note else []
    return Content.assemble((in_one_line(paid), "bold"), (f" {' '.join(where)}", MUTED))


def cost_page(context: Context) -> list[Content]:
    """Return the whole cost of a stack, each price with its source and date."""
    try:
        heading, *lines = text_lines(cost(context))
    except NotKnown as unknown:
        return [Content(_("Cost unknown: {key} is unknown.").format(key=unknown.key))]
    return [
        Content.styled(escape_controls(heading), "bold"),
        *(Content(escape_controls(it)) for it in lines),
    ]
