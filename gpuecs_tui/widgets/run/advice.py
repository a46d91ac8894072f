"""Read facts about a displayed run: how long the credentials last, what a failed run left."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from textual import on, work
from textual.message import Message

from gpuecs_tui.assessment import credentials
from gpuecs_tui.assessment.credentials import CredentialCheck
from gpuecs_tui.assessment.leftovers import Left, read_left
from gpuecs_tui.aws.session import AccountReader, Closed
from gpuecs_tui.terraform.recovery import remedies
from gpuecs_tui.terraform.recovery.at_work import CARRIED_OUT
from gpuecs_tui.terraform.recovery.remedies import Recovery
from gpuecs_tui.terraform.runs.applied import is_applied
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from gpuecs_tui.widgets.step.part import Part
from gpuecs_tui.wizard.run_environment import state_environment
from gpuecs_tui.wizard.session import WizardSession

BRING_BACK = "bring-back"
"""Value of ``wizard.wanted_run`` that the state screen sets: an apply that only imports."""
ENDED_BADLY = frozenset({RunStatus.FAILED, RunStatus.LOST, RunStatus.CANCELLED})
"""Final states after which the state may need a repair."""


class RunAdvice(Part):
    """Reads the facts about a run that are not in its journal."""

    @dataclass
    class LeftBehind(Message):
        """The remains of a failed or killed run were read."""

        run_id: str
        recovery: Recovery

    @dataclass
    class LeftInAccount(Message):
        """It was read what a completed destroy left in the account."""

        run_id: str
        left: Left

    @dataclass
    class Judged(Message):
        """It is known whether the files in the directory are applied by a run."""

        applied: bool

    @dataclass
    class _LifeRead(Message):
        """It is known whether the credentials outlast the apply of a plan."""

        run_id: str
        check: CredentialCheck | None

    def __init__(self, wizard: WizardSession) -> None:
        super().__init__(wizard)
        self._life: RunAdvice._LifeRead | None = None

    def advise(self, run: Run, *, live: bool = True) -> None:
        """Read the relevant facts for a run that has just entered its state.

        Without ``live`` it entered it before it was followed: what an earlier destroy left is not
        read, because another apply may have used the same names since.
        """
        if run.is_final:
            self._judge(run)
        else:
            self._wizard.note_done("run", False)
            if run.state in CARRIED_OUT:
                # The run changes the deployment, so it is no longer known to be healthy.
                self._wizard.note_done("deployment", False)
        if run.state is RunStatus.PLANNED and run.operation is not Operation.PLAN:
            self._read_life(run)
        elif run.state in ENDED_BADLY:
            self._examine(run)
        elif live and run.state is RunStatus.SUCCEEDED and run.operation is Operation.DESTROY:
            self._read_left(run)

    def life_for(self, run: Run) -> CredentialCheck | None:
        """Return whether the credentials outlast the apply of ``run``; None if that is unknown."""
        return self._life.check if self._life and self._life.run_id == run.id else None

    @work(thread=True, group="judge", exclusive=True, exit_on_error=False)
    def _judge(self, run: Run) -> None:
        self.post_message(self.Judged(is_applied(run)))

    @on(Judged)
    def _judged(self, message: Judged) -> None:
        self._wizard.note_done("run", message.applied)

    @work(thread=True, group="life", exclusive=True, exit_on_error=False)
    def _read_life(self, run: Run) -> None:
        reader = self.app.feed.reader
        if reader is not None:
            self.post_message(self._LifeRead(run.id, credentials.check_credentials(run, reader)))

    @on(_LifeRead)
    def _life_read(self, message: _LifeRead) -> None:
        self._life = message

    @work(thread=True, group="examine", exclusive=True, exit_on_error=False)
    def _examine(self, run: Run) -> None:
        found = remedies.examine(run.directory, state_environment(self._wizard.profile))
        self.post_message(self.LeftBehind(run.id, found))

    @work(thread=True, group="left", exclusive=True, exit_on_error=False)
    def _read_left(self, run: Run) -> None:
        reader = self.app.feed.reader
        if reader is None:
            return
        # A change of the account, or the end of the program, closes the reader.
        with suppress(Closed):
            left = read_left(run, partial(_in_region, reader))
            self.post_message(self.LeftInAccount(run.id, left))


def _in_region(reader: AccountReader, region: str) -> AccountReader:
    return reader if reader.region == region else reader.again(region)
