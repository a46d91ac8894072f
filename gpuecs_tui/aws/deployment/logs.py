"""Reads the log lines of tasks from CloudWatch Logs.

A log is followed by repeated calls of FilterLogEvents: StartLiveTail is billed by the minute
(aws.amazon.com/cloudwatch/pricing).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from gpuecs_tui.aws.deployment.definition import (
    AWSLOGS,
    ContainerDefinition,
    read_definition,
)
from gpuecs_tui.aws.errors import AwsProblem
from gpuecs_tui.aws.session import AccountReader
from gpuecs_tui.i18n import _

SINCE = timedelta(minutes=10)
"""Age of the first lines that are read unless another time is given."""
LAST_LINES = 100
"""Lines of one task and container from before it is followed, unless a time is given."""
DEFINITIONS = 5
"""Revisions of which the log settings are read, the newest ones: one call each."""
POLL_SECONDS = 3.0
"""Seconds between two reads of a followed log. The quota of FilterLogEvents is a number of requests
a second for the whole account (CloudWatch Logs quotas), which other programs need too."""
SLOWEST_SECONDS = 60.0
"""Seconds between two reads at most, after AWS has throttled several of them."""
LATE = timedelta(seconds=30)
"""Events that appear so long after an event with a later time are still found: the log driver sends
events in batches."""
ID_SHOWN = 8
"""Characters of a task id that identify it in a line; ids are 32 random hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Where the tasks of a service write the log of one container."""

    container: str
    group: str
    region: str
    """Empty: the Region of the service."""
    prefix: str
    """``awslogs-stream-prefix``; the stream of a task is ``prefix/container/task-id``."""

    def stream(self, task: str = "") -> str:
        """Return the stream of a task, or the start that the streams of all tasks have."""
        return f"{self.prefix}/{self.container}/{task}"


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One log line."""

    id: str
    at: datetime
    task: str
    """Id of its task."""
    container: str
    message: str
    """Without the line break at its end."""

    @property
    def short_task(self) -> str:
        """The first characters of the task's id."""
        return self.task[:ID_SHOWN]


class NoLogs(Exception):
    """A container whose log is not in CloudWatch Logs: a sentence that says where it is."""


def place_of(container: ContainerDefinition) -> LogPlace:
    """Return where a container writes its log. Raises NoLogs."""
    if container.log_driver != AWSLOGS:
        words = (
            _("The container {name} has the log driver {driver}, which CloudWatch Logs can't show.")
            if container.log_driver
            else _("The container {name} has no log driver: its log is on its instance only.")
        )
        raise NoLogs(words.format(name=container.name, driver=container.log_driver))
    options = container.log_options
    prefix = options.get("awslogs-stream-prefix", "")
    if not prefix:
        raise NoLogs(
            _(
                "The container {name} has no awslogs-stream-prefix: its streams in {group} can't "
                "be assigned to tasks."
            ).format(name=container.name, group=options.get("awslogs-group", ""))
        )
    return LogPlace(
        container.name, options.get("awslogs-group", ""), options.get("awslogs-region", ""), prefix
    )


def read_places(
    reader: AccountReader, definitions: Iterable[str]
) -> tuple[list[LogPlace], list[str]]:
    """Return where the containers of some task definitions write their logs, each place once.

    ``definitions``: ``family:revision``. Also returns a sentence for each container whose log can't
    be read. One call a definition; raises AwsProblem.
    """
    places: dict[LogPlace, None] = {}
    without: dict[str, None] = {}
    for name in dict.fromkeys(definitions):
        for container in read_definition(reader, name).containers:
            try:
                places[place_of(container)] = None
            except NoLogs as problem:
                without[str(problem)] = None
    return [*places], [*without]


def last_lines(
    reader: AccountReader, places: Sequence[LogPlace], tasks: Sequence[str], number: int
) -> list[LogEvent]:
    """Return the last lines of tasks, at most ``number`` of each container, the oldest first.

    One call a task, place and page. Raises AwsProblem.
    """
    found = [it for task in tasks for place in places for it in _last(reader, place, task, number)]
    return sorted(found, key=lambda it: it.at)


def starts_after(
    lines: Iterable[LogEvent], starts: Mapping[LogPlace, datetime]
) -> dict[LogPlace, datetime]:
    """Return ``starts``, later for each place of which lines were read.

    ``lines``: the last lines of one task, the oldest first. Each container has its own start,
    because a line of one container may appear after a later line of another one.
    """
    last = {it.container: it.at + timedelta(milliseconds=1) for it in lines}
    return {place: last.get(place.container, start) for place, start in starts.items()}


def _last(reader: AccountReader, place: LogPlace, task: str, number: int) -> list[LogEvent]:
    stream = place.stream(task)
    try:
        raw = _raw_last(_at(reader, place), place.group, stream, number)
    except AwsProblem as problem:
        if problem.kind == "not_found" and has_group(reader, place):
            return []
        raise
    # GetLogEvents returns no ids. These serve only to tell the events of one answer apart.
    return [_event({**it, "eventId": f"{stream} {n}"}, place, stream) for n, it in enumerate(raw)]


def _raw_last(
    reader: AccountReader, group: str, stream: str, number: int
) -> list[Mapping[str, Any]]:
    """Return the last events of a stream, the oldest first.

    A page may have fewer events than ``limit``, even none, although there are earlier ones. The
    stream's beginning is where a token repeats (API reference, GetLogEvents).
    """
    found: list[Mapping[str, Any]] = []
    before: dict[str, str] = {}
    while len(found) < number:
        answer = reader.call(
            "logs",
            "GetLogEvents",
            logGroupName=group,
            logStreamName=stream,
            limit=number - len(found),
            startFromHead=False,
            **before,
        )
        found = [*answer["events"], *found]
        token = answer.get("nextBackwardToken")
        if not token or token == before.get("nextToken"):
            break
        before = {"nextToken": token}
    return found


def has_group(reader: AccountReader, place: LogPlace) -> bool:
    """Return whether the log group of ``place`` exists. One call; raises AwsProblem."""
    groups = _at(reader, place).items(
        "logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix=place.group
    )
    return any(it.get("logGroupName") == place.group for it in groups)


def stream_names(reader: AccountReader, place: LogPlace, task: str = "") -> list[str]:
    """Return some streams of tasks whose ids begin with ``task``. One call; raises AwsProblem."""
    answer = _at(reader, place).call(
        "logs",
        "DescribeLogStreams",
        logGroupName=place.group,
        logStreamNamePrefix=place.stream(task),
    )
    return [str(it["logStreamName"]) for it in answer["logStreams"]]


class LogFeed:
    """Reads log lines repeatedly and returns each of them once."""

    def __init__(
        self, reader: AccountReader, starts: Mapping[LogPlace, datetime], task: str = ""
    ) -> None:
        """Begin with the lines of each place from its start on; ``task``: only of this task."""
        self._places = [(_at(reader, place), place, start) for place, start in starts.items()]
        self._task = task
        self._newest: datetime | None = None
        self._seen: dict[str, datetime] = {}
        self.wait = POLL_SECONDS
        """Seconds until the next read."""

    def poll(self) -> Iterator[LogEvent]:
        """Yield the lines that are new, by time. One call a place and page; raises AwsProblem.

        A line that was yielded is never yielded again, even if a later page can't be read.
        """
        oldest = self._oldest
        pages = [
            _events(reader, place, max(start, oldest or start), self._task)
            for reader, place, start in self._places
        ]
        for event in heapq.merge(*pages, key=lambda it: it.at):
            if event.id in self._seen:
                continue
            self._seen[event.id] = event.at
            self._newest = max(event.at, self._newest or event.at)
            yield event
        self.wait = POLL_SECONDS
        if (oldest := self._oldest) is not None:
            self._seen = {name: at for name, at in self._seen.items() if at >= oldest}

    @property
    def _oldest(self) -> datetime | None:
        """The earliest time of a line that may still be new; None before the first line.

        A program may give its lines a time that is still to come.
        """
        return min(self._newest, datetime.now(UTC)) - LATE if self._newest else None

    def slow_down(self) -> None:
        """Wait longer before the next read."""
        self.wait = slower(self.wait)


def slower(seconds: float) -> float:
    """Return the seconds until the next read after one that failed ``seconds`` after another."""
    return min(2 * seconds, SLOWEST_SECONDS)


def _events(
    reader: AccountReader, place: LogPlace, start: datetime, task: str
) -> Iterator[LogEvent]:
    pages: Iterable[Mapping[str, Any]] = reader.pages(
        "logs",
        "FilterLogEvents",
        logGroupName=place.group,
        logStreamNamePrefix=place.stream(task),
        startTime=int(start.timestamp() * 1000),
    )
    for page in pages:
        for it in page.get("events", ()):
            yield _event(it, place, it["logStreamName"])


def _event(it: Mapping[str, Any], place: LogPlace, stream: str) -> LogEvent:
    at = datetime.fromtimestamp(it["timestamp"] / 1000, UTC)
    task = stream.rpartition("/")[2]
    return LogEvent(it["eventId"], at, task, place.container, it["message"].rstrip("\r\n"))


def _at(reader: AccountReader, place: LogPlace) -> AccountReader:
    elsewhere = place.region and place.region != reader.region
    return reader.again(place.region) if elsewhere else reader
