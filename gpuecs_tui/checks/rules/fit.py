"""Rules memory-fit, cpu-fit and gpu-fit: whether a task fits on an instance, and how well."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gpuecs_tui.aws.catalogue import registered_words
from gpuecs_tui.checks.context import Context, user_data_of
from gpuecs_tui.checks.finding import Finding, Fix, error, undecided, warning
from gpuecs_tui.checks.placement import Fit, most_memory_mib
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.stack.agent_config import RESERVED, reserved_memory
from gpuecs_tui.stack.instance_type import InstanceType


def memory_fit(context: Context) -> Iterator[Finding]:
    """Task memory above what the agent registers is an error, above the safe bound a warning."""
    it, found = context.instance_type, context.fit
    if it is None or found is None:
        return
    reserved = reserved_memory(
        user_data_of(context.stack, context.bootstrap), context.stack.fleet.ami
    )
    if reserved.told:
        yield undecided(
            "memory-fit",
            "fleet.extra_user_data",
            _(
                "Could not check whether the task memory fits: the user data sets the memory that "
                "the ECS agent reserves to {value}."
            ).format(value=reserved.told),
            _("set it to a number of MiB"),
        )
    memory, most, safe = context.stack.task.memory, most_memory_mib(it), it.safe_memory_mib
    # Of several types, that with the least memory counts.
    it = min(_types(context), key=lambda it: it.safe_memory_mib)
    if memory > most:
        lacking = _lacking(context, memory, most_memory_mib)
        message = _too_much(context, lacking, memory)
        yield error("memory-fit", "task.memory", message, fix=_less(context, 1))
    elif memory > safe:
        yield warning(
            "memory-fit",
            "task.memory",
            _(
                "Task memory ({memory} MiB) may exceed what the ECS agent registers on {type} "
                "({registered}). Only {safe} MiB are available on every current ECS GPU AMI."
            ).format(memory=memory, type=it.name, safe=safe, registered=registered_words(it))
            + _held_back(it),
            fix=_less(context, 1),
        )
    elif found.guaranteed < found.tasks_per_instance:
        tasks = found.tasks_per_instance
        yield warning(
            "memory-fit",
            "task.memory",
            _(
                "{tasks} tasks of {memory} MiB need {sum} MiB. On {type}, only {safe} MiB are "
                "available on every current ECS GPU AMI, enough for {guaranteed}."
            ).format(
                tasks=tasks,
                memory=memory,
                sum=tasks * memory,
                type=it.name,
                safe=safe,
                guaranteed=found.guaranteed,
            )
            + _held_back(it),
            fix=_less(context, tasks),
        )


def cpu_fit(context: Context) -> Iterator[Finding]:
    """A task may not reserve more CPU units than the instance has."""
    it, task = context.instance_type, context.stack.task
    if it is None or task.cpu <= it.cpu_units:
        return
    lacking = _lacking(context, task.cpu, lambda each: each.cpu_units)
    of = lacking[0]
    fix: Fix = (("task.cpu", it.cpu_units),)
    if task.container_cpu > it.cpu_units:
        fix += (("task.container_cpu", it.cpu_units),)
    yield error(
        "cpu-fit",
        "task.cpu",
        _(
            "Task CPU ({cpu} CPU units) exceeds {type} ({vcpus} vCPUs, {units} CPU units). {never}"
        ).format(
            cpu=task.cpu,
            type=of.name,
            vcpus=of.vcpus,
            units=of.cpu_units,
            never=_never(context, lacking),
        ),
        fix=fix,
    )


def gpu_fit(context: Context) -> Iterator[Finding]:
    """A task can't use more GPUs than the instance has. Idle GPUs are reported."""
    it, found, stack = context.instance_type, context.fit, context.stack
    if it is None or found is None or not it.gpus:
        return
    if stack.task.gpus > it.gpus:
        lacking = _lacking(context, stack.task.gpus, lambda each: each.gpus)
        yield error(
            "gpu-fit",
            "task.gpus",
            _("The task needs {wanted} GPUs, but {type} has {gpus}. {never}").format(
                wanted=stack.task.gpus,
                type=lacking[0].name,
                gpus=lacking[0].gpus,
                never=_never(context, lacking),
            ),
            fix=(("task.gpus", it.gpus),),
        )
    elif found.tasks_per_instance and found.left.gpus and found.limiting != "enis":
        yield _idle(context, it, found)


def _idle(context: Context, it: InstanceType, found: Fit) -> Finding:
    task = context.stack.task
    more = it.gpus // task.gpus
    reason = {
        "gpus": _("a task uses {gpus}").format(gpus=task.gpus),
        "port": _("a fixed host port allows one task per instance"),
        "distinct": _("service.distinct_instances allows one task per instance"),
        "memory": _("the tasks use up the memory first"),
        "cpu": _("the tasks use up the CPU first"),
    }[found.limiting]
    return warning(
        "gpu-fit",
        "task.gpus",
        ngettext(
            "{idle} of the {gpus} GPUs on each {type} stays idle but is billed: {reason}.",
            "{idle} of the {gpus} GPUs on each {type} stay idle but are billed: {reason}.",
            found.left.gpus,
        ).format(idle=found.left.gpus, gpus=it.gpus, type=it.name, reason=reason),
        _(
            "assign {gpus} GPUs to a task, choose a smaller instance type, or fit {more} tasks on "
            "an instance: bridge mode, host port 0, service.distinct_instances false, task.cpu "
            "{cpu}, task.memory {memory}"
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


def _types(context: Context) -> tuple[InstanceType, ...]:
    """Return the fleet's types with the memory that the user data reserves; all are known."""
    of_all = context.instance_type
    assert of_all is not None
    if len(context.types) <= 1:
        return (of_all,)
    types = (it for it in context.types.values() if it is not None)
    return tuple(it.reserving(of_all.reserved_mib) for it in types)


def _lacking(
    context: Context, wanted: int, has: Callable[[InstanceType], int]
) -> tuple[InstanceType, ...]:
    """Return the types that have less than ``wanted``, first the one to name.

    That is the one with the least, or with the most if no type has enough.
    """
    types = _types(context)
    lacking = sorted((it for it in types if has(it) < wanted), key=has)
    return tuple(lacking if len(lacking) < len(types) else reversed(lacking))


def _never(context: Context, lacking: Sequence[InstanceType]) -> str:
    if len(lacking) == len(_types(context)):
        return _("The task can never be placed.")
    return _("The task is not placed on instances of {types}.").format(
        types=", ".join(it.name for it in lacking)
    )


def _too_much(context: Context, lacking: Sequence[InstanceType], memory: int) -> str:
    it = lacking[0]
    most = most_memory_mib(it)
    if it.registers.source == "measured":
        exceeded = _(
            "Task memory ({memory} MiB) exceeds what the ECS agent registers on {type} ({most} "
            "MiB, measured)."
        ).format(memory=memory, type=it.name, most=most)
    else:
        exceeded = _(
            "Task memory ({memory} MiB) exceeds what the ECS agent can register on {type} ({most} "
            "of {ram} MiB; the kernel takes the rest)."
        ).format(memory=memory, ram=it.memory_mib, type=it.name, most=most)
    return f"{exceeded} {_never(context, lacking)}{_held_back(it)}"


def _held_back(it: InstanceType) -> str:
    """Return a space and the sentence about memory that the user data reserves, or nothing."""
    if not it.reserved_mib:
        return ""
    return " " + _("The user data reserves {mib} MiB of the instance ({setting}).").format(
        mib=it.reserved_mib, setting=RESERVED
    )
