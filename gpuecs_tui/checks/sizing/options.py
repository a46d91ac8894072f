"""The peak of a rolling update, and the other instance types on which the task fits."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from gpuecs_tui.aws import catalogue
from gpuecs_tui.aws.reading import Known
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.placement import Fit, fit, rollout
from gpuecs_tui.stack.capacity.fleet_types import on_type
from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.stack.resolve import Answers, explicit, resolve


@dataclass(frozen=True, slots=True)
class Update:
    """The peak of a rolling update, when most tasks run."""

    instances: tuple[tuple[int, int], ...]
    """Old and new tasks on each instance."""
    rounds: int
    """Number of batches until all tasks are new; 0: the update hangs forever, or the fleet is too
    small for the desired count."""


@dataclass(frozen=True, slots=True)
class TypeOption:
    """An instance type for the stack's tasks."""

    instance_type: InstanceType
    fit: Fit
    """The fit with the configured sizes. Defaults follow the type."""
    instances: int | None
    """The number of instances for the desired count; None if no task fits."""
    hourly: float | None
    """USD per hour On-Demand; None if unknown."""

    @property
    def task_hour(self) -> float | None:
        """USD per hour for one task on a full instance; None if unknown."""
        tasks = self.fit.placeable
        return self.hourly / tasks if self.hourly is not None and tasks else None


def at_its_fullest(stack: Stack, found: Fit) -> Update:
    """Return the tasks on each instance when a rolling update has started as many as allowed.

    Old tasks are packed densely, as managed scaling leaves them. New tasks fill the rest.
    """
    wanted, each = stack.service.desired_count, found.placeable
    if not each or not wanted:
        return Update((), 0)
    update = rollout(stack, found)
    batch = update.batch if update.room >= wanted else 0
    old = min(wanted, update.room)
    new = min(batch, max(0, min(update.at_most, update.room) - old))
    if batch and not new:
        # No new task can start before an old one has stopped.
        old, new = old - batch, batch
    instances = []
    while old or new:
        olds = min(each, old)
        news = min(each - olds, new)
        instances.append((olds, news))
        old, new = old - olds, new - news
    return Update(tuple(instances), -(-wanted // batch) if batch else 0)


def option(context: Context, it: InstanceType) -> TypeOption:
    """Return the option that runs the stack on ``it``."""
    return _option(context, _typed(context), it)


def type_options(context: Context) -> tuple[TypeOption, ...]:
    """Return the types on which at least one task fits, the lowest price per task first.

    Includes only types that run GPU tasks with ECS and, if that is known, are offered in a zone of
    the instance subnets. Types without a price are sorted by size. Takes about 1 ms per type.
    """
    typed = _typed(context)
    found = [
        _option(context, typed, it)
        for it in catalogue.instance_types(context.account).value
        if it.supported and _offered(context, it.name)
    ]
    return tuple(sorted((it for it in found if it.fit.placeable), key=_order))


def next_size(context: Context) -> InstanceType | None:
    """Return the next larger type of the family with at least as many GPUs, or None."""
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


def _option(context: Context, typed: Answers, it: InstanceType) -> TypeOption:
    stack = resolve(on_type(typed, it.name), it).stack
    found = fit(stack, it)
    return TypeOption(
        it, found, found.instances_for(stack.service.desired_count), _hourly(context, it)
    )


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


def _order(it: TypeOption) -> tuple[float, int, tuple[str, int, int, str]]:
    price = it.task_hour
    size = it.instance_type.vcpus * it.instance_type.gpus
    return inf if price is None else price, size, catalogue.order(it.instance_type)
