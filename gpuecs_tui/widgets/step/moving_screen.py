"""A step behind which the state must lie where the files say."""

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
    """Offers to move the state before it goes on."""

    app = getters.app(AccountApp)

    @dataclass
    class Placed(Message):
        """It is known whether the state lies where the files say."""

        due: Due | None
        """The move that must come first."""
        then: Callable[[], None]
        moved: bool = False
        """Whether it was moved just now."""

    @dataclass
    class NotMoved(Message):
        """The state can't be read, or could not be moved."""

        problem: TerraformProblem

    @work(thread=True, group="write", exclusive=True, exit_on_error=False)
    def place_state(self, then: Callable[[], None]) -> None:
        """Call ``then`` once the state lies where the files say; not at all if it isn't to."""
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
                self.say(_("Written, but nothing can be planned before the state is moved."))

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
