"""Texts of the review about writing: the changes, the questions, the refusals."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.stack.model import KEYS
from gpuecs_tui.terraform.recovery.upgrade import TwoChanges
from gpuecs_tui.terraform.write.stack import WriteChanges
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.keys.binding import key_for_action, key_in_sentence
from gpuecs_tui.widgets.review.keys import BRING_UP_TO_DATE
from gpuecs_tui.widgets.step.findings_screen import remarks
from gpuecs_tui.widgets.step.screen import StepScreen
from gpuecs_tui.wizard.session import WizardSession


def why_not_written(wizard: WizardSession, *, despite_findings: bool = False) -> str:
    """Return why the stack can't be written at present; empty if it can."""
    found = remarks(wizard)
    if despite_findings:
        wrong = wizard.decisions.problems
        found = [it for it in found if it.severity == "missing" or it.key in wrong]
    grave = [it for it in found if it.severity == "error"]
    grave += [it for it in found if it.severity == "missing"]
    if not grave:
        for key, reason in {**wizard.decisions.problems, **wizard.decisions.missing}.items():
            return _("Nothing is written yet: {key} {message}.").format(key=key, message=reason)
        for key, unread in wizard.decisions.unknown.items():
            return _(
                "Could not write: the value of {key} was not read, and writing would replace "
                "it. {why}"
            ).format(key=key, why=unread.sentence)
        return ""
    text = ngettext(
        "Could not write because of an error: {first}",
        "Could not write because of {n} errors. First error: {first}",
        len(grave),
    )
    return text.format(n=len(grave), first=grave[0].message)


def despite_question(wizard: WizardSession) -> Confirm:
    """Return the question for the stack's name before a stack with errors of rules is written."""
    errors = [it.message for it in remarks(wizard) if it.severity == "error"]
    lines = [
        Content(_("The checks found errors. The deployment will probably fail or hang:")),
        *(Content.styled(f"! {escape_controls(message)}", "$text-error") for message in errors),
        Content(""),
        Content(_("Writing the files does not change the account. The plan is checked again.")),
    ]
    name = wizard.stack_name.strip()
    return Confirm(_("Write despite these findings?"), lines, yes=_("Write"), word=name, grave=True)


def upgrade_question(two: TwoChanges) -> Confirm:
    """Return the question before answers are written that one plan would combine with an
    upgrade."""
    if two.unread:
        first = _(
            "This directory was upgraded from an earlier version of gpuecs-tui. It is "
            "unknown whether the upgrade was applied. {reason} If it was not, one plan "
            "contains both changes."
        ).format(reason=escape_controls(two.unread))
    elif two.written:
        first = _(
            "This directory was upgraded from an earlier version of gpuecs-tui, and the "
            "upgrade is not applied yet. If you write your answers now, one plan "
            "contains both changes."
        )
    else:
        first = _(
            "An earlier version of gpuecs-tui wrote this directory. Writing your answers "
            "also brings it up to date, so one plan contains both changes."
        )
    lines = [
        Content(first),
        Content(
            _(
                "That plan does not protect running resources yet: the present revision of "
                "the task definition is deregistered if it changes, and a security group or "
                "instance profile that is no longer used is deleted under running instances."
            )
        ),
        Content(""),
        Content(escape_controls(_one_after_the_other(two))),
    ]
    return Confirm(_("Two changes in one plan"), lines, yes=_("Write both"))


def _one_after_the_other(two: TwoChanges) -> str:
    if two.written:
        return _(
            "To apply them separately, answer No. Then plan and apply the upgrade in the "
            "Run step. Your answers stay in the draft."
        )
    if two.obstacle:
        return _("Could not write the upgrade alone. {reason}").format(reason=two.obstacle)
    return _(
        "To apply them separately, answer No and press {key}. It writes only the "
        "upgrade, and your answers stay in the draft."
    ).format(key=key_in_sentence(BRING_UP_TO_DATE))


def plans_as_it_is(wizard: WizardSession) -> bool:
    """Tell whether the directory is planned without a write.

    It is if the directory has answers that were not read, and the user has changed nothing.
    """
    decisions = wizard.decisions
    return bool(decisions.unknown) and wizard.is_as_read


def what_writing_does(wizard: WizardSession, changes: WriteChanges | None) -> str:
    """Return what "next" would do; ``changes`` is None while they are being compared."""
    directory = escape_controls(str(wizard.options.directory))
    if wizard.decisions.problems or wizard.decisions.missing:
        return _("Incomplete. The Findings tab and the steps show what is missing.")
    if plans_as_it_is(wizard):
        return _("Next plans {directory} without writing, because part of it was not read.").format(
            directory=directory
        )
    if wizard.decisions.unknown:
        return why_not_written(wizard)
    if errors := sum(it.severity == "error" for it in wizard.findings):
        text = ngettext(
            "{n} error: see the Findings tab. You must type the name of the stack before "
            "files are written.",
            "{n} errors: see the Findings tab. You must type the name of the stack "
            "before files are written.",
            errors,
        )
        return text.format(n=errors)
    if changes is None:
        return _("Comparing with {directory} …").format(directory=directory)
    key = key_for_action(StepScreen, "next")
    if not changes.files:
        text = _("No changes to write to {directory}. Press {key} to plan.")
        return text.format(directory=directory, key=key)
    return _("Press {key} to write to {directory} and plan: {changes}.").format(
        key=key, directory=directory, changes=changes_in_words(changes)
    )


LOST_LINES = 6
"""Number of lines of lost changes in a question; the Files tab shows all of them."""


def what_is_lost(changes: WriteChanges) -> Iterator[Content]:
    """Yield the lines of the question before a write that loses manual changes."""
    yield Content(_what_it_overwrites(changes))
    for name in changes.hand_edited:
        yield Content.styled(f"  {escape_controls(name)}", "bold")
    removed = [
        line
        for change in changes.files
        for line in change.lost.splitlines()
        if line.startswith("-") and not line.startswith("---")
    ]
    values = [
        f"- {it.key}: {KEYS[it.key].unparse(it.present)} → {KEYS[it.key].unparse(it.wanted)}"
        for it in changes.overruled
    ]
    yield Content("")
    for line in (*removed, *values)[:LOST_LINES]:
        yield Content.styled(escape_controls(" ".join(line.split())), "$text-error")
    yield Content(_("The Files tab shows every line."))


def overwrite_title(changes: WriteChanges) -> str:
    """Return the title of that question."""
    if any(change.loses_edits for change in changes.files):
        return _("Overwrite manual changes?")
    return _("Overwrite existing values?")


def _what_it_overwrites(changes: WriteChanges) -> str:
    if any(change.loses_edits for change in changes.files):
        return _("These files contain manual changes that will be overwritten:")
    if any(it.is_edit is None for it in changes.overruled):
        return _(
            "Writing overwrites values in these files. It is unknown whether they were "
            "changed by hand, because this directory has no record of a write by "
            "gpuecs-tui."
        )
    return _("Writing overwrites values of the existing stack in these files:")


def changes_in_words(changes: WriteChanges) -> str:
    """Return the counts of a write: "2 new files, 1 changed, 1 edited by hand"."""
    kinds = [change.kind for change in changes.files]
    created, changed, deleted = (kinds.count(kind) for kind in ("create", "change", "delete"))
    edited = sum(change.loses_edits for change in changes.files)
    asked = len(changes.hand_edited) - edited
    parts = (
        (created, ngettext("{n} new file", "{n} new files", created)),
        (changed, ngettext("{n} changed", "{n} changed", changed)),
        (deleted, ngettext("{n} deleted", "{n} deleted", deleted)),
        (edited, ngettext("{n} edited by hand", "{n} edited by hand", edited)),
        (asked, ngettext("{n} to confirm", "{n} to confirm", asked)),
    )
    return ", ".join(text.format(n=number) for number, text in parts if number)
