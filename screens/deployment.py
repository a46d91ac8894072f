"""The present deployed stack: its outputs, its service, tasks, targets and instances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.timer import Timer

from gpuecs_tui.i18n import N_, _
from gpuecs_tui.terraform.read.service_url import service_url
from gpuecs_tui.terraform.recovery.end_of_stack import EndOfStack, end_of_stack
from gpuecs_tui.terraform.runs import run_list
from gpuecs_tui.terraform.runs.applied import is_applied
from gpuecs_tui.terraform.runs.latest_outputs import latest_outputs
from gpuecs_tui.widgets.base.one_line import OneLine
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.base.text_pane import TextPane
from gpuecs_tui.widgets.base.waiting import Wait
from gpuecs_tui.widgets.keys.binding import bind
from gpuecs_tui.widgets.keys.groups import SCREEN
from gpuecs_tui.widgets.step.account_app import AccountApp
from gpuecs_tui.widgets.step.deployment_words import (
    SUMMARY_PARTS,
    deployment_lines,
    is_deployment_healthy,
    summary,
)
from gpuecs_tui.widgets.step.header import spread
from gpuecs_tui.widgets.step.screen import StepScreen
from gpuecs_tui.widgets.terminal.clipboard import copy_text
from gpuecs_tui.wizard.certificate import certificate_domain
from gpuecs_tui.wizard.run_environment import state_environment

if TYPE_CHECKING:
    from gpuecs_tui.aws.deployment.facts import DeploymentFacts
    from gpuecs_tui.aws.deployment.watch import DeploymentWatch
    from gpuecs_tui.aws.session import AccountReader

SOONEST_SECONDS = 0.01
RETRY_SECONDS = 5.0
"""Until the next try after nothing could be read."""


class DeploymentScreen(StepScreen):
    """Follows the live stack while it is visible, each part at its own pace."""

    app = getters.app(AccountApp)

    STEP = "deployment"
    CSS_PATH = "deployment.tcss"
    HELP = N_(
        "The current state of the stack, in the terms of AWS, refreshed every few "
        "seconds.\n\nA new stack takes minutes: the Auto Scaling group starts an "
        "instance, the instance joins the cluster, the task is placed and pulls its "
        "image, and the target group reports the task as healthy."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("r", "read_now", N_("read now"), N_("Read the deployment now"), SCREEN),
        bind("u", "copy_url", N_("copy URL"), N_("Copy the URL of the service"), SCREEN),
    ]

    @dataclass
    class StateRead(Message):
        """A part of the live stack was read."""

        facts: DeploymentFacts
        """All that was read so far."""
        outputs: Mapping[str, Any]
        end: EndOfStack | None
        """The destroy that was the last change of the stack."""

    @dataclass
    class ReadEnded(Message):
        """All parts that were due were read."""

        next_in: float
        """Seconds until parts are due again."""
        applied: bool
        """Whether the newest run left the directory's files applied."""

    @dataclass
    class ReadFailed(Message):
        """The deployment could not be read."""

        sentence: str

    _facts: DeploymentFacts | None = None
    _end: EndOfStack | None = None
    _problem = ""
    _url = ""
    _timer: Timer | None = None
    _reading: Wait | None = None
    """Set while a read is in progress."""
    _watch: DeploymentWatch | None = None
    _is_busy = False
    """Whether a thread is reading. Only one at a time uses the watch."""

    def compose_body(self) -> ComposeResult:
        """Yield a summary of one line and the details below it."""
        yield OneLine(id="summary")
        yield TextPane()

    def on_mount(self) -> None:
        """Start reading."""
        super().on_mount()
        self.query_one(TextPane).focus()
        self._read_due()
        self._show()

    def action_read_now(self) -> None:
        """Read all parts now, whether or not they are due."""
        if self._watch is not None:
            self._watch.expire()
        self._read_due()

    def _read_due(self) -> None:
        """Start reading what is due, unless it is being read."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._reading is None:
            self._reading = Wait(self, _("Reading the deployment …"), self._show_reading)
        reader = self.app.feed.reader
        if reader is None:
            # The connection to the account is still being made.
            self._again(1.0)
        elif not self._is_busy:
            self._is_busy = True
            self._read(reader)

    @work(thread=True, group="deployment", exit_on_error=False)
    def _read(self, reader: AccountReader) -> None:
        from gpuecs_tui.aws.deployment.names import names_of
        from gpuecs_tui.aws.deployment.watch import DeploymentWatch
        from gpuecs_tui.aws.errors import AwsProblem
        from gpuecs_tui.aws.session import Closed

        applied, next_in = False, RETRY_SECONDS
        try:
            directory = self.wizard.options.directory
            newest_first = run_list.runs_of(directory) if directory.is_dir() else []
            outputs, end = latest_outputs(newest_first) or {}, None
            applied = bool(newest_first) and is_applied(newest_first[0])
            if directory.is_dir():
                end = end_of_stack(directory, state_environment(self.wizard.profile), self._end)
            names = names_of(self.wizard.decisions.resolved.stack, outputs)
            if names is None:
                words = _("The stack has no name yet, so there is no deployment to read.")
                self.post_message(self.ReadFailed(words))
                return
            watch = self._watch
            if watch is None or watch.reader is not reader or watch.names != names:
                self._watch = watch = DeploymentWatch(reader, names)
            for _part in watch.refresh():
                self.post_message(self.StateRead(watch.facts, outputs, end))
            next_in = watch.next_in()
        except AwsProblem as problem:
            self.post_message(self.ReadFailed(str(problem)))
        except Closed:
            words = _("The account was switched while the deployment was read.")
            self.post_message(self.ReadFailed(words))
        finally:
            self.post_message(self.ReadEnded(next_in, applied))

    @on(StateRead)
    def _state_read(self, message: StateRead) -> None:
        self._facts, self._problem = message.facts, ""
        if not self._has_summary:
            return
        url = service_url(message.outputs, certificate_domain(self.wizard))
        self._end = message.end
        gone = message.end is not None and message.end.is_gone
        self._url = "" if gone else url.url
        self.refresh_bindings()
        pane = self.query_one(TextPane)
        width = pane.scrollable_content_region.width
        lines = deployment_lines(message.facts, message.outputs, url, message.end, width)
        if pane.text != "\n".join(line.plain for line in lines):
            pane.show(lines, keep_place=True)
        self._show()

    @property
    def _read_at(self) -> datetime | None:
        """When the oldest part of the summary was read."""
        read_at = self._facts.read_at if self._facts is not None else {}
        return min((read_at[name] for name in SUMMARY_PARTS if name in read_at), default=None)

    @property
    def _has_summary(self) -> bool:
        """Whether the service was read, with which the summary begins."""
        return self._facts is not None and "service" in self._facts.read_at

    @on(ReadFailed)
    def _read_failed(self, message: ReadFailed) -> None:
        self._problem = message.sentence

    @on(ReadEnded)
    def _read_ended(self, message: ReadEnded) -> None:
        self._is_busy = False
        self._has_read()
        if self._facts is not None and not self._problem:
            # A run may have ended while this screen was visible.
            self.wizard.note_done("run", message.applied)
            gone = self._end is not None and self._end.is_gone
            self.wizard.note_done("deployment", not gone and is_deployment_healthy(self._facts))
        self._show()
        self._again(message.next_in)

    def _has_read(self) -> None:
        if self._reading is not None:
            self._reading.end()
            self._reading = None

    def _show_reading(self, words: str) -> None:
        self._show()

    def _again(self, seconds: float) -> None:
        if self.is_attached:
            # Textual's timers need a positive time.
            self._timer = self.set_timer(max(seconds, SOONEST_SECONDS), self._read_due)

    def _show(self) -> None:
        reading = self._reading.words if self._reading is not None else ""
        left = Content(reading)
        if self._problem:
            left = Content.styled(escape_controls(self._problem), "bold $text-error")
        elif self._facts is not None and self._has_summary:
            left = summary(self._facts, self._end)
        at = self._read_at
        parts = [_("as of {time}").format(time=f"{at.astimezone():%H:%M:%S}")] if at else []
        if self._reading is not None and self._reading.is_long and left.plain != reading:
            parts.insert(0, reading)
        right = Content.styled(" · ".join(parts), "$text-muted")
        self.query_one("#summary", OneLine).show(lambda width: spread(left, right, width))
        super().changed()

    def action_copy_url(self) -> None:
        """Copy the URL of the service."""
        copy_text(self.app, self._url)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the key for the URL only if there is one."""
        if action == "copy_url":
            return bool(self._url)
        return super().check_action(action, parameters)
