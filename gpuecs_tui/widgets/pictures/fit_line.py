"""A line that states how many tasks fit on an instance, and what limits that number."""

from __future__ import annotations

from textual.content import Content

from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.stack.capacity.fleet_types import types_of
from gpuecs_tui.stack.capacity.smallest import smallest_of
from gpuecs_tui.widgets.base.styles import MUTED
from gpuecs_tui.widgets.pictures.fit_words import limit_word
from gpuecs_tui.wizard.session import WizardSession


def fit_line(wizard: WizardSession) -> Content:
    """Return the line for the present answers; empty while the type or a size is missing."""
    from gpuecs_tui.checks.placement import fit

    resolved = wizard.decisions.resolved
    stack = resolved.stack
    it = smallest_of(types_of(stack), wizard.instance_type)
    needed = {"fleet.instance_type", "task.cpu", "task.memory", "task.gpus"}
    if it is None or needed & {*resolved.missing, *wizard.decisions.problems}:
        return Content("")
    found = fit(stack, it)
    number = found.placeable
    if not number:
        text = _("No task fits on one {type}: not enough {limit}.").format(
            type=it.name, limit=limit_word(found.limiting)
        )
        return Content.styled(f"✗ {text}", "bold $text-error")
    tasks = ngettext("{n} task fits", "{n} tasks fit", number).format(n=number)
    text = _("{tasks} on one {type}; limited by {limit}.").format(
        tasks=tasks, type=it.name, limit=limit_word(found.limiting)
    )
    wanted = stack.service.desired_count
    instances = found.instances_for(wanted)
    # Without a valid number, ``wanted`` is the default, which was not chosen.
    undecided = {*resolved.missing, *wizard.decisions.problems}
    if instances and "service.desired_count" not in undecided:
        need = ngettext(
            "Desired: {tasks} on {n} instance.", "Desired: {tasks} on {n} instances.", instances
        ).format(n=instances, tasks=ngettext("{n} task", "{n} tasks", wanted).format(n=wanted))
        text = f"{text} {need}"
    left = _("Unused: {cpu} CPU units, {mib} MiB, {gpus} GPU").format(
        cpu=found.left.cpu, mib=found.left.memory_mib, gpus=found.left.gpus
    )
    return Content.assemble((text, "bold"), (f"  {left}", MUTED))
