"""Planning and applying: the run of the stack's directory, and the decisions on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.terraform.base.problems import RunProblem, TerraformProblem
from gpuecs_tui.terraform.control import runs
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.directory_lock import DirectoryBusy
from gpuecs_tui.terraform.runs.force_stop import end_now
from gpuecs_tui.terraform.runs.run import Run, load
from gpuecs_tui.terraform.runs.run_status import Operation, State
from gpuecs_tui.widgets.base.confirm import Confirm
from gpuecs_tui.widgets.base.key_groups import SCREEN
from gpuecs_tui.widgets.base.keys import bind
from gpuecs_tui.widgets.base.safe_text import harmless
from gpuecs_tui.widgets.log.keys import SAVE
from gpuecs_tui.widgets.run.advice import BRING_BACK, ENDED_BADLY
from gpuecs_tui.widgets.run.approval import ApprovingScreen
from gpuecs_tui.widgets.run.panel import RunPanel
from gpuecs_tui.widgets.run.questions import end_question, replan_question, stop_question
from gpuecs_tui.widgets.run.watch import still_holds
from gpuecs_tui.widgets.step.commands import DESTROY, PLAN
from gpuecs_tui.widgets.terminal.clipboard import copy_text
from gpuecs_tui.wizard.certificate import certificate_domain
from gpuecs_tui.wizard.run_environment import environment_for

SPLIT = 110
"""Cells from which on log and resources stand side by side."""
WIDE = 150
"""Cells from which on the steps have a column of their own besides."""
CANCELLABLE = frozenset({State.STARTING, State.PLANNING, State.APPROVED, State.APPLYING})
"""States in which asking for the end makes sense."""
RESOURCES_TEXT = N_("Go to the resources")


class RunScreen(ApprovingScreen):
    """Watches the directory's run; every decision goes to the run's files, none stays here."""

    STEP = "run"
    CSS_PATH = "run.tcss"
    HELP = N_(
        "A plan changes nothing. It says what an apply would create, change and destroy; what you "
        "approve is applied, exactly that plan and no other. Before you are asked, the account is "
        "read again and everything checked once more. Where anything is destroyed or replaced, the "
        "stack's name must be typed.\n\n"
        "Terraform runs in a process of its own. You can leave this screen, close the terminal or "
        "lose the connection: it goes on, and the next start offers it here again. Any number of "
        "terminals may watch.\n\n"
        "Cancel interrupts Terraform once. It finishes what is in flight, saves its state and "
        "gives the lock back; that can take minutes, and no second signal is sent by itself. Only "
        "while it is stopping, X ends it at once, which loses what it has not saved: it says what "
        "that is and asks for the stack's name."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("d", "discard", N_("discard"), N_("Discard this plan"), SCREEN),
        bind("c", "cancel", N_("stop"), N_("Stop this run"), SCREEN),
        bind("X", "end_now", N_("end at once"), N_("End Terraform at once"), SCREEN),
        bind("u", "copy_url", N_("copy URL"), N_("Copy the URL of the service"), SCREEN),
        bind("p", "plan('apply')", N_("plan"), PLAN, SCREEN),
        # Beside approve and discard it would only crowd the line.
        bind("p", "plan_again('apply')", N_("plan"), PLAN, SCREEN, show=False),
        bind("D", "plan('destroy')", N_("destroy"), DESTROY, SCREEN),
        bind("D", "plan_again('destroy')", N_("destroy"), DESTROY, SCREEN),
        bind("S", "state", N_("state"), N_("Look at the state and recover it"), SCREEN),
        bind("tab,shift+tab,t", "other_pane('resources')", N_("resources"), RESOURCES_TEXT, SCREEN),
        bind("tab,shift+tab,t", "other_pane('log')", N_("log"), N_("Go to the log"), SCREEN),
        bind("s", "save_log", N_("save"), SAVE, SCREEN, show=False),
    ]
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - textual's own
        (0, "-narrow"),
        (SPLIT, "-split"),
        (WIDE, "-wide"),
    ]

    @dataclass
    class Found(Message):
        """The directory's runs were looked through."""

        run: Run | None

    @dataclass
    class Decided(Message):
        """A run was started or decided on."""

        run: Run

    @dataclass
    class Refused(Message):
        """What was asked for can't be done."""

        problem: TerraformProblem

    _busy = True
    """A worker looks for the run, starts one, or takes a decision to it."""

    def compose_body(self) -> ComposeResult:
        """The run."""
        yield RunPanel(f"run-{self.wizard.stack_name or 'stack'}")

    def on_mount(self) -> None:
        """Look for the directory's run, and start the one that was asked for."""
        super().on_mount()
        self.panel.find_domain = partial(certificate_domain, self.wizard)
        self.panel.focus()
        wanted, self.wizard.wanted_run = self.wizard.wanted_run, ""
        self.panel.wait(Content(_("Looking for the runs of this directory …")))
        self._look(wanted)

    def on_resize(self, event: events.Resize) -> None:
        """Show one pane or both."""
        self.panel.set_class(event.size.width < SPLIT, "-one-pane")

    @work(thread=True, group="run", exit_on_error=False)
    def _look(self, wanted: str) -> None:
        directory = self.wizard.options.directory
        found = run_list.unfinished_run(directory)
        waits = found is not None and wanted == Operation.APPLY and still_holds(found)
        if wanted and (found is None or not (found.is_live or waits)):
            if wanted == BRING_BACK:
                self._begin(Operation.APPLY, only_bring_back=True)
            else:
                self._begin(Operation(wanted))
            return
        self.post_message(self.Found(found or next(iter(run_list.runs_of(directory)), None)))

    @work(thread=True, group="run", exit_on_error=False)
    def _start(self, operation: Operation, instead_of: Run | None) -> None:
        if instead_of is not None:
            try:
                runs.discard(instead_of)
            except TerraformProblem as problem:
                self.post_message(self.Refused(problem))
                return
        self._begin(operation)

    def _begin(self, operation: Operation, *, only_bring_back: bool = False) -> None:
        """Start a run; in a thread."""
        options, reader = self.wizard.options, self.app.feed.reader
        try:
            environ, profile = environment_for(self.wizard.profile, reader)
            run = runs.start(
                options.directory,
                operation,
                plugin_dir=options.plugin_dir,
                profile=profile,
                environ=environ,
                only_bring_back=only_bring_back,
            )
        except TerraformProblem as problem:
            self.post_message(self.Refused(problem))
        except OSError as error:
            words = _("The run can't be started: {reason}.").format(reason=error)
            self.post_message(self.Refused(RunProblem(words)))
        else:
            self.post_message(self.Decided(run))

    @work(thread=True, group="run", exit_on_error=False)
    def _decide(self, decide: Callable[[Run], Run], run: Run) -> None:
        try:
            self.post_message(self.Decided(decide(run)))
        except TerraformProblem as problem:
            self.post_message(self.Refused(problem))
        except OSError as error:
            words = _("The decision can't be written: {reason}.").format(reason=error)
            self.post_message(self.Refused(RunProblem(words)))

    def _approve(self, run: Run) -> Run:
        """Approve a plan with the credentials it was made with; in a thread."""
        reader = self.app.feed.reader
        environ, _profile = environment_for(self.wizard.profile, reader)
        life = self.life_for(run)
        return runs.approve(run, environ=environ, credentials_end=life.ends_at if life else None)

    @on(Found)
    def _found(self, message: Found) -> None:
        self._busy = False
        if message.run is None:
            self.panel.say(Content(_("Nothing was run here yet: p plans what is written.")))
        else:
            self.panel.say(Content(""))
            self.panel.follow(message.run)
        self.changed()

    @on(Decided)
    def _decided(self, message: Decided) -> None:
        self._busy = False
        self.panel.say(Content(""))
        if self.run is None or self.run.id != message.run.id:
            self.panel.follow(message.run)
        else:
            self.panel.look()
        self.changed()

    @on(Refused)
    def _refused(self, message: Refused) -> None:
        self._busy = False
        problem = message.problem
        lines = [Content.styled(harmless(problem.message), "bold $text-error")]
        if problem.remedy:
            lines.append(Content(harmless(problem.remedy)))
        self.panel.say(Content("\n").join(lines))
        self.panel.look()
        self.changed()
        if isinstance(problem, DirectoryBusy) and problem.holder is not None:
            self._offer_to_watch(problem, problem.holder.run)

    def _offer_to_watch(self, problem: DirectoryBusy, run_id: str) -> None:
        run = load(run_list.runs_root() / run_id)
        if run is None:
            # Another user's: its folder is not ours to read.
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.post_message(self.Found(run))

        lines = [Content(harmless(problem.message))]
        self.app.push_screen(Confirm(_("Another run"), lines, yes=_("Watch it")), answered)

    @on(RunPanel.Entered)
    def _entered(self, message: RunPanel.Entered) -> None:
        if message.live and (message.run.is_final or message.run.state is State.PLANNED):
            # Runs take minutes: call back whoever has looked away.
            self.app.bell()
        if message.run.operation is not Operation.PLAN:
            if message.run.state is State.APPLYING:
                # From now on the names in its plan are the stack's own.
                self.app.read_owned()
            elif message.live and message.run.is_final:
                # What the account has is no longer what was read, and whose the names are neither.
                self.app.action_read_account()
        self.advise(message.run)
        self.changed()

    def action_plan(self, operation: str) -> None:
        """Start a run: plan an apply, or the end of everything."""
        run = self.run
        if run is None or run.state is not State.PLANNED:
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
        self._start(operation, instead_of)

    def approved(self, run: Run) -> None:
        """Have the plan applied."""
        self._busy = True
        self.changed()
        self._decide(self._approve, run)

    def action_discard(self) -> None:
        """Decline the plan on view."""
        if self.run is not None:
            self._busy = True
            self._decide(runs.discard, self.run)

    def action_cancel(self) -> None:
        """Ask once, then have Terraform interrupted."""
        if (watch := self.panel.view) is not None:
            self._ask_to_end(stop_question(watch.progress), runs.cancel, watch.run)

    def action_end_now(self) -> None:
        """Say what a harder stop loses, and carry it out once the name is typed."""
        if (watch := self.panel.view) is not None:
            asked = end_question(watch.progress, self.confirmation)
            self._ask_to_end(asked, end_now, watch.run)

    def _ask_to_end(self, question: Confirm, end: Callable[[Run], Run], run: Run) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                self._decide(end, run)

        self.app.push_screen(question, answered)

    def action_copy_url(self) -> None:
        """Copy where the service answers."""
        copy_text(self.app, self.panel.url.url)

    def action_other_pane(self, _pane: str) -> None:
        """Go to the log or to the resources."""
        self.panel.other_pane()
        self.changed()

    def action_save_log(self) -> None:
        """Ask for the file that the log is saved to."""
        self.panel.save_log()

    def action_plan_again(self, operation: str) -> None:
        """Ask whether another plan is made in place of the one that waits."""
        self.action_plan(operation)

    def changed(self) -> None:
        """Show the wizard's state, and the keys that work in the state of the run."""
        super().changed()
        self.refresh_bindings()

    @property
    def _is_free(self) -> bool:
        """Whether nothing is done already about the run, or before one."""
        return not self._busy and self.checking is None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Allow what makes sense in the run's present state."""
        run = self.run if self.is_mounted else None
        match action:
            case "approve" | "discard":
                waits = run is not None and run.state is State.PLANNED and not self._busy
                return waits and (action == "discard" or self.checking is None)
            case "cancel":
                return run is not None and run.state in CANCELLABLE
            case "end_now":
                return run is not None and run.state is State.STOPPING
            case "plan":
                return (run is None or run.is_final) and self._is_free
            case "plan_again":
                return run is not None and run.state is State.PLANNED and self._is_free
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
