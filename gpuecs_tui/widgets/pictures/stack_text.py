"""The stack as a picture in text, drawn from the user's answers; does not import Textual.

From top to bottom, it shows the path of a request: the allowed sources, the load balancer, the
target group, and the tasks on their instances in their zones. Below is the Auto Scaling group.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from gpuecs_tui.aws.reading import value_or
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.placement import Fit
from gpuecs_tui.checks.pricing.offer_words import gib_number
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.stack.capacity.fleet_types import types_of
from gpuecs_tui.stack.model import peak_tasks
from gpuecs_tui.stack.resolve import HTTP_PORT
from gpuecs_tui.widgets.base import shorten
from gpuecs_tui.widgets.base.canvas import Canvas, Spans, ellipsized
from gpuecs_tui.widgets.base.safe_text import escape_controls
from gpuecs_tui.widgets.pictures.parts import (
    PLACE_NAME,
    SEPARATOR,
    Load,
    Zone,
    fold,
    loads,
    place,
    subnet_line,
    task_words,
    wrapped,
    zones_in_picture,
)

MIN_WIDTH = 40
"""Minimum width in cells; a narrower picture is not legible."""
MAX_WIDTH = 150
"""Maximum width in cells; longer lines are hard to follow."""
ZONE_WIDTH = 22
"""Minimum width of a zone's box in cells, for an instance type, a subnet's address block and the
frame."""
ZONE_WIDTH_MAX = 46
SUBNETS_SHOWN = 2
"""Maximum number in one zone; the others are counted."""
INSTANCE_HEIGHT = 4
"""Rows of an instance's box: the frame, the GPUs, the tasks."""
TITLE_ROOM = 15
"""Cells from the corner of a zone's box to the position after a title such as us-east-1a."""
TASKS_SHOWN = 8
"""Maximum number of squares in one zone; the others are counted."""

FRAME, TITLE, TEXT, MUTED, GPU, WARN = "frame", "title", "text", "muted", "gpu", "warn"
"""Style names in the spans."""


def draw_stack(
    context: Context, missing: Sequence[str], width: int, *, ascii_only: bool = False
) -> list[Spans]:
    """Return the picture as rows of (text, style name), none wider than ``width`` cells.

    ``missing`` are the keys without a value, drawn as not chosen yet. Takes a few milliseconds.
    """
    return _Picture(context, frozenset(missing), min(max(width, MIN_WIDTH), MAX_WIDTH)).rows(
        ascii_only
    )


class _Picture:
    def __init__(self, context: Context, missing: frozenset[str], width: int) -> None:
        self.context = context
        self.stack = context.stack
        self.missing = missing
        self.width = width
        self.canvas = Canvas(width)
        self.left, self.right = 2, width - 3
        self.zones = zones_in_picture(context)
        self.columns = self._columns(len(self.zones)) if self.zones else []
        joints = [_joint(*column) for column in self.columns]
        self.axis = (
            (joints[(len(joints) - 1) // 2] + joints[len(joints) // 2]) // 2
            if joints
            else width // 2
        )
        """Column of the line that leads from the clients down to the fleet."""

    def rows(self, ascii_only: bool) -> list[Spans]:
        self._clients()
        top = 2
        row = self._load_balancer(top + 1)
        row = self._target_group(row)
        row = self._zones(row)
        bottom = self._fleet(row)
        self.canvas.box(top, 0, bottom, self.width - 1, FRAME)
        self._vpc_title(top)
        return self.canvas.rows(ascii_only=ascii_only)

    def _clients(self) -> None:
        network, balancer = self.stack.network, self.stack.load_balancer
        who = _("the VPC's CIDR blocks") if balancer.internal else _("the internet")
        if network.load_balancer_security_group_ids:
            who = _("sources that your security groups allow")
        elif network.has_sources:
            lists, groups = network.ingress_prefix_list_ids, network.ingress_security_group_ids
            who = fold((*network.ingress_cidrs, *lists, *groups), self.width)
        port = f"{balancer.protocol} :{balancer.port}"
        if balancer.protocol == "HTTPS":
            port += " " + _("(:{port} redirects to it)").format(port=HTTP_PORT)
        self.canvas.text(0, max(0, self.axis - cell_len(who) // 2), who, TEXT)
        self.canvas.vertical(self.axis, 1, 3, FRAME)
        self.canvas.text(1, self.axis + 2, port, TITLE)

    def _vpc_title(self, row: int) -> None:
        vpc_id = self.stack.network.vpc_id
        known = {it.id: it for it in value_or(self.context.account.vpcs, ())}.get(vpc_id)
        parts = [_("not chosen yet") if "network.vpc_id" in self.missing else vpc_id]
        if known:
            parts = [escape_controls(known.name), vpc_id, fold(known.cidrs, self.width // 3)]
        self._title(row, 0, self.width - 1, "VPC", " · ".join(part for part in parts if part))

    def _load_balancer(self, row: int) -> int:
        where = _("internal") if self.stack.load_balancer.internal else _("internet-facing")
        name = self.stack.names.load_balancer
        return self._wide_box(
            row, _("Load balancer"), f"{name} · {where}", [(self._balancer_subnets(), MUTED)]
        )

    def _balancer_subnets(self) -> str:
        by_id = {it.id: it for it in value_or(self.context.account.subnets, ())}
        ids = self.stack.network.load_balancer_subnet_ids
        if not ids:
            return _("subnets not chosen yet")
        room = self.right - self.left - 3
        places = SEPARATOR.join(place(by_id, it) for it in ids)
        if cell_len(places) <= room:
            return places
        zones = dict.fromkeys(by_id[it].zone if it in by_id else it for it in ids)
        return fold(list(zones), room)

    def _target_group(self, row: int) -> int:
        task, check = self.stack.task, self.stack.health_check
        if task.network_mode == "bridge" and not task.host_port:
            port = _("container :{port} on a dynamic host port").format(port=task.container_port)
        elif task.network_mode == "bridge":
            port = _("container :{port} on host port {host}").format(
                port=task.container_port, host=task.host_port
            )
        else:
            port = _("container :{port}").format(port=task.container_port)
        health = _("health check {path}: {codes} every {n} s").format(
            path=escape_controls(check.path), codes=check.matcher, n=check.interval_seconds
        )
        self.canvas.vertical(self.axis, row - 1, row, FRAME)
        service = _("service")
        names = f"{self.stack.names.target_group} → {service} {self.stack.names.service}"
        return self._wide_box(
            row,
            _("Target group"),
            names if self.stack.names.service else "",
            [(f"{port} · {health}", MUTED), *((line, TEXT) for line in self._one_task())],
        )

    def _one_task(self) -> list[str]:
        """Return the description of a task; the image has a row of its own if necessary."""
        task = self.stack.task
        parts = [
            ngettext("{n} GPU", "{n} GPUs", task.gpus).format(n=task.gpus),
            "" if "task.memory" in self.missing else f"{task.memory} MiB",
            "" if "task.cpu" in self.missing else _("{n} CPU units").format(n=task.cpu),
        ]
        if beside := self.stack.sidecars.images:
            names = fold([ellipsized(it, PLACE_NAME) for it in beside], self.width // 3)
            parts.append(_("with {names}").format(names=names))
        text = _("each task: {parts}").format(parts=SEPARATOR.join(it for it in parts if it))
        room = self.right - self.left - 3
        image = shorten.image(escape_controls(task.image), room)
        if "task.image" in self.missing:
            image = _("image not chosen yet")
        elif cell_len(whole := f"{text}{SEPARATOR}{task.image.rpartition('/')[2]}") <= room:
            return [whole]
        joined = f"{text}{SEPARATOR}{image}"
        return [joined] if cell_len(joined) <= room else [text, image]

    def _zones(self, row: int) -> int:
        zones, columns = self.zones, self.columns
        if not zones:
            self.canvas.vertical(self.axis, row - 1, row, FRAME)
            text = _("instance subnets not chosen yet")
            row = self._wide_box(row, _("Availability Zones"), "", [(text, MUTED)])
            self.canvas.vertical(self.axis, row - 1, row, FRAME)
            return row
        depth = max(len(zone.subnets) + len(zone.unknown) for zone in zones)
        height = 2 + min(depth, SUBNETS_SHOWN + 1) + INSTANCE_HEIGHT
        rows = [zones[start : start + len(columns)] for start in range(0, len(zones), len(columns))]
        self.canvas.vertical(self.axis, row - 1, row, FRAME)
        self._branch(row, columns[: len(rows[0])])
        row += 1
        loads = iter(self._loads(len(zones)))
        for part in rows:
            for zone, (left, right) in zip(part, columns, strict=False):
                # Between two rows of boxes, the lines of the upper row continue in the lower row.
                self.canvas.vertical(_joint(left, right), row - 1, row, FRAME)
                self.canvas.box(row, left, row + height - 1, right, FRAME)
                self.canvas.vertical(_joint(left, right), row + height - 1, row + height, FRAME)
                self._zone(row, left, right, zone, height)
                self._instance(row + height - 1 - INSTANCE_HEIGHT, left + 2, right - 2, next(loads))
            row += height
        self._branch(row, columns[: len(rows[-1])])
        self.canvas.vertical(self.axis, row, row + 1, FRAME)
        return row + 1

    def _columns(self, zones: int) -> list[tuple[int, int]]:
        room = self.right - self.left + 1
        most = max(1, (room + 1) // (ZONE_WIDTH + 1))
        rows = -(-zones // min(zones, most))
        count = -(-zones // rows)
        width = min((room - (count - 1)) // count, ZONE_WIDTH_MAX)
        start = self.left + (room - count * width - (count - 1)) // 2
        return [
            (start + i * (width + 1), start + i * (width + 1) + width - 1) for i in range(count)
        ]

    def _branch(self, row: int, columns: Sequence[tuple[int, int]]) -> None:
        ends = [self.axis, *(_joint(left, right) for left, right in columns)]
        self.canvas.horizontal(row, min(ends), max(ends), FRAME)

    def _zone(self, row: int, left: int, right: int, zone: Zone, height: int) -> None:
        self._title(row, left, right, "", zone.name or _("zone unknown"))
        lines = [*map(subnet_line, zone.subnets), *((it, "") for it in zone.unknown)]
        if len(lines) > SUBNETS_SHOWN + 1:
            rest = _("+{n} more subnets").format(n=len(lines) - SUBNETS_SHOWN)
            lines = [*lines[:SUBNETS_SHOWN], (rest, "")]
        for number, (name, kind) in enumerate(lines, start=1):
            at = right - 1 - cell_len(kind)
            self.canvas.text(row + number, left + 2, name, TEXT, at - left - 3)
            self.canvas.text(row + number, at, kind, MUTED)

    @property
    def _fit(self) -> Fit | None:
        """The number of tasks per instance; None if it is unknown, or if no task fits."""
        found = self.context.fit
        if found is None or not found.placeable or "fleet.instance_type" in self.missing:
            return None
        return found

    def _loads(self, zones: int) -> list[Load | None]:
        found = self._fit
        return [*loads(self.context, found, zones)] if found is not None else [None] * zones

    def _instance(self, row: int, left: int, right: int, load: Load | None) -> None:
        """Draw the instances of one zone as a box, or a text that it needs none.

        ``load``: the number of tasks per instance; None if it is unknown, or if no task fits.
        """
        kind, room = self.context.instance_type, right - left - 3
        if load is not None and not load.instances:
            self.canvas.text(row + 1, left + 2, _("no instance"), MUTED, room)
            return
        self.canvas.box(row, left, row + 3, right, FRAME)
        name = _(" or ").join(types_of(self.stack)) or _("type not chosen")
        several = load is not None and load.instances > 1
        if load is not None and several:
            name = f"{load.instances} × {name}"
        self._title(row, left, right, "", name)
        if kind is not None:
            gpus = f"{kind.gpus} × {kind.gpu_model} {gib_number(kind.gpu_memory_mib)} GiB"
            text = _("{gpus} each").format(gpus=gpus) if several else gpus
            self.canvas.text(row + 1, left + 2, text, GPU, room)
        self.canvas.text(row + 2, left + 2, *self._tasks(load), room)

    def _tasks(self, load: Load | None) -> tuple[str, str]:
        if load is None:
            unknown = self.context.fit is None or "fleet.instance_type" in self.missing
            return (_("tasks: unknown"), MUTED) if unknown else (_("no task fits"), WARN)
        if not load.tasks:
            return _("no task"), MUTED
        squares = "■" * min(load.tasks, TASKS_SHOWN) + ("…" if load.tasks > TASKS_SHOWN else "")
        words = ngettext("{n} task", "{n} tasks", load.tasks).format(n=load.tasks)
        return f"{squares} {words}", TEXT

    def _not_placed(self) -> list[tuple[str, str]]:
        """Return a warning if the fleet has no room for all tasks at its maximum size."""
        found = self._fit
        if found is None:
            return []
        wanted, most = peak_tasks(self.stack), self.stack.fleet.max_size
        needed = found.instances_for(wanted) or 0
        if needed <= most:
            return []
        text = _("{wanted} tasks need {needed} instances; maximum size is {most}")
        return [(text.format(wanted=wanted, needed=needed, most=most), WARN)]

    def _uneven(self) -> list[tuple[str, str]]:
        """Return that Auto Scaling chooses the zones; empty if each zone has the same number."""
        counts = {load.instances for load in self._loads(len(self.zones)) if load is not None}
        if len(counts) < 2:
            return []
        return [(_("EC2 Auto Scaling decides which zones get the instances"), MUTED)]

    def _fleet(self, row: int) -> int:
        fleet, names = self.stack.fleet, self.stack.names
        sizes = _("instances: {low} to {high}, initially {n}").format(
            low=fleet.min_size, high=fleet.max_size, n=fleet.initial_size
        )
        # Always one row, with or without a name, so that the rows below don't move during typing.
        text = _("← capacity provider {name}: target capacity {percent} %")
        if not names.capacity_provider:
            text = _("← capacity provider: target capacity {percent} %")
        provider = text.format(name=names.capacity_provider, percent=fleet.target_capacity)
        wanted = task_words(self.stack)
        return self._wide_box(
            row,
            _("Auto Scaling group"),
            names.autoscaling_group,
            [
                (f"{sizes} · {fleet.market} · {wanted}", TEXT),
                *self._not_placed(),
                *self._uneven(),
                (provider, MUTED),
                *self._endpoints(),
            ],
        )

    def _endpoints(self) -> list[tuple[str, str]]:
        services = self.stack.network.vpc_endpoints
        if not services:
            return []
        words = _("→ VPC endpoints (created): ")
        room = self.right - self.left - 3 - cell_len(words)
        return [(words + fold(services, room), MUTED)]

    def _wide_box(self, row: int, kind: str, name: str, lines: Sequence[tuple[str, str]]) -> int:
        """Draw a box over the whole width and return the row after it."""
        room = self.right - self.left - 3
        rows = [(part, style) for line, style in lines for part in wrapped(line, room)]
        bottom = row + len(rows) + 1
        self.canvas.box(row, self.left, bottom, self.right, FRAME)
        for number, (line, style) in enumerate(rows, start=1):
            self.canvas.text(row + number, self.left + 2, line, style, room)
        self._title(row, self.left, self.right, kind, name)
        return bottom + 1

    def _title(self, row: int, left: int, right: int, kind: str, name: str) -> None:
        """Write into the upper edge of a box; at least one cell of the edge stays visible at each
        end."""
        start, end = left + 2, right - 1
        column = self.canvas.text(row, start, f" {kind} " if kind else " ", MUTED, end - start)
        if name and end - column > 1:
            column = self.canvas.text(row, column, escape_controls(name), TITLE, end - column - 1)
            self.canvas.text(row, column, " ", MUTED)


def _joint(left: int, right: int) -> int:
    """Return the column at which lines enter and leave a zone's box: next to its title."""
    return min(max((left + right) // 2, left + TITLE_ROOM), right - 1)
