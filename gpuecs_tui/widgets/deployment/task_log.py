"""The log of one or all tasks over the deployment screen, followed while it is open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.worker import Worker

from gpuecs_tui.aws.deployment.facts import DeployedTask
from gpuecs_tui.aws.error_kinds import TRANSIENT
from gpuecs_tui.i18n import N_, _
from gpuecs_tui.terraform.engine.log_line import Level, LogLine
from gpuecs_tui.widgets.base.broken_worker import tell_broken_worker
from gpuecs_tui.widgets.base.modal import Modal
from gpuecs_tui.widgets.base.one_line import OneLine
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.keys.binding import bind, own_keys
from gpuecs_tui.widgets.keys.groups import DIALOG
from gpuecs_tui.widgets.keys.words import BACK
from gpuecs_tui.widgets.log.panel import LogPanel

if TYPE_CHECKING:
    from gpuecs_tui.aws.deployment.logs import LogEvent, LogFeed
    from gpuecs_tui.aws.session import AccountReader

STOPPED_LINES = 20
"""Last lines of each task that stopped earlier."""
STOPPED_TASKS = 5
"""The newest stopped tasks whose last lines are shown: one call each."""
_ERROR = re.compile(r"\b(?:ERROR|CRITICAL|FATAL|PANIC|Traceback)\b")
_WARNING = re.compile(r"\b(?:WARN|WARNING)\b")


@dataclass(frozen=True, slots=True)
class LogSubject:
    """The tasks whose log is shown."""

    service: str
    definitions: Sequence[str]
    """Their revisions, the newest first."""
    tasks: Sequence[DeployedTask]
    """One task, or all tasks of the service."""
    is_one: bool

    @property
    def task(self) -> str:
        """The id of the only task; empty for all."""
        return self.tasks[0].id if self.is_one else ""


class TaskLog(Modal[None]):
    """A log panel that follows the lines in CloudWatch Logs."""

    HELP = N_(
        "The log lines of the tasks from CloudWatch Logs, read every few seconds while this log is "
        "open. Each line begins with its time and the first characters of its task's id. The key "
        "for a filter shows only lines with a text, such as the id of a task."
    )
    BINDINGS: ClassVar[list[BindingType]] = [bind("escape", "leave", *BACK, DIALOG)]
    DEFAULT_CSS = """
    TaskLog Vertical { background: $surface; border: round $border; padding: 0 1; }
    """

    @dataclass
    class Read(Message):
        """Log lines were read."""

        events: Sequence[LogEvent]

    @dataclass
    class Ended(Message):
        """A reading has ended."""

        next_in: float | None
        """Seconds until the next one; None if there is none."""
        problem: str = ""

    def __init__(self, reader: AccountReader, subject: LogSubject) -> None:
        """Read nothing yet."""
        super().__init__()
        self._reader, self._subject = reader, subject
        self._feed: LogFeed | None = None
        self._pause = 0.0
        """Seconds before the present reading; 0 before the first one."""
        self._about = OneLine()
        self._panel = LogPanel(name=f"log-{subject.service}")

    def compose(self) -> ComposeResult:
        """Yield what is read, and the log."""
        with Vertical() as box:
            subject = self._subject
            title = _("Log of all tasks of {name}").format(name=subject.service)
            if subject.task:
                title = _("Log of task {id}").format(id=subject.task)
            box.border_title = Content(escape_controls(title))
            box.border_subtitle = own_keys(self)
            yield self._about
            yield self._panel

    def on_mount(self) -> None:
        """Start reading."""
        self._panel.focus()
        self._say(_("Reading the log …"))
        self._read()

    def action_leave(self) -> None:
        """Return to the deployment."""
        self.dismiss(None)

    @on(Read)
    def _show(self, message: Read) -> None:
        self._panel.add([line for event in message.events for line in log_lines(event)])

    @on(Ended)
    def _end(self, message: Ended) -> None:
        if message.problem:
            self._say(message.problem)
        elif len(self._panel.view.contents.source):
            self._say(_("Followed while it is open."))
        else:
            self._say(_("No log lines yet."))
        if message.next_in is not None and self.is_attached:
            self.set_timer(message.next_in, self._read)

    def _say(self, text: str) -> None:
        self._about.show(lambda _width: Content(escape_controls(text)))

    @on(Worker.StateChanged)
    def _tell_broken_worker(self, event: Worker.StateChanged) -> None:
        tell_broken_worker(self.app, event)

    @work(thread=True, group="task-log", exclusive=True, exit_on_error=False)
    def _read(self) -> None:
        from gpuecs_tui.aws.deployment.logs import POLL_SECONDS, slower
        from gpuecs_tui.aws.errors import AwsProblem
        from gpuecs_tui.aws.session import Closed

        problem, next_in = "", None
        events: list[LogEvent] = []
        try:
            # One by one: the feed never returns a line again, even if it fails after it.
            for event in self._lines():
                events.append(event)
            self._pause = next_in = POLL_SECONDS
        except AwsProblem as found:
            problem = str(found)
            if found.kind in TRANSIENT:
                self._pause = next_in = slower(self._pause or POLL_SECONDS)
        except NothingToRead as found:
            problem = str(found)
        except Closed:
            problem = _("The account was switched.")
        if events:
            self.post_message(self.Read(events))
        self.post_message(self.Ended(next_in, problem))

    def _lines(self) -> Iterator[LogEvent]:
        yield from self._begin()
        assert self._feed is not None
        yield from self._feed.poll()

    def _begin(self) -> Iterator[LogEvent]:
        """Yield the lines from before the log is followed, the first time only."""
        from gpuecs_tui.aws.deployment import logs

        if self._feed is not None:
            return
        reader, subject, since = self._reader, self._subject, datetime.now(UTC) - logs.SINCE
        places, without = logs.read_places(reader, subject.definitions[: logs.DEFINITIONS])
        if not places:
            raise NothingToRead(without[0] if without else _("The service has no task definition."))
        starts = dict.fromkeys(places, since)
        if subject.task:
            found = logs.last_lines(reader, places, [subject.task], logs.LAST_LINES)
            starts = logs.starts_after(found, starts)
        else:
            earlier = [it.id for it in subject.tasks if it.stopped_at and it.stopped_at < since]
            found = logs.last_lines(reader, places, earlier[:STOPPED_TASKS], STOPPED_LINES)
            found = [it for it in found if it.at < since]
        self._feed = logs.LogFeed(reader, starts, subject.task)
        yield from found


class NothingToRead(Exception):
    """The tasks have no log in CloudWatch Logs: a sentence that says why."""


def log_lines(event: LogEvent) -> Iterator[LogLine]:
    """Yield the lines of an event with its time and task; the level is that of its words."""
    level = Level.INFO
    if _ERROR.search(event.message):
        level = Level.ERROR
    elif _WARNING.search(event.message):
        level = Level.WARNING
    head = f"{event.at.astimezone():%H:%M:%S} {event.short_task} "
    for number, text in enumerate(event.message.splitlines() or [""]):
        yield LogLine(f"{head}{escape_controls(text)}", level, event.task, number > 0)
