"""The steps of the wizard, shown as a column or, in a narrow terminal, as one line."""

from __future__ import annotations

from typing import NamedTuple

from textual.content import Content
from textual.widget import Widget

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.widgets.base.styles import FAINT, MUTED


class Step(NamedTuple):
    """One step of the wizard."""

    id: str
    title: str
    """Untranslated."""


STEPS = (
    Step("start", N_("Start")),
    Step("account", N_("Account")),
    Step("network", N_("Network")),
    Step("fleet", N_("Fleet")),
    Step("task", N_("Task")),
    Step("load_balancer", N_("Load balancer")),
    Step("review", N_("Review")),
    Step("run", N_("Run")),
    Step("deployment", N_("Deployment")),
)
IDS = tuple(step.id for step in STEPS)
STATE = "state"
"""The id of the screen of the state, which is reachable from every step and is not a step."""
AFTER_REVIEW = ("run", "deployment")
"""Steps that are done when the account data shows it; a visit is not enough."""


def title_of(screen: str) -> str:
    """Return the title of a step's screen, or of the state's screen."""
    return _("State") if screen == STATE else next(_(it.title) for it in STEPS if it.id == screen)


class StepProgress(NamedTuple):
    """The current step and the status of the other steps."""

    current: str
    visited: frozenset[str]
    wrong: frozenset[str]
    """Visited steps that have an error."""
    unfinished: frozenset[str] = frozenset()
    """Visited steps that are not known to be done."""

    def mark(self, step: str) -> tuple[str, str]:
        """Return the sign before a step and its style."""
        if step == self.current:
            return "▸", "bold $text-accent"
        if step in self.wrong:
            return "✗", "$text-error"
        if step in self.visited and step not in self.unfinished:
            return "✓", "$text-success"
        return "·", FAINT


class StepList(Widget):
    """All steps, one per row."""

    DEFAULT_CSS = """
    StepList { width: 24; height: 100%; padding: 1 1 0 1; border-right: vkey $foreground 15%; }
    """

    def show(self, progress: StepProgress) -> None:
        """Show ``progress``."""
        rows: list[Content] = []
        for number, step in enumerate(STEPS, start=1):
            sign, style = progress.mark(step.id)
            title_style = style if step.id == progress.current else ""
            if step.id not in progress.visited and step.id != progress.current:
                title_style = FAINT
            rows.append(
                Content.assemble(
                    (f"{sign} ", style), (f"{number} ", MUTED), (_(step.title), title_style)
                )
            )
        if progress.current not in IDS:
            sign, style = progress.mark(progress.current)
            rows.append(Content.assemble((f"{sign} {title_of(progress.current)}", style)))
        self._content = Content("\n\n").join(rows)
        self.refresh()

    _content = Content("")

    def render(self) -> Content:
        """Return the rows."""
        return self._content


class StepLine(Widget):
    """All steps in one row: the current one with its title, the others with their numbers."""

    DEFAULT_CSS = """
    StepLine { width: 100%; height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    _content = Content("")

    def show(self, progress: StepProgress) -> None:
        """Show ``progress``."""
        parts: list[Content] = []
        for number, step in enumerate(STEPS, start=1):
            sign, style = progress.mark(step.id)
            if step.id == progress.current:
                text = Content.assemble((f"{sign} {number} {_(step.title)}", style))
            else:
                faint = MUTED if step.id in progress.visited else FAINT
                text = Content.assemble((sign, style), (f" {number}", faint))
            parts.append(text)
        if progress.current not in IDS:
            sign, style = progress.mark(progress.current)
            parts.append(Content.assemble((f"{sign} {title_of(progress.current)}", style)))
        self._content = Content("   ").join(parts)
        self.refresh()

    def render(self) -> Content:
        """Return the row."""
        return self._content
