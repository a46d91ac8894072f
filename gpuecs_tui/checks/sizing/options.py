"""What a rolling update looks like at its fullest, and which other types would take the task."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.placement import Fit, fit, rollout
from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.resolve import Answers, explicit, resolve

TYPE = "fleet.instance_type"


@dataclass(frozen=True, slots=True)
class Update:
    """The moment of a rolling update at which most tasks run."""

    instances: tuple[tuple[int, int], ...]
    """Old and new tasks on each instance."""
    rounds: int
    """How often a batch is replaced until all tasks are new; 0: the update hangs for ever, or the
    fleet is too small for the tasks wanted."""


@dataclass(frozen=True, slots=True)
class Option:
    """An instance type for the stack's tasks."""

    instance_type: InstanceType
    fit: Fit
    """With the sizes as they are typed; what is left to its default follows the type."""
    instances: int | None
    """For the tasks wanted; None where not one fits."""
    hourly: float | None
    """USD an hour on demand; None when not known."""

    @property
    def task_hour(self) -> float | None:
        """USD that one task costs an hour on a full instance; None when not known."""
        tasks = self.fit.placeable
        return self.hourly / tasks if self.hourly is not None and tasks else None


def at_its_fullest(stack: Stack, found: Fit) -> Update:
    """Return how the tasks lie when a rolling update of ``stack`` has started all it may.

    Old tasks lie as densely as they fit, as managed scaling leaves them; new ones fill up.
    """
    wanted, each = stack.service.desired_count, found.placeable
    if not each or not wanted:
        return Update((), 0)
    update = rollout(stack, found)
    batch = update.batch if update.room >= wanted else 0
    old = min(wanted, update.room)
    new = min(batch, max(0, min(update.at_most, update.room) - old))
    if batch and not new:
        # Nothing can start before something has stopped.
        old, new = old - batch, batch
    instances = []
    while old or new:
        olds = min(each, old)
        news = min(each - olds, new)
        instances.append((olds, news))
        old, new = old - olds, new - news
    return Update(tuple(instances), -(-wanted // batch) if batch else 0)


def option(context: Context, it: InstanceType) -> Option:
    """Return what becomes of the stack on ``it``."""
    return _option(context, _typed(context), it)


def options(context: Context) -> tuple[Option, ...]:
    """Return the types that take at least one task, the cheapest for a task first.

    Only those that run GPU tasks under ECS and are offered in a zone of the instance subnets, as
    far as that is known; of those without a price the smallest first. About 1 ms a type.
    """
    typed = _typed(context)
    found = [
        _option(context, typed, it)
        for it in catalogue.instance_types(context.account).value
        if it.supported and _offered(context, it.name)
    ]
    return tuple(sorted((it for it in found if it.fit.placeable), key=_order))


def next_size(context: Context) -> InstanceType | None:
    """Return the next larger type of the same family, with as many GPUs at least; None if none."""
    here = context.instance_type
    if here is None:
        return None
    family = here.name.partition(".")[0]
    larger = [
        it
        for it in catalogue.instance_types(context.account).value
        if it.name.partition(".")[0] == family
        and it.supported
        and it.gpus >= here.gpus
        and catalogue.order(it) > catalogue.order(here)
    ]
    return min(larger, key=catalogue.order, default=None)


def _typed(context: Context) -> Answers:
    return explicit(context.stack, context.instance_type)


def _option(context: Context, typed: Answers, it: InstanceType) -> Option:
    stack = resolve({**typed, TYPE: it.name}, it).stack
    found = fit(stack, it)
    return Option(it, found, found.instances_for(stack.service.desired_count), _hourly(context, it))


def _hourly(context: Context, it: InstanceType) -> float | None:
    reading = context.account.prices.of(it.name)
    return float(reading.value.usd) if isinstance(reading, Known) else None


def _offered(context: Context, name: str) -> bool:
    offerings = context.account.offerings
    subnets = context.subnets(context.stack.network.instance_subnet_ids)
    if not isinstance(offerings, Known) or not subnets:
        return True
    zones = {it.zone for it in subnets}
    return any(it.instance_type == name and zones & {*it.zones} for it in offerings.value)


def _order(it: Option) -> tuple[float, int, tuple[str, int, int, str]]:
    price = it.task_hour
    size = it.instance_type.vcpus * it.instance_type.gpus
    return inf if price is None else price, size, catalogue.order(it.instance_type)
