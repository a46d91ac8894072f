"""What draining an instance does to a service, and when it can't work."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.deployment.facts import ContainerInstance
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.operations.refused import Refused, UnknownId, chosen
from gpuecs_tui.operations.replacement import (
    ServiceNow,
    instance_words,
    instances_words,
    serving_words,
)


def member(now: ServiceNow, given: str) -> tuple[str, ContainerInstance | None]:
    """Return the EC2 instance id that begins with ``given``, and the instance as ECS knows it.

    ``given`` may also be the start of a container instance id. None: the instance is in the Auto
    Scaling group and not in the cluster. Raises UnknownId, and Refused if the instances could not
    be read.
    """
    if now.container_instances is None:
        raise Refused(_("Could not read the container instances of the cluster."))
    by_id = {it.id: it for it in now.container_instances}
    by_ec2 = {it.ec2_instance_id: it for it in now.container_instances}
    group = [it.ec2_instance_id for it in now.fleet.instances] if now.fleet else []
    known = dict.fromkeys((*by_ec2, *group))
    try:
        identity = chosen(given, known, _("Instances"))
    except UnknownId:
        found = [it for name, it in by_id.items() if given and name.startswith(given)]
        if len(found) != 1:
            raise
        identity = found[0].ec2_instance_id
    return identity, by_ec2.get(identity)


def instance_to_drain(now: ServiceNow, given: str) -> ContainerInstance:
    """Return the instance to drain. Raises UnknownId, and Refused if it can't be drained."""
    identity, found = member(now, given)
    if found is None:
        raise Refused(
            _("The instance {id} has not joined the cluster, so it has no tasks to drain.").format(
                id=identity
            )
        )
    if found.status != "ACTIVE":
        raise Refused(
            _("The instance {id} is {status}; only an ACTIVE instance can be drained.").format(
                id=identity, status=found.status
            )
        )
    if not found.agent_connected:
        raise Refused(
            _(
                "The ECS agent of {id} is not connected, so ECS can't stop tasks there. Replace "
                "the instance instead."
            ).format(id=identity)
        )
    return found


def is_stuck(now: ServiceNow, instance: ContainerInstance) -> bool:
    """Tell whether the tasks of the service could never leave the instance."""
    moving = moving_tasks(now, instance)
    if not moving or now.least < now.service.desired:
        return False
    return now.most <= now.service.desired or now.has_no_room(instance.id)


def moving_tasks(now: ServiceNow, instance: ContainerInstance) -> int:
    """Return how many tasks of the service are on the instance and do not stop yet."""
    return sum(
        it.container_instance == instance.id and it.desired_status != "STOPPED" for it in now.tasks
    )


def drain_effects(now: ServiceNow, instance: ContainerInstance) -> Iterator[str]:
    """Yield what draining does to the tasks, the requests and the fleet."""
    yield from moving_effects(now, instance)
    if is_stuck(now, instance):
        yield _(
            "The tasks stay on it until there is room for replacements: no task may stop before a "
            "replacement runs, no other instance has room, and the fleet is at its maximum."
        )
    yield _("The instance keeps running and keeps its cost ({instance}).").format(
        instance=instance_words(now)
    )


def moving_effects(now: ServiceNow, instance: ContainerInstance) -> Iterator[str]:
    """Yield what happens to the tasks on an instance that drains."""
    number = moving_tasks(now, instance)
    others = max(0, instance.running + instance.pending - number)
    yield _("ECS places no new tasks on {id} ({zone}).").format(
        id=instance.ec2_instance_id, zone=instance.zone
    )
    if number:
        yield ngettext(
            "It moves {n} task of {name}: the replacement starts on another instance.",
            "It moves {n} tasks of {name}: the replacements start on other instances.",
            number,
        ).format(n=number, name=now.service.name)
        yield serving_words(now, number)
        if not is_stuck(now, instance) and (
            words := instances_words(now, number, without=instance.id)
        ):
            yield words
    else:
        yield _("No task of {name} is on it.").format(name=now.service.name)
    if others:
        yield ngettext(
            "{n} other task is on it; a task without a service keeps running.",
            "{n} other tasks are on it; tasks without a service keep running.",
            others,
        ).format(n=others)
