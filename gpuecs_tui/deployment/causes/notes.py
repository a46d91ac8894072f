"""Notes: nothing is stuck, and something differs from what was applied."""

from __future__ import annotations

from datetime import timedelta

from gpuecs_tui.aws.deployment.facts import ContainerInstance
from gpuecs_tui.deployment.cause import Cause, Change, Recognition
from gpuecs_tui.deployment.situation import Situation
from gpuecs_tui.i18n import N_, _, ngettext
from gpuecs_tui.shell_words import shell_word, shell_words

_DRAINING = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-instance-draining.html"
)
_EXEC = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html"
DRAINING_HOURS = 48
"""The longest time for which managed draining keeps an instance that has tasks."""
SCALE_IN = timedelta(minutes=20)
"""Managed scaling removes an instance after 15 minutes without a task, in its own steps (AWS
containers blog, "Deep dive on Amazon ECS cluster auto scaling")."""
WHOLE_CAPACITY = 100
"""Target capacity in percent at which managed scaling keeps no spare instance."""


def _draining_hold(it: Situation) -> Recognition | None:
    held = [each for each in it.registered if each.status == "DRAINING" and _tasks_on(it, each)]
    waiting = {each.ec2_instance_id for each in it.leaving if "Wait" in each.lifecycle}
    held = [each for each in held if not waiting or each.ec2_instance_id in waiting]
    if not held:
        return None
    each = held[0]
    tasks = _tasks_on(it, each)
    words = ngettext(
        "Instance {id} is draining and still runs {n} task.",
        "Instance {id} is draining and still runs {n} tasks.",
        tasks,
    )
    state = next(
        (it_.lifecycle for it_ in it.leaving if it_.ec2_instance_id == each.ec2_instance_id), ""
    )
    delay = it.stack.load_balancer.deregistration_delay_seconds if it.stack else 0
    stop = it.stack.task.stop_timeout_seconds if it.stack else 0
    next_step = (
        _(
            "Wait {n} s for the deregistration delay and the stop timeout. ECS keeps the instance "
            "for at most {hours} hours."
        )
        if it.stack
        else _("Wait until the tasks stop. ECS keeps the instance for at most {hours} hours.")
    )
    return Recognition(
        sentence=words.format(id=each.ec2_instance_id, n=tasks),
        seen=tuple(filter(None, (f"status: {each.status}", state and f"LifecycleState: {state}"))),
        next_step=next_step.format(n=delay + stop, hours=DRAINING_HOURS),
    )


def _tasks_on(it: Situation, instance: ContainerInstance) -> int:
    """Return how many tasks an instance has, also those that are stopping.

    ECS counts only tasks whose desired status is RUNNING (API reference, "ContainerInstance").
    """
    present = [task for task in it.tasks if task.last_status != "STOPPED"]
    return max(instance.running, sum(task.container_instance == instance.id for task in present))


def _protected(it: Situation) -> Recognition | None:
    if it.fleet is None or it.lacking:
        return None
    free = [
        each
        for each in it.registered
        if each.status == "ACTIVE" and not each.running and not each.pending
    ]
    protected = {each.ec2_instance_id for each in it.members if each.protected}
    idle = [each.ec2_instance_id for each in free if each.ec2_instance_id in protected]
    spare = len(it.members) - max(it.fleet.minimum, 0)
    if (
        not idle
        or spare <= 0
        or not (len(it.members) > it.fleet.desired or _is_kept(it, free) or _is_left_protected(it))
    ):
        return None
    words = ngettext(
        "{n} idle instance is protected from scale-in; the group wants {desired} and has {has}.",
        "{n} idle instances are protected from scale-in; the group wants {desired} and has {has}.",
        len(idle),
    )
    return Recognition(
        sentence=words.format(desired=it.fleet.desired, has=len(it.members), n=len(idle)),
        seen=("ProtectedFromScaleIn: true",),
        next_step=_(
            "Run: aws autoscaling set-instance-protection --region {region} "
            "--no-protected-from-scale-in --auto-scaling-group-name GROUP --instance-ids {ids}"
        ).format(region=shell_word(it.applied.region), ids=shell_words(idle)),
        alternatives=(
            _("If termination protection is on, ECS removes the protection within minutes."),
        ),
        certain=False,
    )


def _is_kept(it: Situation, free: list[ContainerInstance]) -> bool:
    """Return whether an instance has been idle for longer than managed scaling keeps one."""
    if it.stack is not None and it.stack.fleet.target_capacity < WHOLE_CAPACITY:
        return False
    began = [each.registered_at for each in free if each.registered_at]
    used = [task.stopped_at for task in it.tasks if task.stopped_at]
    last = max([*began, *used], default=None)
    return it.settled and last is not None and it.now - last > SCALE_IN


def _is_left_protected(it: Situation) -> bool:
    """Return whether instances keep a protection that was turned off in the stack."""
    return it.stack is not None and not it.stack.fleet.termination_protection


def _scaled(it: Situation) -> Recognition | None:
    service, applied = it.service, it.applied
    if service is None or applied.desired is None or applied.ignores_desired:
        return None
    if service.desired == applied.desired:
        return None
    reading = it.facts.task_scaling
    scaling = getattr(reading, "value", ())
    newest = next((each for each in scaling if each.status == "Successful"), None)
    by = newest is not None and str(service.desired) in newest.description
    sentence = _("The desired count is {n}, and {applied} was applied.").format(
        n=service.desired, applied=applied.desired
    )
    if newest is not None and by:
        at = f"{newest.at:%Y-%m-%d %H:%M} UTC: " if newest.at else ""
        return Recognition(
            sentence=_("Application Auto Scaling changed the desired count. {sentence}").format(
                sentence=sentence
            ),
            seen=(f"{at}{newest.description} {newest.cause}".strip(),),
            next_step=_("Add desired_count to ignore changes, or remove the scaling policy."),
            change=_also_ignored(it),
        )
    return Recognition(
        sentence=sentence,
        seen=(f"desiredCount: {service.desired}",),
        next_step=_("Set desired count to {n}, or apply to restore {applied}.").format(
            n=service.desired, applied=applied.desired
        ),
        alternatives=(
            _("If a person or a pipeline changed it, CloudTrail has the event UpdateService."),
        ),
        change=Change("service.desired_count", service.desired),
        certain=False,
    )


def _also_ignored(it: Situation) -> Change | None:
    """Return the change that adds the desired count to what Terraform ignores.

    None if the present entries are unknown, because the change would remove them.
    """
    if it.stack is None:
        return None
    return Change("service.ignore_changes", (*it.stack.service.ignore_changes, "desired_count"))


def _exec_off(it: Situation) -> Recognition | None:
    service = it.service
    wanted = it.stack is not None and it.stack.service.execute_command
    if service is None or not wanted:
        return None
    old = [each for each in it.live if each.started_at and not each.execute_command]
    if not old:
        return None
    words = ngettext(
        "ECS Exec does not work in {n} task, which started before it was turned on.",
        "ECS Exec does not work in {n} tasks, which started before it was turned on.",
        len(old),
    )
    return Recognition(
        sentence=words.format(n=len(old)),
        seen=("enableExecuteCommand: false",),
        next_step=_("Start new tasks: gpuecs-tui restart {directory}").format(
            directory=shell_word(it.applied.directory)
        )
        if service.execute_command
        else _("Apply the stack: the service does not have ECS Exec yet."),
    )


CAUSES = (
    Cause(
        id="draining-hold",
        stage="note",
        demo_fault="draining-hold",
        looks=N_("An instance has the status DRAINING and runs tasks."),
        do=N_("Wait for the deregistration delay and the stop timeout."),
        source=_DRAINING,
        recognise=_draining_hold,
    ),
    Cause(
        id="protected",
        stage="note",
        demo_fault="protected",
        looks=N_("Instances without tasks are protected from scale-in and stay."),
        do=N_("Remove the protection from scale-in."),
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/managed-termination-protection.html",
        certain=False,
        recognise=_protected,
    ),
    Cause(
        id="scaled-by-other",
        stage="note",
        demo_fault="scaled-by-other",
        looks=N_("The desired count differs from the one that was applied."),
        do=N_("Let Terraform ignore the desired count, or set it to the present one."),
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html",
        recognise=_scaled,
    ),
    Cause(
        id="exec-off",
        stage="note",
        demo_fault="exec-off",
        looks=N_("ECS Exec is on in the stack, and a task has enableExecuteCommand false."),
        do=N_("Force a new deployment."),
        source=_EXEC,
        recognise=_exec_off,
    ),
)
