"""What replacing an instance does to a service, and when it can't work."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.deployment.facts import ContainerInstance, DeployedFleet
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.operations.drain import is_stuck, moving_effects, moving_tasks
from gpuecs_tui.operations.refused import Refused
from gpuecs_tui.operations.replacement import ServiceNow, instance_words, starting


def refuse_replace(now: ServiceNow, ec2_instance_id: str, joined: ContainerInstance | None) -> None:
    """Raise Refused if the instance can't be replaced, or its tasks could never leave it."""
    if now.fleet is None:
        raise Refused(_("Could not read the Auto Scaling group of the service."))
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


def replace_effects(
    now: ServiceNow, ec2_instance_id: str, joined: ContainerInstance | None
) -> Iterator[str]:
    """Yield what the replacement does to the tasks, the requests and the fleet."""
    moves = 0
    if joined is not None and joined.agent_connected:
        moves = moving_tasks(now, joined)
        yield from moving_effects(now, joined)
    elif joined is not None:
        number = moving_tasks(now, joined)
        yield ngettext(
            "The ECS agent of {id} is not connected: {n} task of {name} ends with the instance.",
            "The ECS agent of {id} is not connected: {n} tasks of {name} end with the instance.",
            number,
        ).format(id=ec2_instance_id, n=number, name=now.service.name)
    if joined is not None and starting(now, moves, joined.id):
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
