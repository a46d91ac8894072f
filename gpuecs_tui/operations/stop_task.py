"""What stopping one task does to a service, and when it can't work."""

from __future__ import annotations

from collections.abc import Iterator

from gpuecs_tui.aws.deployment.facts import DeployedTask
from gpuecs_tui.i18n import _, ngettext
from gpuecs_tui.operations.refused import Refused, chosen
from gpuecs_tui.operations.replacement import ServiceNow


def task_to_stop(now: ServiceNow, given: str) -> DeployedTask:
    """Return the task whose id begins with ``given``. Raises UnknownId, and Refused if it stops."""
    identity = chosen(given, (it.id for it in now.tasks), _("Tasks"))
    task = next(it for it in now.tasks if it.id == identity)
    if task.desired_status == "STOPPED":
        raise Refused(_("The task {id} is already stopping.").format(id=task.id))
    return task


def stop_effects(now: ServiceNow, task: DeployedTask) -> Iterator[str]:
    """Yield what the stop does to the task, its service and requests."""
    place = next(
        (
            it.ec2_instance_id
            for it in now.container_instances or ()
            if it.id == task.container_instance
        ),
        "",
    )
    yield _("ECS stops the task {id} ({revision}, {status}, {instance}).").format(
        id=task.id,
        revision=task.task_definition,
        status=task.last_status,
        instance=place or _("not placed"),
    )
    if now.service.status == "ACTIVE" and now.service.desired > 0:
        yield _("The service starts a replacement of the revision {revision}.").format(
            revision=now.service.task_definition
        )
    others = sum(
        it.id != task.id and it.last_status == "RUNNING" and it.desired_status == "RUNNING"
        for it in now.tasks
    )
    if others:
        yield ngettext(
            "{n} other task keeps running. Minimum healthy percent does not prevent this stop.",
            "{n} other tasks keep running. Minimum healthy percent does not prevent this stop.",
            others,
        ).format(n=others)
    else:
        yield _("No other task runs: requests fail until the replacement is healthy.")
