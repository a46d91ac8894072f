"""Planning and applying: the run in the stack's directory, and the decisions about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import events, getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from gpuecs_tui.assessment.apply_gate import Checked
from gpuecs_tui.i18n import N_, _
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.runs.force_stop import end_now
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.keys.binding import bind, key_for_action
from gpuecs_tui.widgets.keys.groups import SCREEN
from gpuecs_tui.widgets.log.keys import SAVE
from gpuecs_tui.widgets.run.advice import ENDED_BADLY, RunAdvice
from gpuecs_tui.widgets.run.decisions import RunDecisions
from gpuecs_tui.widgets.run.keys import APPROVE, CANCEL, DISCARD
from gpuecs_tui.widgets.run.last_check import LastCheck
from gpuecs_tui.widgets.run.panel import RunPanel
from gpuecs_tui.widgets.run.questions import (
    apply_question,
    end_question,
    replan_question,
    stop_question,
    watch_question,
    what_it_changes,
)
from gpuecs_tui.widgets.run.watch import RunWatch
from gpuecs_tui.widgets.step.account_app import AccountApp
from gpuecs_tui.widgets.step.commands import DESTROY, PLAN
from gpuecs_tui.widgets.step.screen import StepScreen
from gpuecs_tui.widgets.step.steps import STATE
from gpuecs_tui.widgets.terminal.clipboard import copy_text
from gpuecs_tui.wizard.certificate import certificate_domain
from gpuecs_tui.wizard.unwritten import unwritten_words

SPLIT = 110
"""Minimum cells at which the log and the resources are side by side."""
WIDE = 150
"""Minimum cells at which the steps also have a column of their own."""
CANCELLABLE = frozenset(
    {RunStatus.STARTING, RunStatus.PLANNING, RunStatus.APPROVED, RunStatus.APPLYING}
)
"""States in which a run can be cancelled."""
CHECKING_TEXT = N_("Show that the check before the apply is still running")
RESOURCES_TEXT = N_("Go to the resources")


class RunScreen(StepScreen):
    """Displays the run of the directory; every decision is written to the run's files."""

    app = getters.app(AccountApp)

    STEP = "run"
    CSS_PATH = "run.tcss"
    HELP = N_(
        "A plan changes nothing. It shows what an apply would create, change and "
        "destroy. An apply runs exactly the plan that you approve. Before you are "
        "asked, the account is read again and everything is checked again. If "
        "anything is destroyed or replaced, you must type the name of the stack.\n\n"
        "Terraform runs in a process of its own. You can leave this screen, close "
        "the terminal or lose the connection: the run continues, and the next start "
        "offers it here again. Any number of terminals can watch it.\n\nCancelling "
        "interrupts Terraform once. It finishes the operations in flight, saves its "
        "state and releases the state lock. This can take minutes, and no second "
        "signal is sent automatically. Only while the run is stopping, you can stop "
        "Terraform immediately, which loses changes that are not saved. The question "
        "lists them and asks for the name of the stack."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        APPROVE,
        # For a key that is pressed before the question is shown.
        bind("a,y,enter", "say_check", N_("check"), CHECKING_TEXT, SCREEN, show=False),
        bind("escape", "leave_check", N_("cancel check"), N_("Cancel the check"), SCREEN),
        DISCARD,
        CANCEL,
        bind("X", "end_now", N_("stop now"), N_("Stop Terraform now"), SCREEN),
        bind("u", "copy_url", N_("copy URL"), N_("Copy the URL of the service"), SCREEN),
        bind("p", "plan('apply')", N_("plan"), PLAN, SCREEN),
        # Not in the line: the line has no room for this key next to approve and discard, and
        # after an unfinished destroy it must not recommend to create everything again.
        bind("p", "plan_again('apply')", N_("plan"), PLAN, SCREEN, show=False),
        bind("D", "plan('destroy')", N_("destroy"), DESTROY, SCREEN),
        bind("D", "plan_again('destroy')", N_("destroy"), DESTROY, SCREEN),
        bind("S", "state", N_("state"), N_("View and repair the state"), SCREEN),
        bind("tab,shift+tab,t", "other_pane('resources')", N_("resources"), RESOURCES_TEXT, SCREEN),
        bind("tab,shift+tab,t", "other_pane('log')", N_("log"), N_("Go to the log"), SCREEN),
        bind("s", "save_log", N_("save"), SAVE, SCREEN, show=False),
    ]
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - textual's own
        (0, "-narrow"),
        (SPLIT, "-split"),
        (WIDE, "-wide"),
    ]

    _busy = True
    """A worker is finding the run, starting one, or writing a decision."""

    def compose_body(self) -> ComposeResult:
        """Yield the run."""
        yield RunDecisions(self.wizard)
        yield RunAdvice(self.wizard)
        yield LastCheck(self.wizard)
        yield RunPanel(f"run-{self.wizard.stack_name or 'stack'}")

    @property
    def panel(self) -> RunPanel:
        """The run's panel."""
        return self.query_one(RunPanel)

    @property
    def run(self) -> Run | None:
        """The displayed run, as it was last read."""
        return self.panel.view.run if self.panel.view else None

    @property
    def is_checking(self) -> bool:
        """Whether the check immediately before an apply is running."""
        return any(it.is_under_way for it in self.query(LastCheck))

    @property
    def confirmation(self) -> str:
        """The text to type before resources are destroyed: the stack's name."""
        return self.wizard.stack_name.strip() or self.wizard.options.directory.resolve().name

    def on_mount(self) -> None:
        """Find the run of the directory, and start the operation that was requested."""
        super().on_mount()
        self.panel.find_deployment = lambda: self.wizard.deployment_seen
        self.panel.find_domain = partial(certificate_domain, self.wizard)
        self.panel.find_unwritten = partial(unwritten_words, self.wizard)
        self.panel.focus()
        wanted, self.wizard.wanted_run = self.wizard.wanted_run, ""
        self.panel.wait(Content(_("Reading the runs of this directory …")))
        self.query_one(RunDecisions).look(wanted)

    def on_resize(self, event: events.Resize) -> None:
        """Show one pane or both."""
        self.panel.set_class(event.size.width < SPLIT, "-one-pane")

    @on(RunDecisions.Found)
    def _found(self, message: RunDecisions.Found) -> None:
        self._busy = False
        if message.run is None:
            text = _("No runs in this directory yet. Press {key} to plan.")
            key = key_for_action(RunScreen, "plan('apply')")
            self.panel.say(Content(text.format(key=key)))
        else:
            self.panel.say(Content(""))
            self.panel.follow(message.run)
        self.changed()

    @on(RunDecisions.Decided)
    def _decided(self, message: RunDecisions.Decided) -> None:
        self._busy = False
        self.panel.say(Content(""))
        if self.run is None or self.run.id != message.run.id:
            self.panel.follow(message.run)
        else:
            self.panel.look()
        self.changed()

    @on(RunDecisions.Refused)
    def _refused(self, message: RunDecisions.Refused) -> None:
        self._busy = False
        problem = message.problem
        lines = [Content.styled(escape_controls(problem.message), "bold $text-error")]
        if problem.remedy:
            lines.append(Content(escape_controls(problem.remedy)))
        self.panel.say(Content("\n").join(lines))
        self.panel.look()
        self.changed()
        if (other := message.other) is not None:

            def answered(yes: bool | None) -> None:
                if yes:
                    self.post_message(RunDecisions.Found(other))

            self.app.push_screen(watch_question(problem), answered)

    @on(RunPanel.Entered)
    def _entered(self, message: RunPanel.Entered) -> None:
        if message.live and (message.run.is_final or message.run.state is RunStatus.PLANNED):
            # Runs take minutes: alert a user who looked away.
            self.app.bell()
        if message.run.operation is not Operation.PLAN:
            if message.run.state is RunStatus.APPLYING:
                # From now on, the names in the run's plan belong to the stack.
                self.app.read_owned()
            elif message.live and message.run.is_final:
                # The account and the stack's own names have changed.
                self.app.action_read_account()
        self.query_one(RunAdvice).advise(message.run, live=message.live)
        self.changed()
        if message.live and self._leads_to_the_deployment(message.run):
            self.post_message(self.Going("deployment"))

    def _leads_to_the_deployment(self, run: Run) -> bool:
        """Tell whether ``run``, which has just ended, applied something and the user only waits.

        While a dialog is open, or the user reads the log, a line says that "next" shows it.
        """
        applied = run.operation is Operation.APPLY and run.state is RunStatus.SUCCEEDED
        waits = self.app.screen is self and not self.panel.is_in_use
        return applied and waits and not run.only_bring_back

    @on(RunAdvice.Judged)
    def _judged(self) -> None:
        self.changed()

    @on(RunAdvice.LeftBehind)
    def _left_behind(self, message: RunAdvice.LeftBehind) -> None:
        sentences = message.recovery.sentences()
        if sentences and self.run is not None and self.run.id == message.run_id:
            lines = [
                Content.styled(f"! {escape_controls(it)}", "$text-warning") for it in sentences
            ]
            self.panel.say(Content("\n").join(lines))

    @on(RunAdvice.LeftInAccount)
    def _left_in_account(self, message: RunAdvice.LeftInAccount) -> None:
        if self.run is not None and self.run.id == message.run_id:
            self.panel.tell_left(message.left)

    def action_plan(self, operation: str) -> None:
        """Start a run: plan an apply or a destroy."""
        run = self.run
        if run is None or run.state is not RunStatus.PLANNED:
            self._plan(Operation(operation))
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._plan(Operation(operation), instead_of=run)

        self.app.push_screen(replan_question(Operation(operation)), answered)

    def _plan(self, operation: Operation, instead_of: Run | None = None) -> None:
        self._busy = True
        self.panel.wait(Content(_("Starting …")))
        self.changed()
        self.query_one(RunDecisions).start(operation, instead_of)

    def action_approve(self) -> None:
        """Ask whether to apply the displayed plan, after another check."""
        run = self.run
        if run is None:
            return
        if run.operation is Operation.DESTROY:
            self._ask(None)
            return
        self.query_one(LastCheck).begin(run)
        self.panel.wait(Content.styled(_("Checking again …"), "bold $text-accent"))
        self.changed()

    def action_say_check(self) -> None:
        """Show that the question follows the check that is in progress."""
        words = _(
            "Checking again … The question follows when the check ends. Press {key} to "
            "cancel the check."
        ).format(key=key_for_action(RunScreen, "leave_check"))
        self.panel.wait(Content.styled(words, "bold $text-accent"))

    def action_leave_check(self) -> None:
        """Cancel the check without a question."""
        self.query_one(LastCheck).leave()
        self.panel.say(Content(""))
        self.changed()

    @on(LastCheck.Over)
    def _checked(self, message: LastCheck.Over) -> None:
        self.action_leave_check()
        run = self.run
        # Another process may have decided meanwhile.
        if run is not None and run.id == message.run_id and run.state is RunStatus.PLANNED:
            self._ask(message.checked)

    def _ask(self, checked: Checked | None) -> None:
        """Ask for the approval as soon as the effects of the plan on the running service are
        known."""
        watch = self.panel.view
        if watch is None:
            return
        if not watch.is_read:
            self.panel.wait(Content(_("Reading the details of the plan …")))
        self.panel.when_read(partial(self._ask_about, watch, checked))

    def _ask_about(self, watch: RunWatch, checked: Checked | None) -> None:
        self.panel.say(Content(""))
        if watch.run.state is not RunStatus.PLANNED:
            # Another process decided meanwhile.
            return
        run, life = watch.run, self.query_one(RunAdvice).life_for(watch.run)

        def answered(yes: bool | None) -> None:
            if yes:
                self._busy = True
                self.changed()
                ends_at = life.ends_at if life else None
                self.query_one(RunDecisions).approve(run, ends_at)
            elif self.run is not None and self.run.id == run.id:
                # An Enter that was meant for the check also means No.
                self.panel.say(Content.styled(_("Not approved. Nothing was applied."), "bold"))

        about = what_it_changes(self.wizard, checked)
        question = apply_question(watch, checked, life, self.confirmation, about)
        self.app.push_screen(question, answered)

    def action_discard(self) -> None:
        """Discard the displayed plan."""
        if self.run is not None:
            self._busy = True
            self.query_one(RunDecisions).decide(runs.discard, self.run)

    def action_cancel(self) -> None:
        """Ask, then request that Terraform is interrupted once."""
        if (watch := self.panel.view) is not None:
            self._ask_to_end(stop_question(watch.progress), runs.cancel, watch.run)

    def action_end_now(self) -> None:
        """Show what a force-stop loses, and do it after the name was typed."""
        if (watch := self.panel.view) is not None:
            asked = end_question(watch.progress, watch.run.operation, self.confirmation)
            self._ask_to_end(asked, end_now, watch.run)

    def _ask_to_end(self, question: Confirm, end: Callable[[Run], Run], run: Run) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                self.query_one(RunDecisions).decide(end, run)

        self.app.push_screen(question, answered)

    def action_state(self) -> None:
        """Open the state screen with its problems and remedies."""
        self.post_message(self.Going(STATE))

    def action_copy_url(self) -> None:
        """Copy the URL of the service."""
        copy_text(self.app, self.panel.url.url)

    def action_other_pane(self, _pane: str) -> None:
        """Focus the log or the resources."""
        self.panel.other_pane()
        self.changed()

    def action_save_log(self) -> None:
        """Ask for the file that the log is saved to."""
        self.panel.save_log()

    def action_plan_again(self, operation: str) -> None:
        """Ask whether another plan replaces the one that is waiting for approval, or plan after an
        unfinished destroy."""
        self.action_plan(operation)

    def changed(self) -> None:
        """Show the wizard's state, and the keys for the present state of the run."""
        super().changed()
        self.refresh_bindings()

    @property
    def _is_free(self) -> bool:
        """Whether no worker and no check is active."""
        return not self._busy and not self.is_checking

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the actions for the run's present state."""
        run = self.run if self.is_mounted else None
        match action:
            case "approve" | "discard":
                waits = run is not None and run.state is RunStatus.PLANNED and not self._busy
                return waits and (action == "discard" or not self.is_checking)
            case "leave_check" | "say_check":
                return self.is_checking
            case "cancel":
                return run is not None and run.state in CANCELLABLE
            case "end_now":
                return run is not None and run.state is RunStatus.STOPPING
            case "plan" if _wants_destroy(run) and parameters[0] == Operation.APPLY:
                return False
            case "plan":
                return (run is None or run.is_final) and self._is_free
            case "plan_again" if _wants_destroy(run):
                return parameters[0] == Operation.APPLY and self._is_free
            case "plan_again":
                return run is not None and run.state is RunStatus.PLANNED and self._is_free
            case "save_log":
                return run is not None
            case "other_pane":
                return self.is_mounted and self.panel.pane != parameters[0]
            case "copy_url":
                return bool(self.is_mounted and self.panel.url.url)
            case "state":
                return run is not None and run.state in ENDED_BADLY
            case _:
                return super().check_action(action, parameters)


def _wants_destroy(run: Run | None) -> bool:
    """Tell whether the next step after ``run`` is another destroy, because it ended too early."""
    return run is not None and run.operation is Operation.DESTROY and run.state in ENDED_BADLY
