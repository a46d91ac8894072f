"""Stage fleet: the Auto Scaling group wants too few instances."""

from __future__ import annotations

from gpuecs_tui.deployment.cause import Cause, Change, Recognition
from gpuecs_tui.deployment.situation import Situation
from gpuecs_tui.i18n import N_, _, ngettext


def _asg_max(it: Situation) -> Recognition | None:
    fleet, waiting = it.fleet, it.lacking
    if fleet is None or not waiting or fleet.desired < fleet.maximum:
        return None
    ready = {each.ec2_instance_id: each for each in it.ready}
    members = [each.ec2_instance_id for each in it.members]
    if len(members) < fleet.maximum or not {*members} <= ready.keys():
        # Instances are still on their way: a later stage says what they wait for.
        return None
    if any(not (ready[id].running or ready[id].pending) for id in members):
        # There is an empty instance. The task does not fit on it.
        return None
    wanted = fleet.maximum + waiting
    events = [event.message for found in it.placements.values() for event in found]
    sentence = ngettext(
        "The Auto Scaling group is at its maximum of {n}, and {waiting} waits for an instance.",
        "The Auto Scaling group is at its maximum of {n}, and {waiting} wait for an instance.",
        waiting,
    )
    return Recognition(
        sentence=sentence.format(n=_instances(fleet.maximum), waiting=_tasks(waiting)),
        seen=(f"DesiredCapacity: {fleet.desired}, MaxSize: {fleet.maximum}", *events[:1]),
        next_step=_("Set maximum size to {n}, or lower the desired count.").format(n=wanted),
        change=Change("fleet.max_size", wanted),
    )


def _instances(n: int) -> str:
    return ngettext("{n} instance", "{n} instances", n).format(n=n)


def _tasks(n: int) -> str:
    return ngettext("{n} task", "{n} tasks", n).format(n=n)


CAUSES = (
    Cause(
        id="asg-max",
        stage="fleet",
        demo_fault="asg-max",
        looks=N_(
            "The group's desired size equals its maximum size, every instance runs tasks, and "
            "tasks have no instance."
        ),
        do=N_("Raise maximum size, after checking the vCPU quota."),
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/asg-capacity-providers.html",
        recognise=_asg_max,
    ),
)
