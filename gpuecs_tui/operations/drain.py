"""What draining an instance does to a service, and when it can't work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gpuecs_tui.aws.deployment.facts import ContainerInstance
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.operations.refused import Refused, UnknownId, chosen, could_not_read
from gpuecs_tui.operations.replacement import (
    ServiceNow,
    instance_words,
    instances_words,
    serving_words,
)

_OF_SERVICE = "service:"
"""The beginning of the group of a task that a service started (ECS API reference, Task)."""


def member(now: ServiceNow, given: str) -> tuple[str, ContainerInstance | None]:
    """Return the EC2 instance id that begins with ``given``, and the instance as ECS knows it.

    ``given`` may also be the start of a container instance id. None: the instance is in the Auto
    Scaling group and not in the cluster. Raises UnknownId, and Refused if the instances could not
    be read.
    """
    if now.container_instances is None:
        raise could_not_read(
            _("Could not read the container instances of the cluster"),
            now.unread["container_instances"],
        )
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


def without_service(groups: Sequence[str]) -> int:
    """Return how many tasks draining does not move; ``groups``: of all tasks on the instance."""
    return sum(not it.startswith(_OF_SERVICE) for it in groups)


def drain_effects(
    now: ServiceNow, instance: ContainerInstance, groups: Sequence[str]
) -> Iterator[str]:
    """Yield what draining does to the tasks, the requests and the fleet.

    ``groups``: the group of each task on the instance.
    """
    yield from moving_effects(now, instance, groups)
    if alone := without_service(groups):
        yield ngettext(
            "{n} task without a service is on it and keeps running.",
            "{n} tasks without a service are on it and keep running.",
            alone,
        ).format(n=alone)
    if is_stuck(now, instance):
        yield _(
            "The tasks stay on it until there is room for replacements: no task may stop before a "
            "replacement runs, no other instance has room, and the fleet is at its maximum."
        )
    yield _("The instance keeps running and keeps its cost ({instance}).").format(
        instance=instance_words(now)
    )


def moving_effects(
    now: ServiceNow, instance: ContainerInstance, groups: Sequence[str]
) -> Iterator[str]:
    """Yield what happens to the tasks of services on an instance that drains."""
    number = moving_tasks(now, instance)
    own = f"{_OF_SERVICE}{now.service.name}"
    others = sum(it.startswith(_OF_SERVICE) and it != own for it in groups)
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
            "It also moves {n} task of another service.",
            "It also moves {n} tasks of other services.",
            others,
        ).format(n=others)
