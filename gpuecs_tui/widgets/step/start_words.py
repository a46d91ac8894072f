"""What the start shows about a directory: the rows of its menu, and the lines below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.terraform.runs.run_status import operation_title, status_title
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.base.styles import MUTED
from gpuecs_tui.widgets.picker.rows import Row
from gpuecs_tui.widgets.step.draft_age import newer_file, shown_time
from gpuecs_tui.wizard.drafts import Draft
from gpuecs_tui.wizard.session import WizardSession

if TYPE_CHECKING:
    from gpuecs_tui.terraform.recovery.remedies import Recovery
    from gpuecs_tui.wizard.directory_status import DirectoryStatus

NEW, LOOK = "new", "look"
"""Ids of the row that starts a new stack, and of the row that is shown while the directory is
read."""


@dataclass(eq=False, repr=False)
class KnownAtStart:
    """What is known about a directory and its draft before a stack is open."""

    wizard: WizardSession
    draft: Draft | None = None
    draft_problem: str = ""
    """Why the draft could not be read or moved; empty if there is no problem."""
    survey: DirectoryStatus | None = None
    """None until the directory is read."""
    recovery: Recovery | None = None
    """The problems of its state; None until they are read."""
    may_hold_a_stack: bool = False
    """Whether the directory may have Terraform or a run, according to its file names."""

    def rows(self) -> list[Row]:
        """Return the rows of the menu, the safest choice first."""
        rows = []
        if self.recovery is not None and self.recovery.has_problems:
            note = _("after a run that failed or was interrupted")
            rows.append(Row("state", (_("View and repair the state"), note)))
        found = self.survey
        if found is not None and found.run is not None:
            run = found.run
            who = _("{operation}, {state}, by {user} on {host}").format(
                operation=operation_title(run.operation),
                state=status_title(run.state),
                user=run.user,
                host=run.host,
            )
            rows.append(Row("run", (_("Watch the run in this directory"), who)))
        typed = []
        if self.wizard.texts:
            typed.append(Row("back", (_("Continue editing"), "")))
        elif self.draft is not None:
            answers = sum(bool(text) for text in self.draft.texts.values())
            number = ngettext("{n} answer", "{n} answers", answers).format(n=answers)
            typed.append(Row("draft", (_("Continue your draft"), f"{number}, {self._age()}")))
        present = []
        if found is None and self.may_hold_a_stack:
            present.append(Row(LOOK, (_("Existing stack"), _("reading the directory …"))))
        if found is not None and found.terraform:
            name = found.texts.get("stack.name", "")
            region = found.texts.get("stack.region", "")
            present.append(Row("open", (_("Open existing stack"), f"{name} {region}".strip())))
        # If the directory changed after the draft was saved, the directory is the safer choice.
        rows += [*present, *typed] if self.newer() else [*typed, *present]
        notes = []
        if found is not None and found.terraform:
            notes.append(_("replaces the existing stack"))
        if self.draft or self.wizard.texts:
            notes.append(_("your draft is backed up"))
        rows.append(Row(NEW, (_("Begin a new stack"), "; ".join(notes))))
        return rows

    def _age(self) -> str:
        assert self.draft is not None
        return shown_time(self.draft.saved_at) if self.draft.saved_at else ""

    def newer(self) -> str:
        """Return which file changed after the draft was saved; empty if none did."""
        if self.draft is None or self.survey is None or self.wizard.texts:
            return ""
        return newer_file(self.draft, self.survey)

    def facts(self, upgrade_key: str) -> list[Content]:
        """Return the lines below the menu: warnings, then notes.

        ``upgrade_key``: the key of the review that upgrades the Terraform of an earlier version.
        """
        lines = []
        if newer := self.newer():
            lines.append(Content.styled(f"! {escape_controls(newer)}", "$text-warning"))
        if self.recovery is not None and self.recovery.has_problems:
            lines += [
                Content.styled(f"! {escape_controls(sentence)}", "$text-warning")
                for sentence in self.recovery.sentences()
                # A problem that prevents both readings is shown once, with its remedy.
                if self.survey is None or sentence not in self.survey.problem
            ]
        if self.wizard.draft_refusal:
            lines.append(Content.styled(f"! {self.wizard.draft_refusal}", "$text-warning"))
        if self.draft_problem:
            lines.append(Content.styled(f"! {self.draft_problem}", "$text-warning"))
        found = self.survey
        if found is None:
            return [*lines, Content.styled(_("Reading the directory …"), MUTED)]
        if found.engine:
            lines.append(Content.styled(f"✓ {found.engine}", MUTED))
        if found.engine_problem:
            text = _("! {problem} You can still fill in the form.")
            lines.append(Content.styled(text.format(problem=found.engine_problem), "$text-warning"))
        if found.problem:
            lines.append(Content.styled(f"! {escape_controls(found.problem)}", "$text-warning"))
        if found.unwritable:
            lines.append(Content.styled(f"! {escape_controls(found.unwritable)}", "$text-warning"))
        if found.unfinished:
            lines.append(Content.styled(f"! {escape_controls(found.unfinished)}", "$text-warning"))
        if gone := [each.what for each in found.unread if each.is_deleted]:
            text = ngettext(
                "! A file that gpuecs-tui wrote here was deleted: {names}.",
                "! Files that gpuecs-tui wrote here were deleted: {names}.",
                len(gone),
            ).format(names=", ".join(gone))
            lines.append(Content.styled(escape_controls(text), "$text-warning"))
        unread = [each for each in found.unread if not (each.is_followed or each.is_deleted)]
        if unread:
            text = ngettext(
                "! {n} part of the Terraform in this directory was not read. See the findings.",
                "! {n} parts of the Terraform in this directory were not read. See the findings.",
                len(unread),
            )
            lines.append(Content.styled(text.format(n=len(unread)), "$text-warning"))
        state = self.wizard.state
        if state is not None and state.earlier:
            text = _(
                "! An earlier version of gpuecs-tui wrote the Terraform in this directory. "
                "Bring it up to date in the review ({key}) before any other change."
            ).format(key=upgrade_key)
            lines.append(Content.styled(text, "$text-warning"))
        elif state is not None and state.unapplied:
            text = _(
                "! The Terraform in this directory was upgraded from an earlier version of "
                "gpuecs-tui, and the upgrade is not applied yet. Plan and apply it before "
                "any other change."
            )
            lines.append(Content.styled(text, "$text-warning"))
        if found.foreign:
            text = _("The directory contains other files. They are not changed.")
            lines.append(Content.styled(text, MUTED))
        return lines
