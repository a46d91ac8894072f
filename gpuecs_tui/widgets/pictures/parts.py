"""Parts of the picture of a stack: its subnets by zone, and lists cut to their width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from gpuecs_tui.aws.network_facts import Subnet
from gpuecs_tui.aws.reading import value_or
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.placement import Fit
from gpuecs_tui.checks.pricing.cost import desired_instances
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.stack.model import Stack
from gpuecs_tui.widgets.base.canvas import ellipsized
from gpuecs_tui.widgets.base.safe_text import escape_controls

SEPARATOR = " · "
PLACE_NAME = 20
"""Width of a subnet's name in a list of several, in cells."""


@dataclass(frozen=True, slots=True)
class Zone:
    """The instance subnets of one Availability Zone."""

    name: str
    """Empty for subnets without known facts."""
    subnets: tuple[Subnet, ...]
    unknown: tuple[str, ...] = ()
    """Ids of subnets that are not in the account's list."""


def wrapped(text: str, room: int) -> list[str]:
    """Return ``text`` in as few rows of ``room`` cells as possible, divided at SEPARATOR."""
    rows = [""]
    for part in text.split(SEPARATOR):
        longer = f"{rows[-1]}{SEPARATOR}{part}" if rows[-1] else part
        if rows[-1] and cell_len(longer) > room:
            rows.append(part)
        else:
            rows[-1] = longer
    return rows


def zones_in_picture(context: Context) -> tuple[Zone, ...]:
    """Return the instance subnets by zone, sorted by name; those of an unknown zone last."""
    by_id = {it.id: it for it in value_or(context.account.subnets, ())}
    zones: dict[str, list[Subnet]] = {}
    unknown = []
    for subnet_id in context.stack.network.instance_subnet_ids:
        subnet = by_id.get(subnet_id)
        if subnet is None:
            unknown.append(subnet_id)
        else:
            zones.setdefault(subnet.zone, []).append(subnet)
    found = [Zone(name, tuple(zones[name])) for name in sorted(zones)]
    return (*found, Zone("", (), tuple(unknown))) if unknown else tuple(found)


@dataclass(frozen=True, slots=True)
class Load:
    """Instances and tasks of one zone when all tasks run for which the fleet has room."""

    instances: int
    tasks: int


def loads(context: Context, found: Fit, zones: int) -> list[Load]:
    """Spread the wanted tasks, and the instances that the group keeps for them, over ``zones``.

    The group keeps its minimum and what the capacity provider's target leaves free, the same number
    as in the cost, and never more than its maximum. EC2 Auto Scaling balances the zones; it is
    unknown in advance which zone gets an additional instance. The fullest zone is first.
    """
    wanted = context.stack.service.desired_count
    instances = desired_instances(context, found) or 0
    placed = min(wanted, instances * found.placeable)
    spread = []
    for zone in range(zones):
        left = zones - zone
        here = -(-instances // left)
        tasks = min(-(-placed // left), here * found.placeable)
        # Tasks for which the other zones have no room are placed here.
        tasks = max(tasks, placed - (instances - here) * found.placeable)
        spread.append(Load(here, tasks))
        instances, placed = instances - here, placed - tasks
    return spread


def task_words(stack: Stack) -> str:
    """Return the desired count; with task scaling, also its limits."""
    wanted, scaling = stack.service.desired_count, stack.autoscaling
    words = ngettext("{n} desired task", "{n} desired tasks", wanted).format(n=wanted)
    if not scaling.enabled:
        return words
    return _("{words}, scaled {least} to {most}").format(
        words=words, least=scaling.min_tasks, most=scaling.max_tasks
    )


def place(by_id: Mapping[str, Subnet], subnet_id: str) -> str:
    """Return a subnet's zone and name, or its ID if the subnet is unknown."""
    found = by_id.get(subnet_id)
    name = ellipsized(escape_controls(found.name), PLACE_NAME) if found else ""
    return f"{found.zone} {name or subnet_id}" if found else subnet_id


def subnet_line(subnet: Subnet) -> tuple[str, str]:
    """Return a subnet's name (or ID) and whether its routes make it public or private."""
    kind = {True: _("public"), False: _("private"), None: ""}[subnet.public]
    return escape_controls(subnet.name) or subnet.id, kind


def fold(items: Sequence[str], room: int) -> str:
    """Join as many ``items`` as fit into ``room`` cells, at least one, and count the others."""
    for shown in range(len(items), 0, -1):
        rest = [_("+{n} more").format(n=len(items) - shown)] if shown < len(items) else []
        text = SEPARATOR.join([*items[:shown], *rest])
        if cell_len(text) <= room:
            break
    return text
