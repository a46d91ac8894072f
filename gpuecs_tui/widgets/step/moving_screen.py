"""A step after which the state must be at the location in the files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual import getters, on, work
from textual.message import Message

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.problems import TerraformProblem
from gpuecs_tui.terraform.migration import lifecycle
from gpuecs_tui.terraform.migration.lifecycle import Due
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.step import state_move
from gpuecs_tui.widgets.step.account_app import AccountApp
from gpuecs_tui.widgets.step.screen import StepScreen
from gpuecs_tui.wizard.run_environment import state_environment


class MovingScreen(StepScreen):
    """Offers to move the state before it continues."""

    app = getters.app(AccountApp)

    @dataclass
    class Placed(Message):
        """It was checked whether the state is at the location in the files."""

        due: Due | None
        """The move that must come first."""
        then: Callable[[], None]
        moved: bool = False
        """Whether it was moved just now."""

    @dataclass
    class NotMoved(Message):
        """The state could not be read or moved."""

        problem: TerraformProblem

    @work(thread=True, group="write", exclusive=True, exit_on_error=False)
    def place_state(self, then: Callable[[], None]) -> None:
        """Call ``then`` once the state is at the location in the files; never if refused."""
        try:
            due = lifecycle.due(
                self.wizard.options.directory, state_environment(self.wizard.profile)
            )
        except TerraformProblem as problem:
            self.post_message(self.NotMoved(problem))
        else:
            self.post_message(self.Placed(due, then))

    @on(Placed)
    def _placed(self, message: Placed) -> None:
        if message.due is None:
            self.unsay()
            if message.moved:
                # The finding that it must be moved is out of date.
                self.app.read_owned()
            message.then()
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.wait(_("Moving the state …"))
                self._move(message.then)
            else:
                self.say(_("Files written. Move the state before you run a plan."))

        self.app.push_screen(state_move.question(message.due), answered)

    @work(thread=True, group="write", exclusive=True, exit_on_error=False)
    def _move(self, then: Callable[[], None]) -> None:
        try:
            state_move.carry_out(self.wizard, self.app.feed.reader)
        except TerraformProblem as problem:
            self.post_message(self.NotMoved(problem))
        else:
            self.post_message(self.Placed(None, then, moved=True))

    @on(NotMoved)
    def _not_moved(self, message: NotMoved) -> None:
        self.say(escape_controls(str(message.problem)), "error")
