"""Moves the state to where the written files say, after a question, before anything is planned."""

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
    """The move of a screen; shows nothing but its question.

    ``then_run`` comes back with ``InPlace``: whether a run follows.
    """

    @dataclass
    class InPlace(Message):
        """The state is where the files say."""

        then_run: bool
        moved: bool = False
        """Whether it was moved just now."""

    class Begun(Message):
        """The state is being moved."""

    class Declined(Message):
        """The user answered No: the state stays where it is."""

    @dataclass
    class Refused(Message):
        """The state could not be read or moved, and why."""

        reason: str

    @dataclass
    class _Due(Message):
        """The move that must come first."""

        due: Due
        then_run: bool

    @work(thread=True, group="write", exclusive=True, exit_on_error=False)
    def begin(self, then_run: bool) -> None:
        """Compare where the state is with what the files say; ask and move it if they differ.

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

        self.app.push_screen(state_move.question(message.due), answered)

    @work(thread=True, group="write", exclusive=True, exit_on_error=False)
    def _move(self, then_run: bool) -> None:
        try:
            state_move.carry_out(self._wizard, self.app.feed.reader)
        except TerraformProblem as problem:
            self.post_message(self.Refused(str(problem)))
        else:
            self.post_message(self.InPlace(then_run, moved=True))
