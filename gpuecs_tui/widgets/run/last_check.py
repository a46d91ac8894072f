"""The check immediately before the question about an apply, with the account read again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from textual import on, work
from textual.message import Message

from gpuecs_tui.assessment.apply_gate import LIMIT_SECONDS, ApplyCheck, Checked
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.widgets.step.part import Part
from gpuecs_tui.wizard.run_environment import state_environment
from gpuecs_tui.wizard.session import WizardSession


class LastCheck(Part):
    """Runs at most one check before an apply; the check can be cancelled at any time."""

    @dataclass
    class Over(Message):
        """A check has ended and was not cancelled."""

        run_id: str
        checked: Checked

    @dataclass
    class _Ended(Message):
        """A check has ended or was cancelled."""

        check: ApplyCheck
        run_id: str
        checked: Checked

    def __init__(self, wizard: WizardSession) -> None:
        super().__init__(wizard)
        self._under_way: ApplyCheck | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether a check was started and has neither ended nor been cancelled."""
        return self._under_way is not None

    def begin(self, run: Run) -> None:
        """Check the directory of ``run``; ``Over`` follows unless ``leave`` is called before."""
        feed, profile = self.app.feed, self._wizard.profile
        self._under_way = ApplyCheck(
            run.directory,
            partial(feed.fresh_reader, profile),
            state_environment(profile),
            planned=run,
        )
        self._check(self._under_way, run.id)

    def leave(self) -> None:
        """Cancel the check."""
        check, self._under_way = self._under_way, None
        if check is not None:
            check.stop()

    def on_unmount(self) -> None:
        """Cancel a running check."""
        self.leave()

    @work(thread=True, group="apply-check", exclusive=True, exit_on_error=False)
    def _check(self, check: ApplyCheck, run_id: str) -> None:
        self.post_message(self._Ended(check, run_id, check.run(LIMIT_SECONDS)))

    @on(_Ended)
    def _ended(self, message: _Ended) -> None:
        if message.check is self._under_way:
            self.leave()
            self.post_message(self.Over(message.run_id, message.checked))
