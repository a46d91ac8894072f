"""Stage placed: ECS finds no instance for a task."""

from __future__ import annotations

from datetime import timedelta

from gpuecs_tui.deployment import stop_reasons
from gpuecs_tui.deployment.cause import Cause, Change, Recognition
from gpuecs_tui.deployment.situation import Situation
from gpuecs_tui.durations import in_words
from gpuecs_tui.i18n import N_, _, ngettext
from gpuecs_tui.shell_words import shell_word
from gpuecs_tui.stack.releases.strategy import shifts_traffic

_EVENTS = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html"
)
_FAILURES = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html"
ORDINARY = timedelta(minutes=1)
"""A task that waits for capacity for less is not stuck: managed scaling reads the metric of the
capacity provider once a minute (developer guide, "Cluster auto scaling")."""


def _quoted(it: Situation, id: str) -> tuple[str, ...]:
    """Return AWS's words about a task that is not placed for the cause ``id``; empty if none."""
    if events := it.placements.get(id, ()):
        return (events[0].message,)
    if tasks := it.stops.get(id, ()):
        return stop_reasons.texts_of(tasks[0])[:1]
    return ()


def _memory(it: Situation) -> Recognition | None:
    seen = _quoted(it, "not-placed-memory")
    if not seen:
        return None
    needed = it.stack.task.memory if it.stack else 0
    best = max(it.ready, key=lambda each: each.memory_left, default=None)
    if not needed or best is None:
        return Recognition(
            sentence=_("No instance has enough free memory for a task."),
            seen=seen,
            next_step=_("Set task memory to less than what the instances register."),
        )
    sentence = _(
        "A task needs {needed} MiB of memory; the instance with the most free memory has {left} of "
        "{all} MiB."
    ).format(needed=needed, left=best.memory_left, all=best.memory)
    if needed > best.memory:
        return Recognition(
            sentence=sentence,
            seen=seen,
            next_step=_("Set memory to {n}, or choose a larger instance type.").format(
                n=best.memory
            ),
            change=Change("task.memory", best.memory),
        )
    return _needs_room(it, sentence, seen)


def _cpu(it: Situation) -> Recognition | None:
    seen = _quoted(it, "not-placed-cpu")
    if not seen:
        return None
    if it.stack is None:
        sentence = _("No instance has enough free CPU units for a task.")
    else:
        sentence = _("No instance has {n} free CPU units, which a task needs.").format(
            n=it.stack.task.cpu
        )
    return Recognition(
        sentence=sentence,
        seen=seen,
        next_step=_("Lower CPU of the task, or choose a larger instance type."),
    )


def _gpu(it: Situation) -> Recognition | None:
    seen = _quoted(it, "not-placed-gpu")
    if not seen:
        return None
    best = max(it.ready, key=lambda each: each.gpus_left, default=None)
    needed = it.stack.task.gpus if it.stack else 0
    if not needed or best is None:
        return Recognition(
            sentence=_("No instance has enough free GPUs for a task."),
            seen=seen,
            next_step=_("Set GPUs to what one instance has."),
        )
    sentence = ngettext(
        "A task needs {needed} GPU; the instance with the most free GPUs has {left} of {all}.",
        "A task needs {needed} GPUs; the instance with the most free GPUs has {left} of {all}.",
        needed,
    ).format(needed=needed, left=best.gpus_left, all=best.gpus)
    if needed > best.gpus:
        return Recognition(
            sentence=sentence,
            seen=seen,
            next_step=_("Set GPUs to {n}, or choose an instance type with more GPUs.").format(
                n=best.gpus
            ),
            change=Change("task.gpus", best.gpus),
        )
    return _needs_room(it, sentence, seen)


def _needs_room(it: Situation, sentence: str, seen: tuple[str, ...]) -> Recognition:
    """Return that a task fits on an instance, but other tasks use it."""
    fleet = it.fleet
    if fleet is not None and fleet.desired >= fleet.maximum:
        wanted = fleet.maximum + max(it.lacking, 1)
        return Recognition(
            sentence=sentence,
            seen=seen,
            next_step=_(
                "Set maximum size to {n}, or set minimum healthy percent to 0 so that an old task "
                "may stop first."
            ).format(n=wanted),
            change=Change("fleet.max_size", wanted),
        )
    return Recognition(
        sentence=sentence,
        seen=seen,
        next_step=_("Wait for another instance: the group may launch {n} more.").format(
            n=fleet.maximum - fleet.desired
        )
        if fleet
        else _("Raise maximum size, or stop other tasks."),
    )


def _port(it: Situation) -> Recognition | None:
    seen = _quoted(it, "not-placed-port")
    if not seen:
        return None
    port = it.stack.task.host_port if it.stack else 0
    words = (
        _("Host port {port} is in use on every instance, so no second task can be placed.")
        if port
        else _("The host port of the task is in use on every instance.")
    )
    return Recognition(
        sentence=words.format(port=port),
        seen=seen,
        next_step=_("Set host port to 0, so that each task gets a free port."),
        change=Change("task.host_port", 0),
    )


def _eni(it: Situation) -> Recognition | None:
    seen = _quoted(it, "not-placed-eni")
    if not seen:
        return None
    # The other strategies need awsvpc (rule release-network).
    rolling = it.service is None or not shifts_traffic(it.service.strategy)
    return Recognition(
        sentence=_("No instance can attach another network interface, which an awsvpc task needs."),
        seen=seen,
        next_step=_("Set network mode to bridge, or raise maximum size.")
        if rolling
        else _("Raise maximum size."),
        change=Change("task.network_mode", "bridge") if rolling else None,
    )


def _attribute(it: Situation) -> Recognition | None:
    seen = _quoted(it, "not-placed-attribute")
    if not seen:
        return None
    return Recognition(
        sentence=_("No instance has an attribute that the task definition requires."),
        seen=seen,
        next_step=_("Set AMI to the current ECS GPU-optimized AMI, then run a plan."),
        alternatives=(
            _("If the task uses awsvpc, the instance lacks the attribute ecs.capability.task-eni."),
            _("If the task uses secrets or awslogs, the ECS agent is too old or not configured."),
        ),
    )


def _not_active(it: Situation) -> Recognition | None:
    if not it.lacking or not it.registered:
        return None
    draining = [each for each in it.registered if each.status == "DRAINING"]
    if len(draining) != len(it.registered):
        return None
    words = ngettext(
        "The only instance is draining, and ECS places no task on it.",
        "All {n} instances are draining, and ECS places no task on them.",
        len(draining),
    )
    return Recognition(
        sentence=words.format(n=len(draining)),
        seen=(f"status: {draining[0].status}", *filter(None, [draining[0].status_reason])),
        next_step=_(
            "Wait for new instances, or run: aws ecs update-container-instances-state --region "
            "{region} --cluster CLUSTER --container-instances {id} --status ACTIVE"
        ).format(region=shell_word(it.applied.region), id=shell_word(draining[0].id)),
    )


def _az_mismatch(it: Situation) -> Recognition | None:
    seen = _quoted(it, "az-mismatch")
    if seen:
        if "Availability Zone" in seen[0]:
            return Recognition(
                sentence=_("ECS places a task in an Availability Zone that has no instance."),
                seen=seen,
                next_step=_("Add instances in that Availability Zone: raise minimum size."),
            )
        return Recognition(
            sentence=_("No instance satisfies the placement constraint of the task."),
            seen=seen,
            next_step=_("Raise maximum size, or turn distinct instances off."),
            alternatives=(
                _(
                    "If the service or the task definition has a memberOf constraint, its "
                    "expression matches no instance: correct it."
                ),
            ),
        )
    generic = it.placements.get("not-placed", ())
    distinct = it.stack is not None and it.stack.service.distinct_instances
    if not generic or not distinct or not it.ready:
        return None
    free = [each for each in it.ready if each.gpus_left and each.running]
    if not free or any(not (each.running or each.pending) for each in it.ready):
        return None
    return Recognition(
        sentence=_(
            "Every instance runs a task, and distinct instances forbids a second one, although "
            "GPUs are free."
        ),
        seen=(generic[0].message,),
        next_step=_("Turn distinct instances off, or raise maximum size."),
        change=Change("service.distinct_instances", False),
        certain=False,
    )


def _provisioning(it: Situation) -> Recognition | None:
    stopped = it.stops.get("provisioning", ())
    if stopped:
        words = ngettext(
            "{n} task found no capacity and stopped.",
            "{n} tasks found no capacity and stopped.",
            len(stopped),
        )
        return Recognition(
            sentence=words.format(n=len(stopped)),
            seen=stop_reasons.texts_of(stopped[0])[:1],
            next_step=_("Check the scaling activities: no instance of the group joined in time."),
        )
    if not it.waiting:
        return None
    created = [each.created_at for each in it.waiting if each.created_at]
    age = max(it.now - min(created), timedelta()) if created else None
    if age is not None and age < ORDINARY:
        return None
    words = ngettext(
        "{n} task waits for capacity.", "{n} tasks wait for capacity.", len(it.waiting)
    )
    if age is not None:
        words = ngettext(
            "{n} task waits for capacity since {age}.",
            "{n} tasks wait for capacity, the oldest since {age}.",
            len(it.waiting),
        )
    events = [event.message for found in it.placements.values() for event in found]
    return Recognition(
        sentence=words.format(n=len(it.waiting), age=in_words(age) if age else ""),
        seen=(f"lastStatus: {it.waiting[0].last_status}", *events[:1]),
        next_step=_(
            "Wait: managed scaling launches an instance within minutes. ECS stops a task that "
            "finds none, and starts another."
        ),
        certain=False,
    )


CAUSES = (
    Cause(
        id="not-placed-memory",
        stage="placed",
        demo_fault="not-placed-memory",
        looks=N_("An event says that the closest instance has insufficient memory."),
        do=N_("Lower task memory to what an instance registers, or add instances."),
        source=_EVENTS,
        recognise=_memory,
    ),
    Cause(
        id="not-placed-cpu",
        stage="placed",
        demo_fault="not-placed-cpu",
        looks=N_("An event says that the closest instance has insufficient CPU units."),
        do=N_("Lower CPU of the task, or use a larger instance type."),
        source=_EVENTS,
        recognise=_cpu,
    ),
    Cause(
        id="not-placed-gpu",
        stage="placed",
        demo_fault="not-placed-gpu",
        looks=N_("An event names insufficient GPU, or a task stopped with RESOURCE:GPU."),
        do=N_("Lower GPUs of the task, or add instances."),
        source=_FAILURES,
        recognise=_gpu,
    ),
    Cause(
        id="not-placed-port",
        stage="placed",
        demo_fault="not-placed-port",
        looks=N_("An event says that the closest instance is already using a port of the task."),
        do=N_("Use host port 0, or one more instance than tasks."),
        source=_EVENTS,
        recognise=_port,
    ),
    Cause(
        id="not-placed-eni",
        stage="placed",
        demo_fault="not-placed-eni",
        looks=N_("A task is not placed because of RESOURCE:ENI."),
        do=N_("Use bridge mode, or more instances."),
        source=_FAILURES,
        recognise=_eni,
    ),
    Cause(
        id="not-placed-attribute",
        stage="placed",
        demo_fault="not-placed-attribute",
        looks=N_("An event says that the closest instance is missing an attribute."),
        do=N_("Use an ECS-optimized AMI with a current agent."),
        source=_EVENTS,
        recognise=_attribute,
    ),
    Cause(
        id="not-active",
        stage="placed",
        demo_fault="not-active",
        looks=N_("Every container instance has the status DRAINING."),
        do=N_("Wait for new instances, or set one to ACTIVE."),
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-draining.html",
        recognise=_not_active,
    ),
    Cause(
        id="az-mismatch",
        stage="placed",
        demo_fault="az-mismatch",
        looks=N_(
            "An event names an Availability Zone without an instance, or an unsatisfied placement "
            "constraint."
        ),
        do=N_("Add instances in the Availability Zone, or turn distinct instances off."),
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing-event-messages-list.html",
        recognise=_az_mismatch,
    ),
    Cause(
        id="provisioning",
        stage="placed",
        demo_fault="provisioning",
        looks=N_("A task stays PROVISIONING, or stopped with EMPTY CAPACITY PROVIDER."),
        do=N_("Check why the Auto Scaling group launches no instance that joins the cluster."),
        source=_FAILURES,
        recognise=_provisioning,
        last=True,
    ),
)
