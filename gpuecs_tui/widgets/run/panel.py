"""The panel for a run: verdict, progress, the streaming log and the tree of resources.

panel = RunPanel("demo")
panel.follow(run)              # from its beginning, however far it is
panel.say("No runs in this directory yet.")
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

from gpuecs_tui.assessment.leftovers import Left
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.engine.log_line import Level, LogLine
from gpuecs_tui.terraform.plan.details import PlanTree, load_plan, wait_for_plan
from gpuecs_tui.terraform.plan.notices import CHANGE_NOTICED, ignored_values
from gpuecs_tui.terraform.plan.words import PlanWarning
from gpuecs_tui.terraform.read.service_url import ServiceUrl, service_url
from gpuecs_tui.terraform.runs.apply_estimate import last_time
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import Operation, RunStatus
from gpuecs_tui.widgets.base.broken_worker import tell_broken_worker
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.log.panel import LogPanel
from gpuecs_tui.widgets.run.progress import ProgressLine
from gpuecs_tui.widgets.run.resource_panel import ResourcePanel
from gpuecs_tui.widgets.run.watch import RunWatch
from gpuecs_tui.widgets.run.words import left_summary, progress_words, verdict
from gpuecs_tui.wizard.deployment_seen import DeploymentSeen

POLL_SECONDS = 0.1
"""Interval between two reads of the journal of an active run."""
WAIT_SECONDS = 0.5
"""Interval between two reads of a plan that is waiting for approval, which another user may
decide."""


class RunPanel(Widget):
    """Follows one run and shows its decisions, wherever they were made."""

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
        """The displayed run has entered another state, or another run is displayed."""

        run: Run
        live: bool
        """Whether the run was displayed when it entered the state."""

    @dataclass
    class PlanRead(Message):
        """The details of the plan were read, or are not available."""

        run_id: str
        tree: PlanTree | None
        told: tuple[PlanWarning, ...]
        """What the plan keeps although the files, or the draft, contain something else."""

    @dataclass
    class LastTimeRead(Message):
        """It is known how long the last similar run spent in the present state of this run."""

        run_id: str
        state: RunStatus
        seconds: float | None

    def __init__(self, name: str, *, id: str | None = None) -> None:
        """Create a panel without a run; ``name`` is the stem of the file name of a saved log."""
        super().__init__(id=id, classes="-show-log")
        self._log = LogPanel(id="log", name=name)
        self._resources = ResourcePanel(id="resources")
        self._line = ProgressLine(id="progress")
        self._verdict = Static(id="verdict", markup=False)
        self._said = Content("")
        self._waiting = False
        """Whether the message is about work in progress."""
        self._last_time: RunPanel.LastTimeRead | None = None
        self._poll_timer: Timer | None = None
        self._shown_state: RunStatus | None = None
        self.view: RunWatch | None = None
        """The displayed run with what is known about it."""
        self.find_domain: Callable[[], str] = str
        """Returns the domain of the stack's certificate; empty if unknown."""
        self.find_deployment: Callable[[], DeploymentSeen | None] = lambda: None
        """Returns what the deployment screen found last."""
        self.find_unwritten: Callable[[], str] = str
        """Returns which answers the planned files lack; empty if none. Blocks: it reads files."""
        self._outputs: Mapping[str, Any] = {}
        self._then: Callable[[], None] | None = None
        """Called once the details of the plan were read."""

    @property
    def url(self) -> ServiceUrl:
        """The URL of the service after a successful run."""
        return service_url(self._outputs, self.find_domain())

    def compose(self) -> ComposeResult:
        """Yield the verdict and the progress, and the two panes below them."""
        yield self._verdict
        yield self._line
        with Horizontal(id="panes"):
            yield self._log
            yield self._resources

    def focus(self, scroll_visible: bool = True) -> RunPanel:
        """Focus the visible pane."""
        (self._resources if self.has_class("-show-resources") else self._log).focus(scroll_visible)
        return self

    @property
    def pane(self) -> Literal["log", "resources"]:
        """The pane that has the focus or, if there is room for only one, is visible."""
        return "resources" if self.has_class("-show-resources") else "log"

    @property
    def is_in_use(self) -> bool:
        """Whether the user reads the log before its end, searches it, or is at the resources."""
        return self.pane != "log" or self._log.is_in_use

    def save_log(self) -> None:
        """Show the log and ask for the name of the file to save it to."""
        if self.pane != "log":
            self.other_pane()
        self._log.ask("save")

    def other_pane(self) -> None:
        """Focus the other pane; if there is room for only one, show it."""
        self.toggle_class("-show-log", "-show-resources")
        self.focus()

    def say(self, words: Content) -> None:
        """Show ``words`` above the run's own verdict; an empty text removes them."""
        self._said = words
        if self._waiting:
            self._waiting = False
            self._run_clock()
        self._tell()

    def wait(self, words: Content) -> None:
        """Show ``words`` and the elapsed time, until another message is shown.

        If a wait is already shown, its time continues.
        """
        if not self._waiting:
            self._line.start(datetime.now(UTC))
        self._said, self._waiting = words, True
        self._tell()

    def when_read(self, then: Callable[[], None]) -> None:
        """Call ``then`` once the details of the displayed plan were read or are known to be
        missing.

        It is never called if another run is displayed before that. Of several calls, only the last
        one counts.
        """
        if self.view is not None and self.view.is_read:
            then()
        else:
            self._then = then

    def follow(self, run: Run) -> None:
        """Display ``run`` from now on."""
        self.view, self._then = RunWatch(run), None
        self._shown_state, self._outputs = None, {}
        self._log.clear()
        self._resources.set_plan(None)
        self._resources.show(())
        self.look()

    def tell_left(self, left: Left) -> None:
        """Show what the displayed destroy left in the account: lines in the log, and a summary."""
        self._log.add([LogLine(escape_controls(it), Level.INFO) for it in left.lines])
        self.say(left_summary(left))

    def look(self) -> None:
        """Read the run's new events, and schedule the next read while it is active."""
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
            made = _("The plan is not ready yet. The details open when it is.")
            self._resources.set_plan(None, made, coming=True)
        elif watch.tree is None:
            reading = _("The plan details are still loading. They open when they are ready.")
            self._resources.set_plan(None, reading, coming=True)
            self._read_plan(run, watch.applied_in is not None)
        if run.is_final:
            self._outputs = watch.outputs()
        self.post_message(self.Entered(run, before is not None))

    def _run_clock(self) -> None:
        """Show on the clock the time of the run's present state, or the duration of the apply."""
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
        # After the apply, no details follow, and notes on the plan are no longer valid.
        tells = planned or unchanged
        tree = wait_for_plan(run) if tells else load_plan(run)
        told = ignored_values(run, tree) if tells else ()
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
        """Return why the plan of ``run`` has no details, and where its changes are displayed."""
        if run.changes is None:
            return _("This run has no plan.")
        return _("The details of this plan were not recorded. See the log for the changes.")

    def _tell(self) -> None:
        """Show verdict and progress; unchanged parts are not painted."""
        watch = self.view
        parts = [self._said] if self._said.plain else []
        moving = self._waiting
        if watch is not None:
            run, progress = watch.run, watch.progress
            last = self._last_time
            same = last is not None and (last.run_id, last.state) == (run.id, run.state)
            seconds = last.seconds if last is not None and same else None
            seen = self.find_deployment()
            if seen is not None and seen.run_id != run.id:
                seen = None
            parts.append(verdict(run, progress, watch.tree, self.url, seconds, watch.told, seen))
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
            # If code asks Textual 8.2 for a region between a change and its layout, Textual does
            # not repaint widgets that only move. Cells that are painted again without a change are
            # not sent again.
            self.call_after_refresh(self.screen.refresh)

    _shown = Content("")
