"""Stage healthy, the container: it started and ended."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gpuecs_tui.aws.deployment.facts import DeployedTask
from gpuecs_tui.deployment import stop_reasons
from gpuecs_tui.deployment.cause import Cause, Change, Recognition
from gpuecs_tui.deployment.causes.stopped import quoted, tasks_of
from gpuecs_tui.deployment.situation import Situation
from gpuecs_tui.i18n import N_, _, ngettext
from gpuecs_tui.shell_words import shell_word

_EXITS = "https://repost.aws/knowledge-center/ecs-tasks-container-exit-issues"
_STOPPED = "https://repost.aws/knowledge-center/ecs-task-stopped"
_MORE_MEMORY = 1.5
_STEP = 256
"""MiB to which a suggested memory is rounded up."""

MEANINGS: Mapping[int, str] = MappingProxyType({
    0: N_("it ended, and the container of a service must keep running"),
    126: N_("its command is not executable"),
    127: N_("its command was not found"),
    134: N_("it aborted"),
    139: N_("it accessed invalid memory"),
    143: N_("it received SIGTERM"),
})  # fmt: skip
"""What an exit code means in a container, untranslated (Docker and the shell, 128 + signal)."""


def _oom(it: Situation) -> Recognition | None:
    tasks = it.stops.get("oom", ())
    if not tasks:
        return None
    certain = any("OutOfMemory" in text for task in tasks for text in stop_reasons.texts_of(task))
    code = stop_reasons.exit_code(tasks[0])
    seen = (*quoted(tasks), *((f"exitCode: {code}",) if code is not None else ()))
    limit = it.stack.task.container_memory if it.stack else 0
    words = (
        ngettext(
            "{tasks} was killed: the container used more than its {limit} MiB of memory.",
            "{tasks} were killed: the container used more than its {limit} MiB of memory.",
            len(tasks),
        )
        if limit
        else ngettext(
            "{tasks} was killed: the container used more than its memory.",
            "{tasks} were killed: the container used more than its memory.",
            len(tasks),
        )
    )
    wanted = -(-int(limit * _MORE_MEMORY) // _STEP) * _STEP
    fits = it.stack is not None and wanted <= it.stack.task.memory
    next_step = _("Raise container memory and memory of the task.")
    if limit:
        next_step = (
            _("Set container memory to {n}.")
            if fits
            else _("Set memory and container memory to {n}, or choose a larger instance type.")
        ).format(n=wanted)
    return Recognition(
        sentence=words.format(tasks=tasks_of(it, tasks), limit=limit),
        seen=seen,
        next_step=next_step,
        alternatives=()
        if certain
        else (
            _(
                "Exit code 137 is SIGKILL. If the kernel log of the instance has no oom-kill, the "
                "program or its stop timeout ended the container."
            ),
        ),
        change=Change("task.container_memory", wanted) if limit and fits else None,
        certain=certain,
    )


def _exits(it: Situation) -> Recognition | None:
    tasks = it.stops.get("exits", ())
    if not tasks:
        return None
    code = stop_reasons.exit_code(tasks[0])
    meaning = _(MEANINGS[code]) if code is not None and code in MEANINGS else ""
    if code is None:
        words = _("The container of {tasks} exited.")
    elif meaning:
        words = _("The container of {tasks} exited with {code}: {meaning}.")
    else:
        words = _("The container of {tasks} exited with {code}.")
    return Recognition(
        sentence=words.format(tasks=tasks_of(it, tasks), code=code, meaning=meaning),
        seen=(*quoted(tasks), *((f"exitCode: {code}",) if code is not None else ())),
        next_step=_("Read its last log lines: {command}").format(command=log_command(it, tasks[0])),
        alternatives=(
            _("If the log has CUDA out of memory, choose an instance type with more GPU memory."),
            _(
                "If the log has CUDA driver version is insufficient, set AMI to the current ECS "
                "GPU-optimized AMI, or use an image with an older CUDA version."
            ),
        )
        if code not in (0, 126, 127)
        else (),
    )


def log_command(it: Situation, task: DeployedTask | None) -> str:
    """Return the command that prints the log of ``task``, or of all tasks."""
    directory = it.applied.directory
    if task is None:
        return _("gpuecs-tui logs {directory}").format(directory=shell_word(directory))
    return _("gpuecs-tui logs {directory} --task {id}").format(
        directory=shell_word(directory), id=shell_word(task.id)
    )


def _interrupted(it: Situation) -> Recognition | None:
    tasks = it.stops.get("interrupted", ())
    if not tasks:
        return None
    zones = ", ".join(sorted({each.zone for each in tasks if each.zone}))
    words = (
        ngettext(
            "{tasks} ended with its instance, in {zones}.",
            "{tasks} ended with their instance, in {zones}.",
            len(tasks),
        )
        if zones
        else ngettext(
            "{tasks} ended with its instance.", "{tasks} ended with their instance.", len(tasks)
        )
    )
    spot = any(each.stop_code == "SpotInterruption" for each in tasks)
    return Recognition(
        sentence=words.format(tasks=tasks_of(it, tasks), zones=zones),
        seen=(*quoted(tasks), *((f"stopCode: {tasks[0].stop_code}",) if spot else ())),
        next_step=_(
            "Wait: ECS starts the tasks on other instances. To avoid interruptions, set purchase "
            "option to on-demand."
        ),
        alternatives=()
        if spot
        else (
            _(
                "If the instance was not a Spot Instance, the scaling activities say what "
                "terminated it."
            ),
        ),
        change=Change("fleet.market", "on-demand") if spot else None,
    )


def _other(it: Situation) -> Recognition | None:
    tasks = it.stops.get(stop_reasons.OTHER, ())
    if not tasks:
        return None
    return Recognition(
        sentence=_("{tasks} stopped.").format(tasks=tasks_of(it, tasks)),
        seen=stop_reasons.texts_of(tasks[0]),
        next_step=_("Read the message above, and the log: {command}").format(
            command=log_command(it, tasks[0])
        ),
        certain=False,
    )


CAUSES = (
    Cause(
        id="interrupted",
        stage="healthy",
        demo_fault="interrupted",
        looks=N_("stopCode SpotInterruption, or the stopped reason Host EC2 terminated."),
        do=N_("Use On-Demand Instances, or more instance types and Availability Zones."),
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-spot.html",
        recognise=_interrupted,
    ),
    Cause(
        id="oom",
        stage="healthy",
        demo_fault="oom",
        looks=N_("Exit code 137, with OutOfMemoryError as the container's reason."),
        do=N_("Raise the container's memory."),
        source=_STOPPED,
        recognise=_oom,
    ),
    Cause(
        id="gpu-oom",
        stage="healthy",
        demo_fault="gpu-oom",
        looks=N_("The log has CUDA out of memory, and the container exits."),
        do=N_("Use an instance type with more GPU memory, or a smaller model."),
        source="https://pytorch.org/docs/stable/notes/faq.html",
        not_read=N_("Logs are not read. The cause exits names it."),
    ),
    Cause(
        id="cuda-mismatch",
        stage="healthy",
        demo_fault="cuda-mismatch",
        looks=N_("The log has CUDA driver version is insufficient, and the container exits."),
        do=N_("Use a newer AMI, or an image with an older CUDA version."),
        source="https://docs.nvidia.com/deploy/cuda-compatibility/",
        not_read=N_("Logs are not read. The cause exits names it."),
    ),
    Cause(
        id="exits",
        stage="healthy",
        demo_fault="exits",
        looks=N_("Essential container in task exited, with an exit code."),
        do=N_("Read the log of the task."),
        source=_EXITS,
        recognise=_exits,
    ),
    Cause(
        id=stop_reasons.OTHER,
        stage="healthy",
        not_played=N_("It covers every other reason."),
        looks=N_("A task stopped for a reason that is not in this table."),
        do=N_("Read the stopped reason and the log."),
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-errors.html",
        certain=False,
        recognise=_other,
        last=True,
    ),
)
