"""The present deployed stack: is it healthy, and if not, why, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from textual import events, getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.timer import Timer

from gpuecs_tui.assessment.deployed import Deployed
from gpuecs_tui.assessment.deployed_source import DeployedSource, hint_of
from gpuecs_tui.aws.deployment.facts import DeploymentFacts
from gpuecs_tui.deployment.cause import Change
from gpuecs_tui.deployment.status import DeploymentStatus
from gpuecs_tui.deployment.verdict import VerdictState
from gpuecs_tui.deployment.words import summary
from gpuecs_tui.i18n import N_, _
from gpuecs_tui.stack.model import KEYS, Stack
from gpuecs_tui.terraform.read.service_url import service_url
from gpuecs_tui.terraform.runs.run_status import Operation
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.base.waiting import Wait
from gpuecs_tui.widgets.deployment.acts import Act, DeploymentActs, can_act
from gpuecs_tui.widgets.deployment.changes import CHANGE_KEYS, change
from gpuecs_tui.widgets.deployment.lines import Shown, deployment_lines, verdict_line
from gpuecs_tui.widgets.deployment.pane import DeploymentPane
from gpuecs_tui.widgets.deployment.rollback import DeploymentRollback
from gpuecs_tui.widgets.keys.binding import bind, key_for_action
from gpuecs_tui.widgets.keys.groups import SCREEN
from gpuecs_tui.widgets.step.account_app import AccountApp
from gpuecs_tui.widgets.step.commands import DESTROY
from gpuecs_tui.widgets.step.help_bar import Wrapped
from gpuecs_tui.widgets.step.screen import StepScreen
from gpuecs_tui.widgets.terminal.clipboard import copy_text
from gpuecs_tui.wizard.certificate import certificate_domain
from gpuecs_tui.wizard.deployment_seen import DeploymentSeen
from gpuecs_tui.wizard.run_environment import state_environment
from gpuecs_tui.wizard.suggestions import Suggestion

if TYPE_CHECKING:
    from collections.abc import Collection

    from gpuecs_tui.aws.deployment.watch import DeploymentWatch
    from gpuecs_tui.aws.session import AccountReader

SOONEST_SECONDS = 0.01
RETRY_SECONDS = 5.0
"""Until the next try after nothing could be read, and between two updates of the ages."""
LOW = 26
"""Rows below which no row is left empty above the stages: all of the diagnosis is then visible."""


_NEEDS_ALL: frozenset[VerdictState] = frozenset({"healthy", "unknown"})
"""Verdicts that are not shown before all parts were read once."""


class DeploymentScreen(StepScreen):
    """Follows the live stack while it is visible, each part at its own pace."""

    app = getters.app(AccountApp)

    STEP = "deployment"
    CSS_PATH = "deployment.tcss"
    HELP = N_(
        "Whether the deployed service is healthy. If it is not: the stage that is not "
        "done, its cause with the words of AWS, and the next step. Everything is read "
        "again every few seconds.\n\nA new stack takes minutes: the Auto Scaling group "
        "starts an instance, the instance joins the cluster, the task is placed and "
        "pulls its image, and the target group reports the task as healthy."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        # The most used keys come first: a line of 80 cells omits the last ones.
        bind("f", "fix", N_("fix"), N_("Go to the field, with the suggested value"), SCREEN),
        bind("l", "act('log')", N_("log"), N_("Show the log of the tasks"), SCREEN),
        bind("x", "act('exec')", N_("shell"), N_("Open a shell in a task, with ECS Exec"), SCREEN),
        *CHANGE_KEYS,
        bind("D", "destroy", N_("destroy"), DESTROY, SCREEN),
        bind("r", "read_now", N_("read now"), N_("Read the deployment now"), SCREEN),
        bind("X", "act('ssm')", N_("instance"), N_("Open a shell on an instance"), SCREEN),
        bind("u", "copy_url", N_("copy URL"), N_("Copy the URL of the service"), SCREEN),
    ]

    @dataclass
    class StateRead(Message):
        """A part of the live stack was read."""

        facts: DeploymentFacts
        """All that was read so far."""
        deployed: Deployed

    @dataclass
    class ReadEnded(Message):
        """All parts that were due were read."""

        next_in: float
        """Seconds until parts are due again."""

    @dataclass
    class ReadFailed(Message):
        """The deployment could not be read."""

        sentence: str

    _facts = DeploymentFacts()
    _deployed: Deployed | None = None
    _status: DeploymentStatus | None = None
    """The judgement that is shown; None until the service was read."""
    _problem = ""
    _url = ""
    _timer: Timer | None = None
    _reading: Wait | None = None
    """Set until the first answer."""
    _watch: DeploymentWatch | None = None
    _source: DeployedSource | None = None
    _reads_all = False
    """Whether the user asked to read everything."""
    _is_busy = False
    """Whether a thread is reading. Only one at a time uses the watch and the source."""

    def compose_body(self) -> ComposeResult:
        """Yield the verdict, and the details below it."""
        yield Wrapped(id="verdict")
        yield DeploymentPane()
        yield DeploymentActs()
        yield DeploymentRollback()

    def on_mount(self) -> None:
        """Start reading."""
        super().on_mount()
        self._source = DeployedSource(
            self.wizard.options.directory,
            lambda: state_environment(self.wizard.profile),
            self._present,
        )
        self.query_one(DeploymentPane).focus()
        self._reading = Wait(self, _("Reading the deployment …"), self._show_reading)
        self._read_due()
        self.set_interval(RETRY_SECONDS, self._show)

    def on_resize(self, event: events.Resize) -> None:
        """Wrap the lines again."""
        self.set_class(event.size.height < LOW, "-low")
        self.call_after_refresh(self._show)

    @on(DeploymentRollback.Called)
    def action_read_now(self) -> None:
        """Read all parts now, whether or not they are due."""
        self._reads_all = True
        if self._watch is not None:
            self._watch.expire()
        self._read_due()

    def _read_due(self) -> None:
        """Start reading what is due, unless it is being read."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        reader = self.app.feed.reader
        if reader is None:
            # The connection to the account is still being made.
            self._again(1.0)
        elif not self._is_busy:
            self._is_busy = True
            self._read(reader)

    @work(thread=True, group="deployment", exit_on_error=False)
    def _read(self, reader: AccountReader) -> None:
        from gpuecs_tui.aws.deployment.watch import DeploymentWatch
        from gpuecs_tui.aws.errors import AwsProblem
        from gpuecs_tui.aws.session import Closed

        assert self._source is not None
        next_in = RETRY_SECONDS
        try:
            again, self._reads_all = self._reads_all, False
            deployed = self._source.read(hint_of(self._facts), again=again)
            if deployed.names is None or deployed.is_gone:
                self._watch = None
                self.post_message(self.StateRead(DeploymentFacts(), deployed))
                return
            watch = self._watch
            if watch is None or watch.reader is not reader or watch.names != deployed.names:
                self._watch = watch = DeploymentWatch(reader, deployed.names)
            for _part in watch.refresh():
                self.post_message(self.StateRead(watch.facts, deployed))
            next_in = watch.next_in()
        except AwsProblem as problem:
            self.post_message(self.ReadFailed(str(problem)))
        except Closed:
            words = _("The account was switched while the deployment was read.")
            self.post_message(self.ReadFailed(words))
        except OSError as error:
            words = _("Could not read the runs: {reason}.").format(reason=error.strerror or error)
            self.post_message(self.ReadFailed(words))
        finally:
            self.post_message(self.ReadEnded(next_in))

    def _present(self) -> tuple[Stack, Collection[str]]:
        """Return the decisions in the directory, not those of a draft.

        If the directory can't be understood, the form's names are used, and no decision is known.
        """
        from gpuecs_tui.assessment.written import NoStack, resolved, written_in
        from gpuecs_tui.terraform.hcl.tree import ReadProblem

        try:
            written = written_in(self.wizard.options.directory)
        except (ReadProblem, NoStack, OSError):
            return self.wizard.decisions.resolved.stack, KEYS
        return resolved(written.answers, None).stack, written.unknown

    @on(StateRead)
    def _state_read(self, message: StateRead) -> None:
        self._facts, self._deployed, self._problem = message.facts, message.deployed, ""
        self._show()

    @on(ReadFailed)
    def _read_failed(self, message: ReadFailed) -> None:
        self._problem = message.sentence

    @on(ReadEnded)
    def _read_ended(self, message: ReadEnded) -> None:
        self._is_busy = False
        if self._problem:
            self._show()
        elif self._deployed is not None:
            # What was read is already shown.
            # A run may have ended while this screen was visible.
            self.wizard.note_done("run", self._deployed.is_applied)
            state = self._status.verdict.state if self._status is not None else None
            self.wizard.note_done("deployment", state == "healthy")
            self.wizard.deployment_seen = self._seen()
        super().changed()
        self._again(message.next_in)

    def _seen(self) -> DeploymentSeen | None:
        """Return the verdict for the run that applied what is deployed; None if it is unknown."""
        status, deployed = self._status, self._deployed
        if status is None or deployed is None:
            return None
        applied = (it for it in deployed.runs if it.operation is Operation.APPLY and it.is_final)
        if (run := next(applied, None)) is None:
            return None
        return DeploymentSeen(run.id, status.verdict.state, summary(status))

    def _show_reading(self, _words: str) -> None:
        self._show()

    def _again(self, seconds: float) -> None:
        if self.is_attached:
            # Textual's timers need a positive time.
            self._timer = self.set_timer(max(seconds, SOONEST_SECONDS), self._read_due)

    def _show(self) -> None:
        """Judge what was read at this moment; what has not changed is not painted."""
        verdict = self.query_one("#verdict", Wrapped)
        shown = self._judged()
        if self._problem:
            verdict.show(Content.styled(escape_controls(self._problem), "bold $text-error"))
        elif shown is None or (shown.is_loading and shown.status.verdict.state in _NEEDS_ALL):
            verdict.show(Content(self._reading.words if self._reading is not None else ""))
        else:
            self._end_reading()
            verdict.show(verdict_line(shown.status))
        if shown is None:
            return
        self._status, self._url = shown.status, shown.url.url
        if shown.status.verdict.state == "not_deployed":
            self._url = ""
        pane, lines = self.query_one(DeploymentPane), deployment_lines(shown)
        if not pane.shows(lines):
            pane.show(lines, keep_place=True)
        self.refresh_bindings()

    def _judged(self) -> Shown | None:
        """Return what is to be shown; None until the service was read."""
        deployed, facts = self._deployed, self._facts
        if deployed is None:
            return None
        now = _now()
        if deployed.not_read(now) is None and "service" not in facts.read_at:
            return None
        status = deployed.status(facts, now)
        url = service_url(deployed.outputs, certificate_domain(self.wizard))
        key = key_for_action(DeploymentScreen, "fix") if self._change(status) else ""
        room = self.query_one(DeploymentPane).scrollable_content_region
        return Shown(status, deployed, url, key, max(room.width, 1), room.height)

    def _change(self, status: DeploymentStatus) -> Change | None:
        """Return the change of an answer that the first diagnosis suggests; None without one."""
        if not status.diagnoses or not self.wizard.texts:
            return None
        return status.diagnoses[0].change

    def _end_reading(self) -> None:
        if self._reading is not None:
            self._reading.end()
            self._reading = None

    def action_fix(self) -> None:
        """Go to the field that the first diagnosis names, with the suggested value."""
        assert self._status is not None
        change = self._change(self._status)
        assert change is not None
        text = KEYS[change.key].unparse(change.value)
        self.wizard.propose(change.key, Suggestion(text, _("by the diagnosis of the deployment")))
        self.go_to_key(change.key)

    def action_change(self, key: str) -> None:
        """Go to the field of ``key``, or show the command that changes the service."""
        assert self._deployed is not None
        change(self, key, self._deployed.applied)

    def action_roll_back(self) -> None:
        """Read how the service can be rolled back, and ask."""
        assert self._place is not None
        self.query_one(DeploymentRollback).begin(*self._place)

    def action_act(self, what: Act) -> None:
        """Show the log of the tasks, or open a shell in a task or on an instance."""
        assert self._place is not None
        self.query_one(DeploymentActs).begin(what, *self._place, self._facts)

    @property
    def _place(self) -> tuple[AccountReader, Deployed] | None:
        """What logs and shells are opened with; None if nothing is deployed."""
        reader, deployed = self.app.feed.reader, self._deployed
        if reader is None or deployed is None or deployed.names is None or deployed.is_gone:
            return None
        return reader, deployed

    def action_copy_url(self) -> None:
        """Copy the URL of the service."""
        copy_text(self.app, self._url)

    def action_destroy(self) -> None:
        """Plan a destroy on the run screen."""
        self.wizard.wanted_run = Operation.DESTROY
        self.post_message(self.Going("run"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the keys for which there is a URL, a change of an answer, or a stack."""
        match action:
            case "copy_url":
                return bool(self._url)
            case "fix":
                return self._status is not None and self._change(self._status) is not None
            case "act":
                return self._place is not None and can_act(str(parameters[0]), self._facts)
            case "change" | "roll_back":
                return bool(self._place and self.wizard.texts)
            case "destroy":
                return self._deployed is not None and not self._deployed.is_gone
            case _:
                return super().check_action(action, parameters)


def _now() -> datetime:
    return datetime.now(UTC)
