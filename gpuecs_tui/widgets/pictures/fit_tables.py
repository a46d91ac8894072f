"""The tables below the picture of the fit: instances per number of tasks, and the fit on other
types."""

from __future__ import annotations

from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.placement import Fit
from gpuecs_tui.checks.pricing.offer_words import gib_number
from gpuecs_tui.checks.sizing.options import TypeOption, next_size, option, type_options
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.stack.instance_type import InstanceType
from gpuecs_tui.widgets.base.canvas import Canvas
from gpuecs_tui.widgets.base.safe_text import fit_cells, fit_right
from gpuecs_tui.widgets.pictures.stack_text import GPU, MUTED, TEXT, TITLE, WARN

NUMBERS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Numbers of tasks in the table besides the desired count."""
TYPES_SHOWN = 40
"""Maximum number of other types in the table; fewer types of a Region fit in practice."""
NAME, GPUS, FIGURE, PRICE = 15, 18, 9, 12
"""Widths of the columns in cells, for p4de.24xlarge and 8 × A100 80 GiB; a longer name widens its
own column."""


def draw_tables(canvas: Canvas, row: int, context: Context, it: InstanceType, found: Fit) -> None:
    """Draw the tables from ``row`` downwards."""
    if found.placeable:
        row = _numbers(canvas, row, context, found) + 1
    row = _larger(canvas, row, context, it)
    _types(canvas, row, context, it)


def _numbers(canvas: Canvas, row: int, context: Context, found: Fit) -> int:
    wanted = context.stack.service.desired_count
    most = context.stack.fleet.max_size
    labels = (_("tasks"), _("instances"))
    column = max(len(label) for label in labels) + 2
    for line, label in enumerate(labels):
        canvas.text(row + line, 0, label, MUTED)
    for number in sorted({*NUMBERS, wanted} - {0}):
        needed = found.instances_for(number)
        cells = max(len(str(number)), len(str(needed))) + 2
        if column + cells > canvas.width:
            break
        style = WARN if (needed or 0) > most else TITLE if number == wanted else TEXT
        canvas.text(row, column, fit_right(str(number), cells), style)
        canvas.text(row + 1, column, fit_right(str(needed), cells), style)
        column += cells
    text = _("Maximum size: {n}. Tasks that need more instances stay PENDING.").format(n=most)
    canvas.text(row + 2, 0, text, MUTED)
    return row + 3


def _larger(canvas: Canvas, row: int, context: Context, it: InstanceType) -> int:
    larger = next_size(context)
    if larger is None:
        text = _("{type} is the largest available size of its family.").format(type=it.name)
        canvas.text(row, 0, text, MUTED)
        return row + 2
    found = option(context, larger)
    tasks = ngettext("{n} task fits", "{n} tasks fit", found.fit.placeable)
    idle = found.fit.left.gpus if found.fit.placeable else larger.gpus
    text = _("Next size, {type}: {tasks} on one, {idle} of {gpus} GPUs unused.").format(
        type=larger.name, tasks=tasks.format(n=found.fit.placeable), idle=idle, gpus=larger.gpus
    )
    canvas.text(row, 0, text, TEXT)
    return row + 2


def _types(canvas: Canvas, row: int, context: Context, it: InstanceType) -> None:
    found = type_options(context)[:TYPES_SHOWN]
    priced = any(each.hourly is not None for each in found)
    title = (
        _("Instance types that fit the task, by price per task")
        if priced
        else _("Instance types that fit the task, smallest first; prices unknown")
    )
    canvas.text(row, 0, title, TITLE)
    head = (
        (_("type"), max([NAME, *(len(each.instance_type.name) + 1 for each in found)]), False),
        (_("GPUs"), GPUS, False),
        (_("tasks each"), FIGURE + 2, True),
        (_("instances"), FIGURE + 1, True),
        *(((_("$/h each"), PRICE - 2, True), (_("$/h/task"), PRICE, True)) if priced else ()),
    )
    if not found:
        canvas.text(row + 1, 0, _("No instance type offered in your zones fits the task."), WARN)
        return
    _row(canvas, row + 1, head, MUTED)
    for number, each in enumerate(found, start=2):
        cells = _cells(each, priced)
        columns = tuple(
            (text, width, right) for text, (_head, width, right) in zip(cells, head, strict=True)
        )
        _row(canvas, row + number, columns, GPU if each.instance_type.name == it.name else TEXT)


def _cells(found: TypeOption, priced: bool) -> tuple[str, ...]:
    it = found.instance_type
    memory = gib_number(it.gpu_memory_mib)
    cells = (
        it.name,
        f"{it.gpus} × {it.gpu_model} {memory} GiB",
        str(found.fit.placeable),
        "" if found.instances is None else str(found.instances),
    )
    return (*cells, _dollars(found.hourly), _dollars(found.task_hour)) if priced else cells


def _dollars(value: float | None) -> str:
    return _("unknown") if value is None else f"{value:.3f}"


def _row(canvas: Canvas, row: int, cells: tuple[tuple[str, int, bool], ...], style: str) -> None:
    column = 0
    for text, width, right in cells:
        canvas.text(row, column, fit_right(text, width) if right else fit_cells(text, width), style)
        column += width
