"""The Unchecked tab: what no check of the review covers, for this stack and in general."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content
from textual.widgets import Static

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Severity
from gpuecs_tui.checks.not_read import NOT_READ
from gpuecs_tui.checks.pricing.cost import cost
from gpuecs_tui.checks.pricing.cost_words import item_words
from gpuecs_tui.i18n import N_, _
from gpuecs_tui.stack.partial import NotKnown
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.base.scroller import Scroller
from gpuecs_tui.wizard.session import WizardSession

NEVER = (
    N_(
        "The content of the image: whether its CUDA version suits the driver of the "
        "AMI, and whether it contains the model and the programs that it needs."
    ),
    N_(
        "The application: whether it listens on the container port, answers the path of the health "
        "check with the expected codes, and how long it takes to load."
    ),
    N_("The GPU memory that the application needs."),
    N_("EC2 capacity: AWS reports only at launch whether a zone has an instance of this type."),
    N_("Whether your credentials have the permissions to create the planned resources."),
    N_("Network ACLs, and firewalls and proxies outside of the VPC."),
    N_("The DNS record that points a certificate's domain to the load balancer."),
    N_("The values of secrets and parameters. They are never read."),
    N_(
        "Resources in Terraform files of your own: a plan shows what it does to them, but no rule "
        "checks them and the cost does not include them."
    ),
)
"""Subjects that no rule checks for any stack; untranslated."""


class UncheckedPage(Scroller):
    """A text that wraps and scrolls."""

    DEFAULT_CSS = """
    UncheckedPage { height: 1fr; scrollbar-size-vertical: 1; background: $surface; }
    UncheckedPage Static { height: auto; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._text = Static(markup=False)
        self._shown = Content("")

    def compose(self) -> Iterator[Static]:
        """Yield the text."""
        yield self._text

    @property
    def text(self) -> str:
        """The displayed text, without its colours."""
        return self._shown.plain

    def show(self, wizard: WizardSession, context: Context) -> None:
        """Show what isn't checked for the stack in ``context``; the scroll position stays."""
        content = Content("\n").join(unchecked_lines(wizard, context))
        if not content.is_same(self._shown):
            self._shown = content
            self._text.update(content)


def unchecked_lines(wizard: WizardSession, context: Context) -> list[Content]:
    """Return what isn't checked for this stack, section by section, then what is never checked."""
    sections = (
        (_("Not checked because a fact is unknown"), [*_undecided(wizard)]),
        (_("Terraform in the directory that was not read"), [*_not_read(wizard)]),
        (
            _("Terraform in the directory without a field in the wizard"),
            [each.sentence for each in wizard.unread if each.is_followed],
        ),
        (_("Not read from the account"), [*_not_listed(wizard)]),
        (_("Not included in the cost"), [*_unpriced(context)]),
        (_("Never checked"), [_(words) for words in NEVER]),
    )
    lines: list[Content] = []
    if wizard.options.demo:
        words = _("Demo account: nothing was checked against AWS.")
        lines += [Content.styled(words, "bold $text-warning"), Content("")]
    for title, found in sections:
        if not found:
            continue
        lines.append(Content.styled(title, "bold $text-accent"))
        lines += [Content(f"- {escape_controls(words)}") for words in found]
        lines.append(Content(""))
    return lines[:-1]


def _undecided(wizard: WizardSession) -> Iterator[str]:
    for finding in wizard.findings:
        if finding.severity is Severity.UNKNOWN and finding.rule != NOT_READ:
            yield f"{finding.field}: {finding.message}"


def _not_read(wizard: WizardSession) -> Iterator[str]:
    for finding in wizard.findings:
        if finding.rule == NOT_READ:
            yield finding.message


def _not_listed(wizard: WizardSession) -> Iterator[str]:
    account = wizard.account
    if account.problem:
        yield account.problem
        return
    if account.facts is None:
        yield _("No account data is loaded yet.")
        return
    for unknown in account.facts.unknowns.values():
        if unknown.call:
            yield f"{unknown.call}: {unknown.reason}"


def _unpriced(context: Context) -> Iterator[str]:
    try:
        paid = cost(context)
    except NotKnown as unknown:
        yield _("All costs: {key} is unknown.").format(key=unknown.key)
        return
    if paid.unknown:
        yield paid.unknown
        return
    for line in (*paid.lines, *paid.by_use):
        if line.each is None:
            yield f"{item_words(line)}: {line.unknown}"
    for line in paid.by_use:
        if line.each is not None:
            yield _("{item}: billed by usage").format(item=item_words(line))
