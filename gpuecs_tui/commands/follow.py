"""Prints a run as it goes: what a second terminal, a pipe or a CI log sees of it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TextIO

from gpuecs_tui.commands.waiting import SECOND, WaitLine
from gpuecs_tui.i18n import _
from gpuecs_tui.terraform.base.durations import in_words
from gpuecs_tui.terraform.engine.event_text import lines_of, without_colours
from gpuecs_tui.terraform.engine.events import ChangeSummary, Event
from gpuecs_tui.terraform.runs.apply_estimate import last_time
from gpuecs_tui.terraform.runs.follower import Batch, Follower
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus, title

POLL_SECONDS = 0.05
"""Between two looks at the journal; one that finds nothing costs a processor 25 µs."""


def follow(
    run: Run,
    until: Callable[[Run], bool],
    out: TextIO | None = None,
    follower: Follower | None = None,
    preface: Callable[[], Iterable[str]] | None = None,
) -> Run:
    """Print the lines of ``run`` as they come and return it once ``until`` holds.

    While none come, stderr says for how long. ``preface`` is printed before the summary of a plan.
    A ``follower`` that was given before continues where it was. Ctrl-C leaves the run alone: it
    continues without a viewer.
    """
    target = out or sys.stdout
    colours = target.isatty() and not os.environ.get("NO_COLOR")
    follower = follower or Follower(run)
    wait, quiet_since = WaitLine(), time.monotonic()
    last_times: dict[RunStatus, float | None] = {}
    try:
        while True:
            # The state first: what was written before it changed is then in the journal.
            present = run.refresh()
            more = True
            while more:
                batch = follower.poll()
                more = batch.more
                lines = list(_texts(batch, preface))
                if lines:
                    wait.clear()
                    quiet_since = time.monotonic()
                for line in lines:
                    print(line if colours else without_colours(line), file=target)
            target.flush()
            if until(present):
                wait.clear()
                return present
            quiet = time.monotonic() - quiet_since
            if quiet >= SECOND and present.state not in last_times:
                # Reads the files of earlier runs, so only where there is a wait to show.
                last_times[present.state] = last_time(present)
            wait.show(_words(present, last_times.get(present.state)), quiet)
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        wait.clear()
        print(file=target)
        print(
            _(
                "The run goes on without you. Watch: gpuecs-tui attach {directory}; "
                "stop: gpuecs-tui cancel {directory}"
            ).format(directory=run.directory),
            file=sys.stderr,
        )
        raise


def _words(run: Run, last: float | None) -> str:
    """Return how long a run is in its state, and how long that took the last time."""
    words = {
        "state": title(run.state),
        "time": in_words(datetime.now(UTC) - run.state_since),
    }
    if last is None:
        return _("Still {state} after {time}; no new output for").format(**words)
    return _("Still {state} after {time} (last time {last}); no new output for").format(
        last=in_words(timedelta(seconds=last)), **words
    )


def _texts(batch: Batch, preface: Callable[[], Iterable[str]] | None) -> Iterator[str]:
    if preface is None or not any(map(_sums_up, batch.events)):
        yield from (line.text for line in batch.lines)
        return
    for event in batch.events:
        if _sums_up(event):
            yield from preface()
        yield from (line.text for line in lines_of(event))


def _sums_up(event: Event) -> bool:
    return isinstance(event, ChangeSummary) and event.operation == "plan"
