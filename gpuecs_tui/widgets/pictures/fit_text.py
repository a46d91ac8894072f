"""The placement of tasks on instances, drawn in text; does not import Textual.

On the left is one instance, with the share of each resource that its tasks use. On the right (below
it in a narrow terminal) is the fleet at the moment of a rolling update with the most running tasks.
Below are the fit for other numbers of tasks and for other instance types.
"""

from __future__ import annotations

from dataclasses import dataclass

from gpuecs_tui.aws.catalogue import registered_words
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.network.ports import host_port
from gpuecs_tui.checks.placement import Fit, Resource, one_task_per_instance, rollout
from gpuecs_tui.checks.pricing.offer_words import gib_number
from gpuecs_tui.checks.sizing.options import Update, at_its_fullest
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.stack.instance_type import CPU_UNITS_PER_VCPU, InstanceType
from gpuecs_tui.widgets.base.canvas import Canvas, Spans
from gpuecs_tui.widgets.pictures import fit_tables
from gpuecs_tui.widgets.pictures.fit_words import limit_word
from gpuecs_tui.widgets.pictures.stack_text import FRAME, GPU, MIN_WIDTH, MUTED, TEXT, TITLE, WARN

MAX_WIDTH = 130
"""Maximum width in cells; longer lines are hard to follow."""
SIDE_BY_SIDE = 70
"""Minimum cells at which the two pictures are side by side."""
LABEL = 8
"""Cells of a resource's name."""
MARKS = "123456789abcdefghijklmnopqrstuvwxyz"
"""Marks that distinguish the share of each task in a bar; after the last one, the first one is
used."""
FREE, OLD, NEW, LIMIT, NOT_PLACED = "·", "■", "□", "◄", "×"
INSTANCES_SHOWN = 6
"""Maximum number in the picture of the update; the others are counted."""


def draw_fit(context: Context, width: int, *, ascii_only: bool = False) -> list[Spans]:
    """Return the picture as rows of (text, style name), none wider than ``width`` cells.

    Style names are those of ``stack_text``. If the type is unknown or has no GPU, the picture is
    one row that says so.
    """
    width = min(max(width, MIN_WIDTH), MAX_WIDTH)
    it, found = context.instance_type, context.fit
    canvas = Canvas(width)
    if it is None or found is None or not it.gpus:
        text = _("Choose an instance type with GPUs to see how many tasks fit on it.")
        canvas.text(0, 0, text, MUTED)
        return canvas.rows(ascii_only=ascii_only)
    beside = width >= SIDE_BY_SIDE
    half = (width - 1) // 2 if beside else width
    bottom = _Instance(canvas, context, it, found).draw(0, 0, half - 1)
    left, row = (half + 1, 0) if beside else (0, bottom + 1)
    bottom = max(bottom, _Update(canvas, context, found).draw(row, left, width - 1))
    fit_tables.draw_tables(canvas, bottom + 1, context, it, found)
    return canvas.rows(ascii_only=ascii_only)


@dataclass(frozen=True, slots=True)
class _Bar:
    """A quantity that tasks share."""

    resource: Resource
    label: str
    each: int
    """The amount of one task."""
    whole: int
    """The amount of the instance."""
    unit: int = 1
    """The unit of the displayed figures, as a divisor."""

    def figures(self, tasks: int) -> str:
        return f"{_units(self.each * (tasks or 1), self.unit)}/{_units(self.whole, self.unit)}"


class _Instance:
    """One instance as a box, full of tasks."""

    def __init__(self, canvas: Canvas, context: Context, it: InstanceType, found: Fit) -> None:
        self.canvas, self.stack, self.it, self.found = canvas, context.stack, it, found
        self.tasks = found.placeable

    def draw(self, top: int, left: int, right: int) -> int:
        """Draw into these columns; return the row after the box."""
        it, task = self.it, self.stack.task
        room = right - left - 3
        gpus = f"{it.gpus} × {it.gpu_model} {gib_number(it.gpu_memory_mib)} GiB"
        self.canvas.text(top + 1, left + 2, gpus, GPU, room)
        bars = (
            _Bar("gpus", _("GPUs"), task.gpus, it.gpus),
            _Bar("cpu", _("vCPUs"), task.cpu, it.cpu_units, CPU_UNITS_PER_VCPU),
            _Bar("memory", _("MiB"), task.memory, it.registers.mib),
        )
        figures = max(len(bar.figures(self.tasks)) for bar in bars)
        row = top + 2
        for bar in bars:
            self._bar(row, left + 2, room - figures - LABEL - 2, bar)
            row += 1
        row = self._slots(row, left, room)
        for text, style in self._said():
            self.canvas.text(row, left + 2, text, style, room)
            row += 1
        self.canvas.box(top, left, row, right, FRAME)
        self.canvas.text(top, left + 2, f" {it.name} ", TITLE, room)
        return row + 1

    def _bar(self, row: int, left: int, width: int, bar: _Bar) -> None:
        limits = self.found.limiting == bar.resource
        self.canvas.text(row, left, bar.label, TEXT, LABEL)
        column = left + LABEL
        self.canvas.text(row, column, FREE * width, MUTED)
        # The share of a task that doesn't fit is shown too, cut at the end of the bar.
        for number in range(self.tasks or 1):
            start = width * bar.each * number // bar.whole
            end = max(width * bar.each * (number + 1) // bar.whole, start + 1)
            style = GPU if number % 2 else TITLE
            if not self.tasks:
                style = WARN if bar.each > bar.whole else MUTED
            mark = MARKS[number % len(MARKS)] if self.tasks else NOT_PLACED
            self.canvas.text(row, column + start, mark * (end - start), style, width - start)
        over = bar.each * self.tasks > bar.whole
        style = WARN if over or (limits and not self.tasks) else TITLE if limits else MUTED
        figures = bar.figures(self.tasks) + (LIMIT if limits else "")
        self.canvas.text(row, column + width + 1, figures, style)

    def _slots(self, row: int, left: int, room: int) -> int:
        """Draw the limits that aren't quantities: host ports, interfaces, distinct instances."""
        stack, limiting = self.stack, self.found.limiting
        port = host_port(stack)
        if stack.task.network_mode == "awsvpc":
            most = dict(self.found.by_resource).get("enis")
            ports = (
                _("one IP each; limit unknown")
                if most is None
                else _("{used} of {most} network interfaces").format(used=self.tasks, most=most)
            )
            mark = limiting == "enis"
        elif one_task_per_instance(stack):
            ports, mark = _("host port {port}: one task").format(port=port), limiting == "port"
        else:
            ports, mark = _("dynamic host port each"), False
        self._fact(row, left, room, _("Ports"), ports, mark)
        if stack.service.distinct_instances:
            text = _("one task per instance")
            self._fact(row + 1, left, room, _("Rule"), text, limiting == "distinct")
            return row + 2
        return row + 1

    def _fact(self, row: int, left: int, room: int, label: str, text: str, mark: bool) -> None:
        self.canvas.text(row, left + 2, label, TEXT, LABEL)
        style = TITLE if mark else MUTED
        self.canvas.text(
            row, left + 2 + LABEL, text + (f" {LIMIT}" if mark else ""), style, room - LABEL
        )

    def _said(self) -> list[tuple[str, str]]:
        limit, it, task = limit_word(self.found.limiting), self.it, self.stack.task
        registers = (_("registers {memory}").format(memory=registered_words(it)), MUTED)
        if not self.tasks:
            return [
                (_("✗ no task fits"), WARN),
                (_("not enough {limit}").format(limit=limit), WARN),
                registers,
            ]
        tasks = ngettext("{n} task fits", "{n} tasks fit", self.tasks).format(n=self.tasks)
        left_over = _("free: {gpus} GPU, {cpu} CPU, {mib} MiB").format(
            gpus=it.gpus - self.tasks * task.gpus,
            cpu=it.cpu_units - self.tasks * task.cpu,
            mib=max(0, it.registers.mib - self.tasks * task.memory),
        )
        said = [
            (_("{tasks}; limit: {limit}").format(tasks=tasks, limit=limit), TITLE),
            (left_over, MUTED),
            registers,
        ]
        if self.found.guaranteed < self.found.tasks_per_instance:
            text = _("{n} may fit: depends on the AMI").format(n=self.found.tasks_per_instance)
            said.append((text, WARN))
        return said


class _Update:
    """The fleet in the middle of a rolling update."""

    def __init__(self, canvas: Canvas, context: Context, found: Fit) -> None:
        self.canvas, self.stack, self.found = canvas, context.stack, found

    def draw(self, top: int, left: int, right: int) -> int:
        """Draw into these columns; return the row after the box."""
        room = right - left - 3
        row = top + 1
        update = at_its_fullest(self.stack, self.found)
        for text, style in self._facts(update):
            self.canvas.text(row, left + 2, text, style, room)
            row += 1
        row = self._instances(row, left, room, update)
        self.canvas.box(top, left, row, right, FRAME)
        title = _("during a deployment")
        self.canvas.text(top, left + 2, f" {title} ", TITLE, room)
        return row + 1

    def _facts(self, update: Update) -> list[tuple[str, str]]:
        wanted, most = self.stack.service.desired_count, self.stack.fleet.max_size
        if not self.found.placeable:
            return [(_("no task fits: nothing to replace"), MUTED)]
        if not wanted:
            return [(_("desired count is 0"), MUTED)]
        plan = rollout(self.stack, self.found)
        bounds = _("{low} to {high} tasks may run (desired {wanted})").format(
            low=plan.at_least, high=plan.at_most, wanted=wanted
        )
        fleet = ngettext(
            "up to {n} instance; room for {room}", "up to {n} instances; room for {room}", most
        ).format(n=most, room=plan.room)
        if plan.room < wanted:
            return [(bounds, TEXT), (fleet, WARN), (_("✗ not enough room for all tasks"), WARN)]
        both = self.stack.service.both_minutes
        if not update.rounds:
            hangs = (
                _("✗ hangs: no room for old and new")
                if both is not None
                else _("✗ hangs: no room for an extra task")
            )
            return [(bounds, TEXT), (fleet, WARN), (hangs, WARN)]
        if both is not None:
            baked = _("all at once; both run {n} min").format(n=both)
            return [(bounds, TEXT), (fleet, TEXT), (baked, TITLE)]
        rounds = ngettext(
            "{n} round, {batch} at a time", "{n} rounds, {batch} at a time", update.rounds
        )
        return [
            (bounds, TEXT),
            (fleet, TEXT),
            (rounds.format(n=update.rounds, batch=plan.batch), TITLE),
        ]

    def _instances(self, row: int, left: int, room: int, update: Update) -> int:
        each = self.found.placeable
        shown = update.instances[:INSTANCES_SHOWN]
        if len(update.instances) > INSTANCES_SHOWN + 1:
            rest = len(update.instances) - INSTANCES_SHOWN
        else:
            shown, rest = update.instances, 0
        for number, (old, new) in enumerate(shown, start=1):
            column = self.canvas.text(row, left + 2, f"{number:>2} ", MUTED, room)
            column = self.canvas.text(row, column, OLD * old, TEXT, room - 3)
            column = self.canvas.text(row, column, NEW * new, GPU)
            self.canvas.text(row, column, FREE * (each - old - new), MUTED)
            row += 1
        if rest:
            text = ngettext("+{n} more instance", "+{n} more instances", rest).format(n=rest)
            self.canvas.text(row, left + 2, text, MUTED, room)
            row += 1
        if shown:
            legend = _("{old} old  {new} new  {free} free").format(old=OLD, new=NEW, free=FREE)
            self.canvas.text(row, left + 2, legend, MUTED, room)
            row += 1
        return row


def _units(value: int, unit: int) -> str:
    return f"{value / unit:g}" if unit == 1 or not value % unit else f"{value / unit:.1f}"
