"""Move the state to the location in the written files, after a question and before a plan."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on, work
from textual.message import Message

from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.migration import lifecycle
from gpuecs_tui.terraform.migration.lifecycle import Due
from gpuecs_tui.widgets.step import state_move
from gpuecs_tui.widgets.step.part import Part
from gpuecs_tui.wizard.run_environment import state_environment


class StateMover(Part):
    """Moves the state for a screen; it displays only its question.

    ``then_run`` is returned in ``InPlace``: whether a run follows.
    """

    @dataclass
    class InPlace(Message):
        """The state is at the location in the files."""

        then_run: bool
        moved: bool = False
        """Whether it has just been moved."""

    class Begun(Message):
        """The state is being moved."""

    class Declined(Message):
        """The user answered No: the state stays at its location."""

    @dataclass
    class Refused(Message):
        """The state could not be read or moved; the message says why."""

        reason: str

    @dataclass
    class _Due(Message):
        """The required move."""

        due: Due
        then_run: bool

    @work(thread=True, group="write", exclusive=True, exit_on_error=False)
    def begin(self, then_run: bool) -> None:
        """Compare the location of the state with the one in the files; if they differ, ask and move
        it.

        One of the messages follows.
        """
        directory = self._wizard.options.directory
        try:
            due = lifecycle.due(directory, state_environment(self._wizard.profile))
        except TerraformProblem as problem:
            self.post_message(self.Refused(str(problem)))
        else:
            self.post_message(self.InPlace(then_run) if due is None else self._Due(due, then_run))

    @on(_Due)
    def _ask(self, message: _Due) -> None:
        message.stop()

        def answered(yes: bool | None) -> None:
            if yes:
                self.post_message(self.Begun())
                self._move(message.then_run)
            else:
                self.post_message(self.Declined())

        self.app.push_screen(state_move.move_question(message.due), answered)

    @work(thread=True, group="write", exclusive=True, exit_on_error=False)
    def _move(self, then_run: bool) -> None:
        try:
            state_move.move_state(self._wizard, self.app.feed.reader)
        except TerraformProblem as problem:
            self.post_message(self.Refused(str(problem)))
        else:
            self.post_message(self.InPlace(then_run, moved=True))
