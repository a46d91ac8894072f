"""The progress of an apply or destroy, by resource."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from gpuecs_tui.terraform.base.atomic_files import parse_time
from gpuecs_tui.terraform.engine.events import ChangeSummary, Event, Hook, PlannedChange, Version

_STEPS = {"replace": 2} | dict.fromkeys(
    ("no-op", "noop", "read", "import", "move", "remove", "forget"), 0
)
"""Apply steps that a planned action takes; one for all others. A replace is a delete and a
create, each with its own events."""


class Status(StrEnum):
    """The status of one resource."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ResourceProgress:
    """One resource of the plan."""

    address: str
    action: str
    """What is planned: create, update, replace, delete, …"""
    status: Status = Status.WAITING
    step: str = ""
    """The step of a replace that runs or ran last: delete or create; else the action itself."""
    steps_done: int = 0
    started_at: datetime | None = None
    """When the present step began."""
    took: float | None = None
    """Seconds that the last finished step took."""
    id_value: str = ""
    """Identity after a completed create."""

    @property
    def steps(self) -> int:
        """Return how many apply steps it takes in all."""
        return _STEPS.get(self.action, 1)

    def elapsed(self, now: datetime | None = None) -> float | None:
        """Return the seconds that its present step runs, or that its last one took.

        Measured with our own clock: Terraform reports it every 10 s, OpenTofu only once.
        """
        if self.status is Status.RUNNING and self.started_at is not None:
            return max(0.0, ((now or datetime.now(UTC)) - self.started_at).total_seconds())
        return self.took


class RunProgress:
    """The progress from the events so far; pass it every event of a run in order."""

    def __init__(self) -> None:
        self.resources: dict[str, ResourceProgress] = {}
        """Address → its progress, in the order of the plan. Data sources are not in it."""
        self._planned_now: set[str] = set()
        """The planned changes of the present command."""

    def feed(self, events: Iterable[Event]) -> None:
        """Process further events."""
        for event in events:
            if isinstance(event, Version):
                self._planned_now = set()
                # Each command starts again from zero; applying a saved plan repeats the planned
                # changes.
                self.resources = {
                    address: resource
                    for address, resource in self.resources.items()
                    if resource.steps_done == 0
                }
            elif isinstance(event, PlannedChange) and not event.is_drift and not event.is_data:
                self._planned(event)
            elif isinstance(event, ChangeSummary) and event.operation == "plan":
                # A second plan, with imports, may have fewer changes than the first.
                self.resources = {
                    address: resource
                    for address, resource in self.resources.items()
                    if address in self._planned_now
                }
            elif isinstance(event, Hook) and event.phase == "apply" and not event.is_data:
                self._applied(event)

    @property
    def total(self) -> int:
        """Return the number of apply steps in the plan."""
        return sum(resource.steps for resource in self.resources.values())

    @property
    def done(self) -> int:
        """Return how many of them have succeeded."""
        return sum(resource.steps_done for resource in self.resources.values())

    def in_flight(self) -> list[ResourceProgress]:
        """Return the resources that are being changed now, the longest first."""
        running = [r for r in self.resources.values() if r.status is Status.RUNNING]
        return sorted(running, key=lambda r: r.started_at or datetime.min.replace(tzinfo=UTC))

    def completed(self) -> list[ResourceProgress]:
        """Return the resources that were created and have an identity to import them by."""
        return [
            r
            for r in self.resources.values()
            if r.step == "create" and r.status is Status.DONE and r.id_value
        ]

    def _planned(self, event: PlannedChange) -> None:
        self._planned_now.add(event.address)
        known = self.resources.get(event.address)
        if known is None or known.steps_done == 0:
            self.resources[event.address] = ResourceProgress(event.address, event.action)

    def _applied(self, event: Hook) -> None:
        known = self.resources.get(event.address) or ResourceProgress(event.address, event.action)
        moment = parse_time(event.at)
        if event.step == "start":
            known = replace(
                known, status=Status.RUNNING, step=event.action, started_at=moment, took=None
            )
        elif event.step == "complete":
            done = min(known.steps_done + 1, known.steps)
            known = replace(
                known,
                # The second half of a replace is still to come.
                status=Status.DONE if done >= known.steps else Status.WAITING,
                steps_done=done,
                took=_took(known, event, moment),
                id_value=event.id_value,
            )
        elif event.step == "errored":
            known = replace(known, status=Status.FAILED, took=_took(known, event, moment))
        self.resources[event.address] = known


def _took(known: ResourceProgress, event: Hook, moment: datetime | None) -> float | None:
    if known.started_at is not None and moment is not None:
        return max(0.0, (moment - known.started_at).total_seconds())
    return event.elapsed
