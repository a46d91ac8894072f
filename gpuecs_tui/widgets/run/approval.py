"""A run's screen that checks once more, with the account read fresh, before it asks for a yes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from gpuecs_tui.assessment.apply_gate import LIMIT_SECONDS, ApplyCheck, Checked
from gpuecs_tui.i18n import N_, _
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, State
from gpuecs_tui.widgets.base.key_groups import SCREEN
from gpuecs_tui.widgets.base.keys import bind
from gpuecs_tui.widgets.base.safe_text import harmless
from gpuecs_tui.widgets.pictures.cost_line import cost_line, cost_of
from gpuecs_tui.widgets.run.advice import AdvisingScreen
from gpuecs_tui.widgets.run.questions import apply_question
from gpuecs_tui.wizard.run_environment import state_environment

CHECKING = N_("Show that the check before the apply is still running")


class ApprovingScreen(AdvisingScreen):
    """A screen on which a plan is approved; a subclass says what follows from a yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("a", "approve", N_("approve"), N_("Apply this plan"), SCREEN),
        # For whoever presses ahead: the question is not there yet.
        bind("a,y,enter", "say_check", N_("check"), CHECKING, SCREEN, show=False),
        bind("escape", "leave_check", N_("don't check"), N_("Stop the check"), SCREEN),
    ]

    @dataclass
    class CheckedAgain(Message):
        """The check right before an apply is over."""

        check: ApplyCheck
        run_id: str
        checked: Checked

    checking: ApplyCheck | None = None
    """The check that is under way."""

    @property
    def confirmation(self) -> str:
        """What must be typed before anything is destroyed: the stack's name."""
        return self.wizard.stack_name.strip() or self.wizard.options.directory.resolve().name

    def on_unmount(self) -> None:
        """Leave a check that is under way."""
        if self.checking is not None:
            self.checking.stop()

    def approved(self, run: Run) -> None:
        """Have the plan of ``run`` applied."""
        raise NotImplementedError

    def action_approve(self) -> None:
        """Ask whether to apply the plan on view, once it was checked again."""
        run = self.run
        if run is None:
            return
        if run.operation is Operation.DESTROY:
            self._ask(None)
            return
        feed, profile = self.app.feed, self.wizard.profile
        self.checking = ApplyCheck(
            run.directory, partial(feed.fresh_reader, profile), state_environment(profile)
        )
        self.panel.wait(Content.styled(_("Checking once more …"), "bold $text-accent"))
        self.changed()
        self._check_again(self.checking, run.id)

    def action_say_check(self) -> None:
        """Say that the question follows the check which is under way."""
        words = _(
            "Checking once more … The question comes when the check is over. Esc stops the check."
        )
        self.panel.wait(Content.styled(words, "bold $text-accent"))

    def action_leave_check(self) -> None:
        """Check no further, and ask nothing."""
        check, self.checking = self.checking, None
        if check is not None:
            check.stop()
        self.panel.say(Content(""))
        self.changed()

    @work(thread=True, group="apply-check", exclusive=True, exit_on_error=False)
    def _check_again(self, check: ApplyCheck, run_id: str) -> None:
        self.post_message(self.CheckedAgain(check, run_id, check.run(LIMIT_SECONDS)))

    @on(CheckedAgain)
    def _checked_again(self, message: CheckedAgain) -> None:
        if message.check is not self.checking:
            return
        self.action_leave_check()
        run = self.run
        # Somebody else may have decided meanwhile.
        if run is not None and run.id == message.run_id and run.state is State.PLANNED:
            self._ask(message.checked)

    def _ask(self, checked: Checked | None) -> None:
        watch = self.panel.view
        if watch is None:
            return
        run = watch.run

        def answered(yes: bool | None) -> None:
            if yes:
                self.approved(run)
            elif self.run is not None and self.run.id == run.id:
                # An Enter that was meant for the check answers no, too.
                self.panel.say(Content.styled(_("Not approved: nothing was applied."), "bold"))

        life = self.life_for(run)
        question = apply_question(watch, checked, life, self.confirmation, self._about(checked))
        self.app.push_screen(question, answered)

    def _about(self, checked: Checked | None) -> list[Content]:
        """Return whose account the plan changes, and what the stack in the files costs."""
        identity = self.wizard.account.identity
        stack = checked.stack if checked is not None else None
        where = _("Account {account}, region {region}").format(
            account=identity.account if identity else _("unknown"),
            region=(stack.stack.region if stack else self.wizard.region) or _("unknown"),
        )
        lines = [Content.styled(harmless(where), "bold")]
        if stack is not None:
            lines.append(cost_of(stack, self.wizard.account.facts))
        elif checked is None and self.wizard.is_as_opened:
            # A destroy isn't checked, but what it ends to cost is known.
            cost = cost_line(self.wizard)
            if cost.plain:
                lines.append(Content.assemble(_("The destroy ends this cost:"), " ", cost))
        return [*lines, Content("")]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Allow to leave a check while there is one."""
        if action in ("leave_check", "say_check"):
            return self.checking is not None
        return super().check_action(action, parameters)
