"""Follows a deployed stack: reads each part when it is due, with few calls.

It begins calls only in ``refresh``, so that a deployment that no screen shows is not read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from gpuecs_tui.aws.deployment.ask import Ask
from gpuecs_tui.aws.deployment.facts import DeployedNames, DeploymentFacts
from gpuecs_tui.aws.deployment.moving import moves
from gpuecs_tui.aws.deployment.parts import PARTS, Answer, read_part
from gpuecs_tui.aws.deployment.schedule import ANSWER_SECONDS, Pace, Schedule
from gpuecs_tui.aws.deployment.seen import Seen
from gpuecs_tui.aws.discovery.account import WAKE_SECONDS
from gpuecs_tui.aws.reading import Known, Reading, Unknown
from gpuecs_tui.aws.session import AccountReader, Closed
from gpuecs_tui.i18n import _

STILL_SECONDS = 300.0
"""A changing deployment without any change for this many seconds, for example one that waits for
capacity, is read like a settled one."""

PartReading = tuple[str, Reading[Any]]
"""Name of a field of DeploymentFacts, and its new value."""


class DeploymentWatch:
    """The present state of one deployed stack. One thread uses it at a time."""

    def __init__(
        self,
        reader: AccountReader,
        names: DeployedNames,
        clock: Callable[[], float] = time.monotonic,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        """Make no call. ``clock`` returns seconds and only goes forward.

        ``answer_seconds``: how long the other parts wait for one without a response.
        """
        self.reader = reader
        self.names = names
        self.facts = DeploymentFacts()
        """Everything that was read so far. It is replaced with each reading."""
        self._clock = clock
        self._seen = Seen()
        self._schedule = Schedule(
            {name: (it.pace, it.source.partition(":")[0]) for name, it in PARTS.items()},
            answer_seconds,
        )
        self._ended: SimpleQueue[tuple[str, Future[Answer]]] = SimpleQueue()
        self._waiting: dict[str, str] = {}
        """Part that was started but not requested → the part that it has to wait for."""
        self._changed_at = clock()

    def due(self) -> tuple[str, ...]:
        """Return the parts that ``refresh`` would read now, if all fit into one refresh."""
        return self._schedule.due(self._clock())

    def next_in(self) -> float:
        """Return the seconds until ``refresh`` should be called again."""
        return self._schedule.next_in(self._clock())

    def expire(self) -> None:
        """Make every part due, whatever was read before."""
        self._seen.expire()
        self._schedule.expire()

    def refresh(self, *, whole: bool = False) -> Iterator[PartReading]:
        """Read what is due, with at most CALLS_MAX calls, and yield each part as it comes.

        A part without a response within ``answer_seconds`` is yielded as Unknown, and again when
        its response comes, possibly in a later refresh. Ends when all other parts came, or when
        others are due and those that are missing take long. ``whole`` reads all parts at once, in
        at most two rounds of calls. Raises Closed once the reader is closed.
        """
        now = self._clock()
        started = (
            self._schedule.start_all(now)
            if whole
            else self._schedule.start(now, lambda name: PARTS[name].calls(self._ask(now)))
        )
        for name in started:
            yield from self._begin(name)
        yield from self._answers(wait=False)
        while self._schedule.awaited() and (whole or not self._leaves_rest()):
            yield from self._answers(wait=True)
            for name in self._schedule.late(self._clock()):
                yield from self._take(name, self._no_answer(name))

    def _leaves_rest(self) -> bool:
        """Tell whether the parts that were not answered yet are left to the next refresh."""
        return self.next_in() <= 0 and self._schedule.is_slow(self._clock())

    def _ask(self, now: float) -> Ask:
        return Ask(self.reader, self.names, self._seen, now)

    def _begin(self, name: str) -> Iterator[PartReading]:
        """Request a part, if what it depends on is known."""
        before = PARTS[name].after
        if not before or self._is_known(before):
            self._request(name)
        elif self._schedule.in_flight(before):
            self._schedule.hold(name)
            self._waiting[name] = before
        else:
            # The part is Unknown for the same reason.
            yield from self._fail_like(name, getattr(self.facts, before))

    def _is_known(self, name: str) -> bool:
        return isinstance(getattr(self.facts, name), Known) or name in self.facts.former

    def _fail_like(self, name: str, reading: Reading[Any]) -> Iterator[PartReading]:
        self._schedule.ended(name)
        self._store(name, reading)
        yield name, reading

    def _request(self, name: str) -> None:
        now = self._clock()
        self._schedule.began(name, now)
        future = self.reader.submit(partial(read_part, PARTS[name], self._ask(now)))
        future.add_done_callback(partial(self._put, name))

    def _put(self, name: str, future: Future[Answer]) -> None:
        self._ended.put((name, future))

    def _answers(self, *, wait: bool) -> Iterator[PartReading]:
        """Yield the present responses; ``wait``: wait a moment for the first one."""
        with suppress(Empty):
            while True:
                name, future = self._ended.get(wait, WAKE_SECONDS)
                wait = False
                # Closing the reader may have ended the call.
                if self.reader.closed:
                    raise Closed
                answer = future.result()
                self._schedule.ended(name, answer.problem)
                yield from self._take(name, answer.reading)
        if self.reader.closed:
            raise Closed

    def _take(self, name: str, reading: Reading[Any]) -> Iterator[PartReading]:
        self._store(name, reading)
        yield name, reading
        for follower in [it for it, before in self._waiting.items() if before == name]:
            del self._waiting[follower]
            self._schedule.began(follower, self._clock())
            yield from self._begin(follower)

    def _store(self, name: str, reading: Reading[Any]) -> None:
        facts = self.facts
        before: Reading[Any] = getattr(facts, name)
        former = dict(facts.former)
        if isinstance(reading, Known):
            known = before if isinstance(before, Known) else former.pop(name, None)
            if known is None or known.value != reading.value:
                self._changed_at = self._clock()
        elif isinstance(before, Known):
            former[name] = before
        at = reading.read_at if isinstance(reading, Known) else datetime.now(UTC)
        part: dict[str, Any] = {name: reading}
        self.facts = replace(facts, former=former, read_at={**facts.read_at, name: at}, **part)
        still = self._clock() - self._changed_at >= STILL_SECONDS
        self._schedule.moving = moves(self.facts) and not still
        # A missing target group may be created at any moment.
        found = self._seen.target_group is not None
        self._schedule.set_pace("health_check", Pace.SETTINGS if found else Pace.TASKS)

    def _no_answer(self, name: str) -> Unknown:
        seconds = round(self._schedule.answer_seconds)
        reason = _("no answer within {seconds} s").format(seconds=seconds)
        return Unknown(PARTS[name].source, reason, "")
