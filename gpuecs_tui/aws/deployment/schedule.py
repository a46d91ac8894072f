"""Decides which parts of a deployment are read when. Makes no call and has no clock of its own.

All times are seconds of a monotonic clock. AWS throttles all calls of an account and Region
together (ECS API reference, "Request throttling"), so a throttled part is read less often.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from gpuecs_tui.aws.error_kinds import ProblemKind

CALLS_MAX = 8
"""Maximum number of calls in one refresh; the other parts are read in the next one."""
GAP_SECONDS = 1.0
"""Minimum time between the starts of two refreshes. A part that becomes due within this time is
read together with the due parts, so that there is one refresh instead of two."""
REST_SLACK_SECONDS = 5.0
"""The same time while nothing moves, so that all parts are soon read together."""
PATIENCE_SECONDS = 2.0
"""Seconds that a refresh waits for its parts while others are due. A part that takes longer is left
to the next refresh. Without this time, the calls of two refreshes add up on a slow network."""
ANSWER_SECONDS = 5.0
"""Seconds after which a call without a response makes its part Unknown. The call itself
continues."""
SLOWEST_SECONDS = 60.0
"""Maximum time between two readings of a part that fails repeatedly."""


HELD = float("inf")
"""Start of a part that waits for another part."""


class Pace(Enum):
    """How often a part is read: seconds while the deployment changes, seconds while it doesn't."""

    TASKS = (3.0, 15.0)
    """Pace of parts that change within seconds."""
    FLEET = (6.0, 15.0)
    """Pace of parts about instances, which take a minute to start."""
    RECORDS = (15.0, 15.0)
    """Pace of AWS's records of the past, and of EC2's status checks, which run once a minute."""
    SETTINGS = (300.0, 300.0)
    """Pace of parts that only an apply changes."""

    def seconds(self, *, moving: bool) -> float:
        """Return the seconds between two readings."""
        return self.value[0 if moving else 1]


@dataclass(slots=True)
class _State:
    started_at: float | None = None
    """Start of the newest reading; None before the first one."""
    in_flight: bool = False
    late: bool = False
    """Whether the response is late. The call is still running then."""
    failures: int = 0
    """Number of failures in a row."""
    problem: ProblemKind | None = None
    expired: bool = False
    """Whether the part was requested before it was due."""


class Schedule:
    """When each part is due, which parts are being read, and which of these are late."""

    def __init__(
        self, paces: Mapping[str, tuple[Pace, str]], answer_seconds: float = ANSWER_SECONDS
    ) -> None:
        """``paces``: part → its pace and the AWS service that it calls, the most urgent first.

        ``answer_seconds``: seconds without a response after which a part is late.
        """
        self.answer_seconds = answer_seconds
        self.moving = True
        """Whether the deployment is changing."""
        self._paces = dict(paces)
        self._parts = {name: _State() for name in paces}
        self._started_at: float | None = None

    def due(self, now: float) -> tuple[str, ...]:
        """Return the parts to read now, the longest due first. None if no part is due."""
        at = {name: self._due_at(name) for name, part in self._parts.items() if not part.in_flight}
        if not at or min(at.values()) > now:
            return ()
        slack = GAP_SECONDS if self.moving else REST_SLACK_SECONDS
        soon = [name for name, due_at in at.items() if due_at <= now + slack]
        # The sort is stable: of two parts that are due since the same time, the more urgent one is
        # first.
        return tuple(sorted(soon, key=at.__getitem__))

    def start(self, now: float, calls: Callable[[str], int]) -> tuple[str, ...]:
        """Return the due parts that fit into one refresh, and mark them as being read.

        ``calls``: how many calls a part takes. The first part always fits.
        """
        chosen: list[str] = []
        left = CALLS_MAX
        for name in self.due(now):
            if (needed := calls(name)) <= left or not chosen:
                chosen.append(name)
                left -= needed
        return self._start(now, chosen)

    def start_all(self, now: float) -> tuple[str, ...]:
        """Mark all parts that aren't being read as such, and return them."""
        return self._start(now, [name for name, it in self._parts.items() if not it.in_flight])

    def in_flight(self, name: str) -> bool:
        """Tell whether a part was started and isn't late."""
        return self._parts[name].in_flight and not self._parts[name].late

    def hold(self, name: str) -> None:
        """Don't count the time of a part that was started, until ``began``."""
        self._parts[name].started_at = HELD

    def set_pace(self, name: str, pace: Pace) -> None:
        """Read a part more or less often from now on."""
        self._paces[name] = pace, self._paces[name][1]

    def began(self, name: str, now: float) -> None:
        """Count the time of a part that was held from now."""
        self._parts[name].started_at = now

    def ended(self, name: str, problem: ProblemKind | None = None) -> None:
        """Record the response of a part; ``problem`` is why it is Unknown."""
        part = self._parts[name]
        part.in_flight = part.late = False
        part.failures = part.failures + 1 if problem else 0
        part.problem = problem

    def late(self, now: float) -> tuple[str, ...]:
        """Return the parts that became late since the last call."""
        found = tuple(
            name
            for name, it in self._parts.items()
            if it.in_flight and not it.late and now - (it.started_at or 0.0) >= self.answer_seconds
        )
        for name in found:
            self._parts[name].late = True
        return found

    def awaited(self) -> bool:
        """Tell whether a part is being read that isn't late."""
        return any(it.in_flight and not it.late for it in self._parts.values())

    def is_slow(self, now: float) -> bool:
        """Tell whether every awaited part has been read for at least PATIENCE_SECONDS."""
        at = [it.started_at for it in self._parts.values() if it.in_flight and not it.late]
        return all(it is None or it == HELD or now - it >= PATIENCE_SECONDS for it in at)

    def expire(self) -> None:
        """Make every part due."""
        for it in self._parts.values():
            it.expired = True

    def next_in(self, now: float) -> float:
        """Return the seconds until the next refresh should begin."""
        at = [
            (it.started_at or 0.0) + self.answer_seconds if it.in_flight else self._due_at(name)
            for name, it in self._parts.items()
            if not it.late
        ]
        earliest = min(at, default=now + Pace.TASKS.seconds(moving=self.moving))
        if self._started_at is not None:
            earliest = max(earliest, self._started_at + GAP_SECONDS)
        return max(0.0, earliest - now)

    def _start(self, now: float, names: list[str]) -> tuple[str, ...]:
        for name in names:
            part = self._parts[name]
            part.started_at, part.in_flight, part.late, part.expired = now, True, False, False
        if names:
            self._started_at = now
        return tuple(names)

    def _due_at(self, name: str) -> float:
        part = self._parts[name]
        if part.expired or part.started_at is None:
            return float("-inf")
        return part.started_at + self._interval(name)

    def _interval(self, name: str) -> float:
        pace, service = self._paces[name]
        part = self._parts[name]
        seconds = pace.seconds(moving=self.moving)
        if part.problem == "denied":
            # Only a person can grant a permission, so this takes a while.
            return max(seconds, SLOWEST_SECONDS)
        throttled = (
            it.failures
            for other, it in self._parts.items()
            if it.problem == "throttled" and self._paces[other][1] == service
        )
        failures = max(part.failures, *throttled, 0)
        return max(seconds, min(seconds * 2.0**failures, SLOWEST_SECONDS))
