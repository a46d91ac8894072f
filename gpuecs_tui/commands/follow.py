"""Prints the output of a run while it is in progress, on a terminal, a pipe or a CI log."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TextIO

from gpuecs_tui.commands.failure import harmless
from gpuecs_tui.commands.waiting import SECOND, WaitLine
from gpuecs_tui.durations import in_words
from gpuecs_tui.i18n import _
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.terraform.engine.event_text import log_lines, without_colours
from gpuecs_tui.terraform.engine.events import ChangeSummary, Event
from gpuecs_tui.terraform.runs.apply_estimate import last_time
from gpuecs_tui.terraform.runs.follower import Batch, Follower
from gpuecs_tui.terraform.runs.full_disk import FullDisk
from gpuecs_tui.terraform.runs.run import Run
from gpuecs_tui.terraform.runs.run_status import RunStatus, status_title

POLL_SECONDS = 0.05
"""Seconds between two reads of the journal; a read that finds nothing takes 25 µs of processor
time."""


def follow(
    run: Run,
    until: Callable[[Run], bool],
    out: TextIO | None = None,
    follower: Follower | None = None,
    preface: Callable[[], Iterable[str]] | None = None,
    *,
    outlives: bool = True,
) -> Run:
    """Print the lines of ``run`` as they are written; return the run once ``until`` is true.

    While no lines are written, stderr shows for how long. ``preface`` is printed before the summary
    of a plan. A ``follower`` that was used before continues where it stopped. Ctrl-C does not stop
    the run; without ``outlives`` the caller cancels it then.
    """
    target = out or sys.stdout
    colours = target.isatty() and not os.environ.get("NO_COLOR")
    follower = follower or Follower(run)
    wait, quiet_since = WaitLine(), time.monotonic()
    told: FullDisk | None = None
    last_times: dict[RunStatus, float | None] = {}
    try:
        while True:
            # Read the state first: everything written before it changed is then in the journal.
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
            if present.full_disk is not None and present.full_disk != told:
                told = present.full_disk
                wait.clear()
                print(harmless(f"!  {told.message} {told.remedy}"), file=sys.stderr)
            if quiet >= SECOND and present.state not in last_times:
                # This reads the files of earlier runs, so do it only if there is a wait to show.
                last_times[present.state] = last_time(present)
            wait.show(_words(present, last_times.get(present.state)), quiet)
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        wait.clear()
        print(file=target)
        if not outlives:
            raise
        print(
            _(
                "The run continues in the background. To follow it: gpuecs-tui attach "
                "{directory}; to cancel it: gpuecs-tui cancel {directory}"
            ).format(directory=shell_word(run.directory)),
            file=sys.stderr,
        )
        raise


def _words(run: Run, last: float | None) -> str:
    """Return how long the run has been in its state, and how long a similar run was in it."""
    words = {
        "state": status_title(run.state),
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
        yield from (line.text for line in log_lines(event))


def _sums_up(event: Event) -> bool:
    return isinstance(event, ChangeSummary) and event.operation == "plan"
