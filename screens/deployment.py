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
    from gpuecs_tui.aws.session import AccountReader

REFRESH_SECONDS = 5.0
"""Seconds between the end of a read and the next one: often enough for a person, and far below
throttling."""


class DeploymentScreen(StepScreen):
    """Reads the live stack every few seconds while it is visible."""

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
        """The live stack was read."""

        facts: DeploymentFacts
        outputs: Mapping[str, Any]
        end: EndOfStack | None
        """The destroy that was the last change of the stack."""
        applied: bool
        """Whether the newest run left the directory's files applied."""

    @dataclass
    class ReadFailed(Message):
        """The deployment could not be read."""

        sentence: str

    _facts: DeploymentFacts | None = None
    _end: EndOfStack | None = None
    _read_at: datetime | None = None
    _problem = ""
    _url = ""
    _timer: Timer | None = None
    _reading: Wait | None = None
    """Set while a read is in progress."""

    def compose_body(self) -> ComposeResult:
        """Yield a summary of one line and the details below it."""
        yield OneLine(id="summary")
        yield TextPane()

    def on_mount(self) -> None:
        """Start reading."""
        super().on_mount()
        self.query_one(TextPane).focus()
        self.action_read_now()
        self._show()

    def action_read_now(self) -> None:
        """Read immediately."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._reading is None:
            self._reading = Wait(self, _("Reading the deployment …"), self._show_reading)
        reader = self.app.feed.reader
        if reader is None:
            # The connection to the account is still being made.
            self._again(1.0)
        else:
            self._read(reader)

    @work(thread=True, group="deployment", exclusive=True, exit_on_error=False)
    def _read(self, reader: AccountReader) -> None:
        from gpuecs_tui.aws.deployment.names import names_of
        from gpuecs_tui.aws.deployment.reader import read_deployment
        from gpuecs_tui.aws.errors import AwsProblem
        from gpuecs_tui.aws.session import Closed

        directory = self.wizard.options.directory
        newest_first = run_list.runs_of(directory) if directory.is_dir() else []
        outputs, end = latest_outputs(newest_first) or {}, None
        applied = bool(newest_first) and is_applied(newest_first[0])
        if directory.is_dir():
            end = end_of_stack(directory, state_environment(self.wizard.profile), self._end)
        names = names_of(self.wizard.decisions.resolved.stack, outputs)
        if names is None:
            self.post_message(
                self.ReadFailed(_("The stack has no name yet, so there is no deployment to read."))
            )
            return
        try:
            facts = read_deployment(reader, names)
            self.post_message(self.StateRead(facts, outputs, end, applied))
        except AwsProblem as problem:
            self.post_message(self.ReadFailed(str(problem)))
        except Closed:
            self.post_message(
                self.ReadFailed(_("The account was switched while the deployment was read."))
            )

    @on(StateRead)
    def _state_read(self, message: StateRead) -> None:
        self._has_read()
        self._facts, self._read_at, self._problem = message.facts, datetime.now(), ""
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
        # A run may have ended while this screen was visible.
        self.wizard.note_done("run", message.applied)
        self.wizard.note_done("deployment", not gone and is_deployment_healthy(message.facts))
        self._show()
        self._again(REFRESH_SECONDS)

    @on(ReadFailed)
    def _read_failed(self, message: ReadFailed) -> None:
        self._has_read()
        self._problem = message.sentence
        self._show()
        self._again(REFRESH_SECONDS)

    def _has_read(self) -> None:
        if self._reading is not None:
            self._reading.end()
            self._reading = None

    def _show_reading(self, words: str) -> None:
        self._show()

    def _again(self, seconds: float) -> None:
        if self.is_attached:
            self._timer = self.set_timer(seconds, self.action_read_now)

    def _show(self) -> None:
        reading = self._reading.words if self._reading is not None else ""
        left = Content(reading)
        if self._problem:
            left = Content.styled(escape_controls(self._problem), "bold $text-error")
        elif self._facts is not None:
            left = summary(self._facts, self._end)
        at = self._read_at.strftime("%H:%M:%S") if self._read_at else ""
        parts = [_("as of {time}").format(time=at)] if at else []
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
