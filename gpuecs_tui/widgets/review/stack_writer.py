"""Write the stack into its directory, and ask first if a confirmation is required.

The order of the questions is fixed: an unfinished write of another process, an upgrade combined
with another change, manual changes that would be lost. Then all files are written, or none. Reading
and writing run in a thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from textual import on, work
from textual.message import Message

from gpuecs_tui.i18n import _
from gpuecs_tui.stack.fields import Value
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.terraform.hcl.tree import ReadProblem
from gpuecs_tui.terraform.recovery.upgrade import TwoChanges, upgrade_of
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.run_status import status_title
from gpuecs_tui.terraform.write.rewrite import files_for
from gpuecs_tui.terraform.write.stack import WriteChanges, WriteProblem, compare, write
from gpuecs_tui.terraform.write.unfinished_write import Unfinished, drop, settle
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.widgets.review.unfinished_question import unfinished_question
from gpuecs_tui.widgets.review.words import overwrite_title, upgrade_question, what_is_lost
from gpuecs_tui.widgets.step.part import Part
from gpuecs_tui.wizard.session import WizardSession
from gpuecs_tui.wizard.upgrade import meets_another_change


@dataclass(frozen=True, slots=True)
class Wish:
    """A request to write."""

    stack: Stack | None
    """None: the stack in the directory, in the present form."""
    then_run: bool
    """Whether a plan follows the write."""


def changes_to(wizard: WizardSession, files: Mapping[str, str]) -> WriteChanges:
    """Return the changes that writing ``files`` would make in the wizard's directory.

    Raises ReadProblem, WriteProblem or OSError if the directory can't be compared.
    """
    return compare(
        wizard.options.directory,
        files,
        explicit=wizard.decisions.answers,
        by_hand=wizard.changed_by_hand,
        environ=os.environ,
    )


class StackWriter(Part):
    """Writes the files of a screen; it displays only its questions."""

    @dataclass
    class HandEditsFound(Message):
        """The write would lose manual changes or values; the question follows."""

    @dataclass
    class Written(Message):
        """All files were written."""

        wish: Wish
        answers: Mapping[str, Value]
        """The decisions in the files."""
        changed: bool
        """Whether at least one file was written."""

    @dataclass
    class Refused(Message):
        """Nothing was written; the message says why."""

        reason: str

    @dataclass
    class _UnfinishedFound(Message):
        """An interrupted write of another process was found in the directory."""

        wish: Wish
        unfinished: Unfinished
        difference: str

    @dataclass
    class _Ready(Message):
        """The directory at the moment of writing."""

        wish: Wish
        changes: WriteChanges
        meets_upgrade: TwoChanges | None
        """The upgrade of an applied stack that the same plan would contain."""

    @work(thread=True, group="write", exclusive=True, exit_on_error=False)
    def begin(self, wish: Wish) -> None:
        """Compare the directory with ``wish``, ask the required questions, and write.

        ``Written`` or ``Refused`` follows; neither follows if the user answers a question with No.
        """
        directory = self._wizard.options.directory
        run = run_list.live_run(directory) if directory.is_dir() else None
        try:
            if run is None and (unfinished := settle(directory)) is not None:
                difference = unfinished.difference()
                self.post_message(self._UnfinishedFound(wish, unfinished, difference))
                return
            if wish.stack is None:
                changes, meets = upgrade_of(directory, os.environ), None
            else:
                state = self._wizard.state
                files = files_for(wish.stack, directory, state.listeners if state else None)
                changes = changes_to(self._wizard, files)
                writes = changes.files and run is None
                meets = meets_another_change(self._wizard, wish.stack) if writes else None
        except (ReadProblem, WriteProblem, OSError) as problem:
            self.post_message(self.Refused(str(problem)))
            return
        if run is not None and changes.files:
            reason = _(
                "A run of {user} is active in this directory ({state}). Nothing was written. "
                "Wait until the run ends."
            ).format(user=run.user, state=status_title(run.state))
            self.post_message(self.Refused(reason))
            return
        self.post_message(self._Ready(wish, changes, meets))

    @on(_UnfinishedFound)
    def _ask_about_unfinished(self, message: _UnfinishedFound) -> None:
        message.stop()

        def drop_it() -> None:
            try:
                drop(self._wizard.options.directory)
            except WriteProblem as problem:
                self.post_message(self.Refused(str(problem)))
            else:
                self.begin(message.wish)

        question = unfinished_question(message.unfinished.words, message.difference)
        self._ask(question, drop_it)

    @on(_Ready)
    def _ask_what_must_be_asked(self, message: _Ready) -> None:
        message.stop()
        wish, changes = message.wish, message.changes
        if not changes.files:
            self.post_message(self.Written(wish, changes.answers, changed=False))
        elif message.meets_upgrade:
            answered = replace(message, meets_upgrade=None)
            self._ask(
                upgrade_question(message.meets_upgrade),
                lambda: self._ask_what_must_be_asked(answered),
            )
        elif changes.hand_edited:
            self.post_message(self.HandEditsFound())
            lost = list(what_is_lost(changes))
            question = Confirm(overwrite_title(changes), lost, yes=_("Overwrite"), grave=True)
            self._ask(question, lambda: self._write(wish, changes))
        else:
            self._write(wish, changes)

    def _ask(self, question: Confirm, then: Callable[[], object]) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                then()

        self.app.push_screen(question, answered)

    @work(thread=True, group="write", exclusive=True, exit_on_error=False)
    def _write(self, wish: Wish, changes: WriteChanges) -> None:
        try:
            write(changes, accept=changes.hand_edited)
        except (WriteProblem, OSError) as problem:
            self.post_message(self.Refused(str(problem)))
        else:
            self.post_message(self.Written(wish, changes.answers, changed=True))
