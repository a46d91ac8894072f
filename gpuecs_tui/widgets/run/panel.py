"""A run as it goes: verdict, progress, the streaming log and the tree of resources.

panel = RunPanel("demo")
panel.follow(run)              # from its beginning, however far it is
panel.say("Nothing was run here yet.")
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker

from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.plan.details import PlanTree, load_plan, wait_for_plan
from gpuecs_tui.terraform.plan.notices import CHANGE_NOTICED
from gpuecs_tui.terraform.plan.words import PlanWarning
from gpuecs_tui.terraform.read.service_url import ServiceUrl, service_url
from gpuecs_tui.terraform.runs.apply_estimate import last_time
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from gpuecs_tui.widgets.base.broken_worker import tell_broken_worker
from gpuecs_tui.widgets.log.panel import LogPanel
from gpuecs_tui.widgets.run.progress import ProgressLine
from gpuecs_tui.widgets.run.resource_panel import ResourcePanel
from gpuecs_tui.widgets.run.watch import RunWatch, told_of
from gpuecs_tui.widgets.run.words import progress_words, verdict

POLL_SECONDS = 0.1
"""Between two looks at the journal of a run that works."""
WAIT_SECONDS = 0.5
"""Between two looks at a plan that waits for a decision, which somebody else may take."""


class RunPanel(Widget):
    """Follows one run; whatever is decided on it, here or elsewhere, shows up."""

    DEFAULT_CSS = """
    RunPanel {
        layout: vertical;
        height: 1fr;
        & #verdict { height: auto; max-height: 7; }
        & #progress { display: none; background: $background; }
        &.-moving #progress { display: block; }
        & #panes { height: 1fr; }
        & #log { width: 3fr; }
        & #resources { width: 2fr; margin-left: 1; }
        &.-one-pane #log, &.-one-pane #resources { width: 1fr; margin-left: 0; }
        &.-one-pane.-show-log #resources { display: none; }
        &.-one-pane.-show-resources #log { display: none; }
    }
    """

    @dataclass
    class Entered(Message):
        """The run that is watched has entered another state, or another run is watched."""

        run: Run
        live: bool
        """Whether it happened before our eyes, not before we came."""

    @dataclass
    class PlanRead(Message):
        """The plan's details are there, or will never be."""

        run_id: str
        tree: PlanTree | None
        told: tuple[PlanWarning, ...]
        """What the plan leaves although the files, or the draft, say otherwise."""

    @dataclass
    class LastTimeRead(Message):
        """It is known how long the last run like this one was in the state of this one."""

        run_id: str
        state: RunStatus
        seconds: float | None

    def __init__(self, name: str, *, id: str | None = None) -> None:
        """Make a panel without a run; ``name`` is the stem of a saved log's file."""
        super().__init__(id=id, classes="-show-log")
        self._log = LogPanel(id="log", name=name)
        self._resources = ResourcePanel(id="resources")
        self._line = ProgressLine(id="progress")
        self._verdict = Static(id="verdict", markup=False)
        self._said = Content("")
        self._waiting = False
        """Whether what is said is waited for."""
        self._last_time: RunPanel.LastTimeRead | None = None
        self._poll_timer: Timer | None = None
        self._shown_state: RunStatus | None = None
        self.view: RunWatch | None = None
        """The run on view with what is known of it."""
        self.find_domain: Callable[[], str] = str
        """Returns the domain of the stack's certificate; empty where it is not known."""
        self.find_unwritten: Callable[[], str] = str
        """Says which answers the planned files lack; empty where none. Blocks: it reads files."""
        self._outputs: Mapping[str, Any] = {}
        self._then: Callable[[], None] | None = None
        """To be called once the plan's details are read."""

    @property
    def url(self) -> ServiceUrl:
        """Where the service answers, once the run has ended well."""
        return service_url(self._outputs, self.find_domain())

    def compose(self) -> ComposeResult:
        """Lay out the verdict and the progress above the two panes."""
        yield self._verdict
        yield self._line
        with Horizontal(id="panes"):
            yield self._log
            yield self._resources

    def focus(self, scroll_visible: bool = True) -> RunPanel:
        """Give the keyboard to the pane on view."""
        (self._resources if self.has_class("-show-resources") else self._log).focus(scroll_visible)
        return self

    @property
    def pane(self) -> Literal["log", "resources"]:
        """The pane that has the keyboard or, where there is room for one, is on view."""
        return "resources" if self.has_class("-show-resources") else "log"

    def save_log(self) -> None:
        """Ask in the log, which is put on view, for the file to save it to."""
        if self.pane != "log":
            self.other_pane()
        self._log.ask("save")

    def other_pane(self) -> None:
        """Go to the other pane; where there is room for one only, show it."""
        self.toggle_class("-show-log", "-show-resources")
        self.focus()

    def say(self, words: Content) -> None:
        """Show ``words`` above the run's own verdict; an empty text takes them away."""
        self._said = words
        if self._waiting:
            self._waiting = False
            self._run_clock()
        self._tell()

    def wait(self, words: Content) -> None:
        """Show ``words`` and the time from now on, until something else is said.

        Where something is waited for already the time continues.
        """
        if not self._waiting:
            self._line.start(datetime.now(UTC))
        self._said, self._waiting = words, True
        self._tell()

    def when_read(self, then: Callable[[], None]) -> None:
        """Call ``then`` once the details of the plan on view are read, or known to be missing.

        Never, if another run comes on view first. Of several calls only the last one counts.
        """
        if self.view is not None and self.view.is_read:
            then()
        else:
            self._then = then

    def follow(self, run: Run) -> None:
        """Watch ``run`` from now on."""
        self.view, self._then = RunWatch(run), None
        self._shown_state, self._outputs = None, {}
        self._log.clear()
        self._resources.set_plan(None)
        self._resources.show(())
        self.look()

    def look(self) -> None:
        """Take in what the run did since the last look, and come back soon while it lives."""
        if self._poll_timer is not None:
            self._poll_timer.stop()
            self._poll_timer = None
        watch = self.view
        if watch is None or not self.is_attached:
            return
        batch = watch.poll()
        if batch.lines:
            self._log.add(batch.lines)
        if batch.events:
            self._resources.show(watch.progress.resources.values())
        if watch.run.state is not self._shown_state:
            self._enter(watch)
        self._tell()
        if not watch.finished:
            waiting = watch.run.state is RunStatus.PLANNED and not batch.events
            delay = WAIT_SECONDS if waiting else POLL_SECONDS
            self._poll_timer = self.set_timer(delay, self.look)

    def _enter(self, watch: RunWatch) -> None:
        before, self._shown_state = self._shown_state, watch.run.state
        run = watch.run
        if not self._waiting:
            self._run_clock()
        if run.is_live:
            self._read_last_time(run)
        if run.state in (RunStatus.STARTING, RunStatus.PLANNING):
            made = _("The plan is not made yet. The details open once it is.")
            self._resources.set_plan(None, made, coming=True)
        elif watch.tree is None:
            reading = _("The plan's details are still being read. They open once they are there.")
            self._resources.set_plan(None, reading, coming=True)
            self._read_plan(run, watch.applied_in is not None)
        if run.is_final:
            self._outputs = watch.outputs()
        self.post_message(self.Entered(run, before is not None))

    def _run_clock(self) -> None:
        """Let the clock show the time of the run's present state, or how long the apply took."""
        watch = self.view
        if watch is not None and watch.run.is_live:
            self._line.start(watch.since)
        else:
            self._line.stop(seconds=watch.applied_in if watch is not None else None)

    @on(Worker.StateChanged)
    def _tell_broken_worker(self, event: Worker.StateChanged) -> None:
        tell_broken_worker(self.app, event)

    @work(thread=True, group="last-time", exclusive=True, exit_on_error=False)
    def _read_last_time(self, run: Run) -> None:
        self.post_message(self.LastTimeRead(run.id, run.state, last_time(run)))

    @on(LastTimeRead)
    def _take_last_time(self, message: LastTimeRead) -> None:
        message.stop()
        self._last_time = message
        self._tell()

    @work(thread=True, group="plan-details", exclusive=True, exit_on_error=False)
    def _read_plan(self, run: Run, applied: bool) -> None:
        planned = run.state is RunStatus.PLANNED or run.operation is Operation.PLAN
        unchanged = run.state is RunStatus.SUCCEEDED and not applied
        # Once a plan is applied no details follow, and the account has what it left out.
        tells = planned or unchanged
        tree = wait_for_plan(run) if tells else load_plan(run)
        told = told_of(run, tree) if tells else ()
        if tells and run.operation is not Operation.DESTROY and (words := self.find_unwritten()):
            told = (PlanWarning(CHANGE_NOTICED, "", words, ()), *told)
        self.post_message(self.PlanRead(run.id, tree, told))

    @on(PlanRead)
    def _take_plan(self, message: PlanRead) -> None:
        message.stop()
        if self.view is not None and self.view.run.id == message.run_id:
            self.view.tree, self.view.told, self.view.is_read = message.tree, message.told, True
            self._resources.set_plan(message.tree, self._no_details(self.view.run))
            self._tell()
            then, self._then = self._then, None
            if then is not None:
                then()

    def _no_details(self, run: Run) -> str:
        """Say why no details of the plan of ``run`` are there, and what shows it instead."""
        if run.changes is None:
            return _("This run made no plan.")
        return _("The details of this plan were not recorded. The log says what it does.")

    def _tell(self) -> None:
        """Show verdict and progress as they are; what hasn't changed isn't painted."""
        watch = self.view
        parts = [self._said] if self._said.plain else []
        moving = self._waiting
        if watch is not None:
            run, progress = watch.run, watch.progress
            last = self._last_time
            same = last is not None and (last.run_id, last.state) == (run.id, run.state)
            seconds = last.seconds if last is not None and same else None
            parts.append(verdict(run, progress, watch.tree, self.url, seconds, watch.told))
            started = progress.done > 0 or bool(progress.in_flight())
            moving = moving or run.is_live or (started and run.is_final)
            self._line.show(
                done=progress.done,
                total=progress.total if started else 0,
                text=progress_words(run, progress),
            )
        self.set_class(moving, "-moving")
        content = Content("\n").join(parts)
        if not content.is_same(self._shown):
            self._shown = content
            self._verdict.update(content)
            # Textual 8.2 leaves widgets that only move unpainted where something asked for a
            # region between the change and its layout. What is painted again and is the same
            # isn't sent again.
            self.call_after_refresh(self.screen.refresh)

    _shown = Content("")
