"""Rules memory-fit, cpu-fit and gpu-fit: does a task fit on an instance at all, and how well."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.catalogue import registered_words
from gpuecs_tui.checks.context import Context
from gpuecs_tui.checks.finding import Finding, Fix, error, warning
from gpuecs_tui.checks.fit import Fit, most_memory_mib
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.stack.instance_type import InstanceType


def memory_fit(context: Context) -> Iterator[Finding]:
    """Above what the agent registers: never placed. Above the safe bound: perhaps not."""
    it, found = context.instance_type, context.fit
    if it is None or found is None:
        return
    memory, most, safe = context.stack.task.memory, most_memory_mib(it), it.safe_memory_mib
    if memory > most:
        yield error("memory-fit", "task.memory", _too_much(memory, most, it), fix=_less(context, 1))
    elif memory > safe:
        yield warning(
            "memory-fit",
            "task.memory",
            _(
                "A task of {memory} MiB may find no place: of the {ram} MiB that {type} has, "
                "current ECS GPU AMIs are only sure to leave {safe} MiB; it registers {registered}."
            ).format(
                memory=memory,
                ram=it.memory_mib,
                type=it.name,
                safe=safe,
                registered=registered_words(it),
            ),
            fix=_less(context, 1),
        )
    elif found.surely < found.tasks_per_instance:
        tasks = found.tasks_per_instance
        yield warning(
            "memory-fit",
            "task.memory",
            _(
                "{tasks} tasks of {memory} MiB take {sum} MiB, but of the {ram} MiB that {type} "
                "has, current ECS GPU AMIs are only sure to leave {safe} MiB: perhaps {surely} fit."
            ).format(
                tasks=tasks,
                memory=memory,
                sum=tasks * memory,
                ram=it.memory_mib,
                type=it.name,
                safe=safe,
                surely=found.surely,
            ),
            fix=_less(context, tasks),
        )


def cpu_fit(context: Context) -> Iterator[Finding]:
    """A task may not reserve more CPU units than the instance has."""
    it, task = context.instance_type, context.stack.task
    if it is None or task.cpu <= it.cpu_units:
        return
    fix: Fix = (("task.cpu", it.cpu_units),)
    if task.container_cpu > it.cpu_units:
        fix += (("task.container_cpu", it.cpu_units),)
    yield error(
        "cpu-fit",
        "task.cpu",
        _(
            "A task of {cpu} CPU units is never placed: {type} has {vcpus} vCPUs, "
            "which are {units} units."
        ).format(cpu=task.cpu, type=it.name, vcpus=it.vcpus, units=it.cpu_units),
        fix=fix,
    )


def gpu_fit(context: Context) -> Iterator[Finding]:
    """A task may not take more GPUs than the instance has; GPUs that nothing can use are told."""
    it, found, stack = context.instance_type, context.fit, context.stack
    if it is None or found is None or not it.gpus:
        return
    if stack.task.gpus > it.gpus:
        yield error(
            "gpu-fit",
            "task.gpus",
            _("A task with {wanted} GPUs is never placed: {type} has {gpus}.").format(
                wanted=stack.task.gpus, type=it.name, gpus=it.gpus
            ),
            fix=(("task.gpus", it.gpus),),
        )
    elif found.tasks_per_instance and found.left.gpus and found.limiting != "enis":
        yield _idle(context, it, found)


def _idle(context: Context, it: InstanceType, found: Fit) -> Finding:
    task = context.stack.task
    more = it.gpus // task.gpus
    reason = {
        "gpus": _("a task takes {gpus}").format(gpus=task.gpus),
        "port": _("a fixed host port allows one task on each"),
        "distinct": _("service.distinct_instances allows one task on each"),
        "memory": _("their memory is used up before"),
        "cpu": _("their CPU is used up before"),
    }[found.limiting]
    return warning(
        "gpu-fit",
        "task.gpus",
        ngettext(
            "{idle} of the {gpus} GPUs of each {type} stays idle and is paid for: {reason}.",
            "{idle} of the {gpus} GPUs of each {type} stay idle and are paid for: {reason}.",
            found.left.gpus,
        ).format(idle=found.left.gpus, gpus=it.gpus, type=it.name, reason=reason),
        _(
            "give a task {gpus} GPUs, take a smaller type, or make room for {more} on an instance: "
            "bridge mode, host port 0, service.distinct_instances false, task.cpu {cpu}, "
            "task.memory {memory}"
        ).format(
            gpus=it.gpus,
            more=more,
            cpu=it.cpu_units // more,
            memory=it.safe_memory_mib // more,
        ),
    )


def _less(context: Context, tasks: int) -> Fix:
    it, task = context.instance_type, context.stack.task
    assert it is not None
    memory = it.safe_memory_mib // tasks
    fix: Fix = (("task.memory", memory),)
    if task.container_memory > memory:
        fix += (("task.container_memory", memory),)
    return fix


def _too_much(memory: int, most: int, it: InstanceType) -> str:
    if it.registers.source == "measured":
        return _(
            "A task of {memory} MiB is never placed: of the {ram} MiB that {type} has, the ECS "
            "agent registers at most {most} MiB (measured)."
        ).format(memory=memory, ram=it.memory_mib, type=it.name, most=most)
    return _(
        "A task of {memory} MiB is never placed: of the {ram} MiB that {type} has, no kernel "
        "leaves the ECS agent more than {most} MiB."
    ).format(memory=memory, ram=it.memory_mib, type=it.name, most=most)
