"""The command ``logs``: log lines of the service's tasks, from CloudWatch Logs."""

from __future__ import annotations

import argparse
import json
import re
import select
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gpuecs_tui.commands.failure import EXIT_USAGE, Failure, harmless
from gpuecs_tui.commands.service.here import ServiceHere, service_here
from gpuecs_tui.commands.waiting import waiting
from gpuecs_tui.durations import in_words
from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word

if TYPE_CHECKING:
    from gpuecs_tui.aws.deployment.logs import LogEvent, LogFeed, LogPlace

LONGEST = timedelta(days=3650)
"""The longest retention of a log group (CloudWatch Logs API reference, PutRetentionPolicy)."""


def logs(arguments: argparse.Namespace) -> int:
    """Print the log lines of one or all tasks, by time; with --follow until Ctrl-C.

    Exit 3: nothing is deployed; 64: the expression or the task's id is wrong.
    """
    matches = _pattern(arguments.grep)
    with service_here(arguments, changes=False) as here:
        from gpuecs_tui.aws.deployment.logs import (
            LAST_LINES,
            SINCE,
            LogFeed,
            last_lines,
            starts_after,
        )

        with waiting(_("Reading the tasks …")):
            task, places = _places(here, arguments.task)
        show = _printer(places, matches, as_json=arguments.json)
        far = SINCE if arguments.since is None else min(arguments.since, LONGEST)
        starts = dict.fromkeys(places, datetime.now(UTC) - far)
        with _missing_group(here, places):
            if task and arguments.since is None:
                found = last_lines(here.reader, places, [task], LAST_LINES)
                shown = show(found)
                starts = starts_after(found, starts)
                if not arguments.follow:
                    if found and not shown:
                        _say(_("None of the last {n} lines matches.").format(n=LAST_LINES))
                    return 0 if found else _end(here, places, task, None)
            feed = LogFeed(here.reader, starts, task)
            if arguments.follow:
                return _follow(feed, show)
            return 0 if show(feed.poll()) else _end(here, places, task, far)


def _pattern(text: str | None) -> Callable[[str], object]:
    try:
        return re.compile(text or "").search
    except (re.error, OverflowError, RecursionError) as error:
        raise Failure(
            _("--grep {text} is not a regular expression: {reason}.").format(
                text=shell_word(text or ""), reason=error
            ),
            code=EXIT_USAGE,
        ) from None


def _places(here: ServiceHere, wanted: str | None) -> tuple[str, Sequence[LogPlace]]:
    """Return the id of the wanted task, empty for all, and where the tasks write their logs."""
    from gpuecs_tui.aws.deployment.logs import DEFINITIONS, read_places, stream_names
    from gpuecs_tui.aws.deployment.reader import read_service_and_tasks
    from gpuecs_tui.operations.refused import Refused, UnknownId, chosen

    service, tasks = read_service_and_tasks(here.reader, here.names)
    if wanted is not None and (known := [it for it in tasks if it.id.startswith(wanted)]):
        tasks = tuple(known)
    definitions = [it.task_definition for it in tasks if it.task_definition]
    present = service.task_definition if service else here.task_definition
    if present and not (wanted is not None and definitions):
        definitions.insert(0, present)
    places, without = read_places(here.reader, [*dict.fromkeys(definitions)][:DEFINITIONS])
    if not places:
        raise Refused(
            without[0]
            if without
            else _("The service {name} has no task definition.").format(name=here.names.service)
        )
    for sentence in without:
        _say(sentence)
    if wanted is None:
        return "", places
    try:
        return chosen(wanted, (it.id for it in tasks), _("Tasks")), places
    except UnknownId:
        # ECS forgets a stopped task after an hour; its stream remains.
        with _missing_group(here, places):
            streams = [it for place in places for it in stream_names(here.reader, place, wanted)]
        if not wanted or not streams:
            raise
        return chosen(wanted, (it.rpartition("/")[2] for it in streams), _("Tasks")), places


@contextmanager
def _missing_group(here: ServiceHere, places: Iterable[LogPlace]) -> Iterator[None]:
    """Name the log group if it does not exist."""
    from gpuecs_tui.aws.errors import AwsProblem
    from gpuecs_tui.operations.refused import Refused

    try:
        yield
    except AwsProblem as problem:
        if problem.kind != "not_found":
            raise
        groups = ", ".join(dict.fromkeys(it.group for it in places))
        raise Refused(
            _("The log group {group} does not exist in {region}.").format(
                group=groups, region=here.reader.region
            ),
            _("To compare the stack with the account: gpuecs-tui plan {directory}").format(
                directory=shell_word(here.directory)
            ),
        ) from None


def _printer(
    places: Sequence[LogPlace], matches: Callable[[str], object], *, as_json: bool
) -> Callable[[Iterable[LogEvent]], bool]:
    """Return a function that prints events and tells whether it printed any."""
    several = len({it.container for it in places}) > 1

    def line(event: LogEvent) -> str:
        if as_json:
            return json.dumps(
                {
                    "at": event.at.isoformat(timespec="milliseconds"),
                    "task": event.task,
                    "container": event.container,
                    "message": event.message,
                }
            )
        at = f"{event.at.astimezone():%Y-%m-%d %H:%M:%S}"
        container = f"{event.container}  " if several else ""
        return harmless(f"{at}  {event.short_task}  {container}{event.message}")

    def show(events: Iterable[LogEvent]) -> bool:
        shown = False
        for event in events:
            if matches(event.message):
                print(line(event))
                shown = True
        sys.stdout.flush()
        return shown

    return show


def _follow(feed: LogFeed, show: Callable[[Iterable[LogEvent]], bool]) -> int:
    from gpuecs_tui.aws.error_kinds import TRANSIENT
    from gpuecs_tui.aws.errors import AwsProblem

    reported = False
    while True:
        try:
            show(feed.poll())
            reported = False
        except AwsProblem as problem:
            if problem.kind not in TRANSIENT:
                raise
            feed.slow_down()
            if not reported:
                words = _("{sentence} Trying again every {time}.").format(
                    sentence=problem.sentence, time=in_words(timedelta(seconds=feed.wait))
                )
                print(f"gpuecs-tui: {harmless(words)}", file=sys.stderr, flush=True)
            reported = True
        _wait(feed.wait)


def _wait(seconds: float) -> None:
    """Wait; raise BrokenPipeError as soon as the reader of stdout has closed it."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        time.sleep(seconds)
        return
    closed = select.poll()
    # Without events, only errors and a hang-up end the wait.
    closed.register(descriptor, 0)
    if closed.poll(seconds * 1000):
        raise BrokenPipeError


def _end(here: ServiceHere, places: Sequence[LogPlace], task: str, since: timedelta | None) -> int:
    """Say on stderr why nothing was printed; return the exit code.

    ``since``: how far back lines were read; None if no line was found at all.
    """
    from gpuecs_tui.aws.deployment.logs import ID_SHOWN, stream_names

    if not any(stream_names(here.reader, place, task) for place in places):
        words = (
            _("The task {id} has not written a log line yet.")
            if task
            else _("No task of the service has written a log line yet.")
        )
    elif since is None:
        words = _(
            "The log stream of task {id} is empty: no line was written, or all lines are older "
            "than the retention of the log group."
        )
    else:
        words = _(
            "No log line of the last {time} to show. To read further back, use a longer --since."
        )
    time_words = in_words(since) if since is not None else ""
    _say(words.format(id=task[:ID_SHOWN], time=time_words))
    return 0


def _say(words: str) -> None:
    print(f"gpuecs-tui: {harmless(words)}", file=sys.stderr)
