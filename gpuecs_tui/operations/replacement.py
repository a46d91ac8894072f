"""How ECS replaces tasks of a service: how many run meanwhile, and where new ones find room."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gpuecs_tui.aws.deployment.definition import TaskDefinition
from gpuecs_tui.aws.deployment.facts import (
    ContainerInstance,
    DeployedFleet,
    DeployedService,
    DeployedTask,
)
from gpuecs_tui.aws.prices_facts import Price
from gpuecs_tui.aws.reading import Unknown
from gpuecs_tui.checks.pricing.cost_words import money
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.stack.releases.strategy import BOTH_PERCENT, shifts_traffic

DEFAULT_MINIMUM, DEFAULT_MAXIMUM = 100, 200
"""Healthy percents of a service that sets none (ECS API reference, DeploymentConfiguration)."""


@dataclass(frozen=True, slots=True)
class ServiceNow:
    """A service with its tasks and its fleet, as far as they could be read."""

    service: DeployedService
    tasks: tuple[DeployedTask, ...] = ()
    """Tasks that have not stopped."""
    container_instances: tuple[ContainerInstance, ...] | None = None
    fleet: DeployedFleet | None = None
    definition: TaskDefinition | None = None
    price: Price | None = None
    """On-Demand price of one hour of an instance of the fleet."""
    unread: Mapping[str, Unknown] = field(default_factory=dict)
    """Name of a field above that is None because it could not be read → why."""

    @property
    def shifts(self) -> bool:
        """Whether a deployment starts all new tasks before it stops an old one."""
        return shifts_traffic(self.service.strategy)

    @property
    def least(self) -> int:
        """Tasks that ECS keeps running while it replaces others."""
        if self.shifts:
            return self.service.desired
        percent = self.service.minimum_percent
        share = DEFAULT_MINIMUM if percent is None else percent
        return math.ceil(self.service.desired * share / 100)

    @property
    def most(self) -> int:
        """Tasks that ECS runs at most while it replaces others."""
        if self.shifts:
            return self.service.desired * BOTH_PERCENT // 100
        percent = self.service.maximum_percent
        share = DEFAULT_MAXIMUM if percent is None else percent
        return math.floor(self.service.desired * share / 100)

    @property
    def instance_type(self) -> str:
        """The type of the fleet's instances; empty if it has none."""
        instances = self.fleet.instances if self.fleet else ()
        return instances[0].instance_type if instances else ""

    def room(self, without: str = "") -> int | None:
        """Return how many more tasks fit by GPU and memory; None if that is unknown.

        ``without``: the id of a container instance that does not count. A task that is stopping
        frees its resources soon, so they count.
        """
        if self.container_instances is None or self.definition is None:
            return None
        accepting = {
            it.id: it
            for it in self.container_instances
            if it.status == "ACTIVE" and it.agent_connected and it.id != without
        }
        stopping = [it for it in self.tasks if it.desired_status == "STOPPED"]
        free = (_fit_on(it.gpus_left, it.memory_left, self.definition) for it in accepting.values())
        return sum(free) + sum(it.container_instance in accepting for it in stopping)

    @property
    def growth(self) -> int | None:
        """How many instances the group may add; None if that is unknown."""
        return None if self.fleet is None else max(0, self.fleet.maximum - self.fleet.desired)

    @property
    def tasks_per_instance(self) -> int | None:
        """How many tasks fit on an empty instance of the fleet by GPU and memory.

        None if that is unknown.
        """
        if self.definition is None or not self.container_instances:
            return None
        return max(_fit_on(it.gpus, it.memory, self.definition) for it in self.container_instances)

    @property
    def lacks_room_for_all(self) -> bool:
        """Whether a full set of new tasks can never run next to the old ones; False if unknown.

        A new deployment may end the tasks of one that is in progress, so their places count.
        """
        room, growth = self.room(), self.growth
        each = 0 if growth == 0 else self.tasks_per_instance
        if room is None or growth is None or each is None:
            return False
        ended = sum(
            it.running + it.pending
            for it in self.service.deployments
            if it.status == "PRIMARY" and it.rollout_state == "IN_PROGRESS"
        )
        return room + ended + growth * each < self.service.desired

    def has_no_room(self, without: str = "") -> bool:
        """Tell whether no new task can be placed now, and the fleet can't grow."""
        return self.room(without) == 0 and self.growth == 0


def _fit_on(gpus: int, memory: int, task: TaskDefinition) -> int:
    by_resource = []
    if task.gpus:
        by_resource.append(gpus // task.gpus)
    if task.memory:
        by_resource.append(memory // task.memory)
    return min(by_resource, default=0)


def serving_words(now: ServiceNow, stopping: int) -> str:
    """Return what runs while ECS replaces ``stopping`` tasks of the service."""
    running = now.service.running
    left = min(running, max(now.least, running - stopping))
    percent = _percent(now.service.minimum_percent, DEFAULT_MINIMUM)
    if running <= 0:
        return _("No task runs now: requests fail until a new task is healthy.")
    if left <= 0:
        return _(
            "No task may run for a while: requests fail until a new task is healthy (minimum "
            "healthy percent {percent})."
        ).format(percent=percent)
    if running < now.least:
        words = ngettext(
            "Only {n} of {all} tasks runs now (minimum healthy percent {percent}).",
            "Only {n} of {all} tasks run now (minimum healthy percent {percent}).",
            running,
        )
    else:
        words = ngettext(
            "At least {n} of {all} tasks keeps running (minimum healthy percent {percent}).",
            "At least {n} of {all} tasks keep running (minimum healthy percent {percent}).",
            left,
        )
    return words.format(n=left, all=now.service.desired, percent=percent)


def shifting_words(now: ServiceNow) -> str:
    """Return what runs during a deployment that shifts the requests."""
    words = ngettext(
        "{n} task more starts beside the old ones ({strategy}). The old tasks serve the requests "
        "until it is healthy. Then the requests shift, and old and new tasks run for {time} min, "
        "including the bake time.",
        "{n} tasks more start beside the old ones ({strategy}). The old tasks serve the requests "
        "until they are healthy. Then the requests shift, and old and new tasks run for {time} "
        "min, including the bake time.",
        now.service.desired,
    )
    return words.format(
        n=now.service.desired,
        strategy=now.service.strategy,
        time="?" if now.service.both_minutes is None else now.service.both_minutes,
    )


def replacing_words(now: ServiceNow) -> Iterator[str]:
    """Yield what runs, starts and ends while a new deployment replaces all tasks."""
    desired, room = now.service.desired, now.room()
    yield shifting_words(now) if now.shifts else serving_words(now, desired)
    if now.shifts and now.lacks_room_for_all:
        yield _(
            "The fleet at its maximum size has no room for all new tasks, and no old task stops "
            "before they run: raise fleet.max_size, or the deployment can't end."
        )
    elif now.shifts and now.growth == 0 and room is not None and room < desired:
        yield _(
            "The fleet at its maximum size has room for all new tasks only if ECS first stops "
            "those of the deployment in progress."
        )
    elif words := instances_words(now, max(1, now.most - desired)):
        yield words
    yield from under_way_words(now)


def under_way_words(now: ServiceNow) -> Iterator[str]:
    """Yield that a new deployment replaces the one in progress, if there is one."""
    deployments = now.service.deployments
    if len(deployments) > 1 or any(it.rollout_state == "IN_PROGRESS" for it in deployments):
        yield _("A deployment is in progress: the new deployment replaces it.")


def starting(now: ServiceNow, tasks: int, without: str = "") -> int | None:
    """Return how many instances start at most for ``tasks`` new tasks; None if that is unknown."""
    room, growth = now.room(without), now.growth
    if room is None or growth is None:
        return None
    return min(growth, max(0, tasks - room))


def instances_words(now: ServiceNow, tasks: int, without: str = "") -> str:
    """Return which instances start for ``tasks`` new tasks, and their cost; empty for none."""
    room, number = now.room(without), starting(now, tasks, without)
    if room is None or number is None:
        return _("Whether instances start for the new tasks is unknown.")
    if room >= tasks:
        return ""
    if number == 0:
        return _(
            "The fleet has no room for all new tasks and is at its maximum: they wait until other "
            "tasks stop."
        )
    words = ngettext(
        "The fleet has room for {room} of the new tasks, so up to {n} instance starts",
        "The fleet has room for {room} of the new tasks, so up to {n} instances start",
        number,
    ).format(room=room, n=number)
    return f"{words} ({instance_words(now)})."


def instance_words(now: ServiceNow) -> str:
    """Return the type of the fleet's instances and the cost of one."""
    kind = now.instance_type or _("unknown type")
    if now.price is None:
        return _("{type}, price unknown").format(type=kind)
    return _("{type}, {price} an hour each On-Demand").format(type=kind, price=money(now.price.usd))


def _percent(given: int | None, default: int) -> int:
    return default if given is None else given
