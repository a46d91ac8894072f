"""What replacing an instance does to a service, and when it can't work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from gpuecs_tui.aws.deployment.facts import ContainerInstance, DeployedFleet
from gpuecs_tui.durations import in_words
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.operations.drain import (
    is_stuck,
    moving_effects,
    moving_tasks,
    without_service,
)
from gpuecs_tui.operations.refused import Refused, could_not_read
from gpuecs_tui.operations.replacement import ServiceNow, instance_words, starting


def refuse_replace(now: ServiceNow, ec2_instance_id: str, joined: ContainerInstance | None) -> None:
    """Raise Refused if the instance can't be replaced, or its tasks could never leave it."""
    if (unread := now.unread.get("fleet")) is not None:
        raise could_not_read(_("Could not read the Auto Scaling group of the service"), unread)
    if now.fleet is None:
        raise Refused(_("The Auto Scaling group of the service does not exist."))
    found = [it for it in now.fleet.instances if it.ec2_instance_id == ec2_instance_id]
    if not found:
        raise Refused(
            _("The instance {id} is not in the Auto Scaling group, which replaces nothing.").format(
                id=ec2_instance_id
            )
        )
    if found[0].lifecycle.startswith("Terminating"):
        raise Refused(
            _("The instance {id} is already being terminated.").format(id=ec2_instance_id)
        )
    if joined is not None and joined.agent_connected and is_stuck(now, joined):
        raise Refused(
            _(
                "The tasks on {id} could never leave it: no task may stop before a replacement "
                "runs, no other instance has room, and the fleet is at its maximum."
            ).format(id=ec2_instance_id),
            _("Raise fleet.max_size or lower service.minimum_healthy_percent, and apply."),
        )


def shrinks(now: ServiceNow, joined: ContainerInstance | None) -> bool:
    """Tell whether the instance that managed scaling launches for the moved tasks is the
    replacement.

    False for an instance that already drains: whether one was launched for its tasks is unknown.
    """
    if joined is None or not joined.agent_connected or joined.status != "ACTIVE":
        return False
    return bool(starting(now, moving_tasks(now, joined), joined.id))


def replace_effects(
    now: ServiceNow,
    ec2_instance_id: str,
    joined: ContainerInstance | None,
    *,
    groups: Sequence[str],
    shrink: bool,
    wait: timedelta,
) -> Iterator[str]:
    """Yield what the replacement does to the tasks, the requests and the fleet.

    ``groups``: the group of each task on the instance; ``shrink``: the result of ``shrinks``;
    ``wait``: the longest wait for the tasks on it.
    """
    if joined is not None and joined.agent_connected:
        yield from moving_effects(now, joined, groups)
        if alone := without_service(groups):
            yield ngettext(
                "{n} task without a service is on it and is not moved: this command waits up to "
                "{time} for it to end.",
                "{n} tasks without a service are on it and are not moved: this command waits up to "
                "{time} for them to end.",
                alone,
            ).format(n=alone, time=in_words(wait))
    elif joined is not None:
        number = moving_tasks(now, joined)
        yield ngettext(
            "The ECS agent of {id} is not connected: {n} task of {name} ends with the instance.",
            "The ECS agent of {id} is not connected: {n} tasks of {name} end with the instance.",
            number,
        ).format(id=ec2_instance_id, n=number, name=now.service.name)
    if shrink:
        words = _(
            "Then Auto Scaling terminates {id}, also if it is protected from scale-in. The "
            "instance that starts for its tasks replaces it. Data on {id} is lost."
        )
    else:
        words = _(
            "Then Auto Scaling terminates {id}, also if it is protected from scale-in, and "
            "launches a replacement ({instance}). Data on {id} is lost."
        )
    yield words.format(id=ec2_instance_id, instance=instance_words(now))
    yield _("AWS does not guarantee that capacity for the replacement is available.")


def needs_no_launch(before: DeployedFleet | None, now: DeployedFleet) -> bool:
    """Tell whether the fleet has grown since ``before``, when the tasks began to leave.

    Managed scaling then has launched an instance for them.
    """
    return before is not None and now.desired > before.desired
