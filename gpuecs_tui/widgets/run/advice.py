"""What a run's screen finds out by itself: whether the credentials will do, what an end left."""

from __future__ import annotations

from dataclasses import dataclass

from textual import getters, on, work
from textual.content import Content
from textual.message import Message

from gpuecs_tui.assessment import credentials
from gpuecs_tui.assessment.credentials import CredentialCheck
from gpuecs_tui.terraform.recovery import remedies
from gpuecs_tui.terraform.recovery.at_work import CARRIED_OUT
from gpuecs_tui.terraform.recovery.remedies import Recovery
from gpuecs_tui.terraform.runs.applied import is_applied
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, State
from gpuecs_tui.widgets.base.safe_text import harmless
from gpuecs_tui.widgets.run.panel import RunPanel
from gpuecs_tui.widgets.step.account_app import AccountApp
from gpuecs_tui.widgets.step.screen import StepScreen
from gpuecs_tui.wizard.run_environment import state_environment

BRING_BACK = "bring-back"
"""What the state's screen puts into ``wizard.wanted_run``: an apply that only imports."""
ENDED_BADLY = frozenset({State.FAILED, State.LOST, State.CANCELLED})
"""States after which the state may need mending."""


class AdvisingScreen(StepScreen):
    """A screen with a run's panel, which tells more of the run than its journal does."""

    app = getters.app(AccountApp)

    @dataclass
    class LifeRead(Message):
        """It is known whether the credentials outlast the apply of a plan."""

        run_id: str
        check: CredentialCheck | None

    @dataclass
    class Examined(Message):
        """It is known what a run that ended badly left."""

        run_id: str
        recovery: Recovery

    @dataclass
    class Judged(Message):
        """It is known whether a run left the files that are in the directory now applied."""

        applied: bool

    _life: LifeRead | None = None

    @property
    def panel(self) -> RunPanel:
        """The run's panel."""
        return self.query_one(RunPanel)

    @property
    def run(self) -> Run | None:
        """The run on view, as it was last read."""
        return self.panel.view.run if self.panel.view else None

    def advise(self, run: Run) -> None:
        """Look for what matters to a run that has just entered its state."""
        if run.is_final:
            self._judge(run)
        else:
            self.wizard.note_done("run", False)
            if run.state in CARRIED_OUT:
                # What was healthy before is changed or destroyed now.
                self.wizard.note_done("deployment", False)
        if run.state is State.PLANNED and run.operation is not Operation.PLAN:
            self._read_life(run)
        elif run.state in ENDED_BADLY:
            self._examine(run)

    def life_for(self, run: Run) -> CredentialCheck | None:
        """Return how long the credentials last beside what applying ``run`` takes, if known."""
        return self._life.check if self._life and self._life.run_id == run.id else None

    @work(thread=True, group="judge", exclusive=True, exit_on_error=False)
    def _judge(self, run: Run) -> None:
        self.post_message(self.Judged(is_applied(run)))

    @on(Judged)
    def _judged(self, message: Judged) -> None:
        self.wizard.note_done("run", message.applied)
        self.changed()

    @work(thread=True, group="life", exclusive=True, exit_on_error=False)
    def _read_life(self, run: Run) -> None:
        reader = self.app.feed.reader
        if reader is not None:
            self.post_message(self.LifeRead(run.id, credentials.check(run, reader)))

    @on(LifeRead)
    def _life_read(self, message: LifeRead) -> None:
        self._life = message

    @work(thread=True, group="examine", exclusive=True, exit_on_error=False)
    def _examine(self, run: Run) -> None:
        found = remedies.examine(run.directory, state_environment(self.wizard.profile))
        self.post_message(self.Examined(run.id, found))

    @on(Examined)
    def _examined(self, message: Examined) -> None:
        sentences = message.recovery.sentences()
        if sentences and self.run is not None and self.run.id == message.run_id:
            lines = [Content.styled(f"! {harmless(it)}", "$text-warning") for it in sentences]
            self.panel.say(Content("\n").join(lines))

    def action_state(self) -> None:
        """Go to the state: what a bad end left, and what mends it."""
        self.post_message(self.Going("state"))
